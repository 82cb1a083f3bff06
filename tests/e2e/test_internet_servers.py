"""Several daemons with the same certificate: clients use any of them, and another when one dies."""

import pytest

from conftest import DistantPair
from net import wait_until
from origin import Origin, checksum

SIZE = 64 << 20


class Twins(DistantPair):
    """A second server in a home of its own."""

    def __init__(self, world, internet):
        super().__init__(world, internet)
        self.other_home = internet.home()
        other_host = self.other_home.host("other")
        self.other = world.daemon(other_host)
        self.other.publish("demo", Origin(other_host).address, self.service)
        for home in (self.server_home, self.other_home):
            home.router.start_upnp()
        self.connect()
        self.other.reach = self.server.reach

    def serve(self):
        super().serve()
        self.other.start()
        self.internet.wait_announced(self.service, f"{self.other_home.address}:7008")

    def serving(self):
        """Which of the two the client has a connection to."""
        for daemon in (self.server, self.other):
            if daemon.running() and daemon.ask_json("status")["peers"]:
                return daemon
        return None


@pytest.fixture
def twins(world, internet):
    made = Twins(world, internet)
    made.serve()
    made.client.start()
    return made


def test_both_are_announced(twins):
    announced = {address for value in twins.internet.announced(twins.service) for address in value.split(",")}
    assert {f"{home.address}:7008" for home in (twins.server_home, twins.other_home)} <= announced


def test_one_dies_as_a_download_begins(twins, tmp_path):
    """A browser tries again, and gets it all."""
    begun = tmp_path / "begun"
    download = twins.client_host.popen(["curl", "-sS", "--fail", "--limit-rate", "4M", "--max-time", "60", "-o", begun,
                                        twins.service.url(f"/bytes/{SIZE}")])
    wait_until(lambda: begun.exists() and begun.stat().st_size > 0, "the download has begun")
    twins.serving().kill()
    assert download.wait(20) != 0, "what was cut is not taken for whole"
    again = twins.client_host.run(["bash", "-c", f"curl -sS --fail --max-time 60 {twins.service.url(f'/bytes/{SIZE}')} | sha256sum"])
    assert again.stdout.split()[0] == checksum(SIZE)


def test_one_whole_home_goes_dark(twins):
    """Nobody is left to refuse a connection."""
    assert twins.opens(), twins.why()
    for home in (twins.server_home, twins.other_home):
        home.router.cut()
        assert twins.opens(), twins.why()
        home.router.mend()
