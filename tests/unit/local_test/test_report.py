"""The REPORT line and its price."""

from __future__ import annotations

import pytest

from local_test.emulator.observe.report import Report

COLD = Report("id", "us-east-1", 0.011, cold_init_seconds=0.412, memory_mb=2048, max_used_bytes=143 * 1024 * 1024)


def test_a_cold_call():
    # 0.423 s x 2 GB x $0.00002
    assert COLD.line() == (
        "REPORT id  cold init 412 ms  duration 11 ms  billed 423 ms  memory 2048 MB  max used 143 MB  ≈ $0.0000169"
    )


def test_a_download_is_shown_and_not_billed():
    line = COLD._replace(download_seconds=1.5).line()
    assert "cold init 412 ms  download 1500 ms  duration 11 ms  billed 423 ms" in line


def test_a_warm_call():
    line = COLD._replace(cold_init_seconds=None).line()
    assert line == "REPORT id  duration 11 ms  billed 11 ms  memory 2048 MB  max used 143 MB  ≈ $0.000000440"


def test_times_are_rounded_up_and_add_up():
    report = COLD._replace(duration_seconds=0.0101, cold_init_seconds=0.4111)
    assert "cold init 412 ms  duration 11 ms  billed 423 ms" in report.line()


def test_a_real_time_call_isnt_billed():
    line = Report("id", "us-east-1", 0.011, max_used_bytes=1).line()
    assert line == "REPORT id  duration 11 ms  max used 1 MB"


def test_a_throttled_call():
    line = Report("id", "us-east-1", None, memory_mb=1024, outcome="throttled").line()
    assert line == "REPORT id  memory 1024 MB  throttled"


def test_a_failed_call_is_billed():
    line = Report("id", "us-east-1", 1, memory_mb=1024, outcome="status 424 ModelError out of memory").line()
    assert line.endswith("billed 1000 ms  memory 1024 MB  ≈ $0.0000200  status 424 ModelError out of memory")


def test_the_price_of_another_region_isnt_known():
    assert COLD._replace(region="eu-west-1").line().endswith("≈ $0.0000169 (us-east-1)")


def test_the_price_of_provisioned_concurrency_isnt_known():
    report = COLD._replace(provisioned=True)
    assert report.price is None
    assert report.line().endswith("max used 143 MB")


@pytest.mark.parametrize(
    ("seconds", "price"), [(0.001, "$0.0000000200"), (60, "$0.00120"), (50_000, "$1.00"), (50_000_000, "$1000")]
)
def test_prices_have_three_digits(seconds, price):
    assert Report("id", "us-east-1", seconds, memory_mb=1024).line().endswith(f"≈ {price}")


def test_a_call_that_took_no_time_costs_nothing():
    assert Report("id", "us-east-1", 0, memory_mb=1024).price == 0
    assert Report("id", "us-east-1", 0, memory_mb=1024).line().endswith("≈ $0.000")


def test_what_a_cold_start_was_made_of():
    report = COLD._replace(start_parts={"interpreter": 20.4, "imports": 100.0, "mapping": 12.3, "server": 3.0})
    assert (
        "  cold init 412 ms (container 277, interpreter 20, imports 100, mapping 12, server 3)  duration"
        in report.line()
    )
    assert "(container" not in report._replace(cold_init_seconds=None).line()


def test_parts_that_took_longer_than_the_start_leave_nothing_for_the_container():
    assert COLD._replace(start_parts={"imports": 500.0}).start == {"container": 0, "imports": 500}


def test_the_numbers():
    numbers = COLD._replace(start_parts={"imports": 100.0}).numbers()
    assert numbers["cold_init_ms"] == 412
    assert numbers["duration_ms"] == 11
    assert numbers["start_ms"] == {"container": 312, "imports": 100}
    assert numbers["billed_ms"] == 423
    assert numbers["download_ms"] is None
