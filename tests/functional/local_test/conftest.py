"""moto's services and the control plane, each at an address of its own; instances that are played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from control_plane import ControlPlane
from fake_instances import FakeStarter, fake_starter
from hosted import Hosted, hosted, real_time, serverless
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


@pytest.fixture
def one(starter: FakeStarter) -> Iterator[Hosted]:
    """A serverless endpoint with up to two calls at a time."""
    with hosted(starter) as one:
        one.configure("c1", serverless(2))
        one.deploy()
        yield one


@pytest.fixture
def steady(starter: FakeStarter) -> Iterator[Hosted]:
    """A real-time endpoint with two instances."""
    with hosted(starter) as one:
        one.configure("c1", real_time(2))
        one.deploy()
        yield one


@pytest.fixture(scope="module")
def module_control() -> Iterator[ControlPlane]:
    plane = ControlPlane()
    yield plane
    plane.close()


@pytest.fixture
def control(module_control: ControlPlane) -> Iterator[ControlPlane]:
    yield module_control
    module_control.clear()
