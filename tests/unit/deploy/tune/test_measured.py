"""What measurements come to."""

from __future__ import annotations

import pytest
from tuned import answered, sized

from container.contract import MEBIBYTE
from deploy.tune.measured import Latency, Size
from deploy.tune.target import Answered, Outcome


def test_percentiles_are_of_all_calls_and_the_mean_is_of_the_middle():
    latency = Latency.of([*range(1, 10), 1000.0])
    assert latency == Latency(10, 5.5, 5, 1000, 1000)


def test_one_call_is_its_own_latency():
    assert Latency.of([7.0]) == Latency(1, 7, 7, 7, 7)
    assert Latency.of([]) is None


def test_begun_milliseconds_are_billed_whole():
    assert sized(1024, [1.1, 1.2, 1.9, 2.0, 2.1]).billed_ms == 2


def test_cold_and_warm_calls_are_told_apart():
    size = Size(1024)
    size.add(answered(5.0, cold_init_ms=300.0, download_ms=20.0, start_ms={"container": 200, "imports": 100}), 30)
    size.add(answered(2.0), 30)
    assert len(size.warm) == len(size.colds) == 1
    assert size.cold_parts == {"download": 20, "container": 200, "imports": 100, "first answer": 5}
    assert size.cold_ms == 325
    assert size.billed_cold_ms == 305


def test_a_start_that_nobody_took_apart_is_one_part():
    size = Size(1024)
    size.add(answered(5.0, cold_init_ms=300.0), 30)
    assert size.cold_parts == {"start": 300, "first answer": 5}
    size = Size(1024)
    size.add(answered(0.0, cold_init_ms=300.0, start_ms={"start and first answer": 300.0}), 30)
    assert size.cold_parts == {"start and first answer": 300}


def test_where_the_platform_does_not_say_the_callers_time_counts():
    size = Size(1024)
    size.add(answered(0, client_ms=9.0)._replace(duration_ms=None), 30)
    assert size.latency.p50 == 9


@pytest.mark.parametrize(("peak", "fits"), [(853, True), (854, False), (1024, False)])
def test_a_size_needs_headroom_above_the_peak(peak, fits):
    size = sized(1024, [1.0], peak)
    assert size.fits is fits
    assert ("headroom" in size.why_not) is not fits


def test_a_size_whose_memory_nobody_measured_is_not_recommended():
    size = sized(1024, [1.0], 0)
    assert not size.fits
    assert "how much memory" in size.why_not


def test_a_failed_call_counts_its_memory_and_nothing_else():
    size = Size(1024)
    size.add(Answered(Outcome.failed, max_used_bytes=7 * MEBIBYTE), 30)
    assert (size.peak_bytes, len(size.failures), size.latency, size.payload_bytes) == (7 * MEBIBYTE, 1, None, 0)


def test_the_payload_goes_in_and_out():
    assert sized(1024, [1.0, 1.0]).payload_bytes == 50


def test_a_start_that_was_taken_apart_tells_more_than_one_that_was_not():
    size = Size(1024)
    size.add(answered(5.0, cold_init_ms=300.0, start_ms={"container": 200, "imports": 100}), 30)
    size.add(answered(5.0, cold_init_ms=400.0), 30)
    assert size.cold_parts == {"container": 200, "imports": 100, "first answer": 5}
    assert size.cold_ms == 355
