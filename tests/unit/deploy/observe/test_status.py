"""An endpoint's parts, from whoever knows them; AWS's documents as its API gives them."""

from __future__ import annotations

from datetime import UTC, datetime

from deploy.aws.describe import Denied
from deploy.observe.status import gather
from deploy.observe.status_report import document, lines

DIGEST = "sha256:" + "c" * 64
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/coppice"


class Describe:
    def __init__(self, denied=(), **described):
        self.denied = denied
        self.described = {
            "EndpointName": "houses",
            "EndpointArn": "arn:houses",
            "EndpointStatus": "InService",
            "EndpointConfigName": "houses-2",
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "LastModifiedTime": datetime(2026, 1, 2, tzinfo=UTC),
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "DeployedImages": [{"SpecifiedImage": f"{IMAGE}:1", "ResolvedImage": f"{IMAGE}@{DIGEST}"}],
                    "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
                }
            ],
        } | described

    def _say(self, what, answer):
        if what in self.denied:
            raise Denied("no")
        return answer

    def endpoint(self, name):
        return self.described

    def config(self, name):
        return self._say("config", {"ProductionVariants": [{"ModelName": "m", "InstanceType": "ml.m5.large"}]})

    def model(self, name):
        container = {"Image": f"{IMAGE}:1", "ModelDataUrl": "s3://b/m.tar.gz", "Environment": {"B": "secret", "A": "1"}}
        return self._say("model", {"PrimaryContainer": container, "ExecutionRoleArn": "arn:role"})

    def tags(self, arn):
        tags = {"coppice:endpoint": "houses", "coppice:artifact": "ab", "coppice:previous": "houses-1 5 0"}
        return self._say("tags", tags)

    def scalable_targets(self, resources):
        assert resources == ["endpoint/houses/variant/AllTraffic"]
        target = {
            "ResourceId": resources[0],
            "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
            "MinCapacity": 1,
            "MaxCapacity": 4,
        }
        return self._say("scaling", [target])

    def image_tags(self, registry, repository, digest):
        assert (registry, repository, digest) == ("123456789012", "team/coppice", DIGEST)
        return self._say("image", ("1", "latest"))


def shown(describe) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in lines(gather(describe, "houses", "eu-west-1")))


def test_everything_there_is_to_know():
    found = shown(Describe())
    assert found["image"] == f"{IMAGE}@{DIGEST} (1, latest)"
    assert found["environment"] == "A, B"
    assert found["previous"] == "houses-1 (up to 5 at a time); return to it: coppice rollback houses"
    assert found["scales"] == "AllTraffic DesiredProvisionedConcurrency 1 to 4"
    assert found["hash"] == "sha256 ab"
    assert "secret" not in str(found)


def test_what_may_not_be_seen_is_said_to_be_so():
    found = gather(Describe(denied=("config", "tags", "scaling", "image")), "houses", "eu-west-1")
    assert found.unseen == ("the configuration", "tags", "autoscaling", "the image's tags")
    assert document(found)["memory_mb"] == 2048
    assert "these credentials may not look" in lines(found)[-1]


def test_a_failed_endpoint_says_why():
    assert shown(Describe(EndpointStatus="Failed", FailureReason="no ping"))["reason"] == "no ping"


def test_an_endpoint_on_instances():
    instances = {"VariantName": "AllTraffic", "CurrentInstanceCount": 2}
    found = gather(Describe(ProductionVariants=[instances]), "houses", "eu-west-1")
    assert shown(Describe(ProductionVariants=[instances]))["instances"] == "2 x ml.m5.large"
    assert document(found)["kind"] == "real-time"
    assert (document(found)["instances"], document(found)["memory_mb"]) == (2, None)


def test_an_asynchronous_one_says_where_answers_go():
    later = {"OutputConfig": {"S3OutputPath": "s3://b/out"}}
    variants = [{"VariantName": "AllTraffic", "CurrentInstanceCount": 1}]
    assert shown(Describe(ProductionVariants=variants, AsyncInferenceConfig=later))["output"] == "s3://b/out"
