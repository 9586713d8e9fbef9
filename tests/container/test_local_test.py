"""local_test's scripts, with the image they are given, from an empty model folder to predictions."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest
from containers import SERVERLESS, docker


def test_training_leaves_what_sagemaker_collects(scripts):
    assert {path.name for path in (scripts / "test_dir/model").iterdir()} >= {"model.joblib", "manifest.json"}
    metrics = json.loads((scripts / "test_dir/output/data/metrics.json").read_text())
    assert metrics["validation"]["rmse"] > 0
    assert not (scripts / "test_dir/output/failure").exists()


def test_a_failed_training_says_why(scripts, image, tmp_path):
    shutil.copytree(scripts / "test_dir", tmp_path / "ml")
    (tmp_path / "ml/input/config/hyperparameters.json").write_text('{"n_trees": "5"}')
    found = docker("run", "--rm", "-v", f"{tmp_path}/ml:/opt/ml", image, "train", check=False)
    assert found.returncode != 0
    failure = (tmp_path / "ml/output/failure").read_text()
    assert "n_trees" in failure
    assert "n_estimators" in failure


@pytest.mark.parametrize("payload", ["payload.csv", "payload.json"])
def test_serve_local_and_predict(scripts, image, expected, payload):
    server = subprocess.Popen([scripts / "serve_local.sh", image, "--name", "coppice-local-test"])
    try:
        for _ in range(300):
            found = subprocess.run(
                [scripts / "predict.sh", scripts / payload], capture_output=True, text=True, check=False
            )
            if found.returncode == 0:
                break
            time.sleep(0.2)
        answer = (
            json.loads(found.stdout)["predictions"]
            if payload.endswith("json")
            else list(map(float, found.stdout.split()))
        )
        assert answer == expected
    finally:
        docker("stop", "--time", "30", "coppice-local-test", check=False)
    assert server.wait(timeout=40) == 0


@pytest.mark.parametrize(
    "options",
    [SERVERLESS, (*SERVERLESS, "--tmpfs", "/dev/shm:size=0,mode=000"), ("--user", "12345:54321"), ()],
    ids=["serverless", "no /dev/shm", "any user", "root"],
)
def test_it_serves_under_the_platforms_conditions(scripts, image, run, expected, options):
    model = f"{scripts}/test_dir/model:/opt/ml/model:ro"
    container = run(image, *options, "-p", "127.0.0.1::8080", "-v", model)
    container.wait_until_ready()
    status, body = container.request("/invocations", (scripts / "payload.csv").read_bytes(), Content_Type="text/csv")
    assert (status, [float(line) for line in body.split()]) == (200, expected)


def test_without_any_network(scripts, image, run):
    container = run(image, *SERVERLESS, "--network", "none", "-v", f"{scripts}/test_dir/model:/opt/ml/model:ro")
    code = (
        "import http.client, sys\n"
        "c = http.client.HTTPConnection('127.0.0.1', 8080)\n"
        "c.request('POST', '/invocations', sys.argv[1], {'Content-Type': 'text/csv'})\n"
        "print(c.getresponse().read().decode())"
    )
    body = (scripts / "payload.csv").read_text()
    for _ in range(100):
        found = docker("exec", container.id, "/opt/coppice/bin/python", "-c", code, body, check=False)
        if found.returncode == 0 and "error" not in found.stdout:
            break
        time.sleep(0.2)
    assert len(found.stdout.split()) == 3, container.logs()


def test_sigterm_answers_what_is_in_flight(scripts, image, run):
    """A caller in the middle of a long body when SIGTERM comes still gets an answer; then the container exits 0."""
    import http.client
    import threading

    container = run(image, *SERVERLESS, "-p", "127.0.0.1::8080", "-v", f"{scripts}/test_dir/model:/opt/ml/model:ro")
    container.wait_until_ready()
    rows = (scripts / "payload.csv").read_bytes()
    connection = http.client.HTTPConnection(container.address.removeprefix("http://"), timeout=30)
    sent = threading.Event()

    def slowly():
        yield rows[:40]
        sent.set()
        time.sleep(2)
        yield rows[40:]

    answers = []

    def call():
        connection.request("POST", "/invocations", slowly(), {"Content-Type": "text/csv"}, encode_chunked=True)
        answers.append(connection.getresponse().status)

    caller = threading.Thread(target=call)
    caller.start()
    sent.wait(10)
    time.sleep(0.3)
    began = time.monotonic()
    docker("stop", "--time", "30", container.id)
    caller.join()
    assert answers == [200]
    assert container.state("ExitCode") == "0"
    assert time.monotonic() - began < 25, "well before SIGKILL"


def test_the_port_can_be_moved(scripts, image, run):
    model = f"{scripts}/test_dir/model:/opt/ml/model:ro"
    container = run(image, *SERVERLESS, "-e", "SAGEMAKER_BIND_TO_PORT=9999", "-p", "127.0.0.1::9999", "-v", model)
    address = docker("port", container.id, "9999").stdout.splitlines()[0]
    for _ in range(100):
        found = subprocess.run(["curl", "-sf", f"http://{address}/ping"], check=False)
        if found.returncode == 0:
            break
        time.sleep(0.2)
    assert found.returncode == 0, container.logs()
