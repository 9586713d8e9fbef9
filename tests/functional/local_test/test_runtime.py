"""InvokeEndpoint over HTTP, as boto3 sees it: what passes, the limits, and what is refused before the container."""

from __future__ import annotations

import http.client
import json
import re

import pytest
from fake_instances import reply
from hosted import code, hosted, real_time, serverless
from waiting import until

MB_4, MB_6 = 4 * 1024 * 1024, 6 * 1024 * 1024


def test_headers_there_and_back(one, starter):
    seen = {}

    def answers(instance, handler, body):
        seen.update({name.lower(): value for name, value in handler.headers.items()})
        reply(
            handler, 200, body, Content_Type="text/csv", X_Amzn_SageMaker_Custom_Attributes="back", X_Else="lost",
            x_Amzn_Invoked_Production_Variant="a lie",
        )  # fmt: skip

    starter.answers = answers
    answer = one.invoke(
        b"1,2", ContentType="text/csv", Accept="text/plain", CustomAttributes="there", InferenceId="i-1"
    )
    assert answer["Body"].read() == b"1,2"
    assert (answer["ContentType"], answer["CustomAttributes"]) == ("text/csv", "back")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert "x-else" not in answer["ResponseMetadata"]["HTTPHeaders"]
    assert set(seen) == {
        "host", "content-length", "content-type", "accept",
        "x-amzn-sagemaker-custom-attributes", "x-amzn-sagemaker-inference-id",
    }  # fmt: skip
    assert seen["accept"] == "text/plain"
    assert one.invoke()["ContentType"] == "text/csv"
    assert seen["content-type"] == "application/octet-stream"


def test_a_report_waits_for_what_the_container_says_of_its_start_and_the_call_does_not(one, starter):
    said = b'{"event":"started","milliseconds":{"imports":7.0,"total":7.0}}'
    starter.prints[-1](said)  # the one that was started to see that the variant works
    one.invoke()
    one.invoke()
    (warm,) = one.reports
    assert "cold init" not in warm
    starter.prints[-1](said)
    until(lambda: len(one.reports) == 2)
    assert re.search(r"cold init \d+ ms \(container \d+, imports 7\)", one.reports[1])
    assert [report["start_ms"] for report in one.hosting.reports.last()] == [{"container": 0, "imports": 7}, {}]


