"""Addresses that a service named are tried where the LAN is silent."""

import sqlite3

import conftest

MULTICAST = "239.192.152.143"


class Pair(conftest.Pair):
    """On a LAN of public addresses: private ones are not remembered."""

    def __init__(self, world):
        self.world = world
        self.lan = world.lan("11.1.0.", "2a0f:11::")
        self.settle(world.host("server", self.lan), world.host("client", self.lan))


def silence(host):
    """No search leaves this host any more, and no announcement gets in."""
    host.run(["ip", "route", "add", "prohibit", MULTICAST])
    host.run(["ip", "link", "set", "eth0", "multicast", "off"])


def test_the_services_own_address_is_remembered_and_used(world):
    pair = Pair(world)
    pair.server.start("--public-address", f"{pair.lan.address(200)}:7008", "--public-address", f"{pair.server_host.address}:7008")
    pair.client.start()
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    silence(pair.client_host)
    pair.client.start()
    assert "Hello" in pair.curl().stdout


def test_an_ipv6_address_is_remembered_and_used(world):
    pair = Pair(world)
    pair.server.start("--public-address", f"[{pair.server_host.addresses6[0]}]:7008")
    pair.client.start()
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    silence(pair.client_host)
    pair.client.start()
    assert "Hello" in pair.curl().stdout


def test_a_private_address_is_not_remembered(world):
    """In another network it would be another host, of which a stranger's service could make us knock at the port."""
    pair = conftest.Pair(world)
    pair.server.start("--public-address", f"{pair.server_host.address}:7008")
    pair.client.start()
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    silence(pair.client_host)
    pair.client.start()
    assert pair.curl(check=False).returncode == 22


def test_without_a_remembered_address_it_is_not_found(world):
    """What shows that the silence in these tests is one."""
    pair = Pair(world)
    silence(pair.client_host)
    pair.server.start("--public-address", f"{pair.server_host.address}:7008")
    pair.client.start()
    assert pair.curl(check=False).returncode == 22


def test_a_corrupt_memory_is_set_aside_and_a_new_one_begun(world):
    pair = Pair(world)
    pair.client.state.mkdir(parents=True)
    (pair.client.state / "peers.db").write_bytes(b"this is no database" * 1000)
    pair.client.expected_errors.append("peers.db")
    pair.server.start("--public-address", f"{pair.server_host.address}:7008")
    pair.client.start()
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    assert "peers.db" in pair.client.log()
    assert [path for path in pair.client.state.iterdir() if path.name.startswith("peers.db.corrupt")]
    with sqlite3.connect(pair.client.state / "peers.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    silence(pair.client_host)
    pair.client.start()
    assert "Hello" in pair.curl().stdout


def test_the_database_never_holds_a_password(world):
    pair = Pair(world)
    pair.server.start("--public-address", f"{pair.server_host.address}:7008")
    pair.client.start()
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    kept = b"".join(path.read_bytes() for path in pair.client.state.iterdir())
    assert pair.service.password.encode() not in kept
