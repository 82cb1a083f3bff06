"""The test's own old peers against each other: what they get wrong must be wrong here too, or it would test nothing."""

import select
import socket
import ssl
import time

import pytest

from identity import make_identity
from oldpeer import old_client, old_server
from origin import Origin, checksum


@pytest.fixture
def old(world):
    class Old:
        lan = world.lan()
        server_host = world.host("server", lan)
        client_host = world.host("client", lan)

    Old.origin = Origin(Old.server_host)
    Old.service = make_identity(Old.server_host.folder / "demo.cert", key="rsa")
    Old.server = old_server(Old.server_host, Old.service, Old.origin.address, "--wanhosts", f"{Old.server_host.address}:7008")
    Old.client = old_client(Old.client_host)
    return Old


def test_a_page_opens_between_old_peers(old):
    page = old.client_host.run(["curl", "-sS", "--max-time", "20", old.service.url()]).stdout
    assert "Hello through the tunnel" in page
    assert "found on the LAN" in old.client.said()
    assert f"learned {old.server_host.address}:7008" in old.client.said()


def test_downloads_and_uploads_pass_between_old_peers(old):
    size = 300_000
    got = old.client_host.run(["bash", "-c", f"curl -sS --max-time 20 {old.service.url(f'/bytes/{size}')} | sha256sum"]).stdout
    assert got.split()[0] == checksum(size)


def dial(old):
    """A TLS connection to the old server, its OOB line read."""
    with old.client_host.inside():
        plain = socket.create_connection((old.server_host.address, 7008), 5)
    tunnel = ssl._create_unverified_context().wrap_socket(plain, server_hostname=old.service.keyhash)
    assert tunnel.recv(4096).count(b"\n") == 1
    return tunnel


@pytest.mark.parametrize("asked, answered", [(53248, True), (53249, False)])
def test_an_old_server_loses_the_tail_of_a_long_record(old, asked, answered):
    """docs/protocol.md, "Dialects": 64 KiB sent as 16 KiB records: 53,248 bytes arrive."""
    with dial(old) as tunnel:
        tunnel.sendall(b'{"password":"%s"}\n' % old.service.password.encode())
        tunnel.sendall(b"POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % asked)
        time.sleep(0.3)  # the head is to be read by itself
        tunnel.sendall(bytes(65536))
        assert bool(select.select([tunnel], [], [], 1)[0]) == answered


def test_an_old_server_fails_on_two_lines_in_one_record(old):
    with dial(old) as tunnel:
        tunnel.sendall(b"{}\nGET / HTTP/1.1\r\n\r\n")
        assert tunnel.recv(4096) == b""
    assert "failed: ValueError" in old.server.said()


def test_an_old_client_matches_only_the_label_that_was_typed(old):
    curl = old.client_host.run(["curl", "-sS", f"http://{old.service.keyhash}.localhost:7009/"], check=False)
    assert curl.returncode == 52  # an empty reply
    assert "not found" in old.client.said()
