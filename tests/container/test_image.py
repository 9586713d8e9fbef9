"""The image as SageMaker and careful people look at it."""

from __future__ import annotations

import json
import shutil

from containers import SERVERLESS, docker

INSIDE = "/opt/coppice/bin/python"


def test_its_labels_and_entry_point(image):
    config = json.loads(docker("inspect", image).stdout)[0]["Config"]
    assert config["Labels"]["com.amazonaws.sagemaker.capabilities.accept-bind-to-port"] == "true"
    assert config["Labels"]["org.opencontainers.image.title"] == "Coppice"
    assert config["Entrypoint"][0] == INSIDE, "exec form, so that SIGTERM arrives"
    assert config["Cmd"] == ["serve"]
    assert "8080/tcp" in config["ExposedPorts"]
    assert not config["User"]


def test_no_compiler_no_pip_no_cache(image):
    found = docker(
        "run", "--rm", "--entrypoint", "sh", image, "-c", "which gcc cc; ls -A /root /src /build", check=False
    )
    assert "/bin/" not in found.stdout
    assert ".cache" not in found.stdout
    assert docker("run", "--rm", "--entrypoint", INSIDE, image, "-m", "pip", check=False).returncode != 0


def test_everybody_may_read_it_and_bytecode_is_there(image):
    code = (
        "import os, pathlib, stat, sys\n"
        "files = [p for p in pathlib.Path('/opt/coppice').rglob('*') if not p.is_symlink()]\n"
        "closed = [str(p) for p in files if not p.stat().st_mode & stat.S_IROTH]\n"
        "import container.server.launch, sklearn, pandas\n"
        "cold = [m for m, v in sys.modules.items() if str(getattr(v, '__file__', '') or '').endswith('.py')\n"
        "        and '/opt/coppice' in v.__file__ and not os.path.exists(v.__cached__ or '')]\n"
        "print(closed[:5], cold[:5])"
    )
    found = docker("run", "--rm", *SERVERLESS, "--entrypoint", INSIDE, image, "-c", code)
    assert found.stdout.strip() == "[] []"


def test_another_command_says_what_there_is(image):
    found = docker("run", "--rm", image, "dance", check=False)
    assert found.returncode == 2
    assert "`serve` or `train`" in found.stderr


def test_without_a_model_it_ends_with_one_paragraph(image):
    found = docker("run", "--rm", *SERVERLESS, "--network", "none", image, "serve", check=False)
    assert found.returncode == 1
    assert len(found.stderr.strip().splitlines()) == 1
    assert "/opt/ml/model" in found.stderr
    assert "Traceback" not in found.stderr + found.stdout


def test_the_slim_image_holds_no_scikit_learn(slim_image):
    heavy = "sklearn scipy pandas joblib pyarrow"
    code = f"import importlib.util as u; print([m for m in '{heavy}'.split() if u.find_spec(m)])"
    found = docker("run", "--rm", "--entrypoint", INSIDE, slim_image, "-P", "-c", code)
    assert found.stdout.strip() == "[]"


def test_the_native_kernel_is_in_both_images(image, slim_image):
    for name in (image, slim_image):
        code = "from container.forest import kernel; print(kernel.BEST)"
        assert docker("run", "--rm", "--entrypoint", INSIDE, name, "-P", "-c", code).stdout.strip() == "native"


def test_the_slim_image_serves_a_forest(scripts, slim_image, run, expected):
    model = f"{scripts}/test_dir/model:/opt/ml/model:ro"
    container = run(slim_image, *SERVERLESS, "-p", "127.0.0.1::8080", "-v", model)
    container.wait_until_ready()
    status, body = container.request("/invocations", (scripts / "payload.csv").read_bytes(), Content_Type="text/csv")
    assert (status, [float(line) for line in body.split()]) == (200, expected)


def test_the_page_is_off_in_the_image_and_on_when_asked_for(scripts, slim_image, run):
    model = f"{scripts}/test_dir/model:/opt/ml/model:ro"
    for setting, status in ((), 404), (("--env", "COPPICE_PAGE=on"), 200):
        container = run(slim_image, *SERVERLESS, *setting, "-p", "127.0.0.1::8080", "-v", model)
        container.wait_until_ready()
        for path in ("/", "/openapi.json", "/calls"):
            assert container.request(path)[0] == status


def test_the_slim_image_names_the_full_one_for_a_model_that_needs_it(scripts, slim_image, tmp_path):
    shutil.copy(scripts / "test_dir/model/model.joblib", tmp_path)
    found = docker("run", "--rm", "-v", f"{tmp_path}:/opt/ml/model:ro", slim_image, check=False)
    assert found.returncode == 1
    assert "scikit-learn" in found.stderr
    assert "full image" in found.stderr
    assert "Traceback" not in found.stderr + found.stdout
