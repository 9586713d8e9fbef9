"""The verbs that talk to AWS, against moto's server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cloud import Cloud


@pytest.fixture(scope="session")
def _cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """An empty account, which this process's environment points to."""
    _cloud.reset()
    for name, value in _cloud.environment.items():
        monkeypatch.setenv(name, value)
    return _cloud
