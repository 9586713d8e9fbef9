"""S3 of a moto server, and the control plane at an address of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cloud import Cloud
from control_plane import ControlPlane

from local_test.emulator.aws import Aws


@pytest.fixture(scope="session")
def moto() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def aws(moto: Cloud) -> Aws:
    moto.reset()
    return Aws(moto.address)


@pytest.fixture(scope="module")
def module_control() -> Iterator[ControlPlane]:
    plane = ControlPlane()
    yield plane
    plane.close()


@pytest.fixture
def control(module_control: ControlPlane) -> Iterator[ControlPlane]:
    yield module_control
    module_control.clear()
