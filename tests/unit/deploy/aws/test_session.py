"""The session: what is missing is said, clients are made once, and a throttled call is tried again."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.aws.session import ATTEMPTS, Session
from deploy.errors import Missing


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    """Nobody is logged in."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_what_is_missing_is_said():
    with pytest.raises(Missing, match="No AWS region is set"):
        _ = Session().region
    with pytest.raises(Missing, match="No AWS credentials were found"):
        _ = Session("eu-west-1").account
    with pytest.raises(Missing, match=r"nope.*could not be found\.$"):
        Session(profile="nope")


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_partition_is_the_regions(region, partition):
    assert Session(region).partition == partition


def test_a_client_is_made_once_and_says_who_calls():
    session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
    assert session.sagemaker is session.sagemaker
    assert session.runtime is not session.client("sagemaker-runtime")
    assert session.runtime.meta.config.retries["total_max_attempts"] == 1
    assert session.runtime.meta.config.read_timeout == 300
    assert "coppice/" in session.sagemaker.meta.config.user_agent


@pytest.fixture
def throttled(monkeypatch):
    """A SageMaker that asks to slow down so many times, and then answers; counts the calls."""
    left, calls = [0], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            calls.append(self.headers["X-Amz-Target"])
            left[0] -= 1
            slow = left[0] >= 0
            body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"} if slow else {"Models": []})
            self.send_response(400 if slow else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's pauses
    yield left, calls
    server.shutdown()
    server.server_close()


def test_a_throttled_call_is_tried_again(throttled):
    left, calls = throttled
    left[0] = ATTEMPTS - 1
    session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
    assert session.sagemaker.list_models()["Models"] == []
    assert len(calls) == ATTEMPTS


def test_and_given_up_in_the_end(throttled):
    left, calls = throttled
    left[0] = 99
    session = Session(boto=boto3.Session("testing", "testing", region_name="eu-west-1"))
    with pytest.raises(ClientError, match="Rate exceeded"):
        session.sagemaker.list_models()
    assert len(calls) == ATTEMPTS
