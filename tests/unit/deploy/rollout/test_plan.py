"""Plans, from what is to what should be; no AWS anywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from container.artifact.manifest import Example, Feature, Manifest
from deploy.aws import tags
from deploy.aws.autoscaling import INSTANCES, PROVISIONED, Scaling
from deploy.aws.s3 import S3Uri
from deploy.endpoint.artifact import Archive
from deploy.endpoint.deployment import Deployment
from deploy.endpoint.image import Image
from deploy.endpoint.spec import Instances, Range, Serverless, Spec
from deploy.errors import Busy, NotSupported, UsageError
from deploy.rollout.current import Current
from deploy.rollout.desired import Source, desired
from deploy.rollout.hints import hint_for
from deploy.rollout.plan import There, plan
from deploy.rollout.rollback import plan as back

ARCHIVE = Archive(S3Uri("bucket", "coppice/e/abc/model.tar.gz"), "abc", None, None)
SOURCE = Source(ARCHIVE, Image("r/i@sha256:1", "sha256:1"), "arn:aws:iam::123456789012:role/r")
NOTHING, ALL = There(False, False, False), There(True, True, True)


def want(hosting=None, source=SOURCE, **more):
    hosting = hosting or Serverless(2048, 5)
    return desired(Spec("e", Path("m"), None, "i", None, None, hosting, **more), source)


def running(wanted, status="InService", **more):
    """The account once `wanted` was deployed."""
    variant = dict(wanted.config["ProductionVariants"][0])
    shown = {"VariantName": variant["VariantName"]}
    if "ServerlessConfig" in variant:
        shown["CurrentServerlessConfig"] = variant["ServerlessConfig"]
    else:
        shown["DesiredInstanceCount"] = variant["InitialInstanceCount"]
    scaling = (wanted.scaling,) if wanted.scaling else ()
    made = Current("e", "arn", status, "", wanted.config, shown, {}, scaling)
    return replace(made, tags={**wanted.tags, tags.CONFIG: made.deployment.to_tag()}, **more)


def kinds(planned):
    return [step.kind for step in planned.steps]


def test_what_no_longer_holds_is_no_tag_any_more():
    """A model id that the new archive doesn't have, say, or the package that the old one came from."""
    there = running(want())
    there = replace(there, tags={**there.tags, tags.MODEL_ID: "m", tags.PREVIOUS: "before", "aws:cf": "stack"})
    (tag,) = plan(want(), there, ALL).steps
    sagemaker = Tagged()
    tag.apply(SimpleNamespace(sagemaker=sagemaker), lambda _: None)
    assert sagemaker.removed == [tags.MODEL_ID]
    moved = back(there, Deployment("older"), {"ProductionVariants": [{"ServerlessConfig": {}}]}, {tags.ENDPOINT: "e"})
    moved.steps[-1].apply(SimpleNamespace(sagemaker=sagemaker), lambda _: None)
    assert set(sagemaker.removed) == {tags.MODEL_ID, tags.ARTIFACT, tags.VERSION}


class Tagged:
    """An endpoint whose tags are changed."""

    def endpoint(self, name):
        return {"EndpointArn": "arn"}

    def add_tags(self, arn, labels):
        pass

    def remove_tags(self, arn, keys):
        self.removed = keys


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Unsupported manifest media type application/vnd.oci.image.index.v1+json for image x", "coppice build"),
        ("The role associated with this endpoint can't be assumed", "role"),
        ("Worker exited: insufficient memory", "--memory"),
        ("Something else", "coppice logs e"),
    ],
)
def test_what_to_do_about_a_failure(reason, hint):
    assert hint in hint_for(reason, "e")


def test_nothing_is_there_yet():
    source = replace(SOURCE, archive=replace(ARCHIVE, file=Path(__file__)))
    planned = plan(want(source=source), Current("e"), NOTHING)
    assert kinds(planned) == [
        "create-bucket", "upload", "create-model", "create-config", "create-endpoint", "await-service",
    ]  # fmt: skip
    assert planned.notes == ("note: the archive has no example, so the endpoint's answers won't be checked",)


MANIFEST = Manifest("regression", "forest", "array", (Feature("a"),), ("y",), None, {}, {}, Example(((1.0,),), (2.0,)))


def test_a_scripts_answers_are_not_asked_for_and_the_models_warnings_are_shown():
    scripted = replace(ARCHIVE, manifest=MANIFEST._replace(script="inference.py", warnings=("it is skewed",)))
    planned = plan(want(source=replace(SOURCE, archive=scripted)), Current("e"), ALL)
    assert "check-example" not in kinds(planned)
    assert planned.notes[0] == "WARNING: it is skewed" and "a script answers" in planned.notes[1]
    plain = replace(SOURCE, archive=replace(ARCHIVE, manifest=MANIFEST))
    assert "check-example" in kinds(plan(want(source=plain), Current("e"), ALL))
    named = want(source=plain, environment={"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"})
    assert "check-example" not in kinds(plan(named, Current("e"), ALL))


@pytest.mark.parametrize(
    "wanted",
    [
        want(),
        want(Serverless(1024, 8, Range(2, 2))),
        want(Serverless(1024, 8, Range(1, 4))),
        want(Instances("ml.m5.large", Range(2, 2))),
        want(Instances("ml.m5.large", Range(1, 4))),
        want(Instances("ml.m5.large", Range(0, 4), S3Uri("out", "x"))),
        want(tags={"team": "trees"}, stage="prod", environment={"A": "b"}),
    ],
    ids=str,
)
def test_what_is_as_asked_for_stays(wanted):
    planned = plan(wanted, running(wanted), ALL)
    assert not planned.changes


