import pytest
from control_plane import ControlPlane


@pytest.fixture(scope="session")
def shared_control():
    plane = ControlPlane()
    yield plane
    plane.close()


@pytest.fixture
def control(shared_control):
    yield shared_control
    shared_control.clear()
