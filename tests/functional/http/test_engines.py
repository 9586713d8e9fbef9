"""The compiled forest behind the server: equal answers, nothing heavy imported, either kernel, and refusals at load."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import joblib
import numpy as np
import pytest

from container.artifact.store import open_model
from container.inference.model import load
from container.packing.pack import pack

ROOT = Path(__file__).parents[3]
HEAVY = {"sklearn", "scipy", "pandas", "joblib", "pyarrow", "threadpoolctl"}


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory, regression) -> Path:
    """A packed and unpacked forest."""
    folder = tmp_path_factory.mktemp("forest")
    joblib.dump(regression.estimator, folder / "model.joblib")
    regression.rows.to_csv(folder / "rows.csv", index=False)
    pack(folder / "model.joblib", folder / "model.tar.gz", folder / "rows.csv")
    (folder / "model").mkdir()
    subprocess.run(["tar", "xzf", folder / "model.tar.gz", "-C", folder / "model"], check=True)
    return folder / "model"


def serve(model: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    return subprocess.run(
        [sys.executable, "-m", "container", "serve"],
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(model.parent), "SAGEMAKER_BIND_TO_PORT": "0", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_loading_and_predicting_imports_nothing_heavy(model_dir):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import container.server.launch\n"
        "from container.inference.pipeline import Invocation, Timings\n"
        "from container.server import wsgi\n"
        "from container.settings import Settings\n"
        "pipeline = wsgi.load_pipeline(Path(sys.argv[1]), Settings())\n"
        "assert pipeline.loaded.engine == 'forest'\n"
        "reply = pipeline(Invocation(b'50,25,0.5', 'text/csv', 'application/json'), Timings())\n"
        "scripts = {name for name in sys.modules if name.startswith('container.inference.script')}\n"
        f"print(sorted({HEAVY!r} & set(sys.modules) | scripts), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, model_dir], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_the_servers_processes_map_no_heavy_library(start, regression):
    server = start(regression.estimator, regression.rows)
    server.post(regression.rows.to_csv(index=False), "text/csv")
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in [str(pid), *children]:
        mapped = Path(f"/proc/{process}/maps").read_text()
        assert "nodes.bin" in mapped
        assert not [name for name in HEAVY if f"/{name}/" in mapped]


@pytest.mark.parametrize("kernel", ["native", "numpy"])
def test_both_kernels_answer_as_the_estimator_and_say_which_one_runs(start, regression, tmp_path, kernel):
    environment = {}
    if kernel == "numpy":  # as where no compiler was there
        (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['container.forest._kernel'] = None\n")
        environment["PYTHONPATH"] = str(tmp_path)
    server = start(regression.estimator, regression.rows, **environment)
    (mapped,) = [event for event in server.events() if event["event"] == "forest mapped"]
    assert mapped["kernel"] == kernel
    assert bool(mapped["why"]) == (kernel == "numpy")
    response = server.post(json.dumps(regression.rows.to_numpy().tolist()), "application/json")
    assert response.json() == regression.answers.tolist()


def test_a_row_scikit_learn_refuses_is_refused_the_same(start, regression):
    forest = start(regression.estimator, regression.rows)
    estimator = start(regression.estimator)
    for body in (b"1,2,3\n4,inf,6\n", b"1,2,1e300\n"):
        ours, theirs = forest.post(body, "text/csv"), estimator.post(body, "text/csv")
        assert ours.status == theirs.status == 400
        assert ours.error["message"].split(":")[0] == theirs.error["message"].split(":")[0]


def spoiled(model_dir: Path, folder: Path, change, rehash: bool) -> Path:
    """A copy whose nodes were changed, with or without its manifest agreeing."""
    shutil.copytree(model_dir, folder / "model")
    nodes = folder / "model/forest/nodes.bin"
    nodes.write_bytes(change(nodes.read_bytes()))
    if rehash:
        manifest = json.loads((folder / "model/manifest.json").read_text())
        content = nodes.read_bytes()
        entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        manifest["files"]["forest/nodes.bin"] = entry
        (folder / "model/manifest.json").write_text(json.dumps(manifest))
    return folder / "model"


@pytest.mark.parametrize(
    ("change", "rehash", "said"),
    [
        (lambda nodes: nodes[:-8], False, "bytes"),
        (lambda nodes: bytes([nodes[0] ^ 1]) + nodes[1:], False, "sha256"),
        (lambda nodes: nodes[:-8], True, "compiled forest is broken"),
        (lambda nodes: b"\xff" * len(nodes), True, "compiled forest is broken"),
        (lambda nodes: np.zeros(len(nodes) // 8, "<u8").tobytes(), True, "compiled forest is broken"),
    ],
)
def test_a_spoiled_forest_stops_the_start(model_dir, tmp_path, change, rehash, said):
    done = serve(spoiled(model_dir, tmp_path, change, rehash))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_without_its_source_it_answers_all_the_same(tmp_path, regression):
    joblib.dump(regression.estimator, tmp_path / "model.joblib")
    manifest = pack(tmp_path / "model.joblib", tmp_path / "small.tar.gz", keep_source=False)
    assert "model.joblib" not in manifest.files
    with open_model(tmp_path / "small.tar.gz") as artifact:
        assert not (artifact.directory / "model.joblib").exists()
        answers = load(artifact).model.predict(regression.rows.to_numpy())
    assert np.array_equal(answers, regression.answers)


def test_it_installs_without_a_compiler(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignore = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(ROOT / "container", source / "container", ignore=ignore)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*install, "--target", tmp_path / "installed", source],
        env={**os.environ, "CC": "/bin/false"},
        check=True,
        capture_output=True,
    )
    code = "import container, container.forest.kernel as k; print(container.__file__, k.BEST, bool(k.NOTE))"
    path = os.pathsep.join([str(tmp_path / "installed"), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(tmp_path / "installed/container/__init__.py"), "numpy", "True"]
