"""Cores come from the cgroup, in both versions' spelling."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from container import resources

HERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("58000 100000", 1), ("100000 100000", 1), ("150000 100000", min(2, HERE)), ("max 100000", HERE), ("odd", HERE)],
)
def test_cores_under_a_quota_of_version_2(tmp_path: Path, quota: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert resources.cpus(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("58000", 1), ("-1", HERE)])
def test_cores_under_a_quota_of_version_1(tmp_path: Path, quota: str, cores: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000")
    assert resources.cpus(tmp_path) == cores


def test_without_a_cgroup_all_cores_are_ours(tmp_path: Path) -> None:
    assert resources.cpus(tmp_path) == HERE
