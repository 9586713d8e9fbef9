"""From a wish to an instance that answers: over processes, with servers that have a fault each."""

from __future__ import annotations

import io
import tarfile
import threading
import time

import pytest
from cloud import REGION
from programs import server

from local_test.emulator.instances.exchange import Question, exchange
from local_test.emulator.instances.instance import BackendDown
from local_test.emulator.instances.model_data import ModelData
from local_test.emulator.instances.process import ProcessBackend
from local_test.emulator.instances.starter import Starter, StartFailed, Wanted

URL = "s3://models/model.tar.gz"
WANTED = Wanted(REGION, "endpoint/e", "image", None, {}, 500, 60)


@pytest.fixture
def make(aws, tmp_path):
    backends = []

    def make(before: str = "", rate: int | None = None) -> Starter:
        backend = ProcessBackend(tmp_path / "instances", {"image"}, server(before))
        backends.append(backend)
        return Starter(backend, ModelData(aws, tmp_path / "models", rate), 1769, ping_seconds=2)

    yield make
    left = list((tmp_path / "instances").glob("*"))
    for backend in backends:
        backend.close()
    assert left == []


@pytest.fixture
def put(aws):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("weights"))
    s3 = aws.client("s3", REGION)
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="models", Key="model.tar.gz", Body=packed.getvalue())


def failure(starter: Starter, cancelled=lambda: False, **changes) -> StartFailed:
    with pytest.raises(StartFailed) as caught:
        starter.start(WANTED._replace(**changes), lambda line: None, cancelled)
    return caught.value


def test_it_answers_over_its_model_and_says_how_long_it_took(make, put):
    began = time.monotonic()
    starting = "t = time.monotonic() + 0.3; PING = lambda: 200 if time.monotonic() > t else 503"
    started = make(starting).start(WANTED._replace(model_url=URL, environment={"A": "b"}), lambda line: None)
    took = time.monotonic() - began
    code = b"answer = os.listdir(os.environ['SAGEMAKER_BASE_DIR'] + '/model'), os.environ['A']"
    answer = exchange(started.instance, Question("POST", "/invocations", (), code), 20, 1000)
    assert answer.body == str((["weights"], "b")).encode()
    assert started.init_seconds >= 0.3
    assert 0 < started.download_seconds < took - started.init_seconds
    started.instance.stop(0)


def test_an_image_that_is_not_there(make):
    failed = failure(make(), image="other")
    assert failed.image_missing
    assert "other" in str(failed)


def test_a_model_that_is_not_there(make):
    failed = failure(make(), model_url=URL)
    assert failed.model_missing
    assert URL in str(failed)


def test_one_that_exits(make):
    began = time.monotonic()
    failed = failure(make("sys.exit(3)"))
    assert failed.exit == (3, False)
    assert "ended with code 3" in str(failed)
    assert time.monotonic() - began < WANTED.start_seconds


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("PING = lambda: 500", "its last answer was 500"),
        ("time.sleep(1000)", "it gave no answer"),
        ("PING = lambda: time.sleep(1000)", "it gave no answer"),
    ],
)
def test_one_that_never_answers_200(make, before, said):
    failed = failure(make(before), start_seconds=1)
    assert failed.timed_out
    assert said in str(failed)


def test_one_that_is_too_big_for_its_memory(make):
    failed = failure(make("kept = b'x' * (300 << 20); time.sleep(1000)"), memory_mb=100)
    assert failed.exit == (137, True)
    assert "memory of 100 MB" in str(failed)


def test_a_download_that_takes_too_long(make, put):
    failed = failure(make(rate=1), model_url=URL, start_seconds=0.3)
    assert failed.timed_out
    assert "its model was still on its way" in str(failed)


@pytest.mark.parametrize("options", [{"before": "PING = lambda: 503"}, {"rate": 1}])
def test_a_start_that_nobody_wants_any_more(make, put, options):
    cancelled = threading.Event()
    timer = threading.Timer(0.5, cancelled.set)
    timer.start()
    failed = failure(make(**options), cancelled.is_set, model_url=URL)
    assert "cancelled" in str(failed)
    timer.join()


def test_a_backend_that_is_down(aws, tmp_path):
    class Down:
        def resolve(self, image):
            raise BackendDown("Docker doesn't answer.")

    failed = failure(Starter(Down(), ModelData(aws, tmp_path, None), 1769, 2))
    assert str(failed) == "Docker doesn't answer."
    assert not failed.image_missing


def test_an_image_is_started_where_it_lies(aws, tmp_path):
    asked = []

    class Watched:
        def resolve(self, image):
            asked.append(image)

        def start(self, launch, lines):
            asked.append(launch.image)
            raise BackendDown("enough")

    failure(Starter(Watched(), ModelData(aws, tmp_path, None), 1769, 2, lambda image: f"here/{image}"), image="i")
    assert asked == ["here/i", "here/i"]


def test_the_cpu_share_follows_the_memory(aws, tmp_path):
    launches = []

    class Watched:
        def resolve(self, image):
            """It is there."""

        def start(self, launch, lines):
            launches.append(launch)
            raise BackendDown("enough")

    starter = Starter(Watched(), ModelData(aws, tmp_path, None), 1769, 2)
    failure(starter, memory_mb=3538)
    failure(starter, memory_mb=None)
    assert [(launch.memory_mb, launch.cpus) for launch in launches] == [(3538, 2.0), (None, None)]
