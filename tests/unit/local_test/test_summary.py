"""How a running variant is described."""

from __future__ import annotations

from functools import partial

import pytest

from local_test.emulator.hosting.plan import Plan, Variant
from local_test.emulator.hosting.summary import Images, summaries

DIGEST = "sha256:" + "0" * 64


class Ecr:
    """Knows one image."""

    class exceptions:  # noqa: N801 - botocore's
        class ClientError(Exception):
            pass

    def client(self, service, region):
        return self

    def describe_images(self, *, repositoryName, imageIds):  # noqa: N803 - botocore's
        if (repositoryName, imageIds) != ("team/houses", [{"imageTag": "v1"}]):
            raise self.exceptions.ClientError
        return {"imageDetails": [{"imageDigest": DIGEST}]}


@pytest.mark.parametrize(
    ("image", "resolved"),
    [
        ("127.0.0.1:5000/team/houses:v1", f"127.0.0.1:5000/team/houses@{DIGEST}"),
        (f"127.0.0.1:5000/team/houses@{DIGEST}", f"127.0.0.1:5000/team/houses@{DIGEST}"),
        ("127.0.0.1:5000/team/houses", None),
        ("coppice:latest", None),
    ],
)
def test_the_digest_behind_a_tag(image, resolved):
    plan = Plan("c", (Variant("V", 1.0, image, None, {}, 1.0, 2),))
    [summary] = summaries(plan.pinned(partial(Images(Ecr()).resolved, "eu-west-1")))
    [deployed] = summary["DeployedImages"]
    assert (deployed["SpecifiedImage"], deployed.get("ResolvedImage")) == (image, resolved)
    assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (2, 2)
