"""moto's services and the control plane, each at an address of its own; instances that are played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from control_plane import ControlPlane
from fake_instances import FakeStarter, fake_starter
from moto_address import Moto, started_moto

from local_test.emulator.aws import Aws


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    with started_moto() as moto:
        yield moto


@pytest.fixture
def aws(moto: Moto) -> Aws:
    moto.reset()
    return moto.aws


@pytest.fixture
def starter() -> Iterator[FakeStarter]:
    """Instances that are played."""
    with fake_starter() as starter:
        yield starter


@pytest.fixture(scope="module")
def module_control() -> Iterator[ControlPlane]:
    plane = ControlPlane()
    yield plane
    plane.close()


@pytest.fixture
def control(module_control: ControlPlane) -> Iterator[ControlPlane]:
    yield module_control
    module_control.clear()
