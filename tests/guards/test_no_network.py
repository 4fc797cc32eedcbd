"""Tests reach this machine and nothing else."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError

ELSEWHERE = "192.0.2.1"  # set aside for documentation (RFC 5737)


def test_other_machines_are_not_connected_to() -> None:
    """A connection to an address that is not loopback is refused."""
    with (
        pytest.warns(UserWarning, match="socket"),
        pytest.raises(SocketConnectBlockedError),
        socket.socket() as connection,
    ):
        connection.connect((ELSEWHERE, 80))


def test_other_names_are_not_looked_up() -> None:
    """A name that is not the machine's own is unknown, and nobody is asked."""
    with pytest.raises(socket.gaierror, match="no names are known"):
        socket.getaddrinfo("example.org", 80)


def test_this_machine_is_connected_to() -> None:
    """A server on the loopback address can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
