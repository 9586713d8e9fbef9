"""Images, models and callers that misbehave, in one emulator: whom it concerns is told, nobody else is harmed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import broken_models
import pytest
from botocore.exceptions import ClientError
from containers import docker
from endpoints import Endpoints, dropped
from local_emulator import SECONDS, Local
from traces import Traces
from waiting import until

pytestmark = pytest.mark.container

START_SECONDS = 30
LIMITS = {"serverless_start_seconds": START_SECONDS, "disk_bytes": 64 << 20}
"""Not the real 180 s and 5 GB. The 60 s of a call are AWS's."""
LOADS_OF_LINES = "for n in range(20_000): print(f'{n:06}', 'x' * 300)\nsys.stdout.flush()"
"""6 MB."""
NOT_STARTING = {
    "exits": ("print('no licence', flush=True); sys.exit(3)", ("ended with exit code 3", "no licence")),
    "is-silent": ("time.sleep(1000)", (f"within {START_SECONDS} s", "it gave no answer")),
    "answers-500": ("PING = lambda: 500", (f"within {START_SECONDS} s", "its last answer was 500")),
    "outgrows": ("b'x' * (2 << 30)", ("it outgrew 1024 MB",)),
}
"""What the server runs first, and what FailureReason says."""
ENDPOINTS = ("able", "hangs", "prints")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, small: str) -> Iterator[Endpoints]:
    """All at once, as some take long: who waits for one finds it settled."""
    local = Local(tmp_path_factory.mktemp("emulator"))
    info = local.start(backend="docker", limits=LIMITS)
    endpoints = Endpoints(info["address"], small)
    endpoints.create("hangs")
    endpoints.create("able")
    endpoints.create("prints", LOADS_OF_LINES)
    for name, (before, _) in NOT_STARTING.items():
        endpoints.create(name, before)
    endpoints.create("nothing", image=f"{info['registry']}/nothing@sha256:{'0' * 64}")
    yield endpoints
    traces = Traces(info, local.folder)
    assert local.status()[0]["trouble"] is None
    local.down()
    assert traces.left() == []


@pytest.fixture(scope="module", autouse=True)
def hanging(emulator: Endpoints) -> Iterator[Future[dict]]:
    """A call that is answered after 61 s, begun before everything else."""
    assert emulator.settled("hangs") == ("InService", "")
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(emulator.error, "hangs", "time.sleep(61); answer = 'late'")


