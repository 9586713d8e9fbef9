"""Which registries images are pulled from: those of this machine."""

from __future__ import annotations

import pytest

from local_test.emulator.instances.docker_backend import LOOPBACK


@pytest.mark.parametrize("registry", ["127.0.0.1:5000", "127.0.0.1", "localhost:42571", "localhost"])
def test_this_machines(registry):
    assert LOOPBACK.fullmatch(registry)


@pytest.mark.parametrize("registry", ["127.0.0.1.example:5000", "127.example", "localhost.example", "docker.io", ""])
def test_others(registry):
    assert not LOOPBACK.fullmatch(registry)
