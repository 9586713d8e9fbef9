"""In which order things are done, and what becomes of sizes, payloads and people that don't play along."""

from __future__ import annotations

import pytest
from tuned import CALL, TUNING, FakeTarget, answered

from deploy.errors import EndpointFailed, ModelFailed
from deploy.tune.measure import measure
from deploy.tune.target import Answered, Outcome


def run(target, tuning=TUNING, calls=(CALL,), progress=lambda *_: None):
    return measure(target, tuning, calls, progress)


def test_sizes_take_turns_and_each_begins_once():
    target = FakeTarget()
    found = run(target, TUNING._replace(calls=6, colds=3))
    cooled = [memory_mb for what, memory_mb in target.done if what == "cool"]
    assert cooled == [1024, 2048, 3072, 2048, 3072, 1024, 3072, 1024, 2048]
    assert [len(size.warm) for size in found.sizes.values()] == [6, 6, 6]
    assert [len(size.colds) for size in found.sizes.values()] == [3, 3, 3]
    assert not found.interrupted


def test_calls_that_do_not_divide_are_all_made():
    found = run(FakeTarget(), TUNING._replace(calls=7, colds=3))
    assert [len(size.warm) for size in found.sizes.values()] == [7, 7, 7]


def test_everything_that_was_placed_is_removed():
    target = FakeTarget()
    run(target)
    assert sorted(size for what, size in target.done if what == "place") == [1024, 2048, 3072]
    assert sorted(size for what, size in target.done if what == "remove") == [1024, 2048, 3072]


def test_step_0_a_payload_that_is_not_answered_ends_it():
    refusal = Answered(Outcome.failed, "row 1 has 2 columns, the model takes 8")
    target = FakeTarget(lambda size, number: refusal)
    with pytest.raises(ModelFailed, match="the model takes 8"):
        run(target)
    assert [what for what, _ in target.done] == ["place", "call", "remove"]


def test_each_payload_is_proved_and_sent():
    sent = []

    class Listening(FakeTarget):
        def call(self, memory_mb, call):
            sent.append((memory_mb, call.body))
            return super().call(memory_mb, call)

    payloads = [CALL, CALL._replace(body=b"3,4"), CALL._replace(body=b"5,6")]
    run(Listening(), TUNING._replace(levels=(1, 2)), calls=payloads)
    assert [body for _, body in sent[:3]] == [b"1,2", b"3,4", b"5,6"]
    of_each = {size: [body for memory_mb, body in sent[3:] if memory_mb == size] for size in TUNING.sizes}
    assert of_each[1024][:4] == [b"1,2", b"3,4", b"5,6", b"1,2"]
    assert of_each[1024][:8] == of_each[2048][:8] == of_each[3072][:8]  # beyond, clients call in any order
    assert sorted(of_each[1024]) == sorted(of_each[2048]) == sorted(of_each[3072])


def test_a_size_that_does_not_come_up_is_stopped_at_once():
    target = FakeTarget(unfit=(1024,))
    found = run(target)
    assert found.sizes[1024].out_of_memory
    assert ("call", 1024) not in target.done
    assert target.done.index(("remove", 1024)) == target.done.index(("place", 1024)) + 1
    assert found.sizes[2048].fits


def test_a_size_that_is_outgrown_by_a_call_is_stopped_at_once():
    outgrown = Answered(Outcome.out_of_memory, "insufficient memory")
    found = run(FakeTarget(lambda size, number: outgrown if (size, number) == (1024, 3) else None))
    assert found.sizes[1024].out_of_memory
    assert len(found.sizes[1024].warm) == 1
    assert found.sizes[1024].why_not == "out of memory: insufficient memory"


def test_where_not_even_the_largest_size_will_do_there_is_nothing_to_measure():
    with pytest.raises(ModelFailed, match="outgrew its memory of 3072 MB") as caught:
        run(FakeTarget(unfit=(3072,)))
    assert "--memory 4096,5120,6144" in caught.value.hint
    with pytest.raises(ModelFailed) as caught:
        run(FakeTarget(unfit=(6144,)), TUNING._replace(sizes=(6144,)))
    assert "--instance-type" in caught.value.hint


