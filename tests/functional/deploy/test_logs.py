"""`coppice logs` against moto."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COPPICE = Path(sys.executable).with_name("coppice")
GROUP = "/aws/sagemaker/Endpoints/houses"
LINES = [
    json.dumps({"level": "info", "event": "invocation", "request_id": "r1", "status": 200, "rows": 3}),
    "plain words",
    json.dumps({"level": "error", "event": "cause", "traceback": "Traceback\nValueError"}),
]


@pytest.fixture
def write(cloud):
    """Log these lines, some seconds ago, to one stream each."""
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=GROUP)

    def write(*lines: str, ago: float = 60) -> None:
        for number, line in enumerate(lines):
            stream = f"AllTraffic/{time.time_ns()}"
            logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            event = {"timestamp": int((time.time() - ago) * 1000) + number, "message": line}
            logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[event])

    return write


def test_lines_of_all_streams_in_the_order_of_time(write, coppice):
    write(*LINES)
    code, out, err = coppice("logs", "houses")
    assert (code, err) == (0, "")
    assert [line.split("Z ")[-1].strip() for line in out.splitlines()] == [
        "info    invocation  200  3 rows  id r1",
        "plain words",
        "error   cause",
        "Traceback",
        "ValueError",
    ]


def test_raw_and_json(write, coppice):
    write(*LINES)
    assert coppice("logs", "houses", "--raw")[1].splitlines() == LINES
    document = json.loads(coppice("logs", "houses", "--json")[1])
    assert [event["text"] for event in document["events"]] == LINES
    assert [event["fields"] and event["fields"]["event"] for event in document["events"]] == [
        "invocation",
        None,
        "cause",
    ]
    assert coppice("logs", "houses", "--json", "--raw")[0] == 2


def test_limit_and_since(write, coppice):
    write("old", ago=7200)
    write("recent", "last")
    assert coppice("logs", "houses", "--raw")[1].split() == ["recent", "last"]
    assert coppice("logs", "houses", "--raw", "-n", "1")[1].split() == ["last"]
    assert coppice("logs", "houses", "--raw", "--since", "3h", "--limit", "2")[1].split() == ["recent", "last"]
    assert coppice("logs", "houses", "--since", "soon")[0] == 2
    assert coppice("logs", "houses", "-n", "0")[0] == 2


def test_nothing_logged_yet(cloud, coppice):
    code, out, err = coppice("logs", "houses")
    assert (code, out) == (0, "")
    assert "Nothing was logged by houses since" in err
    assert "there is no endpoint of that name" in err
    assert json.loads(coppice("logs", "houses", "--json")[1])["events"] == []


def test_following_until_ctrl_c(cloud, write, tmp_path):
    write("before", "first")
    out = tmp_path / "out"
    command = [COPPICE, "logs", "houses", "-f", "--json", "-n", "1"]
    with out.open("wb") as stdout:
        process = subprocess.Popen(command, stdout=stdout, env={**os.environ}, stderr=subprocess.PIPE)
    _wait_for(out, "first")
    write("second", ago=5)
    _wait_for(out, "second")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert [json.loads(line)["text"] for line in out.read_text().splitlines()] == ["first", "second"]


def _wait_for(file: Path, text: str) -> None:
    end = time.monotonic() + 30
    while text not in file.read_text():
        assert time.monotonic() < end, file.read_text()
        time.sleep(0.05)
