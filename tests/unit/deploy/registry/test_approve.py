"""Approving and rejecting, with the registry in memory."""

from __future__ import annotations

import pytest
from fake_registry import FakeRegistry

from deploy.errors import Missing
from deploy.registry.approve import decide

APPROVED, PENDING, REJECTED = "Approved", "PendingManualApproval", "Rejected"


def test_the_newest_version_is_approved() -> None:
    registry = FakeRegistry(APPROVED, PENDING)
    change = decide(registry, "houses", "Approved", "good")
    assert (change.version, change.was, change.approval, change.changed) == (2, PENDING, APPROVED, True)
    assert registry.changes == [(registry.packages[1].arn, APPROVED, "good")]


def test_a_named_version_is_rejected() -> None:
    registry = FakeRegistry(APPROVED, PENDING)
    change = decide(registry, "houses:1", "Rejected", "")
    assert (change.version, change.was, change.approval, change.changed) == (1, APPROVED, REJECTED, True)


def test_what_is_so_already_stays() -> None:
    registry = FakeRegistry(APPROVED)
    assert not decide(registry, "houses", "Approved", "").changed
    assert registry.changes == []


def test_a_new_note_is_written() -> None:
    registry = FakeRegistry(APPROVED)
    assert decide(registry, "houses", "Approved", "now with a reason").changed
    registry.packages[0] = registry.packages[0]._replace(note="now with a reason")
    assert not decide(registry, "houses", "Approved", "now with a reason").changed


def test_what_is_not_there_or_not_whole() -> None:
    with pytest.raises(Missing, match="There is no group houses"):
        decide(FakeRegistry(exists=False), "houses", "Approved", "")
    with pytest.raises(Missing, match="has no version 3"):
        decide(FakeRegistry(PENDING), "houses:3", "Approved", "")
    registry = FakeRegistry(PENDING)
    registry.statuses[1] = "InProgress"
    with pytest.raises(Missing, match="its status is InProgress"):
        decide(registry, "houses", "Approved", "")
    assert decide(registry, "houses", "Rejected", "").changed
