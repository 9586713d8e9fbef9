"""The benchmark runs from end to end in its quick mode; times are not looked at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or shutil.which("taskset") is None, reason="the benchmark pins with taskset"
)


def test_a_quick_run_measures_and_compares(tmp_path):
    command = [
        sys.executable,
        "-m",
        "benchmarks.run",
        "--quick",
        "--only",
        "forest",
        "empty",
        "--output",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "launch → first correct prediction" in done.stdout
    results = json.loads((tmp_path / "quick" / "results.json").read_text())
    assert set(results["servers"]) == {"forest", "empty"}
    forest = results["servers"]["forest"]
    assert forest["note"] == ""
    assert forest["answers_wrong"] == 0
    assert forest["answers_compared"] > 2_000
    measured = {"launch_ms", "pss_mb", "p50_ms", "p95_ms", "p99_ms", "rows_100_ms", "rows_1000_per_s", "ping_p99_ms"}
    assert measured <= set(forest)
    assert {"processor", "cores", "memory", "python", "libraries", "revision"} <= set(results["machine"])
    assert (tmp_path / "quick" / "benchmarks.md").read_text().startswith("# Benchmarks")
    assert (tmp_path / "quick" / "benchmarks.svg").read_text().startswith("<svg")
