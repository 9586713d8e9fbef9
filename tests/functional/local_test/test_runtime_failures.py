"""InvokeEndpoint over HTTP, as boto3 sees it: every way a container can fail, and calls that come at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_instances import echo, reply
from hosted import LIMITS, code, hosted, serverless
from waiting import until

from local_test.emulator.hosting import failures
from local_test.emulator.instances.instance import Exit
from local_test.emulator.instances.starter import StartFailed

MB_4 = 4 * 1024 * 1024
SEE = (
    "See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:"
    "group=/aws/sagemaker/Endpoints/houses in account 123456789012 for more information."
)


@pytest.mark.parametrize(("status", "side"), [(415, "client"), (500, "server"), (503, "server"), (301, "client")])
def test_a_containers_own_error_is_a_model_error(one, starter, status, side):
    starter.answers = lambda instance, handler, body: reply(handler, status, b"no \xff")
    error = one.refused()
    assert code(error) == ("ModelError", 424)
    said = f'Received {side} error ({status}) from primary with message "no \ufffd". {SEE}'
    assert error.response["Error"]["Message"] == said
    assert error.response["OriginalStatusCode"] == status
    assert error.response["OriginalMessage"] == "no \ufffd"
    assert error.response["LogStreamArn"] == one.logs.streams[-1].arn
    assert one.numbers.of("InvocationModelErrors") == [1]
    assert one.numbers.of("Invocation4XXErrors") == [status == 415]
    assert f"the container answered {status}" in one.reports[-1]


def test_a_response_over_4_mb_is_a_model_error(one, starter):
    starter.answers = lambda instance, handler, body: reply(handler, 200, b"x" * (MB_4 + 1))
    error = one.refused()
    assert code(error) == ("ModelError", 424)
    assert "could not load the entire response body" in str(error)


def test_a_container_that_hangs_times_out_and_keeps_its_instance(starter):
    release = threading.Event()

    def hang_once(instance, handler, body):
        if body == b"hang":
            release.wait(20)
        echo(instance, handler, body)

    starter.answers = hang_once
    with hosted(starter, limits=LIMITS._replace(invocation_seconds=0.3)) as one:
        one.configure("c1", serverless(1))
        one.deploy()
        error = one.refused(b"hang")
        assert code(error) == ("ModelError", 424)
        assert str(error).endswith(f'Received server error (0) from primary with message "{failures.TIMED_OUT}". {SEE}')
        assert one.invoke()["Body"].read() == b"x"
        assert len(starter.started) == 2  # the one that was checked, and the one that has answered both
        release.set()


def test_a_container_that_outgrows_its_memory(one, starter):
    def dies(instance, handler, body):
        if body == b"big":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal")
            handler.wfile.flush()
            instance.die(out_of_memory=True)
            handler.connection.close()
            return
        echo(instance, handler, body)

    starter.answers = dies
    error = one.refused(b"big")
    assert code(error) == ("ModelError", 424)
    assert "insufficient memory: it outgrew 1024 MB" in str(error)
    assert "insufficient memory" in one.reports[-1]
    assert one.invoke()["Body"].read() == b"x"
    assert "cold init" in one.reports[-1]


def test_a_container_that_dies_in_the_middle_of_an_answer(steady, starter):
    def dies(instance, handler, body):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal")
        handler.wfile.flush()
        instance.die(1)
        handler.close_connection = True

    starter.answers = dies
    for instance in starter.alive():
        instance.answers = dies
    error = steady.refused()
    assert code(error) == ("ModelError", 424)
    assert "Amazon SageMaker could not get a response from the houses endpoint." in str(error)
    assert "ended with exit code 1" in str(error)
    assert steady.numbers.of("Invocation5XXErrors") == [1]


def test_one_that_died_while_idle_is_not_given_out(one, starter):
    one.invoke()
    starter.started[-1].die()
    assert one.invoke(b"y")["Body"].read() == b"y"
    assert one.reports[-1].count("cold init") == 1


@pytest.mark.parametrize(
    ("failure", "expected", "words"),
    [
        (StartFailed("no 200", timed_out=True), ("ModelNotReadyException", 429), "still being provisioned"),
        (StartFailed("x", exit=Exit(2, False)), ("ModelError", 424), "ended with exit code 2"),
        (StartFailed("x", exit=Exit(137, True)), ("ModelError", 424), "insufficient memory"),
        (StartFailed("Docker doesn't answer"), ("ServiceUnavailable", 503), "Docker doesn't answer"),
    ],
)
def test_a_cold_start_that_fails_says_so_and_frees_its_place(one, starter, failure, expected, words):
    starter.fails = lambda wanted: failure
    for _ in range(3):  # more often than there are places
        error = one.refused()
        assert code(error) == expected
        assert words in str(error)
    assert expected[0] in one.reports[-1]
    starter.fails = lambda wanted: None
    assert one.invoke()["Body"].read() == b"x"


def test_a_surplus_is_throttled_exactly_and_nobody_gets_anothers_answer(starter):
    """300 at once against 20: the 20 are still starting, and count, when the others come."""
    with hosted(starter) as one:
        one.configure("c1", serverless(20))
        one.deploy()
        starter.hold.clear()
        client = one.new_client(connections=300)

        def ask(number):
            body = f"call {number}".encode()
            try:
                return client.invoke_endpoint(EndpointName="houses", Body=body)["Body"].read() == body
            except client.exceptions.ClientError as error:
                return code(error)

        with ThreadPoolExecutor(300) as threads:
            asked = [threads.submit(ask, number) for number in range(300)]
            until(lambda: sum(each.done() for each in asked) == 280)
            starter.hold.set()
            results = Counter(each.result() for each in asked)
        client.close()
        assert results == {True: 20, ("ThrottlingException", 400): 280}
        assert one.reports.count("") == 0
        assert sum(report.endswith("throttled") for report in one.reports) == 280
        assert len(starter.started) == 21
        assert max(one.numbers.of("ServerlessConcurrentExecutionsUtilization")) == 1
        assert all(call.ended() is None for call in starter.started[1:])


def test_an_instance_has_one_call_at_a_time(starter):
    busy, most = Counter(), Counter()
    lock = threading.Lock()

    def answers(instance, handler, body):
        with lock:
            busy[instance.id] += 1
            most[instance.id] = max(most[instance.id], busy[instance.id])
        time.sleep(0.002)
        with lock:
            busy[instance.id] -= 1
        echo(instance, handler, body)

    starter.answers = answers
    with hosted(starter) as one:
        one.configure("c1", serverless(8))
        one.deploy()
        with ThreadPoolExecutor(8) as threads:
            bodies = [f"{number}".encode() for number in range(200)]
            assert [each["Body"].read() for each in threads.map(one.invoke, bodies)] == bodies
        assert set(most.values()) == {1}
        assert len(most) <= 8


def test_calls_beyond_provisioned_concurrency_spill_over(starter):
    both = threading.Barrier(2, timeout=20)
    with hosted(starter) as one:
        one.configure("c1", serverless(4, provisioned=1))
        one.deploy()
        starter.answers = lambda instance, handler, body: (both.wait(), echo(instance, handler, body))
        starter.alive()[0].answers = starter.answers
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(one.invoke, [b"1", b"2"]))
        assert sorted(one.numbers.of("ServerlessProvisionedConcurrencyInvocations")) == [0, 1]
        assert sorted(one.numbers.of("ServerlessProvisionedConcurrencySpilloverInvocations")) == [0, 1]
        assert one.numbers.of("ServerlessProvisionedConcurrencyUtilization") == [1, 1]
        assert sum("≈ $" in line for line in one.reports) == 1


def test_before_the_emulator_is_up_again_a_call_may_be_tried_again(one):
    one.hosting.close()
    assert code(one.refused()) == ("ServiceUnavailable", 503)


def test_an_instance_that_cannot_be_asked_how_it_is_keeps_no_other_call_waiting(steady, starter):
    """The Docker engine may take its time."""
    asked, go = threading.Event(), threading.Event()

    def slow():
        asked.set()
        go.wait(20)

    starter.started[0].ended = slow
    assert asked.wait(20)  # by the keeper, or by the first call
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(steady.invoke) for _ in range(2)]
        until(lambda: any(call.done() for call in calls))
        assert not go.is_set()
        go.set()
        assert all(call.result()["Body"].read() == b"x" for call in calls)


def test_real_time_calls_are_spread_and_concurrent(steady, starter):
    together = threading.Barrier(4, timeout=20)
    served = Counter()

    def answers(instance, handler, body):
        served[instance.id] += 1
        together.wait()
        echo(instance, handler, body)

    for instance in starter.alive():
        instance.answers = answers
    with ThreadPoolExecutor(4) as threads:
        assert [each["Body"].read() for each in threads.map(steady.invoke, [b"1", b"2", b"3", b"4"])] == [
            b"1", b"2", b"3", b"4"]  # fmt: skip
    assert sorted(served.values()) == [2, 2]
    assert "memory 1" not in steady.reports[-1]
    assert steady.numbers.of("InvocationsPerInstance") == [0.5] * 4
