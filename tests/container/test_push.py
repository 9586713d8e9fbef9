"""Images on their way into a real registry: `coppice build`, `coppice push` and build_and_push.sh."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from containers import ROOT, docker
from docker_registry import ask, registry

from deploy.endpoint.image import DOCKER_MANIFEST
from deploy.image.checks import check_manifest
from deploy.image.docker import Docker
from deploy.image.serve import ServeCheck

COPPICE = Path(sys.executable).with_name("coppice")
SCRIPT = ROOT / "build_and_push.sh"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
SERVES = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers()
http.server.HTTPServer(("", 8080), Handler).serve_forever()
"""


def needs(command: str) -> None:
    """What Docker tests need besides Docker is treated like it."""
    if shutil.which(command) is None:
        if os.environ.get("COPPICE_REQUIRE_DOCKER"):
            pytest.fail(f"Container tests must run here, but there is no {command}.")
        pytest.skip(f"needs {command}")


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[str]:
    """A registry that lets everybody in."""
    needs("docker-registry")
    with registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path) -> Run:
    """A command in an environment with its own docker log-ins."""

    def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {"BUILD_FLAGS": "--network host", **os.environ, "DOCKER_CONFIG": str(tmp_path), **environment}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def make(tmp_path_factory) -> Iterator[Callable[..., str]]:
    """Build `NAME:1` with an entry point of its own; removed with the module."""
    names = []
    base = os.environ.get("BASE_IMAGE", "python:3.13-slim")

    def make(name: str, entry_point: list[str], **files: str) -> str:
        folder = tmp_path_factory.mktemp(name)
        for file, content in files.items():
            (folder / file).write_text(content)
        (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY . /app/\nENTRYPOINT {json.dumps(entry_point)}\n")
        docker("build", "--tag", f"{name}:1", str(folder))
        names.append(f"{name}:1")
        return f"{name}:1"

    yield make
    docker("image", "rm", "--force", *names, check=False)


def digest_of(host: str, name: str, tag: str) -> tuple[str, str]:
    """What the registry itself says: media type and digest."""
    accept = f"{DOCKER_MANIFEST}, {OCI_MANIFEST}, {OCI_INDEX}"
    status, headers, _ = ask(host, "HEAD", f"/v2/{name}/manifests/{tag}", Accept=accept)
    assert status == 200
    return headers["Content-Type"], headers["Docker-Content-Digest"]


def test_the_documents_commands(run, host, image):
    """docs/image.md, line by line, with the one image that takes long to build."""
    (commands,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/image.md").read_text(), re.DOTALL)
    assert "coppice build" in commands
    assert "coppice push" in commands
    assert "./build_and_push.sh" in commands
    for line in commands.strip().splitlines():
        command = line.partition("  #")[0].replace("127.0.0.1:5000", host)
        command = re.sub(r" coppice(-slim)? 1\.0", r" coppice-test\1 1.0", command)
        done = run("bash", "-c", f"cd {ROOT} && {command}", PATH=f"{COPPICE.parent}:{os.environ['PATH']}")
        assert done.returncode == 0, done.stderr
        if "push" in command:
            assert re.fullmatch(rf"{host}/[a-z-]+@sha256:[0-9a-f]{{64}}\n", done.stdout), done.stdout
    media_type, digest = digest_of(host, "coppice-test", "1.0")
    assert media_type == DOCKER_MANIFEST
    assert f"{host}/coppice-test@{digest}" in docker("image", "inspect", "coppice-test:1.0").stdout

    again = run(COPPICE, "push", "coppice-test", "1.0", "--json", COPPICE_REGISTRY=host)
    document = json.loads(again.stdout)
    assert (document["pushed"], document["digest"], document["media_type"]) == (False, digest, DOCKER_MANIFEST)
    assert "nothing to push" in again.stderr
    labels = json.loads(docker("image", "inspect", "coppice-test:1.0").stdout)[0]["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] != "dev"


@pytest.mark.parametrize("by", ["coppice", "script"])
def test_a_failed_build_shows_dockers_text(run, host, by):
    if by == "coppice":
        done = run(COPPICE, "build", "coppice", "x", BASE_IMAGE="NO:SUCH:BASE")
    else:
        done = run(SCRIPT, "coppice", "x", BASE_IMAGE="NO:SUCH:BASE", COPPICE_REGISTRY=host)
    assert (done.returncode, done.stdout) == (1, "")
    assert "invalid reference format" in done.stderr.partition("error: docker build failed")[0]


@pytest.fixture(scope="module")
def serving(make) -> str:
    """A small image that isn't ours, and serves."""
    return make("coppice-test-small", ["python3", "/app/serves.py"], **{"serves.py": SERVES})


def test_a_tag_is_written_once(run, host, make, serving):
    first = run(COPPICE, "push", "coppice-test-small", "1", COPPICE_REGISTRY=host)
    assert first.returncode == 0, first.stderr
    assert "answers on port 8080" in first.stderr
    make("coppice-test-small", ["python3", "/app/serves.py"], **{"serves.py": SERVES, "more": "another image"})
    other = run(COPPICE, "push", "coppice-test-small", "1", COPPICE_REGISTRY=host)
    assert (other.returncode, other.stdout) == (2, "")
    assert "is another image already" in other.stderr
    assert "coppice push coppice-test-small TAG" in other.stderr
    assert first.stdout.strip().endswith(digest_of(host, "coppice-test-small", "1")[1])


@pytest.mark.parametrize(
    ("name", "entry_point"),
    [("python", ["python3"]), ("echo", ["echo"]), ("none", []), ("sleep", ["sh", "-c", "exec sleep 100"])],
)
def test_an_image_that_does_not_know_serve_stays_here(make, name, entry_point):
    from deploy.errors import DeployError

    image = make(f"coppice-test-{name}", entry_point)
    with pytest.raises(DeployError, match="doesn't know `serve`"):
        ServeCheck(Docker(), seconds=2).run(image)
    assert docker("ps", "--all", "--quiet", "--filter", f"ancestor={image}").stdout == ""


def test_the_cli_refuses_it_too(run, host, make):
    make("coppice-test-python", ["python3"])
    done = run(COPPICE, "push", "coppice-test-python", "1", "--json", COPPICE_REGISTRY=host)
    assert done.returncode == 1
    assert "doesn't know `serve`" in json.loads(done.stdout)["error"]["message"]
    assert ask(host, "HEAD", "/v2/coppice-test-python/manifests/1")[0] == 404


def test_an_image_for_another_machine_stays_here(run, host):
    load_for("arm64", "coppice-test-arm:1")
    try:
        done = run(COPPICE, "push", "coppice-test-arm", "1", COPPICE_REGISTRY=host)
        assert (done.returncode, done.stdout) == (2, "")
        assert "built for linux/arm64; serverless endpoints run linux/amd64" in done.stderr
        assert "coppice build coppice-test-arm 1" in done.stderr
    finally:
        docker("image", "rm", "--force", "coppice-test-arm:1")


def load_for(architecture: str, name: str) -> None:
    """Give the engine an empty image that says it is for that architecture."""
    layer = io.BytesIO()
    tarfile.open(fileobj=layer, mode="w").close()
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Entrypoint": ["/serve"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer.getvalue()).hexdigest()}"]},
        }
    )
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}])
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as out:
        for file, content in {"config.json": config, "manifest.json": manifest, "layer.tar": layer.getvalue()}.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(file)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    subprocess.run(["docker", "load"], input=archive.getvalue(), check=True, capture_output=True)


