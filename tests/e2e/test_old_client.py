"""A client of version 0.0.16 and our server."""

import json

import pytest

from oldpeer import old_client
from origin import Origin, __file__ as ORIGIN, checksum

SIZE = 300_000  # many times what an old peer reads at once


class Old:
    def __init__(self, world, *options, **sections):
        lan = world.lan()
        self.server_host = world.host("server", lan)
        self.client_host = world.host("client", lan)
        self.server = world.daemon(self.server_host)
        self.service = self.server.publish("demo", Origin(self.server_host).address, **sections)
        self.server.start(*options)
        self.client = old_client(self.client_host)

    def curl(self, path="/", *options, **run_options):
        return self.client_host.run(["curl", "-sS", "--fail", "--max-time", "30", *options, self.service.url(path)], **run_options)


@pytest.fixture
def old(world):
    return Old(world)


def test_a_page_opens(old):
    assert "Hello" in old.curl().stdout
    assert "found on the LAN" in old.client.said()
    assert "failed" not in old.client.said()


def test_it_learns_where_the_service_can_be_reached_later(world):
    where = "203.0.113.7:7008,[200:1234::1]:7008"
    old = Old(world, *(option for address in where.split(",") for option in ("--public-address", address)))
    assert "Hello" in old.curl().stdout
    assert f"learned {where}" in old.client.said()


def test_a_download_arrives_whole(old):
    """In records that an old client's one read takes whole."""
    got = old.client_host.run(["bash", "-c", f"curl -sS --fail --max-time 30 {old.service.url(f'/bytes/{SIZE}')} | sha256sum"])
    assert got.stdout.split()[0] == checksum(SIZE)


def test_an_upload_arrives_whole(old):
    got = old.client_host.run(["bash", "-c", f"/usr/bin/python3 -B {ORIGIN} bytes {SIZE} | curl -sS --fail --max-time 30 "
                                             f"--data-binary @- -H 'Expect:' {old.service.url('/sink')}"])
    assert json.loads(got.stdout) == {"length": SIZE, "sha256": checksum(SIZE)}


def test_connections_side_by_side(old):
    urls = [old.service.url(f"/bytes/{SIZE}")] * 20
    done = old.client_host.run(["curl", "-sS", "--fail", "--max-time", "60", "-Z", "--parallel-immediate", "--parallel-max", "20",
                                *urls], text=False)
    assert len(done.stdout) == SIZE * 20


def test_a_wrong_password_ends_the_connection(old):
    """The server's word for it is a key that old clients ignore."""
    label = f"wrongwrong222-{old.service.keyhash}"
    sought = old.client_host.run(["curl", "-sS", "--max-time", "30", f"http://{label}.localhost:7009/"], check=False)
    assert sought.returncode == 52  # an empty reply: it found no announcement of exactly this label


def test_an_origin_that_is_down_ends_the_connection(world):
    old = Old(world)
    old.server_host.processes[0].kill()  # the origin
    assert old.curl(check=False).returncode == 52
    assert "server says" in old.client.said()


def test_a_hidden_password_is_not_found_by_it(world):
    """What hidepassword=yes costs."""
    old = Old(world, Access={"hidepassword": "yes"})
    assert old.curl(check=False).returncode == 52
    assert "not found" in old.client.said()
