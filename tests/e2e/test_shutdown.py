"""The end: by itself, with exit status 0 (Daemon.stop holds it to that), and soon."""

import signal
import subprocess
import time

import pytest

from net import wait_until
from tunnel import is_closed, connect


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_ends_at_once(pair, sent):
    assert "Hello" in pair.curl().stdout
    assert pair.client.stop(sent) < 4
    assert pair.server.stop(sent) < 4


def start_transfer(pair, path, *options):
    process = pair.client_host.popen(["curl", "-sSN", "--max-time", "60", *options, pair.service.url(path)], stdout=subprocess.PIPE)
    process.stdout.read(100)
    return process


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_long_transfer_is_ended_after_the_grace(pair, side):
    transfer = start_transfer(pair, "/bytes/1000000000", "--limit-rate", "100k")
    getattr(pair, side).stop()
    transfer.kill()


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_short_transfer_may_finish(pair, side):
    transfer = start_transfer(pair, "/drip/20")
    getattr(pair, side).stop()
    assert b"drop 19" in transfer.communicate(timeout=20)[0] and transfer.returncode == 0


def test_nothing_new_is_accepted_meanwhile(pair):
    transfer = start_transfer(pair, "/drip/30")
    pair.server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not pair.server_host.listens(7008), "the P2P port is closed", 4)
    assert pair.server.wait(10) == 0
    transfer.kill()


def test_a_second_signal_skips_the_grace(pair):
    transfer = start_transfer(pair, "/bytes/1000000000", "--limit-rate", "100k")
    pair.server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not pair.server_host.listens(7008), "the P2P port is closed", 4)
    assert pair.server.stop() < 4  # the grace is 5 s
    transfer.kill()


def test_it_ends_while_connections_hang_in_every_phase(pair):
    label = pair.service.label
    held = []
    for host, port, said in [(pair.server_host, 7008, b""), (pair.server_host, 7008, b"\x16\x03"), (pair.client_host, 7009, b""),
                             (pair.client_host, 7009, b"GET / HTTP/1.1\r\nHo"),
                             (pair.client_host, 7009, f"GET / HTTP/1.1\r\nHost: {'0' * 40}.localhost\r\n\r\n".encode()),
                             (pair.client_host, 7009, f"GET /slow/30 HTTP/1.1\r\nHost: {label}.localhost\r\n\r\n".encode())]:
        held.append(connect(host, "127.0.0.1", port))
        held[-1].sendall(said)
    wait_until(lambda: connected_to_origin(pair), "the slow request is under way")
    pair.client.stop()
    pair.server.stop()
    assert all(is_closed(connection) for connection in held)


def connected_to_origin(pair):
    return pair.server_host.run(["ss", "-Htn", "state", "established", "dport", "=", ":8080"]).stdout.strip()


def test_it_ends_right_after_its_start(world):
    daemon = world.daemon(world.host("host", world.lan()))
    daemon.publish("demo", "127.0.0.1:8080")
    daemon.start(wait=False)
    wait_until(lambda: daemon.log() or daemon.host.listens(7008), "it has begun")
    time.sleep(0.05)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait(10) in (0, -signal.SIGTERM)  # before its handlers stand a signal just ends it
