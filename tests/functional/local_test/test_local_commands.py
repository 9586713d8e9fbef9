"""`coppice local up`, `status`, `down` and `reset`, as people and programs type them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from local_emulator import COPPICE, SECONDS, Local


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    local = Local(tmp_path)
    yield local
    local.down()


def s3(info: dict) -> Any:
    return boto3.Session("x", "x", region_name="us-east-1").client("s3", endpoint_url=info["address"])


def buckets(info: dict) -> list[str]:
    return [bucket["Name"] for bucket in s3(info).list_buckets()["Buckets"]]


def make_bucket(info: dict, name: str) -> None:
    s3(info).create_bucket(Bucket=name)


def test_what_a_shell_evaluates_is_all_of_stdout(local):
    done = local.coppice("local", "up", "--detach", "--port", "0", "--backend", "process")
    lines = [line.partition("=") for line in done.stdout.splitlines()]
    found = {name.removeprefix("export "): value for name, _, value in lines}
    assert found["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert set(found) == {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
    page = f"{found['AWS_ENDPOINT_URL']}/ in a browser"
    for word in (found["AWS_ENDPOINT_URL"], page, "CPU share", "registry", "state"):
        assert word in done.stderr
    caller = 'import boto3; print(boto3.client("sts").get_caller_identity()["Account"])'
    shell = f"eval '{done.stdout}'; python -c '{caller}'"
    assert local.run("bash", "-c", shell).stdout == "123456789012\n"


def test_status_shows_it_and_down_ends_it(local):
    info = local.up("--backend", "process")
    (shown,) = local.status()
    assert {name: shown[name] for name in ("address", "pid", "lives", "trouble")} == {
        "address": info["address"], "pid": info["pid"], "lives": True, "trouble": None,
    }  # fmt: skip
    assert info["address"] in local.coppice("local", "status").stdout
    folder = Path(shown["log"]).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder.parent.stat().st_mode & 0o777, folder.name) == (0o700, str(info["port"]))

    said = local.coppice("local", "down").stderr
    assert f"port {info['port']} is gone" in said
    assert not psutil.pid_exists(info["pid"])
    assert not folder.parent.exists()
    assert local.status() == []
    assert local.coppice("local", "down", "--port", str(info["port"])).returncode == 0


def test_two_have_states_of_their_own_and_a_state_has_one_emulator(local, tmp_path):
    one, other = (local.up("--backend", "process", "--state", tmp_path / name) for name in ("one", "other"))
    make_bucket(one, "houses")
    assert (buckets(one), buckets(other)) == (["houses"], [])

    again = local.coppice("local", "up", "--detach", "--port", "0", "--json", "--state", tmp_path / "one", check=False)
    assert again.returncode == 1
    assert json.loads(again.stdout)["error"]["code"] == "state_taken"
    both = local.coppice("local", "down", check=False)
    assert both.returncode == 2
    assert f"--port {min(one['port'], other['port'])}" in both.stderr

    local.coppice("local", "down", "--port", str(one["port"]))
    assert [shown["port"] for shown in local.status()] == [other["port"]]
    back = local.up("--backend", "process", "--state", tmp_path / "one")
    assert buckets(back) == ["houses"]


def test_a_state_that_cannot_be_used_says_so(local, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "emulator.sqlite").write_text("no database, and long enough to be seen to be none" * 10)
    (tmp_path / "file").touch()
    for state, words in ((broken, "can't be read"), (tmp_path / "file" / "below", "can't be the state's folder")):
        done = local.coppice(
            "local", "up", "--detach", "--port", "0", "--backend", "process", "--state", state, check=False
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert local.status() == []


def test_reset_forgets_and_goes_on(local):
    info = local.up("--backend", "process")
    make_bucket(info, "houses")
    local.coppice("local", "reset")
    assert buckets(info) == []
    assert local.status()[0]["pid"] == info["pid"]


def test_a_port_that_an_emulator_has(local):
    info = local.up("--backend", "process")
    done = local.coppice("local", "up", "--port", str(info["port"]), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"pid {info['pid']}" in done.stderr
    assert f"coppice local down --port {info['port']}" in done.stderr
    assert buckets(info) == []


def test_a_port_that_something_else_has(local):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = local.coppice("local", "up", "--port", str(port), "--detach", "--json", check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "port_taken"
    assert f"pid {os.getpid()}" in error["message"]
    assert f"--port {port + 1}" in error["hint"]


def test_docker_that_is_asked_for_has_to_be_there(local):
    done = local.coppice(
        "local", "up", "--backend", "docker", "--port", "0", check=False, DOCKER_HOST="unix:///nowhere/docker.sock"
    )
    assert done.returncode == 3
    assert "coppice local up --backend process" in done.stderr
    assert local.status() == []


def test_without_docker_it_says_that_it_does_without(local):
    local.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    info = local.up()
    assert info["backend"] == "process"
    assert "Docker" in info["why"]


def test_what_sigkill_leaves_is_named_and_goes(local):
    info = local.up("--backend", "process")
    os.kill(info["pid"], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(info["pid"])] if psutil.pid_exists(info["pid"]) else [], timeout=SECONDS)
    (shown,) = local.status()
    assert not shown["lives"]
    assert f"coppice local down --port {info['port']}" in local.coppice("local", "status").stdout
    local.coppice("local", "down")
    assert local.status() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_in_the_foreground_a_signal_ends_it_cleanly(local, number):
    command = [COPPICE, "local", "up", "--port", "0", "--backend", "process"]
    program = subprocess.Popen(
        command,
        env=local.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = program.stderr.readline()
            assert line, said
            said += line
        assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in said
        os.killpg(program.pid, number)
        out, err = program.communicate(timeout=SECONDS)
    finally:
        program.kill()
    assert (program.returncode, out, err) == (0, "", "")
    assert local.status() == []


@pytest.mark.parametrize("arguments", [["--backend", "podman"], ["--download-rate", "fast"], ["--json"],
                                       ["--idle", "-1"], ["--port", "70000"]])  # fmt: skip
def test_wrong_usage(local, arguments):
    done = local.coppice("local", "up", *arguments, check=False)
    assert (done.returncode, local.status()) == (2, [])


def test_a_web_page_has_no_say(local):
    info = local.up("--backend", "process")
    make_bucket(info, "houses")
    caller = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-H", "Origin: http://elsewhere"]
    assert local.run(*caller, info["address"] + "/_coppice/reset").stdout == "403"
    assert buckets(info) == ["houses"]
