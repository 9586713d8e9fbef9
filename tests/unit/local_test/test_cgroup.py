"""The files of a control group, as both versions have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_test.emulator.instances import cgroup

CONTAINER = "c0ffee" * 10 + "cafe"
PLACES = [
    f"/docker/{CONTAINER}",
    f"/system.slice/docker-{CONTAINER}.scope",
    f"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{CONTAINER}.scope",
]
V1 = {
    "memory.usage_in_bytes": "1000\n",
    "memory.stat": "inactive_file 1\ntotal_inactive_file 300\ntotal_active_file 200\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
}
V2 = {
    "memory.current": "1000\n",
    "memory.stat": "anon 600\ninactive_file 300\nactive_file 100\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 0\n",
}


@pytest.fixture(params=[(version, place) for version in (1, 2) for place in PLACES])
def group(request, tmp_path) -> Path:
    version, place = request.param
    lines = {1: f"11:cpu,cpuacct:{place}\n5:memory:{place}\n0::{place}\n", 2: f"0::{place}\n"}[version]
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "cgroup").write_text(lines)
    folder = tmp_path / ("memory" if version == 1 else ".") / place[1:]
    folder.mkdir(parents=True)
    for name, text in {1: V1, 2: V2}[version].items():
        (folder / name).write_text(text)
    return folder


def find(tmp_path: Path, pid: int = 7, container: str = CONTAINER) -> cgroup.Cgroup | None:
    return cgroup.find(container, pid, tmp_path, tmp_path / "proc")


def test_what_is_used_is_what_the_kernel_would_not_drop(group, tmp_path):
    assert find(tmp_path).read() == (700, False)


def test_a_kill_is_seen(group, tmp_path):
    for name in ("memory.oom_control", "memory.events"):
        if (group / name).exists():
            (group / name).write_text("oom 3\noom_kill 1\n")
    assert find(tmp_path).read() == (700, True)


def test_a_group_that_has_gone(group, tmp_path):
    found = find(tmp_path)
    for file in group.iterdir():
        file.unlink()
    assert found.read() is None


def test_somebody_else_s_process_is_not_the_container(group, tmp_path):
    assert find(tmp_path, container="another") is None
    assert find(tmp_path, pid=8) is None
