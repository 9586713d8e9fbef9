"""What a well-behaved caller gets, over HTTP from a real server."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

CSV, JSON, LINES, NPY, PARQUET = (
    "text/csv",
    "application/json",
    "application/jsonlines",
    "application/x-npy",
    "application/x-parquet",
)


@pytest.fixture(scope="module")
def server(start, regression):
    return start(regression.estimator, regression.rows, COPPICE_METRICS="emf")


def body_of(rows: pd.DataFrame, media_type: str) -> bytes:
    out = io.BytesIO()
    if media_type == CSV:
        rows.to_csv(out, index=False, header=False)
    elif media_type == JSON:
        out.write(json.dumps(rows.to_numpy().tolist()).encode())
    elif media_type == LINES:
        out.write(b"\n".join(json.dumps(row).encode() for row in rows.to_numpy().tolist()))
    elif media_type == NPY:
        np.save(out, rows.to_numpy())
    else:
        rows.to_parquet(out)
    return out.getvalue()


def answers_in(body: bytes, media_type: str) -> list[float]:
    if media_type == CSV:
        return [float(line) for line in body.decode().splitlines()]
    if media_type == JSON:
        return json.loads(body)
    if media_type == LINES:
        return [json.loads(line) for line in body.splitlines()]
    if media_type == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False).tolist()
    return pd.read_parquet(io.BytesIO(body))["prediction"].tolist()


def test_ping_and_readiness(server):
    assert server.ping().status == 200
    assert server.request("HEAD", "/ping").body == b""


@pytest.mark.parametrize("sent", [CSV, JSON, LINES, NPY, PARQUET])
@pytest.mark.parametrize("wanted", [CSV, JSON, LINES, NPY, PARQUET])
@pytest.mark.parametrize("count", [1, 25])
def test_every_media_type_in_and_out_equals_the_estimator(server, regression, sent, wanted, count):
    response = server.post(body_of(regression.rows[:count], sent), sent, Accept=wanted)
    assert response.status == 200, response.body
    assert response.headers["Content-Type"] == wanted
    assert answers_in(response.body, wanted) == regression.answers[:count].tolist()


@pytest.mark.parametrize("accept", [None, "*/*", "*/*;q=0.1", "application/xml, */*"])
@pytest.mark.parametrize("sent", [CSV, JSON, LINES, NPY, PARQUET])
def test_no_accept_or_any_is_answered_in_kind(server, regression, sent, accept):
    headers = {} if accept is None else {"Accept": accept}
    response = server.post(body_of(regression.rows, sent), sent, **headers)
    assert response.headers["Content-Type"] == sent
    assert answers_in(response.body, sent) == regression.answers.tolist()


def test_a_bare_model_file_answers_the_same(start, server, regression):
    body = body_of(regression.rows, CSV)
    assert start(regression.estimator).post(body, CSV).body == server.post(body, CSV).body


@pytest.mark.parametrize(
    "content_type",
    ["text/csv; charset=utf-8", "TEXT/CSV", "text/csv;charset=UTF-8;header=absent", "text/csv ; label_size=0"],
)
def test_media_type_parameters_and_case(server, regression, content_type):
    response = server.post(body_of(regression.rows, CSV), content_type)
    assert answers_in(response.body, CSV) == regression.answers.tolist()


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/csv;q=0.5, application/json", JSON),
        ("text/csv, application/json;q=0.9", CSV),
        ("application/json;q=0.1, text/csv;q=0.2, */*;q=0", CSV),
        ("application/*", JSON),
        ("text/*", CSV),
        ("APPLICATION/JSON", JSON),
        ("text/html, application/jsonlines;q=0.3", LINES),
        ("application/json;q=0, */*", CSV),
    ],
)
def test_accept_is_weighed(server, regression, accept, chosen):
    assert server.post(body_of(regression.rows, CSV), CSV, Accept=accept).headers["Content-Type"] == chosen


@pytest.mark.parametrize("content_type", [None, "application/octet-stream"])
@pytest.mark.parametrize("sent", [CSV, JSON, NPY, PARQUET])
def test_unnamed_bodies_are_told_apart_by_their_first_byte(server, regression, sent, content_type):
    response = server.post(body_of(regression.rows, sent), content_type)
    assert answers_in(response.body, sent) == regression.answers.tolist()


def test_a_header_row_is_matched_by_name_in_any_order(server, regression):
    shuffled = regression.rows[["bp", "age", "bmi"]]
    assert answers_in(server.post(shuffled.to_csv(index=False), CSV).body, CSV) == regression.answers.tolist()


@pytest.mark.parametrize(
    ("wrap", "unwrap"),
    [
        (lambda rows: rows.to_numpy().tolist(), lambda document: document),
        (lambda rows: rows[["bp", "age", "bmi"]].to_dict("records"), lambda document: document),
        (lambda rows: {"instances": rows.to_numpy().tolist()}, lambda document: document["predictions"]),
        (lambda rows: {"instances": rows.to_dict("records")}, lambda document: document["predictions"]),
        (lambda rows: {"inputs": rows.to_numpy().tolist()}, lambda document: document["outputs"]),
        (lambda rows: {"Input": rows.to_numpy().tolist()}, lambda document: document["Output"]),
        (
            lambda rows: {"dataframe_split": rows[["bmi", "bp", "age"]].to_dict("split")},
            lambda document: document["predictions"],
        ),
        (lambda rows: {"dataframe_records": rows.to_dict("records")}, lambda document: document["predictions"]),
    ],
)
def test_json_answers_in_kind(server, regression, wrap, unwrap):
    response = server.post(json.dumps(wrap(regression.rows)), JSON)
    assert response.status == 200, response.body
    assert unwrap(response.json()) == regression.answers.tolist()


@pytest.mark.parametrize("form", [lambda row: row.tolist(), lambda row: row.to_dict()])
def test_one_row_may_come_alone(server, regression, form):
    response = server.post(json.dumps(form(regression.rows.iloc[0])), JSON)
    assert response.json() == [regression.answers[0]]


def test_json_lines_by_name(server, regression):
    body = "\n".join(json.dumps(row) for row in regression.rows.to_dict("records")) + "\n\n"
    assert answers_in(server.post(body, LINES).body, LINES) == regression.answers.tolist()


def test_chunked_bodies(server, regression):
    body = body_of(regression.rows, CSV)
    chunks = (body[place : place + 7] for place in range(0, len(body), 7))
    assert answers_in(server.post(chunks, CSV).body, CSV) == regression.answers.tolist()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.rstrip("\n"),
        lambda text: "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()),
        lambda text: text.replace(",", " , "),
    ],
)
@pytest.mark.parametrize("header", [True, False])
def test_csv_as_other_programs_write_it(server, regression, change, header):
    text = change(regression.rows.to_csv(index=False, header=header))
    response = server.post(text.encode(), CSV)
    assert response.status == 200, response.body
    assert answers_in(response.body, CSV) == regression.answers.tolist()


def test_a_missing_value_the_model_can_take(server, regression):
    rows = regression.rows.copy()
    rows.iloc[3, 1] = np.nan
    expected = regression.estimator.predict(rows).tolist()
    as_json = json.loads(rows.to_json(orient="values", double_precision=15))
    assert as_json[3][1] is None
    text = rows.to_csv(index=False, header=False)
    assert answers_in(server.post(text, CSV).body, CSV) == expected
    values = [[None if cell != cell else cell for cell in row] for row in rows.to_numpy().tolist()]
    assert server.post(json.dumps(values), JSON).json() == expected


def test_the_inference_id_is_the_request_id(server, regression):
    body = body_of(regression.rows, CSV)
    server.post(body, CSV, X_Amzn_SageMaker_Inference_Id="order-66")
    error = server.post(b"1,2", CSV, X_Amzn_SageMaker_Inference_Id="order-67").error
    assert error["request_id"] == "order-67"
    logged = {event.get("request_id"): event for event in server.events() if event.get("event") == "invocation"}
    assert logged["order-66"]["status"] == 200
    assert logged["order-66"]["rows"] == 25
    assert {"decode", "validate", "predict", "encode", "total"} <= logged["order-66"]["milliseconds"].keys()
    assert logged["order-67"]["status"] == 400


@pytest.mark.parametrize("bad", ["x" * 65, "a\tb", ""])
def test_a_strange_inference_id_is_replaced(server, bad):
    assert server.post(b"1,2", CSV, X_Amzn_SageMaker_Inference_Id=bad).error["request_id"] not in ("", bad)


def test_custom_attributes_are_not_echoed(server, regression):
    response = server.post(
        body_of(regression.rows, CSV), CSV, X_Amzn_SageMaker_Custom_Attributes="secret", X_Whatever="secret"
    )
    assert "secret" not in str(response.headers)


def test_embedded_metrics(server, regression):
    server.post(body_of(regression.rows, CSV), CSV, X_Amzn_SageMaker_Inference_Id="measured")
    line = next(e for e in server.events() if "_aws" in e and e["request_id"] == "measured")
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in directive["Metrics"]} == {"Latency", "Rows", "Errors"}
    assert line["Rows"] == 25
    assert all(name in line for dimensions in directive["Dimensions"] for name in dimensions)


def test_execution_parameters(server):
    answer = server.request("GET", "/execution-parameters").json()
    assert answer["BatchStrategy"] == "MULTI_RECORD"
    assert answer["MaxPayloadInMB"] == 6
    assert answer["MaxConcurrentTransforms"] >= 1


def test_the_landing_page_is_off_unless_asked_for(server):
    assert server.request("GET", "/").status == 404
    assert server.request("GET", "/openapi.json").status == 404


def test_settings_change_what_is_answered(start, regression):
    server = start(
        regression.estimator,
        SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=JSON,
        SAGEMAKER_BATCH="true",
        SAGEMAKER_BATCH_STRATEGY="SINGLE_RECORD",
        SAGEMAKER_MAX_CONCURRENT_TRANSFORMS="3",
        SAGEMAKER_MAX_PAYLOAD_IN_MB="1",
        SAGEMAKER_MODEL_SERVER_WORKERS="2",
        MODEL_SERVER_TIMEOUT="20",
        SAGEMAKER_CONTAINER_LOG_LEVEL="30",
        COPPICE_PAGE="on",
    )
    body = body_of(regression.rows, CSV)
    assert server.post(body, CSV).json() == regression.answers.tolist()
    assert server.post(body, CSV, Accept=CSV).headers["Content-Type"] == CSV
    assert server.request("GET", "/execution-parameters").json() == {
        "MaxConcurrentTransforms": 3,
        "BatchStrategy": "SINGLE_RECORD",
        "MaxPayloadInMB": 1,
    }
    assert server.post(b"1," * 600_000, CSV).status == 413
    assert not [event for event in server.events() if event["level"] == "info"]
    assert b"Try it" in server.request("GET", "/").body
    document = server.request("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    example = document["paths"]["/invocations"]["post"]["requestBody"]["content"][JSON]["example"]
    assert server.post(json.dumps(example), JSON).status == 200


def test_labels_of_a_classifier(start, classification):
    server = start(classification.estimator, classification.rows)
    body = classification.rows.to_csv(index=False)
    labels = classification.answers.tolist()
    assert server.post(body, CSV, Accept=JSON).json() == labels
    assert [json.loads(line) for line in server.post(body, CSV, Accept=LINES).body.splitlines()] == labels
    as_csv = pd.read_csv(io.BytesIO(server.post(body, CSV).body), header=None)[0].tolist()
    assert as_csv == labels
    array = np.load(io.BytesIO(server.post(body, CSV, Accept=NPY).body), allow_pickle=False)
    assert array.tolist() == labels


def test_what_sagemaker_inference_output_asks_for(start, classification):
    keys = "predicted_label,probability,probabilities,labels"
    server = start(classification.estimator, classification.rows, SAGEMAKER_INFERENCE_OUTPUT=keys)
    body = classification.rows.to_csv(index=False)
    probabilities = classification.estimator.predict_proba(classification.rows)
    answers = server.post(json.dumps({"instances": classification.rows.to_dict("records")}), JSON).json()["predictions"]
    for answer, label, shares in zip(answers, classification.answers, probabilities.tolist(), strict=True):
        assert list(answer) == keys.split(",")
        assert answer["predicted_label"] == label
        assert answer["probabilities"] == shares
        assert answer["probability"] == max(shares)
        assert answer["labels"] == classification.estimator.classes_.tolist()
    table = pd.read_csv(io.BytesIO(server.post(body, CSV).body), header=None)
    assert table[0].tolist() == classification.answers.tolist()
    assert [json.loads(cell) for cell in table[2]] == probabilities.tolist()
    assert server.post(body, CSV, Accept=NPY).status == 406


def test_text_columns(start, with_text):
    server = start(with_text.estimator, with_text.rows)
    expected = with_text.answers.tolist()
    text = with_text.rows.to_csv(index=False)
    assert answers_in(server.post(text, CSV).body, CSV) == expected
    without_header = with_text.rows.to_csv(index=False, header=False)
    assert answers_in(server.post(without_header, CSV).body, CSV) == expected
    assert server.post(json.dumps(with_text.rows.to_dict("records")), JSON).json() == expected
    assert answers_in(server.post(body_of(with_text.rows, PARQUET), PARQUET).body, PARQUET) == expected
    unknown = server.post(json.dumps(with_text.rows.assign(city="Atlantis").to_dict("records")), JSON)
    assert unknown.status == 400
    assert "Row 1" in unknown.error["message"]
    assert "Atlantis" in unknown.error["message"]
