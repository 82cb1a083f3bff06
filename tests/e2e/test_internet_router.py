"""What home routers do to a mapping, and what the server makes of it."""

import socket
import struct
import threading

import pytest

from conftest import DistantPair
from internet import NAT_PMP_PORT, map_port
from net import wait_until


def test_a_port_is_mapped_while_the_server_runs(apart):
    apart.serve()
    mappings = wait_until(apart.server_home.router.mappings, "the router maps a port")
    assert mappings == {7008: (apart.server_host.address, 7008)}
    wait_until(lambda: apart.server.ask_json("status")["gateway"]["state"] == "mapped", "the server knows")
    status = apart.server.ask_json("status")
    assert status["reachability"]["nat"] == "mapped"
    assert status["reachability"]["public_address"] == apart.server_home.address
    assert apart.server.stop() < 5
    assert apart.server_home.router.mappings() == {}


@pytest.mark.parametrize("options", [{"upnp": False}, {"nat_pmp": False}, {"nat_pmp": False, "version": 1}],
                         ids=["nat-pmp", "igd2", "igd1"])
def test_each_protocol_alone(world, internet, options):
    pair = DistantPair(world, internet)
    pair.server_home.router.start_upnp(**options)
    pair.connect().serve()
    pair.client.start()
    assert pair.opens(), pair.why()
    pair.server.stop()
    assert pair.server_home.router.mappings() == {}


def test_nothing_is_mapped_with_nothing_to_publish(apart):
    apart.client_home.router.start_upnp()
    apart.client.start()
    apart.serve()
    assert apart.opens(), apart.why()
    assert apart.client_home.router.mappings() == {}
    assert "internet:" not in apart.client.log(), "nor is anything said about being reached"
    assert not any(word in apart.client.ask("status") for word in ("NAT-PMP", "Told to others"))


def test_the_port_is_taken_by_another_host_of_the_home(apart):
    router = apart.server_home.router
    other = apart.server_home.host("other")
    assert map_port(other, router, 7008) == 7008
    apart.server.start()
    apart.internet.wait_announced(apart.service, f"{apart.server_home.address}:7009")
    assert not any(":7008" in value for value in apart.internet.announced(apart.service)), "which leads to the other"
    assert router.mappings() == {7008: (other.address, 7008), 7009: (apart.server_host.address, 7008)}
    apart.client.start()
    assert apart.opens(), apart.why()
    apart.server.stop()
    assert router.mappings() == {7008: (other.address, 7008)}, "only ours is taken back"


def test_the_router_restarts_and_forgets(apart):
    apart.serve()
    apart.client.start()
    assert apart.opens(), apart.why()
    router = apart.server_home.router
    router.restart()  # forgets all: test_internet_lab.py
    wait_until(router.mappings, "the mapping is made again", 60)
    assert apart.opens(), apart.why()


def test_the_home_gets_another_public_address(apart):
    apart.serve()
    apart.client.start()
    assert apart.opens(), apart.why()
    apart.server_home.router.change_address(77)
    assert apart.public_address == "11.0.0.77:7008"
    apart.internet.wait_announced(apart.service, apart.public_address, 75)
    assert apart.opens(), apart.why()
    wait_until(lambda: apart.server.ask_json("status")["reachability"]["nat"] == "mapped", "the router's word is the DHT's", 75)
    assert " warn" not in apart.server.log(), "one learned of it before the other, and that is no second router"


class TruthfulRouter:
    """NAT-PMP (RFC 6886) from a router behind another one, which says what its outer address is and maps what is asked."""

    def __init__(self, router):
        self.address = router.public_address
        with router.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((router.address, NAT_PMP_PORT))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            packet, sender = self.socket.recvfrom(100)
            if packet[:2] == b"\0\0":
                self.socket.sendto(struct.pack("!BBHI4s", 0, 128, 0, 1, socket.inet_aton(self.address)), sender)
            elif packet[:2] == b"\0\2":
                internal, external, lifetime = struct.unpack("!4xHHI", packet)
                self.socket.sendto(struct.pack("!BBHIHHI", 0, 130, 0, 1, internal, external, lifetime), sender)


@pytest.mark.parametrize("inner, nat", [("100.64.0.", "carrier_grade"), ("192.168.0.", "double_nat")])
def test_a_router_behind_another_is_recognised_and_said(world, internet, inner, nat):
    pair = DistantPair(world, internet, server_home=internet.home(behind=internet.carrier(inner)))
    TruthfulRouter(pair.server_home.router)
    pair.connect().server.start()
    wait_until(lambda: pair.server.ask_json("status")["reachability"]["nat"] == nat, f"status says {nat}", 30)
    told = pair.server.ask_json("status")["reachability"]
    assert told["explanation"] and told["explanation"] in " ".join(pair.server.ask("status").split())
    pair.client.start()
    assert not pair.opens(within=25)
    assert pair.client.running() and pair.server.running()


def test_a_router_that_knows_no_public_address_is_not_glossed_over(world, internet):
    """miniupnpd behind a carrier's NAT maps nothing and tells no address."""
    pair = DistantPair(world, internet, server_home=internet.home(behind=internet.carrier()))
    pair.server_home.router.start_upnp()
    pair.connect().server.start()
    wait_until(lambda: pair.server.ask_json("status")["reachability"]["nat"] in ("double_nat", "carrier_grade", "unmapped"),
               "status says that nothing gets in", 30)
    assert pair.server.ask_json("status")["reachability"]["explanation"]
