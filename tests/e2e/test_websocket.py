"""A WebSocket through the tunnel (RFC 6455)."""

import base64
import hashlib
import os
import socket

import pytest

from origin import frame, read_frame


class WebSocket:
    def __init__(self, pair):
        key = base64.b64encode(os.urandom(16)).decode()
        with pair.client_host.inside():
            self.socket = socket.create_connection(("127.0.0.1", 7009), 20)
        self.stream = self.socket.makefile("rb")
        self.socket.sendall((f"GET /websocket HTTP/1.1\r\nHost: {pair.service.label}.localhost:7009\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.stream.readline()
        accept = base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        assert head.startswith(b"HTTP/1.1 101 ") and accept in head

    def send(self, opcode, payload):
        self.socket.sendall(frame(opcode, payload, os.urandom(4)))

    def receive(self):
        return read_frame(self.stream)


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
