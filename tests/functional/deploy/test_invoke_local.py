"""`coppice invoke --target local` over a real socket: to our own application, and to servers that misbehave."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
from collections.abc import Callable

import numpy as np
import pytest
import toy
from werkzeug.serving import make_server

from container import contract
from deploy.aws.invocation import Call, ContainerSaidNo
from deploy.invoke.local import Container


@pytest.fixture
def serve():
    """Serve a WSGI application; its address."""
    servers = []

    def serve(application: Callable) -> str:
        def whole(environ, start):  # as from gunicorn, the body ends where it ends
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            return application(environ, start)

        server = make_server("127.0.0.1", 0, whole, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def local(coppice, serve):
    """`coppice invoke` to our own application with a model that adds up its two columns."""
    address = serve(toy.client(toy.schema("a", "b")).application)
    return lambda *flags: coppice("invoke", "--target", "local", "--url", address, *flags)


@pytest.fixture
def payload(tmp_path):
    (tmp_path / "payload.csv").write_text("1,2\n3,4\n")
    return tmp_path / "payload.csv"


def test_the_answer_is_stdout_and_the_rest_is_stderr(local, payload):
    code, out, err = local("-f", payload, "--inference-id", "mine")
    assert (code, out) == (0, "3.0\n7.0\n")
    assert "HTTP 200" in err
    assert "8 bytes of text/csv → 8 of text/csv" in err
    assert "inference id mine" in err


def test_an_answer_that_is_no_text(local, payload):
    code, out, _ = local("-f", payload, "--accept", "application/x-npy", "--json")
    document = json.loads(out)
    assert (code, document["body_encoding"], document["content_type"]) == (0, "base64", "application/x-npy")
    answers = np.load(io.BytesIO(base64.b64decode(document["body"])))
    assert answers.ravel().tolist() == [3.0, 7.0]


def test_stdin_is_told_by_its_first_byte(local, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"instances": [[1, 2]]}')))
    code, out, err = local("-f", "-")
    assert (code, out) == (0, '{"predictions":[3.0]}')
    assert err.startswith("stdin is sent as application/json")


@pytest.mark.parametrize(
    ("accept", "body", "encoding"),
    [("application/json", [3.0, 7.0], "json"), ("text/csv", "3.0\n7.0\n", "text")],
)
def test_a_document_for_programs(local, payload, accept, body, encoding):
    code, out, _ = local("-f", payload, "--accept", accept, "--json")
    document = json.loads(out)
    assert (code, document["body"], document["body_encoding"]) == (0, body, encoding)
    assert set(document) == {
        "status", "milliseconds", "content_type", "body", "body_encoding", "bytes", "variant", "request_id",
        "inference_id", "attributes", "target",
    }  # fmt: skip


def test_the_container_s_error_is_ours(local, tmp_path):
    (tmp_path / "bad.csv").write_text("1,two\n")
    code, out, err = local("-f", tmp_path / "bad.csv", "--inference-id", "mine")
    assert (code, out) == (1, "")
    assert "Row 1, column 2 (b): 'two' is not a number. (bad_value, HTTP 400)" in err
    assert "request id mine" in err
    assert json.loads(local("-f", tmp_path / "bad.csv", "--json")[1])["error"]["code"] == "model_error"


def test_what_is_sent_is_what_sagemaker_sends(serve, coppice, payload):
    seen = {}

    def application(environ, start):
        seen.update(environ, body=environ["wsgi.input"].read())
        start("200 OK", [("Content-Type", "text/plain"), ("X-Amzn-SageMaker-Custom-Attributes", "back=1")])
        return [b"\x00"]

    flags = [
        "--accept",
        "text/csv",
        "--inference-id",
        "i",
        "--attributes",
        "a=1",
        "--content-type",
        "text/csv; header=absent",
    ]
    code, out, err = coppice("invoke", "--target", "local", "--url", serve(application), "-f", payload, *flags)
    assert (code, out) == (0, "\x00")
    assert "attributes back=1" in err
    assert (seen["PATH_INFO"], seen["body"], seen["HTTP_ACCEPT"]) == ("/invocations", b"1,2\n3,4\n", "text/csv")
    assert seen["CONTENT_TYPE"] == "text/csv; header=absent"
    assert seen["HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID"] == "i"
    assert seen["HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES"] == "a=1"


def test_nobody_listens(coppice, payload):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    code, out, err = coppice("invoke", "--target", "local", "--url", f"http://127.0.0.1:{port}", "-f", payload)
    assert (code, out) == (3, "")
    assert "Nobody listens" in err
    assert "make serve" in err


@pytest.fixture
def answers():
    """A server that answers each connection with the next of these bytes, then hangs up; None hangs on."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answers(*replies: bytes | None) -> str:
            def run():
                for reply in replies:
                    try:
                        connection, _ = server.accept()
                    except OSError:  # the test is over, and nobody came for this one
                        return
                    connection.recv(65536)
                    if reply is None:
                        kept.append(connection)
                        continue
                    connection.sendall(reply)
                    connection.close()

            threading.Thread(target=run, daemon=True).start()
            return f"http://127.0.0.1:{server.getsockname()[1]}"

        yield answers
    for connection in kept:
        connection.close()


GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 2\r\n\r\n3\n"


def test_a_connection_that_broke_is_tried_again(answers, coppice, payload):
    code, out, err = coppice("invoke", "--target", "local", "--url", answers(b"", GOOD), "-f", payload)
    assert (code, out) == (0, "3\n")
    assert "try 1: the connection broke; again in 1 s" in err


def test_but_not_with_no_retry(answers, coppice, payload):
    address = answers(GOOD[:-1], GOOD)
    code, out, err = coppice("invoke", "--target", "local", "--url", address, "-f", payload, "--no-retry")
    assert (code, out) == (1, "")
    assert "No answer: the connection broke." in err


def test_what_isn_t_http(answers, coppice, payload):
    code, _, err = coppice("invoke", "--target", "local", "--url", answers(b"SSH-2.0\r\n"), "-f", payload)
    assert (code, "doesn't speak HTTP" in err) == (1, True)


def test_an_answer_that_takes_too_long(answers):
    with pytest.raises(ContainerSaidNo) as error:
        Container(answers(None), timeout=0.2).invoke(Call(b"1", "text/csv"))
    assert error.value.status == 0


@pytest.mark.parametrize(
    "flags",
    [
        ["--target", "local", "--url", "127.0.0.1:8080"],
        ["--target", "local", "--url", "http://"],
        ["--target", "local", "--url", "http://h:port"],
        ["--url", "http://127.0.0.1:8080", "houses"],
        [],
        ["--target", "local", "--inference-id", ""],
        ["--target", "local", "--inference-id", "x" * 65],
        ["--target", "local", "--attributes", "é"],
        ["--target", "elsewhere"],
        ["-x-"],
    ],
)
def test_misuse_is_2(coppice, payload, flags):
    code, out, err = coppice("invoke", "-f", payload, *flags)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_a_body_over_the_limit_isn_t_sent(local, tmp_path):
    with (tmp_path / "big.csv").open("wb") as big:
        big.truncate(4 * contract.MEBIBYTE + 1)
    code, out, err = local("-f", tmp_path / "big.csv")
    assert (code, out) == (2, "")
    assert "4,194,304 bytes" in err
    assert "coppice batch" in err
