"""S3 of a moto server, and instances that are small Python programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cloud import Cloud

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
