"""Which package a name means, against a registry in memory."""

from __future__ import annotations

import pytest
from fake_registry import DATA, IMAGE, FakeRegistry

from deploy.aws.model_registry import Container
from deploy.endpoint.package import Named, find
from deploy.errors import Missing, NotSupported, UsageError

GROUP_ARN = "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/houses"
APPROVED, PENDING, REJECTED = "Approved", "PendingManualApproval", "Rejected"


@pytest.mark.parametrize(
    ("text", "group", "version"),
    [
        ("houses", "houses", None),
        ("houses:3", "houses", 3),
        ("a", "a", None),
        (GROUP_ARN, GROUP_ARN, None),
        (GROUP_ARN + ":12", GROUP_ARN, 12),
        ("arn:aws-cn:sagemaker:cn-north-1:210987654321:model-package/houses/4",
         "arn:aws-cn:sagemaker:cn-north-1:210987654321:model-package-group/houses", 4),
    ],
)  # fmt: skip
def test_names_and_arns_are_read(text: str, group: str, version: int | None) -> None:
    assert Named.parse(text) == (group, version)


@pytest.mark.parametrize(
    "text", ["", "houses:", "houses:0", "houses:new", "-houses", "ho uses", "houses:3:4", "h" * 64]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="GROUP or GROUP:VERSION"):
        Named.parse(text)


def test_the_latest_approved_version_is_taken() -> None:
    ref = find(FakeRegistry(APPROVED, APPROVED, REJECTED, PENDING), "houses")
    assert (ref.version, ref.image, ref.model_data_url, ref.approval) == (2, IMAGE, DATA, APPROVED)
    assert ref.metadata == {"coppice:artifact": "b" * 64}
    assert str(ref) == "houses:2"


def test_versions_are_ordered_as_numbers() -> None:
    assert find(FakeRegistry(*[APPROVED] * 11), "houses").version == 11


def test_a_version_that_is_not_whole_is_passed_over() -> None:
    registry = FakeRegistry(APPROVED, APPROVED)
    registry.statuses[2] = "Failed"
    assert find(registry, "houses").version == 1
    with pytest.raises(Missing, match="its status is Failed"):
        find(registry, "houses:2")


def test_a_named_version_is_taken() -> None:
    assert find(FakeRegistry(APPROVED, APPROVED), "houses:1").version == 1


@pytest.mark.parametrize("approval", [PENDING, REJECTED])
def test_a_named_version_has_to_be_approved(approval: str) -> None:
    with pytest.raises(Missing, match=f"houses:2 isn't approved: it is {approval}") as refused:
        find(FakeRegistry(APPROVED, approval), "houses:2")
    assert refused.value.hint == "Approve it: coppice approve houses:2"


def test_none_approved() -> None:
    with pytest.raises(Missing, match="No version of houses is approved; the newest, 2, is Rejected") as refused:
        find(FakeRegistry(PENDING, REJECTED), "houses")
    assert "coppice approve houses:2" in refused.value.hint


def test_what_is_not_there() -> None:
    with pytest.raises(Missing, match="There is no group houses"):
        find(FakeRegistry(exists=False), "houses")
    with pytest.raises(Missing, match="The group houses is empty"):
        find(FakeRegistry(), "houses")
    with pytest.raises(Missing, match="houses has no version 7; its newest is 1"):
        find(FakeRegistry(APPROVED), "houses:7")


@pytest.mark.parametrize("containers", [(), (Container(IMAGE, "", {}),), (Container(IMAGE, DATA, {}),) * 2])
def test_other_shapes_of_package_are_refused(containers: tuple[Container, ...]) -> None:
    registry = FakeRegistry(APPROVED)
    registry.packages[0] = registry.packages[0]._replace(containers=containers)
    with pytest.raises(NotSupported, match="houses:1 is not one container"):
        find(registry, "houses")
