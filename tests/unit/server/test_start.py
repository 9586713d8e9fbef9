"""What is said of a start adds up."""

from __future__ import annotations

import time

import pytest

from container.resources import process_age
from container.server.start import Start


def test_the_parts_follow_one_another_and_add_up():
    start = Start(time.monotonic() - 0.5)
    start.ended("imports")
    time.sleep(0.02)
    start.ended("mapping")
    said = start.milliseconds()
    assert list(said)[-3:] == ["imports", "mapping", "total"]
    assert said["imports"] >= 500
    assert said["mapping"] >= 20
    assert said["total"] == pytest.approx(sum(said.values()) - said["total"], abs=0.5)


def test_the_interpreter_comes_first_where_the_system_knows():
    assert process_age() is not None
    assert next(iter(Start(time.monotonic()).milliseconds())) == "interpreter"


def test_age_where_a_name_has_brackets_and_where_nothing_says(tmp_path):
    stat = tmp_path / "stat"
    fields = ["S"] + ["0"] * 18 + ["100"] + ["0"] * 20
    stat.write_text(f"7 (a ) b) {' '.join(fields)}\n")
    age = process_age(stat)
    assert age == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME) - 1, abs=1)
    stat.write_text("nonsense")
    assert process_age(stat) is None
    assert process_age(tmp_path / "none") is None