def test_cold_and_warm_calls_are_reported_and_counted(one, starter):
    starter.lines = [b"line one"]
    first, second = one.invoke(), one.invoke()
    cold, warm = one.reports
    request_id = first["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    assert re.fullmatch(
        rf"REPORT {request_id}  cold init \d+ ms  download 0 ms  duration \d+ ms  billed \d+ ms  memory 1024 MB  "
        r"max used 144 MB  ≈ \$[\d.]+( \(us-east-1\))?",
        cold,
    )
    assert "cold init" not in warm
    assert second["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] in warm
    stream = one.logs.streams[-1]
    assert stream.group == "/aws/sagemaker/Endpoints/houses"
    assert stream.name.startswith("AllTraffic/")
    assert stream.lines == [b"line one", cold.encode(), warm.encode()]
    assert one.numbers.of("Invocations") == [1, 1]
    assert len(one.numbers.of("ModelSetupTime")) == 1
    assert len(one.numbers.of("ModelLatency")) == len(one.numbers.of("OverheadLatency")) == 2
    assert one.numbers.of("ServerlessConcurrentExecutionsUtilization") == [0.5, 0.5]
    [percent, _] = one.numbers.of("MemoryUtilization")
    assert percent == pytest.approx(100 * 150_000_000 / 1024**3)
    for name in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"):
        assert one.numbers.of(name) == [0, 0]
    units = {(namespace, name): unit for namespace, name, _, unit in one.numbers.recorded}
    assert units["AWS/SageMaker", "ModelLatency"] == "Microseconds"
    assert units["/aws/sagemaker/Endpoints", "MemoryUtilization"] == "Percent"


def test_a_request_over_4_mb_never_reaches_the_container(one, starter):
    whole = b"x" * MB_4
    assert one.invoke(whole)["Body"].read() == whole
    before = len(one.reports)
    error = one.refused(whole + b"x")
    assert code(error) == ("ValidationError", 400)
    assert re.search(r"Request [\w-]{36} has oversize body\.", str(error))
    assert len(one.reports) == before
    assert one.invoke(b"small")["Body"].read() == b"small"


def test_a_chunked_request_has_the_same_limit(one):
    connection = http.client.HTTPConnection(*one.address.removeprefix("http://").split(":"), timeout=20)
    for count, status in ((1, 200), (65, 400), (1, 200)):
        chunks = (b"x" * 65536 for _ in range(count))
        connection.request("POST", "/endpoints/houses/invocations", chunks, encode_chunked=True)
        response = connection.getresponse()
        assert (response.status, len(response.read()) > 0) == (status, True)
    connection.close()


def test_real_time_bodies_may_have_6_mb(steady):
    whole = b"x" * MB_6
    assert steady.invoke(whole)["Body"].read() == whole
    assert code(steady.refused(whole + b"x")) == ("413", 413)


def test_a_content_type_is_the_containers_own(one, starter):
    starter.answers = lambda instance, handler, body: reply(handler, 200, body)
    assert "content-type" not in one.invoke()["ResponseMetadata"]["HTTPHeaders"]


def test_variants_are_chosen_by_weight_or_by_name(starter):
    with hosted(starter) as one:
        one.configure(
            "c1",
            real_time(1, VariantName="A", InitialVariantWeight=0),
            real_time(1, VariantName="B", InitialVariantWeight=2),
        )
        one.deploy()
        assert {one.invoke()["InvokedProductionVariant"] for _ in range(10)} == {"B"}
        assert one.invoke(TargetVariant="A")["InvokedProductionVariant"] == "A"
        error = one.refused(TargetVariant="C")
        assert code(error) == ("ValidationError", 400)
        assert "C" in str(error)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (
            {"CustomAttributes": "a" * 1025},
            "at 'customAttributes' failed to satisfy constraint: Member must have length",
        ),
        ({"Accept": "a" * 1025}, "at 'accept' failed"),
        ({"ContentType": "a" * 1025}, "at 'contentType' failed"),
        ({"InferenceId": "a" * 65}, "less than or equal to 64"),
        ({"TargetVariant": "a_b"}, "regular expression pattern"),
        ({"TargetModel": "m.tar.gz"}, "is not a multi-model endpoint"),
        ({"TargetContainerHostname": "h"}, "is not a multi-container endpoint"),
        ({"InferenceComponentName": "c"}, "Inference Component Name header is not allowed"),
        ({"EndpointName": "nobody"}, "Endpoint nobody of account 123456789012 not found."),
    ],
)
def test_what_cannot_be_is_refused_before_the_container(one, members, words):
    error = one.refused(**members)
    assert code(error) == ("ValidationError", 400)
    assert words in str(error)
    assert one.reports == []


def test_longest_headers_pass(one):
    assert one.invoke(CustomAttributes="a" * 1024, InferenceId="a" * 64, Accept="a" * 1024)["Body"].read() == b"x"


def test_an_endpoint_that_is_not_in_service_is_not_found(one, starter):
    starter.hold.clear()
    one.configure("c2", serverless())
    one.begin("c2", "new")
    error = one.refused(EndpointName="new")
    assert code(error) == ("ValidationError", 400)
    assert "Endpoint new of account 123456789012 not found." in str(error)


def test_streaming_is_real_times(steady, starter):
    big = bytes(range(256)) * 1024

    def answers(instance, handler, body):
        reply(handler, 200, big, Content_Type=handler.headers["Accept"])

    for instance in starter.alive():
        instance.answers = answers
    answer = steady.client.invoke_endpoint_with_response_stream(EndpointName="houses", Body=b"x", Accept="text/csv")
    assert b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]) == big
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/csv", "AllTraffic")


def test_serverless_has_no_streaming(one):
    with pytest.raises(one.client.exceptions.ClientError, match="serverless") as refused:
        one.client.invoke_endpoint_with_response_stream(EndpointName="houses", Body=b"x")
    assert code(refused.value) == ("ValidationError", 400)


def test_errors_on_the_wire(one):
    connection = http.client.HTTPConnection(*one.address.removeprefix("http://").split(":"), timeout=20)
    for path, status, kind in (
        ("/endpoints/nobody/invocations", 400, "ValidationError"),
        ("/endpoints/houses/else", 404, "UnknownOperationException"),
        ("/endpoints/", 404, "UnknownOperationException"),
    ):
        connection.request("POST", path, b"body")
        response = connection.getresponse()
        assert (response.status, response.headers["x-amzn-ErrorType"]) == (status, kind)
        assert json.loads(response.read())["Message"]
        assert response.headers["x-amzn-RequestId"]
    connection.close()
