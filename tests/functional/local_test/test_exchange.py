"""One exchange with an instance, whatever the instance does."""

from __future__ import annotations

import socket

import pytest
from tcp import Tcp

from local_test.emulator.instances.exchange import Broken, Question, TimedOut, TooLarge, exchange, ping

POST = Question("POST", "/invocations", (("Content-Type", "text/csv"), ("X-Twice", "a"), ("X-Twice", "b")), b"1,2\n")
OK = b"HTTP/1.1 200 OK\r\n"
FOREVER = 60.0


def ask(*pieces: bytes | float, seconds: float = 20.0, max_bytes: int = 1000):
    with Tcp(*pieces) as server:
        return exchange(server, POST, seconds, max_bytes)


def test_the_answer_is_whole_with_all_its_headers():
    answer = ask(b"HTTP/1.1 415 No\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\nab", 0.05, b"cd")
    assert answer == (415, (("X-A", "1"), ("X-A", "2"), ("Content-Length", "4")), b"abcd")


def test_a_chunked_answer_and_one_that_ends_with_its_connection():
    assert ask(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n").body == b"abcd"
    assert ask(OK + b"\r\nabcd").body == b"abcd"


def test_what_is_sent_is_the_question_and_what_http_needs():
    with Tcp(OK + b"Content-Length: 0\r\n\r\n") as server:
        exchange(server, POST, 20, 1000)
        head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.decode().split("\r\n") == [
        "POST /invocations HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Type: text/csv",
        "X-Twice: a",
        "X-Twice: b",
        "Content-Length: 4",
    ]
    assert body == b"1,2\n"


def test_framing_headers_of_the_caller_are_not_passed_on():
    with Tcp(OK + b"Content-Length: 0\r\n\r\n") as server:
        exchange(server, POST._replace(headers=(("content-length", "99"), ("HOST", "x"))), 20, 1000)
    head = server.received.lower().split(b"\r\n")
    assert [line for line in head if line.startswith(b"content-length")] == [b"content-length: 4"]
    assert [line for line in head if line.startswith(b"host")] == [b"host: 127.0.0.1:%d" % server.port]


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(OK + b"Content-Length: 0\r\n\r\n").status == 200


@pytest.mark.parametrize(
    "pieces",
    [
        [FOREVER],
        [OK, FOREVER],
        [OK + b"Content-Length: 100\r\n\r\n", *[b"x", 0.05] * 1000],  # never silent for long
        [OK, *[b"X-A: 1\r\n", 0.05] * 90, FOREVER],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n", 0.05] * 1000],
    ],
)
def test_one_deadline_holds_for_the_whole_exchange(pieces):
    with pytest.raises(TimedOut, match=r"0\.4 s"):
        ask(*pieces, seconds=0.4)


def test_a_body_that_nobody_reads_runs_into_the_deadline():
    with Tcp(FOREVER, reads=False) as server, pytest.raises(TimedOut):
        exchange(server, POST._replace(body=bytes(50_000_000)), 0.4, 1000)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"HTTP/1.1 200"],
        [OK + b"X-A"],
        [b"garbage\r\n\r\n"],
        [OK + b"Content-Length: 10\r\n\r\nabc"],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"],
        [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ],
)
def test_an_answer_that_ends_in_its_middle_is_broken(pieces):
    with pytest.raises(Broken, match=r"\w"):
        ask(*pieces)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Tcp()
    with server:
        pass
    server.port = port
    with pytest.raises(Broken, match="refused"):
        exchange(server, POST, 20, 1000)
    assert ping(server, 20) is None


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"Content-Length: 1001\r\n\r\n", FOREVER],  # said beforehand: nothing of it is waited for
        [OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"64\r\n" + b"x" * 100 + b"\r\n"] * 11, FOREVER],
        [OK + b"\r\n", b"x" * 1001],
    ],
)
def test_an_answer_over_the_limit_is_too_large(pieces):
    with pytest.raises(TooLarge, match="1000"):
        ask(*pieces)


def test_an_answer_of_just_the_limit_is_not():
    assert len(ask(OK + b"\r\n", b"x" * 1000).body) == 1000


def test_who_refuses_a_body_unread_is_heard():
    with Tcp(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n", 1.0, reads=False) as server:
        assert exchange(server, POST._replace(body=bytes(1_000_000)), 20, 1000).status == 413


def test_ping_gives_the_status_whatever_it_is():
    with Tcp(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as server:
        assert ping(server, 20) == 503
    with Tcp(FOREVER) as server:
        assert ping(server, 0.2) is None
