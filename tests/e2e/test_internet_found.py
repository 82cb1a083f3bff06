"""Found and opened across two NATs, by each of the ways alone."""

import re

import pytest

from conftest import DistantPair
from net import wait_until
from origin import Origin


def winner(pair):
    """The attempt that reached the service when the client was asked why."""
    told = pair.client.ask_json("why", pair.service.label)
    assert told["reached"], told
    return told["attempts"][told["winner"]]


def test_by_a_node_of_our_own_alone(world, internet):
    pair = DistantPair(world, internet).connect(proxy=False)
    pair.server_home.router.start_upnp()
    pair.serve()
    pair.client.start()
    assert pair.opens(), pair.why()
    pair.client.stop()
    (pair.client.state / "peers.db").unlink()
    pair.client.start()
    won = winner(pair)
    assert (won["source"], won["address"]) == ("dht", pair.public_address)


@pytest.mark.parametrize("blocked", ["client", "server", "both"])
def test_by_a_proxy_where_udp_is_blocked(apart, blocked):
    for home, name in ((apart.server_home, "server"), (apart.client_home, "client")):
        if blocked in (name, "both"):
            home.router.block("meta l4proto udp")
    apart.serve()
    apart.client.start()
    if blocked == "server":
        assert apart.opens(), apart.why()
    else:
        assert winner(apart)["source"] == "dht_proxy"


def test_by_a_remembered_address_with_the_whole_dht_dead(apart):
    apart.serve()
    apart.client.start()
    assert apart.opens(), apart.why()
    apart.client.stop()
    for server in (apart.internet.dht, apart.internet.observer):
        server.stop()
    apart.client.start()
    assert apart.opens(within=5), apart.why()
    assert winner(apart)["source"] == "remembered"


def test_on_the_lan_with_the_internet_cut(world, internet):
    home = internet.home()
    pair = DistantPair(world, internet, server_home=home, client_home=home).connect()
    home.router.cut()
    pair.server.start()
    pair.client.start()
    assert winner(pair)["source"] == "lan"
    assert pair.opens(within=5), pair.why()


def test_the_internet_is_cut_while_both_run_on_one_lan(world, internet):
    home = internet.home()
    home.router.start_upnp()
    pair = DistantPair(world, internet, server_home=home, client_home=home).connect()
    pair.serve()
    pair.client.start()
    assert pair.opens(), pair.why()
    home.router.cut()
    assert pair.opens(within=5), pair.why()


def test_ipv6_only_with_a_pinhole(world, internet):
    """Behind a firewall that lets in what it is asked to."""
    pair = DistantPair(world, internet, ipv4=False, ipv6=True)
    pair.server_home.router.start_upnp()
    internet.start_dht()
    where = f"[{internet.dht.host.addresses6[0]}]"
    pair.server.reach = pair.client.reach = ["--dht-bootstrap", f"{where}:4222", "--dht-proxy", f"http://{where}:4223"]
    pair.server.start()
    internet.wait_announced(pair.service, f"[{pair.server_host.addresses6[0]}]:7008")
    wait_until(pair.server_home.router.pinholes, "the router has a pinhole", 30)
    pair.client.start()
    assert pair.opens(), pair.why()
    pair.server.stop()
    assert pair.server_home.router.pinholes() == [], "it is closed at the end"


def test_an_address_of_the_yggdrasil_network(world, internet):
    """Neither home lets anything in; both hosts are in another network besides."""
    pair = DistantPair(world, internet)
    internet.overlay(pair.server_host, pair.client_host)
    pair.connect()
    pair.server.start()
    inside = f"[{pair.server_host.addresses6[-1]}]:7008"
    internet.wait_announced(pair.service, inside)
    pair.client.start()
    assert pair.opens(), pair.why()
    assert winner(pair)["address"] == inside


def test_a_restart_needs_no_bootstrap_node(apart):
    """The nodes that it knew are still there."""
    apart.serve()
    wait_until(lambda: apart.server.ask_json("status")["dht"]["node"]["good_nodes_ipv4"] >= 2, "it knows both nodes", 60)
    apart.server.stop()
    apart.internet.dht.stop()
    apart.server.start(p2p_port=7123)
    apart.internet.wait_announced(apart.service, f"{apart.server_home.address}:7123", 60)


def test_what_keeps_out_of_the_dht_is_not_in_it(apart):
    hidden = apart.server.publish("hidden", Origin(apart.server_host, port=8081).address, Access={"useDHT": "no"})
    apart.serve()
    assert apart.internet.announced(hidden) == set()
    for value in apart.internet.announced(apart.service):
        assert re.fullmatch(r"[0-9a-f.:,\[\]]+", value), "addresses and nothing else"
    services = {service["title"]: service for service in apart.server.ask_json("status")["services"]}
    assert services["demo"]["announcement"]["last_put"] and not services["hidden"]["announcement"]
