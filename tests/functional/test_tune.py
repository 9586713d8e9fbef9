"""`coppice tune` as it is typed: a real emulator with the process backend, real models, and what is left of it all."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from local_emulator import COPPICE, SECONDS, Local
from tune_calls import CALLS, write_models

from deploy.invoke.start import PARTS
from deploy.tune.table import HEADS

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "tune.schema.json").read_text())
FAST = ["--backend", "process", "--calls", "4", "--cold-starts", "2"]


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def local(tmp_path) -> Iterator[Local]:
    local = Local(tmp_path)
    yield local
    local.coppice("local", "down", "--all", check=False)


def tune(local, models, *arguments, model="model.tar.gz", check=True):
    return local.coppice("tune", "--model", models / model, "-o", local.folder / "out", *FAST, *arguments, check=check)


def results(local):
    found = json.loads((local.folder / "out" / "results.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_every_size_is_measured_and_one_is_recommended(local, models):
    done = tune(local, models, "--memory", "1024,2048", "--concurrency", "1,8", "--json")
    found = json.loads(done.stdout)
    assert found == results(local)
    assert re.search(r"→ (1024 MB: .* than 2048 MB.*|2048 MB, as now); peak memory \d+ MB", done.stderr)
    for size in found["sizes"]:
        assert size["latency_ms"]["calls"] == 4
        assert size["cold_starts"]["count"] == 2
        assert list(size["cold_starts"]["parts"]) == [
            "download", "container", "interpreter", "imports", "mapping", "server", "first answer",
        ]  # fmt: skip
        assert 10 << 20 < size["peak_memory_bytes"] < 500 << 20
        (level,) = size["concurrency"]
        assert level["clients"] == 8
        assert level["throttled"] > 0  # five calls at a time is what deploy asks for, too
    assert "not enforced here: CPU share" in done.stderr
    assert "<svg" in (local.folder / "out" / "report.html").read_text()
    assert local.status() == []


def test_a_model_that_outgrows_a_size_gets_the_next_one_which_really_serves_it(local, models):
    done = tune(local, models, "--memory", "1024,2048", "--payload", models / "rows.csv", model="heavy.tar.gz")
    small, chosen = results(local)["sizes"]
    assert small["out_of_memory"]
    assert small["latency_ms"] is None
    assert chosen["peak_memory_bytes"] > 1100 << 20
    assert "→ 2048 MB, as now" in done.stderr

    local.up("--backend", "process")
    arguments = ["--model", models / "heavy.tar.gz", "--image", "coppice:latest", "--yes", "--role",
                 "arn:aws:iam::123456789012:role/any"]  # fmt: skip
    failed = local.coppice("deploy", "--name", "small", "--memory", "1024", *arguments, check=False)
    assert failed.returncode == 1
    assert "it outgrew 1024 MB" in failed.stderr
    local.coppice("deploy", "--name", "chosen", "--memory", "2048", *arguments)
    called = local.run(sys.executable, "-c", CALLS, "chosen", models / "rows.csv")
    assert called.stdout == "1000 answers\n"


def test_the_variables_of_endpoint_toml_are_the_containers(local, models, tmp_path):
    (tmp_path / "endpoint.toml").write_text('[env]\nSAGEMAKER_MODEL_SERVER_WORKERS = "none"\n')
    done = tune(local, models, "--memory", "1024", "--config", tmp_path / "endpoint.toml", check=False)
    assert done.returncode == 1
    assert "didn't come into service" in done.stderr
    assert local.status() == []


def test_more_clients_than_anybody_answers(local, models):
    tune(local, models, "--memory", "1024", "--concurrency", "200")
    (level,) = results(local)["sizes"][0]["concurrency"]
    assert level["clients"] == 200
    assert level["throttled"] > 0
    assert level["failed"] == 0


def test_an_image_that_was_named_is_not_replaced_by_this_checkout(local, models):
    what = ["tune", "--model", models / "model.tar.gz", "--image", "mine:1"]
    done = local.coppice(*what, check=False, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 3, done.stderr


def test_step_0_a_payload_that_is_not_answered(local, models, tmp_path):
    (tmp_path / "wrong.csv").write_text("1,2\n")
    done = tune(local, models, "--memory", "1024", "--payload", tmp_path / "wrong.csv", check=False)
    assert done.returncode == 1
    assert "The payload isn't answered at 1024 MB" in done.stderr
    assert "has 2 columns" in done.stderr
    assert "Nothing was measured" in done.stderr
    assert not (local.folder / "out").exists()
    assert local.status() == []


def test_the_choice_is_deployed(local, models):
    local.up("--backend", "process")
    done = tune(
        local, models, "--memory", "1024", "--apply", "--name", "houses", "--image", "coppice:latest",
        "--role", "arn:aws:iam::123456789012:role/any", "--yes",
    )  # fmt: skip
    assert "1024 MB (2048 MB wasn't measured)" in done.stderr
    assert "houses is InService: serverless, 1024 MB" in done.stderr
    (emulator,) = local.status()  # the measurement's own is gone
    (endpoint,) = emulator["endpoints"]
    assert endpoint["name"] == "houses"


def test_real_endpoints_are_asked_for_and_removed(local, models):
    """The emulator stands in for AWS: it speaks the same."""
    local.up("--backend", "process")
    arguments = ["--target", "aws", "--memory", "1024", "--image", "coppice:latest", "--cold-starts", "1",
                 "--role", "arn:aws:iam::123456789012:role/any"]  # fmt: skip
    refused = tune(local, models, *arguments, check=False)
    assert refused.returncode == 2
    assert "Add --yes to go ahead.\n" in refused.stderr
    done = tune(local, models, *arguments, "--yes")
    found = results(local)
    assert found["target"] == "aws"
    assert found["recommendation"]["memory_mb"] == 1024
    (size,) = found["sizes"]
    assert size["peak_memory_bytes"] > 10 << 20  # as CloudWatch has it
    assert list(size["cold_starts"]["parts"]) == ["start and first answer"]
    assert "network included" in done.stderr
    (emulator,) = local.status()
    assert emulator["endpoints"] == []
    assert local.run("aws", "sagemaker", "list-models", "--query", "Models", "--output", "text").stdout.strip() == ""


def ended(local, models, end, at):
    """A tuning that gets the signal `end` once it has said `at`; what it found."""
    program = subprocess.Popen(
        [COPPICE, "tune", "--model", models / "model.tar.gz", "-o", local.folder / "out", "--backend", "process",
         "--memory", "1024,2048", "--calls", "100000", "--cold-starts", "1"],
        env=local.environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    said = ""
    while at not in said:
        line = program.stderr.readline()
        assert line, said
        said += line
    os.killpg(program.pid, end)
    said += program.communicate(timeout=SECONDS)[1]
    assert program.returncode == 130, said
    assert "interrupted" in said
    until_gone(local)
    found = results(local)
    assert found["interrupted"]
    return found


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_measured_is_kept_and_nothing_left_running(local, models, end):
    found = ended(local, models, end, "calls, about")  # ten seconds of measuring
    assert found["sizes"][0]["latency_ms"]["calls"] > 10


def test_ctrl_c_while_an_endpoint_is_brought_up(local, models):
    found = ended(local, models, signal.SIGINT, "bringing it up")
    assert found["sizes"][1]["latency_ms"] is None


def until_gone(local):
    end = time.monotonic() + SECONDS
    while local.status() and time.monotonic() < end:
        time.sleep(0.2)
    assert local.status() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--memory", "1000"], "1000 is none"),
        (["--strategy", "cheap"], "--strategy takes cost, speed"),
        (["--concurrency", "0"], "--concurrency takes"),
        (["--calls", "0"], "--calls"),
        (["--backend", "podman"], "--backend takes"),
        (["--apply"], "--apply deploys an endpoint; which one? (--name"),
        (["--apply", "--name", "houses"], "coppice push prints its address"),
        (["--apply", "--name", "houses", "--image", "v1"], "no terminal to ask on"),
        (["--payload", "/nowhere.csv"], "There is no file"),
        (["--payload", "/etc/hostname"], "Give it one of these: rows.csv"),
        (["-o", "/etc/hostname/results"], "into /etc/hostname: Not a directory"),
        (["-o", "/proc/tuned"], "The results can't be written into /proc"),
        (["--prices", "/nowhere.json"], "can't be read"),
        (["--current", "1500"], "1500"),
        (["--target", "aws", "--yes"], "coppice push prints its address"),
        (["--apply", "--name", "no_name", "--image", "v1", "--yes"], "no_name"),
    ],
)
def test_wrong_usage(local, models, arguments, said):
    done = tune(local, models, *arguments, check=False)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_payload_over_the_limit(local, models, tmp_path):
    (tmp_path / "big.csv").write_text("1.0,2.0,3.0\n" * 350_000)
    done = tune(local, models, "--payload", tmp_path / "big.csv", check=False)
    assert done.returncode == 2
    assert "up to 4 MB (4,194,304 bytes)" in done.stderr
    assert "emulator" not in done.stderr


def test_without_a_model(local):
    done = local.coppice("tune", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "coppice pack" in done.stderr
    done = local.coppice("tune", "--model", "gone.tar.gz", "--json", check=False)
    assert json.loads(done.stdout)["error"]["message"]
    done = local.coppice("tune", "--model", local.folder, check=False)
    assert (done.returncode, "Pack it first" in done.stderr) == (2, True)
    assert "emulator" not in done.stderr


def test_a_model_in_s3(local, models):
    what = ["tune", "--model", "s3://bucket/model.tar.gz"]
    done = local.coppice(*what, check=False)
    assert (done.returncode, "--payload FILE" in done.stderr) == (2, True)
    done = local.coppice(*what, "--payload", models / "rows.csv", check=False)
    assert (done.returncode, "aws s3 cp s3://bucket/model.tar.gz" in done.stderr) == (2, True)


def test_a_model_without_an_example_wants_a_payload(local, models):
    done = tune(local, models, model="heavy.tar.gz", check=False)
    assert done.returncode == 2
    assert "--payload FILE" in done.stderr


def test_the_commands_of_the_page(local, models, tmp_path):
    """In the order in which they are shown; the emulator stands in for AWS."""
    text = (ROOT / "docs" / "tune.md").read_text()
    commands = re.findall(r"```sh\ncoppice (.*?)\n```", text)
    assert len(commands) == 2
    (tmp_path / "model.tar.gz").write_bytes((models / "model.tar.gz").read_bytes())
    local.up("--backend", "process")
    for command in commands:
        fewer = ["--memory", "1024", "--role", "arn:aws:iam::123456789012:role/any"]
        local.coppice(*shlex.split(command), *FAST, *fewer, cwd=tmp_path)
        found = json.loads((tmp_path / "tune" / "results.json").read_text())
        jsonschema.Draft202012Validator(SCHEMA).validate(found)
        assert found["recommendation"]["memory_mb"] in found["asked"]["memory_mb"]


def test_the_page_shows_what_is_said():
    text = (ROOT / "docs" / "tune.md").read_text()
    shown = text.partition("$ coppice serve model.tar.gz --profile-start\n")[2]
    for part, what in PARTS.items():
        assert re.search(rf"^  {part} +\d+ ms  {re.escape(what)}$", shown, re.MULTILINE)
    for head in HEADS:
        assert head in text.partition("$ coppice tune --model model.tar.gz\n")[2].partition("```")[0]
