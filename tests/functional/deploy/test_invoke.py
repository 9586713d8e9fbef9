"""`coppice invoke` to endpoints: moto's, and a SageMaker that answers with the errors moto hasn't got."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ROLE = "arn:aws:iam::123456789012:role/r"
BIG = 4 * 1024 * 1024 + 1


@pytest.fixture
def payload(tmp_path):
    (tmp_path / "payload.csv").write_text("1,2\n3,4\n")
    return tmp_path / "payload.csv"


@pytest.fixture
def big(tmp_path):
    (tmp_path / "big.csv").write_bytes(b"1" * BIG)
    return tmp_path / "big.csv"


@pytest.fixture
def endpoint(cloud):
    """Make an endpoint with this variant."""
    sagemaker = cloud.client("sagemaker")

    def endpoint(name="houses", config=None, **variant):
        variant = variant or {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
        container = {"Image": "image", "ModelDataUrl": "s3://b/m.tar.gz"}
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        variants = [{"VariantName": "AllTraffic", "ModelName": name, **variant}]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **(config or {}))
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    return endpoint


def test_an_answer(cloud, coppice, endpoint, payload):
    endpoint()
    cloud.answer("3.0\n7.0", content_type="text/csv")
    code, out, err = coppice("invoke", "houses", "-f", payload)
    assert (code, out) == (0, "3.0\n7.0")
    assert "HTTP 200" in err
    assert "request id" in err
    cloud.answer("[3.0]")
    document = json.loads(coppice("invoke", "houses", "-f", payload, "--accept", "application/json", "--json")[1])
    assert (document["body"], document["status"], document["target"]) == ([3.0], 200, "aws")


def test_no_such_endpoint(coppice, endpoint, payload):
    endpoint()
    code, out, err = coppice("invoke", "hause", "-f", payload)
    assert (code, out) == (1, "")
    assert "There is no endpoint 'hause'" in err
    assert "There are: houses" in err
    assert json.loads(coppice("invoke", "hause", "-f", payload, "--json")[1])["error"]["code"] == "endpoint_not_found"
    assert coppice("invoke", "not_a_name", "-f", payload)[0] == 2


def test_a_body_over_the_limit_comes_with_the_batch_command(cloud, coppice, endpoint, big):
    endpoint()
    code, out, err = coppice("invoke", "houses", "-f", big)
    assert (code, out) == (2, "")
    assert "4 MB (4,194,304 bytes); this one has 4,194,305 bytes" in err
    assert "coppice batch houses --input s3://" in err


def test_an_endpoint_on_instances_takes_more(cloud, coppice, endpoint, big):
    endpoint(InstanceType="ml.m5.large", InitialInstanceCount=1)
    cloud.answer("fine")
    assert coppice("invoke", "houses", "-f", big)[:2] == (0, "fine")
    big.write_bytes(b"1" * (6 * 1024 * 1024 + 1))
    code, _, err = coppice("invoke", "houses", "-f", big)
    assert (code, "6 MB (6,291,456 bytes)" in err) == (2, True)


def test_an_asynchronous_endpoint_is_answered_through_s3(cloud, coppice, endpoint, payload):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="answers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    later = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://answers/houses/"}}}
    endpoint(config=later, InstanceType="ml.m5.large", InitialInstanceCount=1)
    cloud.answer("3.0")
    code, out, err = coppice("invoke", "houses", "-f", payload)
    assert (code, json.loads(out)["Body"]) == (0, "3.0")
    assert "queued; the answer comes to s3://" in err
    sent = s3.list_objects_v2(Bucket="answers")["Contents"]
    assert [entry["Key"].startswith("houses/coppice-invoke/") for entry in sent] == [True]
    body = s3.get_object(Bucket="answers", Key=sent[0]["Key"])
    assert (body["Body"].read(), body["ContentType"]) == (b"1,2\n3,4\n", "text/csv")


class FakeSageMaker(ThreadingHTTPServer):
    """Describes any endpoint as it is told, and answers invocations with the next of `answers`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.denied, self.answers, self.invoked = "InService", False, [], 0


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/invocations"):
            self.server.invoked += 1
            self._answer(*self.server.answers.pop(0))
        elif self.server.denied:
            self._answer(400, {"__type": "AccessDeniedException", "message": "not authorized"}, None)
        else:
            self._answer(200, self._described(), None)

    def _described(self):
        times = {"CreationTime": 1.8e9, "LastModifiedTime": 1.8e9}
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
        return {
            "EndpointName": "houses", "EndpointArn": "arn", "EndpointConfigName": "c", **times,
            "EndpointStatus": self.server.status, "FailureReason": "no ping",
            "ProductionVariants": [{"VariantName": "v", "CurrentServerlessConfig": serverless}],
        }  # fmt: skip

    def _answer(self, status, document, kind):
        body = json.dumps(document).encode()
        self.send_response(status)
        if kind:
            self.send_header("x-amzn-errortype", kind)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def sagemaker(cloud, monkeypatch):
    server = FakeSageMaker()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    server.server_close()


