"""Whatever strangers put into the DHT or say on the LAN, the service opens, and they learn nothing."""

import pytest

from identity import make_identity
from tunnel import Neighbour

FORGED = 100
SWALLOW = """
table inet hole {
  chain input { type filter hook input priority 0; tcp dport 7008 drop; }
}
"""


@pytest.fixture
def strangers(internet):
    """Addresses of all kinds that a service is not at, and the impostor who listens at some of them."""

    class Strangers:
        hole = internet.public_host("hole")  # takes every packet and answers none
        liar = internet.public_host("liar")
        refusing = [f"{internet.isp.address}:{port}" for port in range(9000, 9034)]
        swallowing = [f"11.0.0.{last}:7008" for last in range(120, 153)]
        speaking = [f"11.0.0.{last}:7666" for last in range(160, 193)]

    Strangers.hole.run(["nft", "-f", "-"], input=SWALLOW)
    for host, addresses in ((Strangers.hole, Strangers.swallowing), (Strangers.liar, Strangers.speaking)):
        for address in addresses:
            host.run(["ip", "addr", "add", f"{address.split(':')[0]}/24", "dev", "eth0"])
    Strangers.impostor = Neighbour(Strangers.liar, "0" * 40, make_identity(Strangers.liar.folder / "own.cert"))
    Strangers.forged = [address for three in zip(Strangers.refusing, Strangers.swallowing, Strangers.speaking) for address in three]
    Strangers.forged.append(Strangers.refusing[-1])
    assert len(Strangers.forged) == FORGED
    return Strangers


def test_a_hundred_forged_values_delay_it_and_no_more(apart, strangers):
    apart.internet.forge(apart.service.keyhash, strangers.forged)
    apart.serve()
    assert len(apart.internet.announced(apart.service)) > FORGED
    apart.client.start()
    assert apart.opens(within=20), apart.why()
    assert apart.opens(within=2), "it is remembered"
    apart.client.stop()
    assert strangers.impostor.received == b""


def test_forged_values_alone_end_in_a_page_and_learn_nothing(apart, strangers):
    apart.internet.forge(apart.service.keyhash, strangers.forged)
    apart.client.start()
    shown = apart.curl("/", "-H", "Accept: text/html", check=False)
    assert shown.returncode == 22 and "502" in shown.stderr and "<h1>Another computer answered</h1>" in shown.stdout
    assert strangers.impostor.connections > 0
    apart.client.stop()
    assert strangers.impostor.received == b""


def test_values_that_point_into_the_home_are_not_followed(apart):
    """A stranger does not choose whom in this home the client talks to."""
    victim = apart.client_home.host("victim")
    neighbour = Neighbour(victim, "0" * 40, make_identity(victim.folder / "own.cert"))
    inside = [f"{victim.address}:7666", "[fd00::1]:7666", "[fe80::1]:7666", "127.0.0.1:7008", "0.0.0.0:7666",
              "224.0.0.1:7666", "[::1]:7008", f"[::ffff:{victim.address}]:7666", "nonsense", "", ",,,", "x" * 3000]
    apart.internet.forge(apart.service.keyhash, inside)
    apart.serve()
    apart.client.start()
    assert apart.opens(), apart.why()
    apart.client.stop()
    assert neighbour.connections == 0


def test_a_liar_on_the_clients_lan_and_in_the_dht(apart, strangers):
    host = apart.client_home.host("neighbour")
    neighbour = Neighbour(host, apart.service.label, make_identity(host.folder / "own.cert"))
    apart.internet.forge(apart.service.keyhash, strangers.speaking)
    apart.serve()
    apart.client.start()
    neighbour.announce()
    assert apart.opens(), apart.why()
    for port in range(20000, 20100):
        neighbour.announce(port)
    assert apart.opens(), apart.why()
    apart.client.stop()
    assert neighbour.connections > 0
    assert neighbour.received == strangers.impostor.received == b""


def test_why_tells_how_each_attempt_ended(apart, strangers):
    apart.internet.forge(apart.service.keyhash, [strangers.refusing[0], strangers.speaking[0]])
    apart.client.start()
    told = apart.client.ask_json("why", apart.service.label)
    assert not told["reached"]
    ended = {attempt["address"]: attempt["error"] for attempt in told["attempts"]}
    assert ended[strangers.speaking[0]]["code"] == "certificate_mismatch"
    assert ended[strangers.refusing[0]]
    said = apart.client.ask("why", apart.service.label)
    assert strangers.speaking[0] in said and strangers.refusing[0] in said
    assert apart.service.password not in said
