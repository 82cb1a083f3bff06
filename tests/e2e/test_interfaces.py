"""Machines with two interfaces, of which either may go and come back."""

import pytest

from net import wait_until
from origin import Origin


@pytest.fixture
def two_lans(world):
    class TwoLans:
        lans = [world.lan(), world.lan()]
        server_host = world.host("server", *lans)
        hosts = [world.host("one", lans[0]), world.host("two", lans[1])]
        both = world.host("both", *lans)

    TwoLans.server = world.daemon(TwoLans.server_host)
    TwoLans.service = TwoLans.server.publish("demo", Origin(TwoLans.server_host).address)
    TwoLans.server.start()
    for host in (*TwoLans.hosts, TwoLans.both):
        world.daemon(host).start()
    return TwoLans


def opens(host, service):
    shown = host.run(["curl", "-sS", "--max-time", "20", service.url()], check=False)
    return "Hello" in shown.stdout


def test_a_service_is_reached_over_each_of_its_lans(two_lans):
    for host in two_lans.hosts:
        assert opens(host, two_lans.service)


@pytest.mark.parametrize("lost", [0, 1])
def test_one_cable_of_the_server_is_cut(two_lans, lost):
    assert opens(two_lans.both, two_lans.service)
    two_lans.server_host.unplug(lost)
    assert opens(two_lans.both, two_lans.service)
    assert opens(two_lans.hosts[1 - lost], two_lans.service)
    two_lans.server_host.plug(lost)
    wait_until(lambda: opens(two_lans.hosts[lost], two_lans.service), "the LAN that came back serves again", 60)


@pytest.mark.parametrize("lost", [0, 1])
def test_one_interface_of_the_client_goes_down(two_lans, lost):
    assert opens(two_lans.both, two_lans.service)
    two_lans.both.link(lost, "down")
    assert opens(two_lans.both, two_lans.service)


def test_an_interface_that_comes_later_is_served(world):
    lan, host = world.lan(), world.host("server")
    server = world.daemon(host)
    service = server.publish("demo", Origin(host).address)
    server.start()  # with no interface but loopback
    host.attach(lan)
    other = world.host("client", lan)
    world.daemon(other).start()
    wait_until(lambda: opens(other, service), "the new interface is served", 60)


def test_an_interface_is_replaced(world):
    """As Wi-Fi drivers do it: gone from the system, then there again under the same name."""
    lan = world.lan()
    host, other = world.host("server", lan), world.host("client", lan)
    server = world.daemon(host)
    service = server.publish("demo", Origin(host).address)
    server.start()
    world.daemon(other).start()
    assert opens(other, service)
    host.run(["ip", "link", "del", "eth0"])
    host.attach(lan, index=0)
    wait_until(lambda: opens(other, service), "the interface that came back is served", 60)
