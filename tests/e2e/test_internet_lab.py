"""The internet that the other tests run on is as they think it is. Needs nothing of the daemon."""

import os
import socket
import statistics
import time

import pytest

from internet import dht_key, fetch, find_igd, map_port
from tunnel import connect
from wallclock import DAY, ahead


class Listener:
    """Takes TCP connections and knows where the last one came from."""

    def __init__(self, host, port=7008, family=socket.AF_INET):
        with host.inside():
            self.socket = socket.create_server(("", port), family=family)
        self.socket.settimeout(3)

    def seen(self):
        return self.socket.accept()[1][0]


def reaches(host, address, port=7008):
    try:
        connect(host, address, port, timeout=1.5).close()
        return True
    except OSError:
        return False


def test_a_home_reaches_the_internet_and_is_not_reached(internet):
    home, public = internet.home(), internet.public_host("public")
    inside = home.host("inside")
    listener, wanted = Listener(public), Listener(inside)
    assert reaches(inside, public.address)
    assert listener.seen() == home.address, "it is masqueraded"
    assert not reaches(public, home.address)
    with pytest.raises(TimeoutError):
        wanted.seen()


def test_two_homes_do_not_reach_each_other(internet):
    one, two = internet.home(), internet.home()
    inside = one.host("inside")
    listener = Listener(inside)
    other = two.host("other")
    assert not reaches(other, one.address)
    assert not reaches(other, inside.address)
    assert reaches(one.host("neighbour"), inside.address) and listener.seen(), "it does listen"


def test_ipv6_is_routed_and_let_out_alone(internet):
    home, public = internet.home(ipv4=False, ipv6=True), internet.public_host("public")
    inside = home.host("inside")
    listener = Listener(public, family=socket.AF_INET6)
    wanted = Listener(inside, family=socket.AF_INET6)
    assert reaches(inside, public.addresses6[0])
    assert listener.seen() == inside.addresses6[0]
    assert not reaches(public, inside.addresses6[0])
    home.router.let_in("tcp dport 7008")
    assert reaches(public, inside.addresses6[0])
    assert wanted.seen() == public.addresses6[0]


def test_the_router_is_a_upnp_gateway(internet):
    home = internet.home()
    inside = home.host("inside")
    assert find_igd(inside, timeout=0.5) is None
    home.router.start_upnp()
    assert "WANIPConnection" in fetch(inside, find_igd(inside))


def test_a_mapped_port_lets_in_and_a_restart_forgets_it(internet):
    home, public = internet.home(), internet.public_host("public")
    inside = home.host("inside")
    listener = Listener(inside)
    home.router.start_upnp()
    assert map_port(inside, home.router, 7008) == 7008
    assert home.router.mappings() == {7008: (inside.address, 7008)}
    assert reaches(public, home.address)
    assert listener.seen() == public.address
    home.router.restart()
    assert home.router.mappings() == {}
    assert not reaches(public, home.address)
    assert map_port(inside, home.router, 7008) == 7008
    assert reaches(public, home.address)


def test_a_port_is_mapped_to_one_host_only(internet):
    home = internet.home()
    home.router.start_upnp()
    assert map_port(home.host("first"), home.router, 7008) == 7008
    assert map_port(home.host("second"), home.router, 7008) != 7008


def test_a_change_of_address_breaks_what_was_open(internet):
    home, public = internet.home(), internet.public_host("public")
    inside = home.host("inside")
    listener = Listener(public)
    connection = connect(inside, public.address)
    before = listener.seen()
    home.router.change_address(77)
    assert reaches(inside, public.address)
    assert listener.seen() == home.address != before
    connection.sendall(b"are you there?")
    listener.socket.settimeout(0.1)
    assert not reaches(public, before)


def test_behind_a_carrier_the_routers_own_address_is_not_what_others_see(internet):
    home, public = internet.home(behind=internet.carrier()), internet.public_host("public")
    listener = Listener(public)
    assert reaches(home.host("inside"), public.address)
    assert home.address.startswith("100.64.")
    assert listener.seen().startswith("11.0.0.")


def test_blocked_udp_and_a_cut_cable(internet):
    home, public = internet.home(), internet.public_host("public")
    inside = home.host("inside")
    listener = Listener(public)
    with public.inside():
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind(("", 4000))
    heard.settimeout(1)

    def arrives():
        with inside.inside():
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", (public.address, 4000))
        try:
            return heard.recv(100) == b"hello"
        except TimeoutError:
            return False

    assert arrives()
    home.router.block("meta l4proto udp")
    assert not arrives()
    assert reaches(inside, public.address) and listener.seen(), "UDP alone is blocked"
    home.router.cut()
    assert not reaches(inside, public.address)
    home.router.mend()
    assert reaches(inside, public.address)


def test_a_host_moves_to_another_home(internet):
    one, two, public = internet.home(), internet.home(), internet.public_host("public")
    listener = Listener(public)
    host = one.host("mobile")
    assert reaches(host, public.address)
    assert listener.seen() == one.address
    host.move(two.lan)
    assert reaches(host, public.address)
    assert listener.seen() == two.address


def test_an_overlay_joins_two_homes(internet):
    one, two = internet.home().host("one"), internet.home().host("two")
    internet.overlay(one, two)
    listener = Listener(one, family=socket.AF_INET6)
    assert reaches(two, one.addresses6[-1])
    assert listener.seen().startswith("200:")


def test_what_is_put_through_one_node_is_got_through_another(internet):
    internet.start_dht()
    inside = internet.home().host("inside")
    key = dht_key("0" * 40)
    internet.dht.put(key, "11.0.0.7:7008", source=inside)
    assert internet.observer.get(key) == {"11.0.0.7:7008"}
    internet.forge("0" * 40, ["198.51.100.1:1", "198.51.100.2:2"])
    assert internet.dht.get(key, source=inside) == {"11.0.0.7:7008", "198.51.100.1:1", "198.51.100.2:2"}


def test_a_process_and_a_dht_live_at_another_time(internet):
    public = internet.public_host("public")
    shown = int(public.run([*ahead("/usr/bin/date", 3 * DAY), "date", "+%s"]).stdout)
    assert abs(shown - time.time() - 3 * DAY) < 5
    internet.start_dht(clock=3 * DAY)
    internet.dht.put(dht_key("0" * 40), "11.0.0.7:7008")
    assert internet.observer.get(dht_key("0" * 40)) == {"11.0.0.7:7008"}


@pytest.mark.skipif(not os.access("/dev/net/tun", os.R_OK | os.W_OK), reason="/dev/net/tun is not ours to use")
def test_a_slow_cable_is_as_slow_as_asked(internet):
    home, public = internet.home(delay=25), internet.public_host("public")
    inside = home.host("inside")
    listener = Listener(public)

    def connecting():
        began = time.monotonic()
        assert reaches(inside, public.address)
        took = time.monotonic() - began
        listener.seen()
        return took

    connecting()  # resolves the neighbours' addresses
    assert 0.05 <= statistics.median(connecting() for _ in range(5)) < 0.07