def test_what_a_registry_has_as_oci_is_seen_and_refused(run, host, serving):
    """The same image as newer builders push it: an OCI manifest, and an index with an attestation's place in it."""
    from deploy.errors import NotSupported

    assert run(COPPICE, "push", "coppice-test-small", "1", COPPICE_REGISTRY=host).returncode in (0, 2)
    path = "/v2/coppice-test-small/manifests"
    manifest = json.loads(ask(host, "GET", f"{path}/1", Accept=DOCKER_MANIFEST)[2])
    manifest["mediaType"] = OCI_MANIFEST
    manifest["config"]["mediaType"] = "application/vnd.oci.image.config.v1+json"
    for layer in manifest["layers"]:
        layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip"
    body = json.dumps(manifest).encode()
    assert ask(host, "PUT", f"{path}/oci", body, Content_Type=OCI_MANIFEST)[0] == 201
    runs_on = {"os": "linux", "architecture": "amd64"}
    part = {"mediaType": OCI_MANIFEST, "size": len(body), "digest": f"sha256:{hashlib.sha256(body).hexdigest()}"}
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [part | {"platform": runs_on}]}
    assert ask(host, "PUT", f"{path}/index", json.dumps(index).encode(), Content_Type=OCI_INDEX)[0] == 201

    for tag, words in (("oci", OCI_MANIFEST), ("index", "index")):
        stored = Docker().stored(f"{host}/coppice-test-small:{tag}", insecure=True)
        assert stored is not None
        with pytest.raises(NotSupported, match="SageMaker takes only") as caught:
            check_manifest("coppice-test-small:1", stored.media_type)
        assert words in caught.value.message
    assert Docker().stored(f"{host}/coppice-test-small:none", insecure=True) is None


def test_a_registry_that_does_not_answer_is_named(run, serving):
    done = run(COPPICE, "push", "coppice-test-small", "1", COPPICE_REGISTRY="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:1" in done.stderr


@pytest.mark.parametrize("arguments", [["Coppice", "1"], ["coppice:1", "1"], ["coppice", "-x"], ["coppice", "1", "2"]])
def test_the_script_refuses_what_no_registry_takes(run, arguments):
    done = run(SCRIPT, *arguments, COPPICE_REGISTRY="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 2


def test_the_script_is_clean():
    needs("shellcheck")
    done = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout == ""
