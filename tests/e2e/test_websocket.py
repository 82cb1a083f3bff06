"""A WebSocket through the tunnel (RFC 6455)."""

import os

import pytest

from origin import frame
from websocket import WebSocket


@pytest.fixture
def websocket(pair):
    return WebSocket(pair)


def test_messages_of_all_lengths_are_echoed(websocket):
    for length in (0, 1, 125, 126, 4095, 4096, 4097, 16384, 65535, 65536, 1 << 20):
        message = os.urandom(length)
        websocket.send(2, message)
        assert websocket.receive() == (2, message)


def test_messages_in_flight_keep_their_order(websocket):
    messages = [b"message %d" % n for n in range(500)]
    websocket.socket.sendall(b"".join(frame(1, message, b"mask") for message in messages))
    assert [websocket.receive()[1] for _ in messages] == messages


def test_the_close_is_carried(websocket):
    websocket.send(8, b"\x03\xe8")
    assert websocket.receive() == (8, b"\x03\xe8")
    assert websocket.stream.read() == b""
