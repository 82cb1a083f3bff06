"""A server of version 0.0.16 and our client."""

import json
import sqlite3

import pytest

from identity import make_identity
from net import wait_until
from oldpeer import old_server
from origin import Origin, __file__ as ORIGIN, checksum

SIZE = 300_000  # many times what an old peer reads at once


class Old:
    def __init__(self, world):
        self.world = world
        # Public, so that it is remembered; a LAN to an old peer, which looks at the first octet alone.
        self.lan = world.lan("192.1.0.")
        self.server_host = world.host("server", self.lan)
        self.client_host = world.host("client", self.lan)
        self.origin = Origin(self.server_host)
        self.service = make_identity(self.server_host.folder / "demo.cert", key="rsa")
        self.client = world.daemon(self.client_host)
        self.client.identities.append(self.service)
        self.server = None

    def serve(self, *options):
        self.server = old_server(self.server_host, self.service, self.origin.address, *options)

    def curl(self, path="/", *options, **run_options):
        return self.client_host.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", *options, self.service.url(path)],
                                    **run_options)


@pytest.fixture
def old(world):
    made = Old(world)
    made.client.start()
    return made


def test_a_page_opens(old):
    old.serve()
    assert "Hello" in old.curl().stdout
    assert f'client says {{"password": "{old.service.password}"}}' in old.server.said()


def test_a_request_is_carried_as_it_was_sent(old):
    old.serve()
    assert json.loads(old.curl("/headers?q=1").stdout)["line"] == "GET /headers?q=1 HTTP/1.1"


def test_a_download_arrives_whole(old):
    old.serve()
    got = old.client_host.run(["bash", "-c", f"curl -sS --fail --max-time 30 {old.service.url(f'/bytes/{SIZE}')} | sha256sum"])
    assert got.stdout.split()[0] == checksum(SIZE)


def test_an_upload_arrives_whole(old):
    """In records that an old server's one read takes whole."""
    old.serve()
    got = old.client_host.run(["bash", "-c", f"/usr/bin/python3 -B {ORIGIN} bytes {SIZE} | curl -sS --fail --max-time 30 "
                                             f"--data-binary @- -H 'Expect:' {old.service.url('/sink')}"])
    assert json.loads(got.stdout) == {"length": SIZE, "sha256": checksum(SIZE)}


def test_a_request_head_of_many_kilobytes_arrives_whole(old):
    old.serve()
    seen = json.loads(old.curl("/headers", "-H", "X-Long: " + "x" * 12_000).stdout)
    assert ["X-Long", "x" * 12_000] in seen["headers"]


def test_its_address_is_remembered_and_used_when_the_lan_is_silent(old):
    dead = f"{old.lan.address(200)}:7008"
    old.serve("--wanhosts", f"{dead},{old.server_host.address}:7008")
    assert "Hello" in old.curl().stdout
    old.server.stop()
    old.client.stop()
    old.serve("--silent-on-lan")
    old.client.start()
    assert "Hello" in old.curl().stdout


def test_the_old_programs_own_memory_is_taken_over(world):
    old = Old(world)
    folder = old.client_host.folder / ".hardlinep2p"
    folder.mkdir()
    with sqlite3.connect(folder / "peers.db") as database:
        database.execute("CREATE TABLE peers (serviceID text, info text)")
        database.execute("INSERT INTO peers VALUES (?, ?)",
                         (old.service.label, json.dumps({"WANHosts": f"{old.server_host.address}:7008"})))
    old.serve("--silent-on-lan")
    old.client.start()
    assert "Hello" in old.curl().stdout


@pytest.mark.parametrize("path", ["/", "/bytes/10"])
def test_a_wrong_password_shows_a_page(old, path):
    old.serve()
    url = old.service.url(path).replace(old.service.password, "wrongwrong222")
    shown = old.client_host.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", url], check=False)
    assert shown.returncode == 22 and shown.stdout
    wait_until(lambda: "wrong password" in old.server.said(), "the server compares the password")


def test_an_origin_that_is_down_shows_a_page(old):
    old.serve()
    old.origin.stop()
    shown = old.curl(check=False)
    assert shown.returncode == 22 and shown.stdout


def test_it_serves_many_requests_one_after_the_other(old):
    old.serve()
    for _ in range(20):
        assert "Hello" in old.curl().stdout
    assert "failed" not in old.server.said()
