"""Users' scripts in the image, under the flags of the smallest serverless endpoint."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import ROOT, SERVERLESS, Container, docker
from script_cases import CASES, REFUSED, ROWS_AS_JSON, SCRIPTS, Case, Request, forest

from container.artifact import archive
from container.packing.pack import Code, pack

pytestmark = pytest.mark.container

OFFLINE = (*SERVERLESS, "--shm-size", "1k")
SCRIPT_NAMES = sorted({case.script for case in CASES})


def start(image: str, model_dir: Path, *options: str) -> Container:
    mounted = ("-p", "127.0.0.1::8080", "-v", f"{model_dir}:/opt/ml/model:ro", *options)
    return Container(docker("run", "--detach", *OFFLINE, *mounted, image).stdout.strip())


def readable(folder: Path) -> Path:
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def served(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Container]]:
    """A container for each script, as AWS lays it out: a bare model and code/. All start at once."""
    containers = {}
    for name in SCRIPT_NAMES:
        case = next(case for case in CASES if case.script == name)
        folder = readable(case.lay_out(tmp_path_factory.mktemp(name) / "model"))
        containers[name] = start(image, folder)
    yield containers
    docker("rm", "--force", "--volumes", *(container.id for container in containers.values()))


def ask(container: Container, request: Request) -> tuple[int, dict[str, str], bytes]:
    import http.client

    body = request.body.encode() if isinstance(request.body, str) else request.body
    connection = http.client.HTTPConnection(container.address.removeprefix("http://"), timeout=30)
    headers = {"Content-Type": request.content_type, "Accept": request.accept, **request.headers}
    connection.request("POST", "/invocations", body, headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_script_answers_as_it_does_at_home(case: Case, served):
    container = served[case.script]
    container.wait_until_ready()
    case.check(*ask(container, case.request))
    assert container.request("/ping")[0] == 200  # whatever the script did


def test_what_a_script_prints_reaches_the_log(served):
    served["all_four"].wait_until_ready()
    assert "model loaded by the script" in served["all_four"].logs()


@pytest.mark.parametrize("script", REFUSED)
def test_a_script_that_cannot_be_used_ends_the_container(script, image, tmp_path):
    folder = readable(Case(script, forest, Request(""), None).lay_out(tmp_path / "model"))
    mounted = ("-v", f"{folder}:/opt/ml/model:ro", "--network", "none")
    ended = docker("run", "--rm", *OFFLINE, *mounted, image, check=False)
    assert ended.returncode == 1
    for words in REFUSED[script]:
        assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_while_a_slow_script_is_imported_ping_says_so(image, tmp_path, run):
    folder = readable(Case("slow_import", forest, Request(""), None).lay_out(tmp_path / "model"))
    container = run(image, *OFFLINE, "-p", "127.0.0.1::8080", "-v", f"{folder}:/opt/ml/model:ro")
    seen = set()
    end = time.monotonic() + 60
    while 200 not in seen and time.monotonic() < end:
        try:
            status, body = container.request("/ping")
        except OSError:
            continue
        seen.add(status)
        assert status == 200 or b"LOADING" in body
    assert seen == {503, 200}


def packed(folder: Path, script: str) -> Path:
    """An unpacked archive of `coppice pack --code`."""
    forest(folder)
    pack(folder / "model.joblib", folder / "model.tar.gz", given=Code(SCRIPTS / script))
    (folder / "model").mkdir()
    archive.extract(folder / "model.tar.gz", folder / "model")
    return readable(folder / "model")


def test_a_packed_script_answers_and_a_changed_one_never_runs(image, slim_image, tmp_path, run):
    case = next(case for case in CASES if case.script == "output_fn")
    model = packed(tmp_path, "output_fn")
    mounted = ("-p", "127.0.0.1::8080", "-v", f"{model}:/opt/ml/model:ro")
    for name in (image, slim_image):  # output_fn alone leaves the compiled forest to answer: no scikit-learn needed
        container = run(name, *OFFLINE, *mounted)
        container.wait_until_ready()
        case.check(*ask(container, case.request))
    code = model / "code" / "inference.py"
    changed = f"print('it ran')\n{code.read_text()}"
    code.write_text(changed)
    ended = docker("run", "--rm", *OFFLINE, "-v", f"{model}:/opt/ml/model:ro", image, check=False)
    assert ended.returncode == 1 and "code/inference.py" in ended.stderr
    assert "it ran" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("form", ["a folder", "an archive", "in the model"])
def test_a_script_named_by_the_environment(form, image, tmp_path, run):
    case = next(case for case in CASES if case.script == "seed")
    model = tmp_path / "model"
    model.mkdir()
    forest(model)
    place = {"a folder": "/src", "an archive": "/src/sourcedir.tar.gz", "in the model": "/opt/ml/model/code"}[form]
    source = model / "code" if form == "in the model" else tmp_path / "src"
    source.mkdir()
    (source / "serve_it.py").write_text((SCRIPTS / "seed" / "inference.py").read_text())
    if form == "an archive":
        archive.write(source, ["serve_it.py"], source / "sourcedir.tar.gz")
    container = run(
        image, *OFFLINE, "-p", "127.0.0.1::8080", "-v", f"{readable(model)}:/opt/ml/model:ro",
        "-v", f"{readable(source)}:/src:ro", "-e", f"SAGEMAKER_SUBMIT_DIRECTORY={place}",
        "-e", "SAGEMAKER_PROGRAM=serve_it.py",
    )  # fmt: skip
    container.wait_until_ready()
    case.check(*ask(container, case.request))


def test_sigterm_lets_a_scripts_request_end(image, tmp_path, run):
    folder = Case("predict_fn", forest, Request(""), None).lay_out(tmp_path / "model")
    slow = "import time\n\n\ndef predict_fn(data, model):\n    time.sleep(2)\n    return model.predict(data)\n"
    (folder / "code" / "inference.py").write_text(slow)
    container = run(image, *OFFLINE, "-p", "127.0.0.1::8080", "-v", f"{readable(folder)}:/opt/ml/model:ro")
    container.wait_until_ready()
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(ask(container, Request(ROWS_AS_JSON))[0]))
    asking.start()
    time.sleep(0.5)
    docker("kill", "--signal", "TERM", container.id)
    asking.join()
    assert answers == [200]
    assert docker("wait", container.id).stdout.strip() == "0"


def test_the_line_that_puts_a_module_into_the_image(image, tmp_path):
    """The line of the error message, with a package of our own, as there is no index here."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "lightgbm_of_nowhere"\nversion = "1"\n')
    (package / "lightgbm_of_nowhere.py").write_text("")
    wheels = tmp_path / "context"
    wheels.mkdir()
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, package]
    import sys

    subprocess.run([sys.executable, "-m", *build], check=True)
    (wheels / "Dockerfile").write_text(
        f"FROM {image}\nCOPY *.whl /tmp/\nRUN pip install --no-index --find-links /tmp lightgbm_of_nowhere\n"
    )
    docker("build", "--tag", "coppice-test-with-module", str(wheels))
    folder = readable(Case("missing_module", forest, Request(""), None).lay_out(tmp_path / "model"))
    container = start("coppice-test-with-module", folder)
    try:
        container.wait_until_ready()
        assert ask(container, Request(ROWS_AS_JSON))[0] == 200
    finally:
        docker("rm", "--force", "--volumes", container.id)
        docker("rmi", "--force", "coppice-test-with-module", check=False)


def test_the_training_command_of_the_docs(image, tmp_path):
    text = (ROOT / "docs" / "training.md").read_text()
    (command,) = [line for line in text.splitlines() if line.startswith("docker run") and "SAGEMAKER_PROGRAM" in line]
    code, data = tmp_path / "job" / "code", tmp_path / "job" / "input" / "data" / "train"
    code.mkdir(parents=True)
    data.mkdir(parents=True)
    (code / "train.py").write_text((ROOT / "tests" / "scripts_training" / "pipeline.py").read_text())
    (data / "train.csv").write_text("rooms,age,price\n" + "".join(f"{n},{n % 7},{n * 3}\n" for n in range(50)))
    assert command.endswith(" coppice train")
    command = command.replace("$PWD", str(tmp_path)).removesuffix("coppice train") + f"{image} train"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "engine: forest" in done.stdout and "skew check: R²" in done.stdout
    docker("run", "--rm", "-v", f"{tmp_path}:/x", "--entrypoint", "chmod", image, "-R", "a+rwX", "/x")
    assert (tmp_path / "job/model/manifest.json").exists()
