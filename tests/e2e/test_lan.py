"""LAN discovery as a neighbour sees it."""

import random
import socket

import pytest

from conftest import Pair
from identity import rolling_code
from oldpeer import GROUP, Lpd
from tunnel import listen_for, lpd_socket


def search(code):
    return Lpd.format("SEARCH", [("Infohash", code), ("cookie", "somebody")])


class Lurker:
    """A neighbour with sockets for LAN discovery."""

    def __init__(self, pair):
        self.host = pair.world.host("lurker", pair.lan)
        self.server = pair.server_host.address
        self.code = rolling_code(pair.service.keyhash)
        self.asking = lpd_socket(self.host)
        self.hearing = lpd_socket(self.host, GROUP[1], member=True)


@pytest.fixture
def lurker(pair):
    return Lurker(pair)


def test_a_search_is_answered_to_the_asker_and_to_the_group(pair, lurker):
    lurker.asking.sendto(search(lurker.code), GROUP)
    told = listen_for(lurker.asking, 1)
    assert told and all((t["infohash"], t["port"], t["title"]) == (pair.service.label, "7008", "demo") for t in told)
    heard = {heard["infohash"] for heard in listen_for(lurker.hearing, 1)}
    assert heard == {pair.service.keyhash}, "the group is told no password"


def test_a_list_of_what_is_here_holds_no_password(pair, lurker):
    lurker.asking.sendto(search(""), GROUP)
    told = listen_for(lurker.asking, 1) + listen_for(lurker.hearing, 0.2)
    assert {heard["infohash"] for heard in told} == {pair.service.keyhash}


def test_a_flood_of_searches_gets_few_replies(pair, lurker):
    for _ in range(2000):
        lurker.asking.sendto(search(lurker.code), GROUP)
    assert 1 <= len(listen_for(lurker.asking, 1.5)) <= 50
    assert len(listen_for(lurker.hearing, 0.5)) <= 100
    pair.check_well()


def test_a_search_from_off_the_subnet_is_not_answered(pair, lurker):
    lurker.host.run(["ip", "addr", "add", "192.168.77.5/24", "dev", "eth0"])
    with lurker.host.inside():
        foreign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    foreign.bind(("192.168.77.5", 0))
    foreign.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lurker.host.address))
    listen_for(lurker.hearing, 0.2)
    foreign.sendto(search(lurker.code), GROUP)
    assert listen_for(lurker.hearing, 1) == []
    lurker.asking.sendto(search(lurker.code), GROUP)
    assert listen_for(lurker.hearing, 1)


def test_nonsense_at_the_lan_port(pair, lurker):
    noise = random.Random(2)
    for packet in [b"", b"\0" * 1400, b"HARDLINE-SEARCH", b"HARDLINE-SERVICE * HTTP/1.1\r\n\r\n\r\n", search("x" * 1000), search(lurker.code)[:-1],
                   *(noise.randbytes(noise.randrange(1400)) for _ in range(200)),
                   *(Lpd.format("SERVICE", [("Port", port), ("Infohash", "-" + "0" * 40), ("cookie", "c")]) for port in (0, -1, 65536, "x"))]:
        lurker.asking.sendto(packet, GROUP)
        lurker.asking.sendto(packet, (lurker.server, GROUP[1]))
    pair.check_well()


def test_an_unlisted_service_answers_only_who_knows_it(world):
    pair = Pair(world)
    pair.server.publish("demo", pair.origin.address, pair.service, Info={"listed": "no"})
    pair.start()
    lurker = Lurker(pair)
    lurker.asking.sendto(search(""), GROUP)
    assert listen_for(lurker.asking, 1) == []
    lurker.asking.sendto(search(lurker.code), GROUP)
    assert listen_for(lurker.asking, 1)


def test_a_hidden_password_is_not_announced(world):
    pair = Pair(world)
    pair.server.publish("demo", pair.origin.address, pair.service, Access={"hidepassword": "yes"})
    pair.start()
    lurker = Lurker(pair)
    for code in ("", lurker.code):
        lurker.asking.sendto(search(code), GROUP)
        told = listen_for(lurker.asking, 1)
        assert told and all(t["infohash"].lstrip("-") == pair.service.keyhash for t in told)
