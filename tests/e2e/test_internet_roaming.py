"""A machine changes its network: what it had open ends soon, and what it opens next works, without a restart."""

import subprocess

import pytest

from conftest import DistantPair
from tunnel import is_closed
from websocket import WebSocket

SILENCE_IS_DEATH = 22  # seconds; after 17 at most, and what a busy machine adds
SOON = 10  # seconds; a TCP timeout takes a quarter of an hour


@pytest.fixture
def roaming(world, internet):
    """The client begins in the server's home."""
    home, elsewhere = internet.home(), internet.home()
    home.router.start_upnp()
    pair = DistantPair(world, internet, server_home=home, client_home=home).connect()
    pair.elsewhere = elsewhere
    pair.serve()
    pair.client.start()
    return pair


def ends_soon(websocket, within=SOON):
    websocket.socket.settimeout(within)
    return is_closed(websocket.socket)


def test_the_client_leaves_the_house_and_comes_back(roaming):
    for lan in (roaming.elsewhere.lan, roaming.server_home.lan):
        websocket = WebSocket(roaming)
        assert websocket.echoes()
        roaming.client_host.move(lan)
        assert ends_soon(websocket)
        assert roaming.opens(), roaming.why()
        again = WebSocket(roaming)
        assert again.echoes()
        again.socket.close()


def test_a_download_ends_when_the_client_leaves(roaming):
    download = roaming.client_host.popen(["curl", "-sS", "--max-time", "120", "-o", "/dev/null", roaming.service.url("/drip/1000")])
    with pytest.raises(subprocess.TimeoutExpired):
        download.wait(2)
    roaming.client_host.move(roaming.elsewhere.lan)
    assert download.wait(SOON) != 0
    assert roaming.opens(), roaming.why()


def test_the_server_moves_to_another_home(roaming):
    roaming.client_host.move(roaming.elsewhere.lan)
    assert roaming.opens(), roaming.why()
    websocket = WebSocket(roaming)
    assert websocket.echoes()
    third = roaming.internet.home()
    third.router.start_upnp()
    roaming.server_host.move(third.lan)
    roaming.internet.wait_announced(roaming.service, f"{third.address}:7008", 60)
    assert roaming.opens(), roaming.why()
    assert ends_soon(websocket), "though it was found elsewhere"


@pytest.mark.parametrize("sends", [True, False], ids=["while_something_is_sent", "while_nothing_is_sent"])
def test_a_path_dies_without_a_word(apart, sends):
    """Neither end's own network changes, and nobody asks for anything: only no answer comes any more."""
    apart.serve()
    apart.client.start()
    websocket = WebSocket(apart)
    assert websocket.echoes()
    apart.server_home.router.cut()
    if sends:
        websocket.send(2, b"are you there?")
    assert ends_soon(websocket, SILENCE_IS_DEATH)
    apart.server_home.router.mend()
    assert apart.opens(), apart.why()