def test_a_payload_that_outgrows_the_largest_size_wants_a_larger_one():
    outgrown = Answered(Outcome.out_of_memory, "insufficient memory")
    with pytest.raises(ModelFailed, match="insufficient memory") as caught:
        run(FakeTarget(lambda size, number: outgrown))
    assert "--memory 4096,5120,6144" in caught.value.hint


def test_failures_stop_a_size_and_not_the_others():
    failed = Answered(Outcome.failed, "boom")
    found = run(FakeTarget(lambda size, _: failed if size == 1024 else None))
    assert "3 calls failed: boom" in found.sizes[1024].stopped
    assert not found.sizes[1024].out_of_memory
    assert found.sizes[3072].fits


def test_another_failure_ends_it_and_leaves_nothing():
    class Broken(FakeTarget):
        def place(self, memory_mb):
            super().place(memory_mb)
            if memory_mb == 2048:
                raise EndpointFailed("no role")

    target = Broken()
    with pytest.raises(EndpointFailed):
        run(target)
    placed = {size for what, size in target.done if what == "place"}
    assert {size for what, size in target.done if what == "remove"} == placed


def test_ctrl_c_keeps_what_was_measured():
    def interrupt(size, number):
        if (size, number) == (2048, 3):
            raise KeyboardInterrupt
        return

    target = FakeTarget(interrupt)
    found = run(target)
    assert found.interrupted
    assert len(found.sizes[1024].warm) == 3
    assert len(found.sizes[2048].warm) == 1
    assert {size for what, size in target.done if what == "remove"} == {1024, 2048, 3072}


def test_ctrl_c_while_all_is_removed_ends_neither_the_rest_nor_the_results():
    class Slow(FakeTarget):
        def peak_bytes(self, memory_mb):
            raise KeyboardInterrupt

        def remove(self, memory_mb):
            super().remove(memory_mb)
            if memory_mb == 1024:
                raise KeyboardInterrupt

    target = Slow()
    found = run(target)
    assert found.interrupted
    assert [len(size.warm) for size in found.sizes.values()] == [6, 6, 6]
    assert [size for what, size in target.done if what == "remove"] == [1024, 2048, 3072]


def test_what_can_not_be_removed_is_named_and_the_rest_is_removed():
    class Refused(FakeTarget):
        def remove(self, memory_mb):
            super().remove(memory_mb)
            if memory_mb == 1024:
                raise EndpointFailed("AccessDenied")

        def left(self):
            return ("houses-tune-1-1024",)

    target = Refused()
    found = run(target)
    assert [size for what, size in target.done if what == "remove"] == [1024, 2048, 3072]
    assert found.sizes[1024].fits
    refused, left = found.notes[-2:]
    assert refused == "AccessDenied"
    assert "aws sagemaker delete-endpoint --endpoint-name houses-tune-1-1024" in left


def test_several_clients_are_counted_with_what_did_not_come_through():
    def busy(size, number):
        if number <= 9:  # the proof, cold and warm calls
            return None
        return [answered(5.0), answered(5.0, cold_init_ms=200.0), Answered(Outcome.throttled)][number % 3]

    found = run(FakeTarget(busy), TUNING._replace(sizes=(1024,), calls=6, colds=2, levels=(1, 3)))
    (level,) = found.sizes[1024].levels
    assert (level.clients, level.latency.calls, level.cold, level.throttled, level.failed) == (3, 4, 4, 4, 0)


def test_progress_ends_with_all_calls_made():
    told = []
    run(FakeTarget(unfit=(1024,)), TUNING._replace(levels=(1, 2)), progress=lambda *said: told.append(said))
    dones, totals = [done for done, _, _ in told], [total for _, total, _ in told]
    assert dones == sorted(dones)
    assert all(done <= total for done, total, _ in told)
    assert totals[-1] < totals[0]
