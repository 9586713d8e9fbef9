"""Which process something belongs to."""

from __future__ import annotations

import subprocess

import pytest

from local_test.emulator.instances.owner import Owner


def test_this_process_is_here():
    owner = Owner.this()
    assert Owner.read(str(owner)) == owner
    assert not owner.is_gone()


def test_one_that_ended_is_gone_and_so_is_one_whose_number_is_another_s():
    with subprocess.Popen(["sleep", "100"]) as process:
        owner = Owner.of(process.pid)
        assert not owner.is_gone()
        assert owner._replace(started="1").is_gone()
        process.kill()
    assert owner.is_gone()


def test_of_another_machine_nobody_can_tell():
    assert not Owner("elsewhere", 1, "1").is_gone()


@pytest.mark.parametrize("text", ["", "host", "host 1", "host x 1"])
def test_what_is_no_owner(text):
    assert Owner.read(text) is None
