"""The HTTP server's port."""

import socket

import pytest

from local_test.emulator.server import Server


def test_a_port_that_is_taken_is_an_error_and_not_the_end_of_the_process():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        Server(other.getsockname()[1])


def test_a_free_port_answers_on_loopback_alone():
    server = Server(0)
    assert server.address.startswith("http://127.0.0.1:")
    server.close()
