"""Peers of version 0.0.16 and ours, across two NATs, by way of the DHT's proxy."""

import pytest

from identity import make_identity
from internet import map_port
from net import wait_until
from oldpeer import old_client, old_server


def test_an_old_client_finds_our_server_and_remembers_it(apart):
    apart.serve()
    client = old_client(apart.client_host, "--dht-proxy", apart.internet.dht.url)
    assert apart.opens(), client.said()
    assert "found in the DHT" in client.said()
    assert f"learned {apart.public_address}" in client.said()
    for server in (apart.internet.dht, apart.internet.observer):
        server.stop()
    assert apart.opens(), client.said()


@pytest.mark.parametrize("udp", ["open", "blocked"])
def test_our_client_finds_an_old_server_and_remembers_it(apart, udp):
    service = make_identity(apart.server_host.folder / "old.cert", key="rsa")
    if udp == "blocked":
        apart.client_home.router.block("meta l4proto udp")
    assert map_port(apart.server_host, apart.server_home.router, 7008) == 7008
    server = old_server(apart.server_host, service, apart.origin.address, "--wanhosts", apart.public_address,
                        "--dht-proxy", apart.internet.dht.url)
    wait_until(lambda: "put 200" in server.said(), "the old server is announced")
    apart.service = service
    apart.client.identities.append(service)
    apart.client.start()
    assert apart.opens(), apart.why()
    for node in (apart.internet.dht, apart.internet.observer):
        node.stop()
    apart.client.stop()
    apart.client.start()
    assert apart.opens(within=5), apart.why()
