"""InvokeEndpoint's answers and errors, by botocore's own Stubber."""

from __future__ import annotations

import io

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from deploy.aws.invocation import Call, ContainerSaidNo, NotNow, Reply
from deploy.aws.runtime import Runtime
from deploy.aws.session import Session

CALL = Call(b"1,2", "text/csv", inference_id="i")
SENT = {"EndpointName": "houses", "Body": b"1,2", "ContentType": "text/csv", "InferenceId": "i"}


@pytest.fixture
def session():
    return Session(boto=boto3.Session("key", "secret", region_name="eu-west-1"))


@pytest.fixture
def stub(session):
    with Stubber(session.runtime) as stub:
        yield stub


def test_an_answer(session, stub):
    answer = {
        "Body": StreamingBody(io.BytesIO(b"\x00\xff"), 2),
        "ContentType": "application/x-npy",
        "InvokedProductionVariant": "AllTraffic",
        "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r"},
    }
    stub.add_response("invoke_endpoint", answer, SENT)
    reply = Runtime(session).invoke("houses", CALL)
    assert reply == Reply(200, b"\x00\xff", "application/x-npy", "AllTraffic", "r")


def test_a_model_error(session, stub):
    fields = {"OriginalStatusCode": 400, "OriginalMessage": "no", "LogStreamArn": "arn:x", "Message": "Received …"}
    stub.add_client_error("invoke_endpoint", "ModelError", "Received …", 424, modeled_fields=fields)
    with pytest.raises(ContainerSaidNo) as error:
        Runtime(session).invoke("houses", CALL)
    assert (error.value.status, error.value.said, error.value.log_stream) == (400, "no", "arn:x")


def test_a_model_error_that_says_little(session, stub):
    stub.add_client_error("invoke_endpoint", "ModelError", "server error (0)", 424)
    with pytest.raises(ContainerSaidNo) as error:
        Runtime(session).invoke("houses", CALL)
    assert (error.value.status, error.value.said) == (0, "server error (0)")


@pytest.mark.parametrize(
    ("code", "status"),
    [("ModelNotReadyException", 429), ("ThrottlingException", 400), ("ServiceUnavailable", 503),
     ("InternalFailure", 500), ("InternalDependencyException", 530)],
)  # fmt: skip
def test_what_passes(session, stub, code, status):
    stub.add_client_error("invoke_endpoint", code, "", status)
    with pytest.raises(NotNow) as error:
        Runtime(session).invoke("houses", CALL)
    assert error.value.code == code


@pytest.mark.parametrize("code", ["ValidationError", "AccessDeniedException"])
def test_what_doesn_t_pass(session, stub, code):
    stub.add_client_error("invoke_endpoint", code, "no", 400)
    with pytest.raises(ClientError):
        Runtime(session).invoke("houses", CALL)
