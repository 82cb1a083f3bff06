"""Days change at midnight UTC, and clocks differ: a service is found all the same."""

import http.server
import threading
import time

import pytest

from conftest import DistantPair
from wallclock import DAY, HOUR, until_midnight

MINUTE = 60


def at(world, internet, moment, server_error, client_error, **options):
    """A pair in a world where it is `moment` seconds past midnight, with clocks that are wrong by so much."""
    shift = until_midnight() + moment
    pair = DistantPair(world, internet)
    pair.server_home.router.start_upnp()
    pair.connect(clock=shift, **options)
    pair.server.start(clock=shift + server_error)
    internet.wait_announced(pair.service, pair.public_address, unix_time=time.time() + shift + server_error)
    pair.client.start(clock=shift + client_error)
    return pair


@pytest.mark.parametrize("moment", [-10 * MINUTE, 10 * MINUTE], ids=["before", "after"])
@pytest.mark.parametrize("error", [HOUR, -HOUR], ids=["server_fast", "server_slow"])
def test_both_clocks_are_an_hour_off(world, internet, moment, error):
    pair = at(world, internet, moment, error, -error, proxy=False)
    assert pair.opens(), pair.why()


def test_both_clocks_are_an_hour_off_and_a_proxy_is_asked(world, internet):
    pair = at(world, internet, 10 * MINUTE, -HOUR, HOUR)
    pair.client_home.router.block("meta l4proto udp")
    assert pair.opens(), pair.why()


class DatedFront:
    """In front of a DHT proxy: what web servers add to every answer, the time of day."""

    def __init__(self, server, port=80):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with server.request(self.command, self.path) as answer:
                    body = answer.read()
                self.send_response(answer.status)  # with Date
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with server.host.inside():
            self.server = http.server.ThreadingHTTPServer(("", port), Handler)
        self.url = f"http://{server.host.address}:{port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_is_days_off_is_put_right_by_a_proxys(apart, days):
    apart.serve()
    front = DatedFront(apart.internet.observer)
    apart.client_home.router.block("meta l4proto udp")
    apart.client.reach = ["--dht-bootstrap", apart.internet.dht.node, "--dht-proxy", front.url]
    apart.client.start(clock=days * DAY)
    assert apart.opens(), apart.why()
    assert "clock" in apart.client.log().lower()