OURS = {"error": {"code": "bad_value", "message": "Row 1 is bad.", "hint": "Mend it.", "request_id": "r1"}}
ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/houses"


def test_a_model_error_is_our_error_with_its_hint_and_its_log(sagemaker, coppice, payload):
    fields = {"OriginalStatusCode": 400, "OriginalMessage": json.dumps(OURS), "LogStreamArn": ARN}
    sagemaker.answers = [(424, {"Message": "Received client error", **fields}, "ModelError")] * 2
    code, out, err = coppice("invoke", "houses", "-f", payload)
    assert (code, out) == (1, "")
    assert err.startswith("error: Row 1 is bad. (bad_value, HTTP 400)\n  Mend it.\n")
    assert "coppice logs houses" in err
    assert "console.aws.amazon.com/cloudwatch" in err
    error = json.loads(coppice("invoke", "houses", "-f", payload, "--json")[1])["error"]
    assert (error["code"], error["message"][:13]) == ("model_error", "Row 1 is bad.")


def test_an_endpoint_that_isn_t_ready_is_tried_again(sagemaker, coppice, payload):
    sagemaker.answers = [(429, {"Message": "wait"}, "ModelNotReadyException"), (200, [3.0], None)]
    code, out, err = coppice("invoke", "houses", "-f", payload)
    assert (code, out) == (0, "[3.0]")
    assert "try 1: the endpoint is still starting (ModelNotReadyException); again in 1 s" in err


def test_no_retry_is_one_call(sagemaker, coppice, payload):
    sagemaker.answers = [(400, {"message": "Rate exceeded"}, "ThrottlingException")]
    code, _, err = coppice("invoke", "houses", "-f", payload, "--no-retry")
    assert (code, sagemaker.invoked) == (1, 1)
    assert "greatest concurrency (ThrottlingException)" in err


@pytest.mark.parametrize(("status", "said"), [("Creating", "still being created"), ("Failed", "no ping")])
def test_an_endpoint_that_doesn_t_serve_isn_t_called(sagemaker, coppice, payload, status, said):
    sagemaker.status = status
    code, _, err = coppice("invoke", "houses", "-f", payload)
    assert (code, said in err, sagemaker.invoked) == (1, True, 0)


def test_who_may_only_call_is_held_to_the_serverless_limit(sagemaker, coppice, payload, big):
    sagemaker.denied, sagemaker.answers = True, [(200, [3.0], None)]
    assert coppice("invoke", "houses", "-f", payload)[:2] == (0, "[3.0]")
    assert coppice("invoke", "houses", "-f", big)[0] == 2
    assert sagemaker.invoked == 1


def test_who_may_not_look_is_told_so_by_status(sagemaker, coppice):
    sagemaker.denied = True
    code, out, err = coppice("status", "houses")
    assert (code, out) == (1, "")
    assert "DescribeEndpoint was refused: not authorized (AccessDeniedException)" in err