def test_content_gives_names():
    assert want().model_name == want().model_name
    names = {
        want().model_name,
        want(environment={"A": "b"}).model_name,
        want(source=replace(SOURCE, role="arn:aws:iam::123456789012:role/s")).model_name,
        want(source=replace(SOURCE, archive=replace(ARCHIVE, identity="etag-2"))).model_name,
        want(source=replace(SOURCE, image=Image("r/i@sha256:2", "sha256:2"))).model_name,
    }
    assert len(names) == 5
    assert want(Serverless(1024, 5)).config_name != want().config_name
    assert all(len(name) <= 63 for name in names)


@pytest.mark.parametrize(
    ("hosting", "expected"),
    [
        (Serverless(3072, 5), ["create-config", "update-endpoint", "await-service", "tag"]),
        (Serverless(2048, 9), ["update-capacity", "await-service", "tag"]),
        (Serverless(2048, 5, Range(1, 1)), ["create-config", "update-endpoint", "await-service", "tag"]),
        (Instances("ml.m5.large", Range(1, 1)), ["create-config", "update-endpoint", "await-service", "tag"]),
    ],
    ids=str,
)
def test_from_serverless_to(hosting, expected):
    planned = plan(want(hosting), running(want()), There(True, True, False))
    assert kinds(planned) == expected


def test_provisioned_concurrency_comes_and_goes_with_a_configuration():
    warm = want(Serverless(2048, 5, Range(2, 2)))
    assert "update-endpoint" in kinds(plan(want(), running(warm), ALL))
    assert kinds(plan(want(Serverless(2048, 5, Range(3, 3))), running(warm), ALL))[0] == "update-capacity"


def test_scaling_moves_what_is_provisioned_and_that_is_no_change():
    wanted = want(Serverless(2048, 5, Range(1, 4)))
    now = running(wanted)
    busy = replace(now, variant={**now.variant, "CurrentServerlessConfig": {
        "MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 3}})  # fmt: skip
    assert not plan(wanted, busy, ALL).changes


def test_scaling_is_taken_away_before_an_update_and_set_again():
    now = running(want(Instances("ml.m5.large", Range(1, 4))))
    planned = plan(want(Instances("ml.c5.large", Range(1, 4))), now, There(True, True, False))
    assert kinds(planned) == [
        "create-config", "remove-scaling", "update-endpoint", "await-service", "set-scaling", "tag",
    ]  # fmt: skip


def test_targets_of_scaling():
    assert want(Serverless(2048, 5, Range(1, 4))).scaling == Scaling(PROVISIONED, 1, 4, 0.7)
    assert want(Instances("ml.m5.large", Range(1, 4)), scale_at=50).scaling == Scaling(INSTANCES, 1, 4, 50)
    waiting = want(Instances("ml.m5.large", Range(0, 4), S3Uri("out", "x"))).scaling
    assert waiting == Scaling(INSTANCES, 0, 4, 5.0, backlog=True)


def test_what_ran_is_remembered():
    planned = plan(want(Serverless(3072, 5)), running(want()), ALL)
    tag = next(step for step in planned.steps if step.kind == "tag")
    set_tags = {}

    class Hands:
        class sagemaker:  # noqa: N801
            endpoint = staticmethod(lambda _: {"EndpointArn": "arn"})
            add_tags = staticmethod(lambda _, labels: set_tags.update(labels))

    tag.apply(Hands, lambda _: None)
    assert set_tags[tags.PREVIOUS] == f"{want().config_name} 5 0"
    assert Deployment.from_tag(set_tags[tags.CONFIG]) == Deployment(want(Serverless(3072, 5)).config_name, 5)


def test_an_update_that_was_never_recorded_is_remembered_all_the_same():
    old, new = want(), want(Serverless(3072, 5))
    interrupted = replace(running(new), tags=running(old).tags)
    assert interrupted.previous == Deployment(old.config_name, 5)
    assert kinds(plan(new, interrupted, ALL)) == ["tag"]


def test_tags_alone():
    planned = plan(want(tags={"team": "b"}), running(want(tags={"team": "a", "old": "x"})), ALL)
    assert kinds(planned) == ["tag"]
    newer = running(want())
    assert not plan(want(), replace(newer, tags={**newer.tags, tags.VERSION: "0.0.1"}), ALL).changes


def test_a_failed_endpoint_is_replaced():
    planned = plan(want(), running(want(), "Failed"), ALL)
    assert kinds(planned) == ["delete-endpoint", "await-gone", "create-endpoint", "await-service"]


def test_what_cant_be_done():
    with pytest.raises(NotSupported, match="runs on instances"):
        plan(want(), running(want(Instances("ml.m5.large", Range(1, 1)))), ALL)
    with pytest.raises(UsageError, match="didn't make"):
        plan(want(), replace(running(want()), tags={}), ALL)
    with pytest.raises(Busy, match="is being deleted"):
        plan(want(), running(want(), "Deleting"), ALL)


def test_without_waiting():
    planned = plan(want(Serverless(3072, 5)), running(want()), ALL, wait=False)
    assert kinds(planned) == ["update-endpoint"]
    assert planned.later == ("tag endpoint e",)
