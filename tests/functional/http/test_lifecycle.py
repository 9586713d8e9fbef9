"""From start to stop: what /ping says meanwhile, what runs beside what, and that nothing accepted is lost."""

from __future__ import annotations

import http.client
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from slow_models import BurnsTheProcessor, LoadsSlowly, SleepsForItsInput

CSV = "text/csv"


def test_ping_says_that_the_model_is_loading(start):
    server = start(LoadsSlowly(), wait=False)
    seen = set()
    while "READY" not in seen:
        assert server.process.poll() is None, server.log.read_text()
        try:
            ping = server.ping()
        except OSError:
            continue
        if ping.status == 200:
            seen.add(ping.json()["state"])
        else:
            assert ping.status == 503
            assert "LOADING" in ping.error["message"]
            assert server.post(b"1", CSV).status in (200, 503)
            seen.add("LOADING")
    assert seen == {"LOADING", "READY"}
    assert server.post(b"0.5", CSV).body == b"0.5\n"


def test_sigterm_while_loading_ends_at_once(start):
    server = start(LoadsSlowly(), wait=False)
    while not server.log.exists() or "READY" in server.log.read_text():
        time.sleep(0.05)
    time.sleep(2)
    assert server.stop() == 0


@pytest.mark.parametrize("estimator", [SleepsForItsInput(), BurnsTheProcessor()], ids=lambda e: type(e).__name__)
def test_ping_answers_while_inferences_run(start, estimator):
    server = start(estimator)
    with ThreadPoolExecutor(16) as pool:
        running = [pool.submit(server.post, b"0.4", CSV) for _ in range(16)]
        slowest = 0.0
        while not all(future.done() for future in running):
            before = time.monotonic()
            assert server.ping().status == 200
            slowest = max(slowest, time.monotonic() - before)
        assert {future.result().status for future in running} == {200}
    assert slowest < 2, "SageMaker gives a ping two seconds"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_answers_what_is_in_flight_and_exits_0(start, workers):
    server = start(SleepsForItsInput(), SAGEMAKER_MODEL_SERVER_WORKERS=workers)
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(server.post, b"1.5", CSV) for _ in range(4)]
        time.sleep(0.5)
        assert server.stop() == 0
        assert [future.result().body for future in running] == [b"1.5\n"] * 4


def test_nothing_is_lost_on_kept_alive_connections(start):
    server = start(SleepsForItsInput())
    statuses = []

    def call_until_the_server_says_goodbye() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        while True:
            connection.request("POST", "/invocations", b"0.01", {"Content-Type": CSV})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
            if response.getheader("Connection") == "close":
                return

    callers = [threading.Thread(target=call_until_the_server_says_goodbye) for _ in range(8)]
    for caller in callers:
        caller.start()
    time.sleep(1)
    assert server.stop() == 0
    for caller in callers:
        caller.join()
    assert set(statuses) == {200}


def test_who_comes_after_sigterm_is_refused_at_once(start):
    server = start(SleepsForItsInput())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(server.post, b"2", CSV)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            server.ping()
        assert running.result().body == b"2.0\n"
    assert server.stop() == 0


def test_a_request_that_waits_too_long_for_its_turn_is_503(start):
    server = start(SleepsForItsInput(), SAGEMAKER_MODEL_SERVER_TIMEOUT="1")
    with ThreadPoolExecutor(16) as pool:
        statuses = {future.result().status for future in [pool.submit(server.post, b"3", CSV) for _ in range(16)]}
    assert statuses == {200, 503}


def test_keep_alive_connections_are_reused(start):
    server = start(SleepsForItsInput())
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/invocations", b"0", {"Content-Type": CSV})
        assert connection.getresponse().read() == b"0.0\n"
    # A refused body is read off the wire too, so that the next request isn't mistaken for it.
    connection.request("POST", "/invocations", b"1," * 4_000_000, {"Content-Type": CSV})
    assert connection.getresponse().read()
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200
