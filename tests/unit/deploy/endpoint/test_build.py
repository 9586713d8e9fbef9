"""From settings to a Spec: the defaults, what AWS doesn't offer, and where a wrong value came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.aws.s3 import S3Uri
from deploy.endpoint.build import build, model_place
from deploy.endpoint.settings import resolve
from deploy.endpoint.spec import Instances, Network, Range, Serverless, Spec
from deploy.errors import LimitError, NotSupported, UsageError

NEEDED = {"name": "e", "model": "m.tar.gz", "image": "v1"}
REAL_TIME = {"instance-type": "ml.m5.large"}


def spec(flags=None, environment=None, file=None, stage=None):
    return build(resolve({**NEEDED, **(flags or {})}, environment or {}, file, stage), lambda: {"ml.m5.large"})


def refused(kind, flags, **more):
    with pytest.raises(UsageError) as caught:
        spec(flags, **more)
    assert type(caught.value) is kind
    assert len(caught.value.message.splitlines()) == 1
    return caught.value


def test_the_defaults():
    assert spec() == Spec("e", Path("m.tar.gz"), None, "v1", None, None, Serverless(2048, 5))


def test_everything_that_can_be_asked_of_a_serverless_endpoint():
    asked = {
        "model": "s3://bkt/m.tar.gz", "memory": "3GB", "max-concurrency": "8", "provisioned": "1..4", "scale-at": "0.6",
        "role": "r", "bucket": "bkt", "env": ["A=1", "SAGEMAKER_MULTI_MODEL=false"], "tags": ["team=x"],
    }  # fmt: skip
    assert spec(asked, environment={"COPPICE_STAGE": "prod"}) == Spec(
        "e", S3Uri("bkt", "m.tar.gz"), None, "v1", "r", "bkt", Serverless(3072, 8, Range(1, 4)), 0.6, None,
        {"A": "1", "SAGEMAKER_MULTI_MODEL": "false"}, {"team": "x"}, "prod",
    )  # fmt: skip


def test_everything_that_can_be_asked_of_instances():
    network = {"subnets": ["s-1", "s-2"], "security-groups": ["sg-1"]}
    found = spec({**REAL_TIME, "instances": "1..3", "scale-at": 700, **network})
    assert found.hosting == Instances("ml.m5.large", Range(1, 3))
    assert (found.scale_at, found.network) == (700, Network(("s-1", "s-2"), ("sg-1",)))
    assert spec(REAL_TIME).hosting == Instances("ml.m5.large", Range(1, 1))
    later = spec({**REAL_TIME, "instances": "0..2", "async": "s3://out/answers/"})
    assert later.hosting == Instances("ml.m5.large", Range(0, 2), S3Uri("out", "answers/"))


def test_a_registered_package_brings_model_and_image():
    settings = resolve({"name": "e", "from-registry": "houses:3"}, {}, None)
    found = build(settings, frozenset)
    assert (found.from_registry, found.model, found.image) == ("houses:3", None, None)


@pytest.mark.parametrize("key", ["name", "model", "image"])
def test_what_has_to_be_given(key):
    settings = resolve({other: value for other, value in NEEDED.items() if other != key}, {}, None)
    with pytest.raises(UsageError, match=rf"^No {key} was given\.$") as caught:
        build(settings, frozenset)
    assert f"--{key}, COPPICE_{key.upper()}, or {key} in endpoint.toml" in caught.value.hint


@pytest.mark.parametrize(
    ("flags", "why", "around"),
    [
        ({"instances": 2}, "has no instances to count (--instances)", "Add --instance-type ml.m5.large"),
        ({"async": "s3://o/p"}, "can't answer asynchronously (--async)", "Add --instance-type ml.m5.large"),
        ({"subnets": ["s-1"]}, "can't be in a VPC (--subnet)", "Add --instance-type ml.m5.large"),
        ({"security-groups": ["sg"]}, "can't be in a VPC (--security-group)", "Add --instance-type ml.m5.large"),
        ({**REAL_TIME, "memory": 1024}, "memory (--memory) is for serverless endpoints", "Leave one"),
        ({**REAL_TIME, "max-concurrency": 5}, "max-concurrency (--max-concurrency) is for serverless", "Leave one"),
        ({**REAL_TIME, "provisioned": 1}, "provisioned (--provisioned) is for serverless", "Leave one"),
        ({"env": ["SAGEMAKER_MULTI_MODEL=true"]}, "serves one model an endpoint", "Deploy one endpoint a model"),
        ({"model": "s3://bkt/models/"}, "s3://bkt/models/ is a prefix", "Name one archive"),
        ({"model": "s3://bkt"}, "s3://bkt is a prefix", "Name one archive"),
        ({"from-registry": "g"}, "so model (--model) can't go with it", "Leave one"),
        ({"scale-at": 0.5}, "there is nothing to scale here", "--provisioned 1..4"),
        ({"scale-at": 0.5, "provisioned": 2}, "there is nothing to scale here", "--provisioned 1..4"),
        ({**REAL_TIME, "scale-at": 500}, "there is nothing to scale here", "--instances 1..4"),
    ],
)
def test_what_does_not_go_together(flags, why, around):
    error = refused(NotSupported, flags)
    assert why in error.message
    assert around in error.hint


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            {"model": "s3://bkt/m.zip"},
            "model takes an archive that ends in .tar.gz, as SageMaker does; this is s3://bkt/m.zip.",
        ),
        ({"model": "https://b/m.tar.gz"}, "model looks like s3://BUCKET/KEY; this is 'https://b/m.tar.gz'."),
        ({"model": "s3://B_/m.tar.gz"}, "model looks like s3://BUCKET/KEY; this is 's3://B_/m.tar.gz'."),
        ({**REAL_TIME, "async": "out"}, "async looks like s3://BUCKET/KEY; this is 'out'."),
    ],
)
def test_addresses_that_are_none(flags, message):
    assert refused(UsageError, flags).message == message


def test_a_package_stands_in_for_what_is_set_further_down(tmp_path):
    file = tmp_path / "endpoint.toml"
    bare = {"model": None, "image": None}
    file.write_text("model = 'm.tar.gz'\nimage = 'v1'")
    assert spec({**bare, "from-registry": "g:1"}, file=file).from_registry == "g:1"
    file.write_text("from-registry = 'g'")
    assert refused(NotSupported, {}, file=file).message == (
        f"from-registry ({file}, from-registry) brings the model and the image, so model (--model) can't go with it."
    )
    file.write_text("from-registry = 'g'\nimage = 'v1'")
    assert "so image (" in refused(NotSupported, bare, file=file).message
    bad = refused(UsageError, {**bare, "from-registry": "g:one"})
    assert bad.message == "A registered model is named GROUP or GROUP:VERSION; this is 'g:one'."


def test_the_length_of_an_address():
    longest = "s3://b1b/" + "k" * (1024 - len("s3://b1b/.tar.gz")) + ".tar.gz"
    assert str(model_place(longest)) == longest
    with pytest.raises(LimitError, match=r"^model takes an address of up to 1024 characters; this has 1,025\.$"):
        model_place(longest.replace("kk", "kkk", 1))


@pytest.mark.parametrize(
    ("key", "flag", "line"),
    [
        ("name", "a_b", "name = 'a_b'"),
        ("memory", "1000", "memory = 1000"),
        ("max-concurrency", "0", "max_concurrency = 0"),
        ("provisioned", "6", "provisioned = 6"),
        ("role", "a b", "role = 'a b'"),
        ("bucket", "B", "bucket = 'B'"),
        ("image", "a b", "image = 'a b'"),
        ("env", ["-=1"], "env = {- = '1'}"),
        ("tags", ["aws:a=1"], "tags = {'aws:a' = '1'}"),
        ("model", "s3://bucket/" + "k" * 1024 + ".tar.gz", f"model = 's3://bucket/{'k' * 1024}.tar.gz'"),
    ],
)
def test_a_breach_says_where_the_value_was_set_unless_it_was_typed(key, flag, line, tmp_path):
    assert refused(LimitError, {key: flag}).hint == ""
    file = tmp_path / "endpoint.toml"
    file.write_text(line)
    error = refused(LimitError, {key: None}, file=file)
    assert error.message.startswith(key)
    assert error.hint == f"It is set by {file}, {line.partition(' ')[0]}."


def test_a_breach_keeps_its_hint():
    error = refused(LimitError, {}, environment={"COPPICE_INSTANCE_TYPE": "ml.m5.larg"})
    assert error.hint == "It is set by COPPICE_INSTANCE_TYPE. Did you mean 'ml.m5.large'?"


@pytest.mark.parametrize("flags", [{"scale-at": 70, "provisioned": "1..2"}, {"env": ["A" * 1025 + "=1"]}])
def test_more_breaches(flags):
    refused(LimitError, flags)


def test_a_stage_is_a_tag_too():
    error = refused(LimitError, {}, stage="a,b")
    assert error.message.startswith("tags: 'stage' takes")
    assert error.hint == ""  # no tag was set, so there is no place to name
