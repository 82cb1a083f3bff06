"""A browser's end of a WebSocket through the tunnel (RFC 6455), to origin.py's /websocket."""

import base64
import hashlib
import os
import socket

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
            line = self.stream.readline()
            assert line, f"the connection ends: {head!r}"
            head += line
        accept = base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        assert head.startswith(b"HTTP/1.1 101 ") and accept in head

    def send(self, opcode, payload):
        self.socket.sendall(frame(opcode, payload, os.urandom(4)))

    def receive(self):
        return read_frame(self.stream)

    def echoes(self):
        message = os.urandom(100)
        self.send(2, message)
        return self.receive() == (2, message)
