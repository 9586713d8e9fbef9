"""The machine a run was on, in the words the report uses."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("numpy", "scikit-learn", "scipy", "joblib", "pandas", "flask", "gunicorn", "orjson")


def describe(root: Path) -> dict[str, str]:
    """What someone must know to compare figures."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": _cores(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {found}" for name in LIBRARIES if (found := _version(name))),
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "revision": revision(root),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def revision(root: Path) -> str:
    """The commit, and whether something was changed since."""
    try:
        command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _cores() -> str:
    count = os.cpu_count() or 1
    siblings = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    shared = siblings.read_text().strip() if siblings.exists() else "0"
    return f"{count}" + (f", where {shared} are threads of one physical core" if shared != "0" else "")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _field(path: str, name: str) -> str:
    file = Path(path)
    for line in file.read_text().splitlines() if file.exists() else ():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return ""
