"""The commands of docs/scripts.md, as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from script_cases import CASES, SCRIPTS, forest

ROOT = Path(__file__).parents[2]
COPPICE = Path(sys.executable).with_name("coppice")
TEXT = (ROOT / "docs/scripts.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    forest(tmp_path)
    shutil.copytree(SCRIPTS / "seed", tmp_path / "src")
    return tmp_path


def serve(command: list[str], folder: Path) -> bytes:
    """What the server that the command starts answers to the seed's request."""
    server = subprocess.Popen(
        [COPPICE, *command, "--port", "0"], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stderr is not None
        said = ""
        for line in server.stderr:
            said += line
            if found := re.search(r"try +curl (http://[0-9.:]+)/ping", line):
                break
        else:
            raise AssertionError(said)
        request = next(case.request for case in CASES if case.script == "seed")
        asked = urllib.request.Request(
            f"{found[1]}/invocations", request.body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.read()
    finally:
        server.terminate()
        assert server.wait(timeout=30) == 0


def test_pack_inspect_serve(folder):
    (block,) = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    *commands, last = [line.split("#")[0].split() for line in block.strip().splitlines()]
    for command in commands:
        assert command[0] == "coppice"
        done = subprocess.run([COPPICE, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "script     code/inference.py" in done.stdout
    assert last[:2] == ["coppice", "serve"] and last[-2:] == ["--port", "8080"]
    assert "Output" in json.loads(serve(last[1:-2], folder))


def test_serve_with_the_folder_as_it_is(folder):
    (command,) = re.findall(r"`(coppice serve [^`]*--code[^`]*)`", TEXT)
    assert "Output" in json.loads(serve(command.split()[1:], folder))


def test_entry_point_needs_code(folder):
    done = subprocess.run(
        [COPPICE, "pack", "model.joblib", "--entry-point", "x.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "--code" in done.stderr


def test_every_hook_is_documented():
    from container.inference.script.hooks import ARGUMENTS

    for name, arguments in ARGUMENTS.items():
        assert (
            (f"`{name}`" in TEXT and f"`{', '.join(arguments)}`" in TEXT) or not arguments or name == "model_warmup_fn"
        )


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COPPICE, *command], cwd=folder, capture_output=True, text=True, check=False)


def test_what_a_script_prints_is_not_in_the_manifest_that_pack_prints(folder):
    script = folder / "src" / "inference.py"
    script.write_text("print('imported')\n" + script.read_text())
    done = run(folder, "pack", "model.joblib", "--code", "src", "--json")
    assert done.returncode == 0 and "imported" in done.stderr
    assert json.loads(done.stdout)["script"] == "inference.py"
    shown = run(folder, "inspect", "model.tar.gz").stdout
    assert "script     code/inference.py (model_fn, input_fn, predict_fn, output_fn)" in shown


@pytest.mark.parametrize(("code", "words"), [("nowhere", "nothing that is there"), ("src/inference.py", "a file")])
def test_serving_with_code_that_is_no_folder(folder, code, words):
    done = run(folder, "serve", "model.joblib", "--code", code)
    assert done.returncode == 2 and f"--code {code} is {words}" in done.stderr
    assert "--entry-point" in done.stderr and "SAGEMAKER" not in done.stderr
