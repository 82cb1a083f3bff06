"""Strangers at 7008 and 7009 who mean no good: the page opens afterwards as before."""

import os
import random
import resource
import socket
import time

import pytest

from conftest import Pair
from net import wait_until
from tunnel import connect, is_closed

GARBAGE = [b"", b"\0" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\xff" * 70000, b"\x80\x2e\x01\x00\x02" + b"\0" * 50,
           random.Random(1).randbytes(20000), b"\r\n" * 5000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]


@pytest.mark.parametrize("port", [7008, 7009])
def test_garbage(pair, port):
    host = pair.server_host if port == 7008 else pair.client_host
    for bytes_ in GARBAGE:
        with connect(host, "127.0.0.1", port) as connection:
            try:
                connection.sendall(bytes_)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                continue  # it had enough
            assert is_closed(connection)
    pair.check_well()


@pytest.mark.parametrize("port", [7008, 7009])
def test_connections_that_are_reset(pair, port):
    host = pair.server_host if port == 7008 else pair.client_host
    for _ in range(50):
        connection = connect(host, "127.0.0.1", port)
        connection.sendall(b"\x16\x03\x01" if port == 7008 else b"GET / HT")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    pair.check_well()


def test_http_0_9_gets_an_answer(pair):
    asked = pair.client_host.run(["curl", "-sS", "--http0.9", "--max-time", "20", "-w", "%{http_code}", "-o", "/dev/null",
                                  "http://127.0.0.1:7009/"], check=False)
    assert asked.stdout == "421"


def cpu_seconds(daemon):
    fields = open(f"/proc/{daemon.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("side, port", [("server", 7008), ("client", 7009)])
def test_it_outlives_a_shortage_of_descriptors(world, side, port):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    pair = Pair(world)
    few = ["prlimit", "--nofile=64", "--"]
    pair.server.start(wrap=few if side == "server" else ())
    pair.client.start(wrap=few if side == "client" else ())
    # Also because the sanitizer for wrong types needs a descriptor the first time that it sees a type.
    pair.check_well()
    daemon = getattr(pair, side)
    host = daemon.host
    held = [connect(host, "127.0.0.1", port) for _ in range(100)]
    before, began = cpu_seconds(daemon), time.monotonic()
    time.sleep(2)
    assert cpu_seconds(daemon) - before < 0.7 * (time.monotonic() - began), "it spins"
    for connection in held:
        connection.close()
    daemon.expected_errors.append("descriptor|open files")
    wait_until(lambda: "Hello" in pair.curl(check=False).stdout, "the page opens again", 30)
    assert daemon.running()
