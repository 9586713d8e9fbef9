from __future__ import annotations

import threading

import pytest
from toy import loaded, schema

from container.errors import Busy, ContainerError, ModelNotFound, NotReady
from container.inference.pipeline import Invocation, Pipeline, Timings
from container.inference.service import RESERVED, THREADS, Service, State


def test_the_way_to_ready():
    service = Service(cores=1, timeout=1)
    assert service.state is State.NEW
    seen = []

    def open_pipeline():
        seen.append(service.state)
        return Pipeline(loaded(schema("a")))

    service.load(open_pipeline)
    assert seen == [State.LOADING]
    assert service.state is State.READY
    assert service.invoke(Invocation(b"4", "text/csv"), Timings()).body == b"4.0\n"


@pytest.mark.parametrize("error", [ModelNotFound("It is gone.", "Look for it."), RuntimeError("boom")])
def test_a_failure_is_remembered_and_told(error):
    service = Service(cores=1, timeout=1)

    def open_pipeline():
        raise error

    with pytest.raises(type(error)):
        service.load(open_pipeline)
    assert service.state is State.FAILED
    with pytest.raises(NotReady) as caught:
        service.pipeline  # noqa: B018
    assert ("It is gone." in caught.value.message) == isinstance(error, ContainerError)
    assert "boom" not in caught.value.message


def test_there_are_only_so_many_places():
    service = Service(cores=1, timeout=1)
    for _ in range(THREADS - RESERVED):
        service.places.__enter__()
    with pytest.raises(Busy), service.places:
        pass
    service.places.__exit__(None, None, None)
    with service.places:
        pass


def test_a_turn_is_given_back_after_a_failure():
    service = Service(cores=1, timeout=0.01)
    service.load(lambda: Pipeline(loaded(schema("a"))))
    for _ in range(3):
        with pytest.raises(ContainerError):
            service.invoke(Invocation(b""), Timings())
    assert service.invoke(Invocation(b"1", "text/csv"), Timings()).body == b"1.0\n"


def test_waiting_for_a_turn_ends():
    entered, leave = threading.Event(), threading.Event()

    class Slow:
        def predict(self, rows):
            entered.set()
            leave.wait(10)
            return rows[:, 0]

    service = Service(cores=1, timeout=0.01)
    service.load(lambda: Pipeline(loaded(schema("a"))._replace(model=Slow())))
    first = threading.Thread(target=service.invoke, args=(Invocation(b"1", "text/csv"), Timings()))
    first.start()
    assert entered.wait(10)
    with pytest.raises(Busy, match=r"waited 0\.01 s"):
        service.invoke(Invocation(b"1", "text/csv"), Timings())
    leave.set()
    first.join()
