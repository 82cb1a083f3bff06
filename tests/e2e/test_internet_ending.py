"""Whoever out there hangs, the daemon ends promptly."""

import signal

import pytest

from identity import make_identity
from origin import Origin

PROMPTLY = 5  # seconds; the router and the node of the DHT have 3 of them


def freeze_dht(apart):
    """Takes connections and answers nothing: the node and the proxy."""
    for server in (apart.internet.dht, apart.internet.observer):
        server.process.send_signal(signal.SIGSTOP)


def freeze_router(apart):
    apart.server_home.router.upnp.send_signal(signal.SIGSTOP)


def block_udp(apart):
    for home in (apart.server_home, apart.client_home):
        home.router.block("meta l4proto udp")


def cut(apart):
    for home in (apart.server_home, apart.client_home):
        home.router.cut()


HINDRANCES = [freeze_dht, freeze_router, block_udp, cut]


def end_both_in_the_middle(apart):
    """While one searches, and the other has something new to announce."""
    nobody = make_identity(apart.client_host.folder / "nobody.cert")
    apart.client.identities.append(nobody)
    asking = apart.client_host.popen(["curl", "-s", "-o", "/dev/null", nobody.url()])
    apart.server.publish("another", Origin(apart.server_host, port=8081).address)
    apart.server.reload()
    assert apart.server.stop() < PROMPTLY
    assert apart.client.stop() < PROMPTLY
    asking.wait(5)


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_it_ends_promptly_where_something_hangs_meanwhile(apart, hinder):
    apart.serve()
    apart.client.start()
    assert apart.opens(), apart.why()
    hinder(apart)
    end_both_in_the_middle(apart)


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_it_ends_promptly_where_something_hung_from_the_start(apart, hinder):
    hinder(apart)
    apart.server.start()
    apart.client.start()
    end_both_in_the_middle(apart)
