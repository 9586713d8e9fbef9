"""An endpoint's life: created, updated, rolled back, resized, deleted, and brought back after a kill."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from fake_instances import reply
from hosted import LIMITS, hosted, real_time, serverless
from waiting import until

from local_test.emulator.hosting.launcher import AT_ONCE_SECONDS
from local_test.emulator.hosting.pool import LOOK_SECONDS
from local_test.emulator.instances.exchange import Question
from local_test.emulator.instances.instance import Exit
from local_test.emulator.instances.starter import StartFailed
from local_test.emulator.store import Key, Kind, Store


@pytest.fixture
def one(starter):
    with hosted(starter) as one:
        yield one


def test_a_serverless_endpoint_is_tried_once_and_scales_to_zero(one, starter):
    one.configure("c1", serverless(5, 2048))
    document = one.deploy()
    assert document["EndpointStatus"] == "InService"
    assert len(starter.started) == 1
    assert starter.alive() == []
    [variant] = document["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert variant["DeployedImages"][0]["SpecifiedImage"] == "r/coppice:1"
    wanted = starter.started[0].wanted
    assert (wanted.owner, wanted.memory_mb, wanted.model_url) == ("endpoint/houses", 2048, "s3://b/model.tar.gz")
    assert (wanted.environment, wanted.start_seconds) == ({"A": "1"}, 20)


def test_a_tag_that_moves_changes_nothing_before_an_update(one, starter):
    def shown():
        return one.store.get(one.key())["ProductionVariants"][0]["DeployedImages"][0]["ResolvedImage"]

    one.ecr.digest = "sha256:1"
    one.configure("c1", serverless(5))
    one.deploy()
    one.ecr.digest = "sha256:2"
    one.invoke()
    one.capacity({"ServerlessUpdateConfig": {"MaxConcurrency": 2}})
    assert {instance.wanted.image for instance in starter.started} == {shown()} == {"r/coppice@sha256:1"}
    one.deploy(status="Updating")
    one.invoke()
    assert starter.started[-1].wanted.image == shown() == "r/coppice@sha256:2"


def test_the_instance_that_was_tried_holds_nobody_up(starter):
    """One that ignores SIGTERM has nothing to finish."""
    with hosted(starter, limits=LIMITS._replace(stop_seconds=30)) as one:
        one.configure("c1", serverless())
        one.deploy()
        assert starter.started[0].grace == AT_ONCE_SECONDS


def test_a_real_time_endpoint_keeps_its_instances_and_replaces_those_that_die(one, starter):
    one.configure("c1", real_time(2, ContainerStartupHealthCheckTimeoutInSeconds=70))
    document = one.deploy()
    assert document["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert len(starter.alive()) == 2
    assert starter.started[0].wanted.memory_mb is None
    assert starter.started[0].wanted.start_seconds == 70
    dead = starter.started[0]
    dead.die()
    until(lambda: dead.stopped and len(starter.alive()) == 2)


def test_provisioned_instances_stay_warm_and_are_replaced(one, starter):
    one.configure("c1", serverless(5, provisioned=2))
    one.deploy()
    assert len(starter.alive()) == 2
    starter.started[0].die()
    until(lambda: len(starter.alive()) == 2)
    one.invoke()
    assert one.numbers.of("ModelSetupTime") == []
    assert one.numbers.of("ServerlessProvisionedConcurrencyInvocations") == [1]
    assert one.numbers.of("ServerlessProvisionedConcurrencyUtilization") == [0.5]


PING = "The primary container for production variant AllTraffic did not pass the ping health check. "


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (StartFailed("x", exit=Exit(3, False)), (PING, "ended with exit code 3", "listening")),
        (StartFailed("x", exit=Exit(137, True)), (PING, "it outgrew 1024 MB")),
        (StartFailed("no 200 from /ping within 180 s", timed_out=True), (PING, "no 200 from /ping within 180 s")),
        (StartFailed("no such image", image_missing=True), ("The image 'r/coppice:1' does not exist", "no such image")),
        (StartFailed("no such key", model_missing=True), ('from URL: "s3://b/model.tar.gz"', "no such key")),
    ],
)
def test_a_creation_that_fails_says_why_in_awss_words_and_then_in_ours(one, starter, failure, said):
    starter.fails = lambda wanted: failure
    one.configure("c1", serverless())
    document = one.deploy()
    assert document["EndpointStatus"] == "Failed"
    for words in said:
        assert words in document["FailureReason"]
    assert "not found" in str(one.refused())


def test_a_configuration_without_its_model_fails(one):
    one.configure("c1", serverless())
    one.store.delete(Key(Kind.MODEL, "eu-west-1", "c1"))
    document = one.deploy()
    assert document["EndpointStatus"] == "Failed"
    assert document["FailureReason"].startswith(
        'Could not find model "arn:aws:sagemaker:eu-west-1:123456789012:model/c1"'
    )


def test_an_update_serves_the_old_until_the_new_passes_and_lets_calls_end(one, starter):
    go = threading.Event()

    def slow(instance, handler, body):
        go.wait(20)
        reply(handler, 200, instance.wanted.environment["A"].encode() + body)

    starter.answers = slow
    one.configure("c1", serverless())
    one.deploy()
    answers = []
    call = threading.Thread(target=lambda: answers.append(one.invoke(b"old")["Body"].read()))
    call.start()
    until(lambda: [each for each in starter.alive() if each.ended() is None])
    [busy] = starter.alive()
    one.configure("c2", serverless(), image="r/coppice:2")
    document = one.deploy("c2", status="Updating")
    assert document["EndpointStatus"] == "InService"
    assert document["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == "r/coppice:2"
    assert not busy.stopped
    go.set()
    call.join()
    assert answers == [b"1old"]
    until(lambda: busy.stopped)
    one.invoke()
    assert starter.started[-1].wanted.image == "r/coppice:2"


def test_an_update_that_fails_is_rolled_back(one, starter):
    one.configure("c1", serverless())
    one.deploy()
    starter.fails = lambda wanted: StartFailed("x", exit=Exit(1, False)) if wanted.image == "r/coppice:2" else None
    one.configure("c2", serverless(), image="r/coppice:2")
    before = {"EndpointConfigName": "c1", "DataCaptureConfig": {"EnableCapture": True}, "AsyncInferenceConfig": None}
    one.store.change(
        one.key(), lambda document: document.update(ConfigBefore=before, AsyncInferenceConfig={"of": "c2"})
    )
    document = one.deploy("c2", status="Updating")
    assert document["EndpointStatus"] == "InService"
    assert document["EndpointConfigName"] == "c1"
    assert document["DataCaptureConfig"] == {"EnableCapture": True}
    assert not {"AsyncInferenceConfig", "ConfigBefore"} & set(document)
    assert PING in document["FailureReason"]
    assert one.invoke(b"still")["Body"].read() == b"still"
    document = one.deploy("c1", status="Updating")
    assert "FailureReason" not in document


def test_capacity_changes_without_a_new_configuration(one, starter):
    one.configure("c1", serverless(2))
    one.deploy()
    document = one.capacity({"ServerlessUpdateConfig": {"MaxConcurrency": 7, "ProvisionedConcurrency": 3}})
    config = {"MemorySizeInMB": 1024, "MaxConcurrency": 7, "ProvisionedConcurrency": 3}
    assert document["ProductionVariants"][0]["CurrentServerlessConfig"] == config
    assert len(starter.alive()) == 3
    starter.fails = lambda wanted: StartFailed("no", timed_out=True)
    document = one.capacity({"ServerlessUpdateConfig": {"ProvisionedConcurrency": 5}})
    assert "did not pass" in document["FailureReason"]
    assert document["ProductionVariants"][0]["CurrentServerlessConfig"] == config


def test_instance_counts_go_up_and_down(one, starter):
    one.configure("c1", real_time(1))
    one.deploy()
    assert one.capacity({"DesiredInstanceCount": 3})["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    assert len(starter.alive()) == 3
    one.capacity({"DesiredInstanceCount": 1, "DesiredWeight": 0.5})
    until(lambda: len(starter.alive()) == 1)
    assert one.store.get(one.key())["ProductionVariants"][0]["CurrentWeight"] == 0.5


def test_an_update_may_keep_weights_and_instance_counts(one, starter):
    one.configure("c1", real_time(1))
    one.deploy()
    retained = {"AllTraffic": {"DesiredInstanceCount": 2, "DesiredWeight": 0.25}}
    one.store.change(one.key(), lambda document: document.update(RetainedVariantProperties=retained))
    document = one.deploy("c1", status="Updating")
    [variant] = document["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 0.25)
    assert "RetainedVariantProperties" not in document


def test_a_growing_variant_is_not_trimmed_meanwhile(one, starter):
    """One of the two new instances is ready long before the other."""
    one.configure("c1", real_time(1))
    one.deploy()
    late = threading.Event()
    number = itertools.count()

    def wait(wanted):
        if next(number) == 1:
            late.wait(20)

    starter.fails = wait
    one.store.change(one.key(), lambda document: document.update(EndpointStatus="Updating"))
    one.hosting.capacity(one.key(), "AllTraffic", {"DesiredInstanceCount": 3})
    until(lambda: len(starter.alive()) == 2)
    time.sleep(3 * LOOK_SECONDS)
    late.set()
    until(lambda: one.status() == "InService")
    assert len(starter.alive()) == 3
    assert len(starter.started) == 3


def test_delete_lets_calls_end_and_removes_everything(one, starter):
    go = threading.Event()

    def slow(instance, handler, body):
        go.wait(20)
        reply(handler, 200, b"done")

    starter.answers = slow
    one.configure("c1", serverless())
    one.deploy()
    answers = []
    call = threading.Thread(target=lambda: answers.append(one.invoke()["Body"].read()))
    call.start()
    until(starter.alive)
    until(
        lambda: one.hosting.snapshot()[0]["instances"] and one.hosting.snapshot()[0]["instances"][0]["state"] == "busy"
    )
    one.delete()
    until(lambda: "not found" in str(one.refused()))
    assert one.status() == "Deleting"
    go.set()
    call.join()
    assert answers == [b"done"]
    until(lambda: one.status() is None)
    assert starter.alive() == []
    assert one.hosting.snapshot() == []


def test_delete_while_creating_gives_up_at_once(one, starter):
    starter.hold.clear()
    one.configure("c1", serverless())
    one.begin()
    until(lambda: starter.attempts == 1)
    one.delete()
    until(lambda: one.status() is None)
    assert starter.started == []


def test_close_while_starting_leaves_the_store_and_no_instance(starter):
    store = Store(None)
    starter.hold.clear()
    with hosted(starter, store=store) as one:
        one.configure("c1", real_time(3))
        one.begin()
        until(lambda: starter.attempts == 3)
        one.hosting.close()
        assert one.status() == "Creating"
        assert starter.started == []
    store.close()


@pytest.mark.parametrize("status", ["Creating", "Updating", "InService", "Deleting"])
def test_after_a_kill_the_store_is_gone_on_from(starter, tmp_path, status):
    """The second emulator sees the file as the first has left it at that moment: it was killed, and closed nothing."""
    store = Store(tmp_path / "a.sqlite")
    with hosted(starter, store=store) as one:
        one.configure("c1", serverless(4))
        one.configure("c2", serverless(3), image="r/coppice:2")
        if status != "Creating":
            one.deploy()
            for name in ("c1", "c1"):
                one.store.delete(Key(Kind.MODEL, "eu-west-1", name))  # allowed while it serves
        store.put(
            one.key(),
            {"EndpointName": "houses", **(one.store.get(one.key()) or {}), "EndpointStatus": status}
            | {"EndpointConfigName": "c2" if status == "Updating" else "c1"},
        )
        again = Store(tmp_path / "a.sqlite")
        starter.hold.clear()
        with hosted(starter, store=again) as two:
            two.hosting.restore()
            if status in ("Updating", "InService"):
                starter.hold.set()
                assert two.invoke(b"back")["Body"].read() == b"back"
            starter.hold.set()
            until(lambda: two.status() == (None if status == "Deleting" else "InService"))
            if status == "Updating":
                assert again.get(two.key())["ProductionVariants"][0]["CurrentServerlessConfig"]["MaxConcurrency"] == 3
            if status == "Deleting":
                assert again.all(Kind.DEPLOYMENT) == []
        again.close()
    store.close()


def test_a_change_of_capacity_goes_on_after_a_kill(starter, tmp_path):
    store = Store(tmp_path / "a.sqlite")
    with hosted(starter, store=store) as one:
        one.configure("c1", serverless(4))
        one.deploy()
        starter.hold.clear()
        store.change(one.key(), lambda document: document.update(EndpointStatus="Updating"))
        one.hosting.capacity(one.key(), "AllTraffic", {"ServerlessUpdateConfig": {"ProvisionedConcurrency": 2}})
        again = Store(tmp_path / "a.sqlite")
        with hosted(starter, store=again) as two:
            two.hosting.restore()
            assert two.status() == "Updating"
            starter.hold.set()
            until(lambda: two.status() == "InService")
            config = again.get(two.key())["ProductionVariants"][0]["CurrentServerlessConfig"]
            assert config == {"MemorySizeInMB": 1024, "MaxConcurrency": 4, "ProvisionedConcurrency": 2}
        again.close()
    store.close()


def test_reset_stops_everything(one, starter):
    one.configure("c1", real_time(2))
    one.deploy()
    one.hosting.close()
    assert starter.alive() == []
    one.store.clear()
    one.configure("c1", real_time(1))
    assert one.deploy()["EndpointStatus"] == "InService"


def test_the_snapshot_shows_what_is_measured(one, starter):
    one.configure("c1", serverless(2))
    one.deploy()
    one.invoke()
    [shown] = one.hosting.snapshot()
    assert (shown["name"], shown["region"], shown["status"]) == ("houses", "eu-west-1", "InService")
    [instance] = shown["instances"]
    assert instance.pop("age_seconds") >= 0
    assert instance == {
        "variant": "AllTraffic", "id": starter.started[-1].id, "state": "idle", "calls": 0, "kept": False,
        "memory_now_bytes": 75_000_000, "memory_bytes": 150_000_000, "memory_mb": 1024,
    }  # fmt: skip
    [variant] = shown["variants"]
    assert (variant["name"], variant["memory_mb"], variant["max_concurrency"]) == ("AllTraffic", 1024, 2)


def test_idle_instances_go(starter):
    with hosted(starter, idle_seconds=0.1) as one:
        one.configure("c1", serverless(2, provisioned=1))
        one.deploy()
        one.capacity({"ServerlessUpdateConfig": {"MaxConcurrency": 9}})
        asked = (one.key(), None, Question("POST", "/invocations"), 20, 1000)
        threads = [threading.Thread(target=one.hosting.call, args=asked) for _ in range(3)]
        starter.answers = lambda instance, handler, body: (time.sleep(0.3), reply(handler, 200, b""))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: len(starter.alive()) == 1)