@pytest.fixture(scope="module")
def models(emulator: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bucket's URL, with a model in it that is right and some that aren't."""
    folder = tmp_path_factory.mktemp("models")
    right = broken_models.right(folder / "right")
    archives = {
        "right": right,
        "flipped": broken_models.with_a_flipped_bit(right, folder / "flipped.tar.gz"),
        "half": broken_models.broken_off(right, folder / "half.tar.gz"),
        "heavy": broken_models.right(folder / "heavy", ballast=1200 << 20),
    }
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name, path in archives.items():
        s3.upload_file(str(path), "models", name)
    return "s3://models"


def test_an_image_that_does_not_exist(emulator):
    status, reason = emulator.settled("nothing")
    assert status == "Failed"
    assert "/nothing@sha256:" in reason
    assert "does not exist" in reason


@pytest.mark.parametrize("name", NOT_STARTING)
def test_a_container_that_does_not_start(emulator, name):
    status, reason = emulator.settled(name)
    assert status == "Failed"
    assert "did not pass the ping health check" in reason
    for words in NOT_STARTING[name][1]:
        assert words in reason
    refused = emulator.error(name, "")
    assert refused["Code"] == "ValidationError"
    assert "Failed" in refused["Error"]["Message"]


def test_what_it_said_before_it_exited_is_in_the_logs(emulator):
    emulator.settled("exits")
    until(lambda: "no licence" in emulator.lines("exits"))


def test_megabytes_at_the_start_and_with_a_call(emulator):
    assert emulator.settled("prints") == ("InService", "")
    host = emulator.ask("prints", LOADS_OF_LINES + "\nanswer = os.uname().nodename")
    assert emulator.ask("prints", "answer = os.uname().nodename") == host

    def arrived_or_counted() -> int:
        lines = emulator.lines("prints")
        return sum(not dropped([line]) for line in lines) + dropped(lines)

    prints, reports = 3, 2  # its check, the instance that answered, and the call; REPORT lines may be dropped, too
    until(lambda: arrived_or_counted() == prints * 20_000 + reports)


def test_an_answer_of_500(emulator):
    error = emulator.error("able", "handler.say(500, b'no such column')")
    assert (error["Code"], error["OriginalStatusCode"]) == ("ModelError", 500)
    assert error["OriginalMessage"] == "no such column"
    assert error["LogStreamArn"].startswith("arn:aws:logs:")


@pytest.mark.parametrize(
    "begun", ["", "handler.wfile.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n1234'); "]
)
def test_a_container_that_dies_in_a_call(emulator, begun):
    before = emulator.ask("able", "answer = os.uname().nodename")
    error = emulator.error("able", begun + "os._exit(9)")
    assert (error["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert "could not get a response" in error["OriginalMessage"]
    assert "exit code 9" in error["OriginalMessage"]
    assert emulator.ask("able", "answer = os.uname().nodename") != before


def test_a_call_that_outgrows_the_memory(emulator):
    emulator.up("grows")
    before = emulator.ask("grows", "answer = os.uname().nodename")
    error = emulator.error("grows", "b'x' * (2 << 30)")
    assert (error["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert "insufficient memory" in error["OriginalMessage"]
    assert emulator.ask("grows", "answer = os.uname().nodename") != before
    until(lambda: len(emulator.reports("grows")) == 3)
    reports = emulator.reports("grows")
    assert sum("cold init" in line for line in reports) == 2
    (failed,) = (line for line in reports if "insufficient memory" in line)
    assert "max used 1024 MB" in failed


def test_tmp_full_is_the_affair_of_one_instance(emulator):
    fill = """
import errno
with open('/tmp/all', 'wb', 0) as file:
    try:
        while True: file.write(bytes(1 << 20))
    except OSError as error:
        name = errno.errorcode[error.errno]
while not GO: time.sleep(0.1)
handler.say(500, name.encode())
"""
    emulator.up("fills", RELEASED)
    label = "label=coppice.local.owner=endpoint/fills"
    with ThreadPoolExecutor(1) as thread:
        full = thread.submit(emulator.error, "fills", fill)
        until(lambda: docker("ps", "--quiet", "--filter", label).stdout.split())
        kept = "open('/tmp/mine', 'wb').write(bytes(8 << 20)); answer = os.path.getsize('/tmp/mine')"
        assert emulator.ask("fills", kept) == str(8 << 20)
        until(lambda: not full.running() or release(label))
    assert (full.result()["Code"], full.result()["OriginalMessage"]) == ("ModelError", "ENOSPC")


def test_a_model_on_its_own_image_is_right(emulator, image, models):
    emulator.up("right", image=image, model_url=f"{models}/right")
    answers = emulator.ask("right", broken_models.ROWS, "text/csv").split()
    assert [float(each) for each in answers] == pytest.approx(broken_models.ANSWER)


@pytest.mark.parametrize(
    ("name", "said"),
    [("flipped", "model.joblib has sha256"), ("half", "Failed to extract model data"), ("heavy", "it outgrew 1024 MB")],
)
def test_a_model_that_cannot_be_served(emulator, image, models, name, said):
    emulator.create(name, image=image, model_url=f"{models}/{name}")
    status, reason = emulator.settled(name)
    assert status == "Failed"
    assert said in reason


RELEASED = "import time; GO = []; signal.signal(signal.SIGUSR1, lambda *_: GO.append(1))"
"""Calls may wait for GO, which a signal gives."""


def release(label: str) -> bool:
    """Let the calls end that wait for it, in every container of that label that runs by now."""
    containers = docker("ps", "--quiet", "--filter", label).stdout.split()
    docker("kill", "--signal", "USR1", *containers, check=False)  # there may be none yet
    time.sleep(1)
    return False


def test_three_hundred_clients(emulator):
    """All of them ask before the first is answered. The surplus is throttled at once, and gets its turn later."""
    emulator.up("crowded", RELEASED, concurrency=20)
    label = "label=coppice.local.owner=endpoint/crowded"
    everybody = threading.Barrier(300)

    def ask(number: int) -> str:
        everybody.wait(SECONDS)
        return emulator.ask("crowded", question(number))

    with ThreadPoolExecutor(300) as clients:
        calls = [clients.submit(ask, number) for number in range(300)]
        until(lambda: [call.done() for call in calls].count(True) >= 280)
        refused = [number for number, call in enumerate(calls) if call.done()]
        assert len(refused) == 280
        assert {code(calls[number].exception()) for number in refused} == {"ThrottlingException"}
        taken = [number for number in range(300) if number not in refused]
        until(lambda: all(calls[number].done() for number in taken) or release(label))
        assert [calls[number].result() for number in taken] == [answer(number) for number in taken]
    with ThreadPoolExecutor(20) as clients:
        later = list(clients.map(lambda number: emulator.ask("crowded", question(number)), refused))
    assert later == [answer(number) for number in refused]


def question(number: int) -> str:
    return f"while not GO: time.sleep(0.1)\nanswer = {number} * 1000 + 7"


def answer(number: int) -> str:
    return str(number * 1000 + 7)


def code(error: BaseException | None) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else repr(error)


def test_a_call_that_takes_61_seconds(emulator, hanging):
    """The last one here, as it takes a minute."""
    error = hanging.result(SECONDS)
    assert (error["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert "timed out while waiting for a response from container primary" in error["OriginalMessage"]
    until(lambda: emulator.reports("hangs"))
    (report,) = emulator.reports("hangs")
    assert "duration 60" in report
    assert emulator.ask("hangs", "answer = 'in time'") == "in time"
