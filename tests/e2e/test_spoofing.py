"""A neighbour on the LAN who answers for services that are not theirs costs a failed attempt, and learns nothing."""

import pytest

from conftest import Pair
from identity import make_identity
from net import wait_until
from tunnel import Neighbour


@pytest.fixture
def quiet_pair(world):
    return Pair(world)


def spoof(pair, **options):
    host = pair.world.host("neighbour", pair.lan)
    return Neighbour(host, pair.service.label, make_identity(host.folder / "own.cert"), **options)


def test_the_page_opens_although_the_neighbour_answers_first(quiet_pair):
    pair = quiet_pair
    neighbour = spoof(pair)
    pair.server.start()
    pair.client.start()
    neighbour.announce()  # the client has heard the lie before it ever asks
    assert "Hello" in pair.curl().stdout
    assert "Hello" in pair.curl().stdout
    wait_until(lambda: neighbour.connections, "the client tries the neighbour")
    pair.client.stop()
    assert neighbour.received == b""


def test_a_neighbour_alone_gets_a_mismatch_page_and_no_password(quiet_pair):
    pair = quiet_pair
    neighbour = spoof(pair)
    pair.client.start()
    shown = pair.curl(check=False, env={"LC_ALL": "C"})
    assert shown.returncode == 22 and "certificate" in shown.stdout.lower()
    assert neighbour.connections > 0
    pair.server.start()
    wait_until(lambda: "Hello" in pair.curl(check=False).stdout, "the failure is forgotten, and the page opens")
    pair.client.stop()
    assert neighbour.received == b""


def test_a_silent_neighbour_does_not_hold_the_page_up(quiet_pair):
    pair = quiet_pair
    neighbour = spoof(pair, silent=True)
    pair.server.start()
    pair.client.start()
    neighbour.announce()
    assert "Hello" in pair.curl("/", "--max-time", "4").stdout  # a handshake's deadline is 5 s


def test_a_hundred_lies_do_not_hold_the_page_up(quiet_pair):
    pair = quiet_pair
    neighbour = spoof(pair)
    pair.server.start()
    pair.client.start()
    for port in range(20000, 20100):  # nothing listens there
        neighbour.announce(port)
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    assert neighbour.received == b""
