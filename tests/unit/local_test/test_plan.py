"""What an endpoint is to run, read from the documents of its configuration and models."""

from __future__ import annotations

import pytest

from local_test.emulator.hosting.plan import NoConfig, read_plan, remember, remembered
from local_test.emulator.limits import Limits
from local_test.emulator.model_container import NoContainer
from local_test.emulator.store import Key, Kind, Store

REGION = "eu-west-1"
ENDPOINT = Key(Kind.ENDPOINT, REGION, "e")
IMAGE = {"Image": "r/i:1"}


@pytest.fixture
def store():
    store = Store(None)
    yield store
    store.close()


def plan_of(store, model, **variant):
    store.put(Key(Kind.MODEL, REGION, "m"), model)
    members = {"VariantName": "V", "ModelName": "m", **variant}
    store.put(Key(Kind.ENDPOINT_CONFIG, REGION, "c"), {"ProductionVariants": [members]})
    return read_plan(store, ENDPOINT, "c", Limits())


@pytest.mark.parametrize(
    ("container", "url"),
    [
        (IMAGE, None),
        (IMAGE | {"ModelDataUrl": "s3://b/k"}, "s3://b/k"),
        (IMAGE | {"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/k", "CompressionType": "Gzip"}}}, "s3://b/k"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda one: {"PrimaryContainer": one}, lambda one: {"Containers": [one]}])
def test_a_models_container(store, container, url, wrap):
    [variant] = plan_of(store, wrap(container), InitialInstanceCount=3, InitialVariantWeight=0.5).variants
    assert (variant.image, variant.model_url, variant.environment) == ("r/i:1", url, {})
    assert (variant.instances, variant.kept(), variant.weight, variant.memory_mb) == (3, 3, 0.5, None)
    assert variant.start_seconds == 480


def test_a_package_has_been_read_by_create_model(store):
    """What the model has over its package stays, and the package may have gone."""
    container = {"ModelPackageName": "gone", "Image": "r/p:2", "Environment": {"A": "1"}}
    [variant] = plan_of(store, {"PrimaryContainer": container}).variants
    assert (variant.image, variant.environment) == ("r/p:2", {"A": "1"})


def test_a_serverless_variant_keeps_what_is_provisioned(store):
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 9, "ProvisionedConcurrency": 4}
    [variant] = plan_of(store, {"PrimaryContainer": IMAGE}, ServerlessConfig=config).variants
    assert (variant.memory_mb, variant.max_concurrency, variant.kept(), variant.start_seconds) == (2048, 9, 4, 180)
    less = variant.changed({"VariantName": "V", "ServerlessUpdateConfig": {"MaxConcurrency": 5}})
    assert less == variant._replace(max_concurrency=5)


def test_the_times_of_a_real_time_variant_add_up(store):
    [variant] = plan_of(
        store, {"PrimaryContainer": IMAGE}, ContainerStartupHealthCheckTimeoutInSeconds=100,
        ModelDataDownloadTimeoutInSeconds=200,
    ).variants  # fmt: skip
    assert variant.start_seconds == 300


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"Containers": [IMAGE, IMAGE]}, "one container"),
        (
            {"PrimaryContainer": IMAGE | {"ModelDataSource": {"S3DataSource": {"CompressionType": "None"}}}},
            "uncompressed",
        ),
    ],
)
def test_what_cannot_run_says_so(store, model, words):
    with pytest.raises(NoContainer, match=words):
        plan_of(store, model)


def test_a_configuration_that_is_gone(store):
    with pytest.raises(NoConfig, match="Could not find endpoint configuration"):
        read_plan(store, ENDPOINT, "nothing", Limits())


def test_what_is_remembered_is_what_was_planned(store):
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 9}
    plan = plan_of(store, {"PrimaryContainer": IMAGE}, ServerlessConfig=config)
    assert remembered(store, ENDPOINT) is None
    remember(store, ENDPOINT, plan)
    assert remembered(store, ENDPOINT) == plan
