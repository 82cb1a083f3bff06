#!/usr/bin/python3 -B
"""Time to first byte across two NATs: cold through the DHT, cold at a remembered address, warm.

    tests/bench/internet.py [--hardlined build/release/hardlined] [--rounds 9] [--round-trip 50]

Two homes behind routers and an internet of network namespaces (tests/e2e/internet.py), with a DHT of two public nodes and
a proxy. The server's router has miniupnpd. Each figure is taken once with cables as fast as they come and once with one
towards the client's home on which a round trip takes that many milliseconds.

    by the DHT          the client's state is new: nothing is remembered, no node of the DHT is known, no proxy is asked
    by the DHT proxy    the same, with a proxy beside it
    remembered          the client's daemon has just started and knows the service's address from before
    warm                the client reached the service a moment ago; each request is a new connection

The cable's own round trip is measured in the same run, as a TCP connection takes it. Remembered also counts in round
trips: what the request takes longer on the slow cable than on the fast one, in round trips of that cable.

Needs tools/deps test, /dev/net/tun, and root. Takes about two minutes.
"""

import argparse
import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from pair import isolate  # noqa: E402

NAMES = {"dht": "cold, through the DHT", "proxy": "cold, through the DHT and a proxy", "remembered": "cold, remembered", "warm": "warm"}
NOBODY = "11.0.0.1:1"  # refuses everything: a DHT, or a proxy, that is not there
MOST_ROUND_TRIPS = 4  # what issue 3 allows a remembered address


class Bench:
    """A server that stays, and a client that is started anew for every figure."""

    def __init__(self, world, delay):
        from conftest import DistantPair
        from internet import Internet

        internet = Internet(world.network)
        self.pair = DistantPair(world, internet, client_home=internet.home(delay=delay))
        self.pair.server_home.router.start_upnp()
        self.pair.connect()
        self.public = internet.public_host("public")
        with self.public.inside():
            self.listener = socket.create_server(("", 8080))
        self.pair.serve(log_level="info")
        self.node = ["--dht-bootstrap", internet.dht.node]
        self.proxy = ["--dht-proxy", internet.dht.url]
        self.no_proxy = ["--dht-proxy", f"http://{NOBODY}"]

    def start_client(self, options, fresh):
        if self.pair.client.running():
            self.pair.client.stop()
        if fresh:
            shutil.rmtree(self.pair.client.state, ignore_errors=True)
        self.pair.client.reach = options
        self.pair.client.start(log_level="info")

    def first_byte(self):
        """Milliseconds."""
        return 1000 * float(self.pair.curl("/headers", "-o", "/dev/null", "-w", "%{time_starttransfer}").stdout)

    def round_trip(self):
        """Milliseconds that a TCP connection from the client's host to a public one takes."""
        with self.pair.client_host.inside():
            began = time.monotonic()
            socket.create_connection((self.public.address, 8080), 5).close()
            took = time.monotonic() - began
        self.listener.accept()[0].close()
        return 1000 * took

    def round(self):
        figures = {"round trip": self.round_trip()}
        self.start_client(self.node + self.no_proxy, fresh=True)
        figures["dht"] = self.first_byte()
        self.start_client(self.node + self.proxy, fresh=True)
        figures["proxy"] = self.first_byte()
        self.start_client(self.node + self.proxy, fresh=False)
        figures["remembered"] = self.first_byte()
        figures["warm"] = self.first_byte()
        return figures


def measure(folder, delay, rounds):
    """The medians of that many rounds."""
    from conftest import World
    from net import Network

    with Network(folder) as network:
        world = World(network)
        bench = Bench(world, delay)
        bench.round()  # fills caches, and resolves the neighbours' addresses
        taken = []
        for number in range(rounds):
            print(f"{delay * 2:g} ms, round {number + 1} of {rounds}", file=sys.stderr)
            taken.append(bench.round())
        for daemon in world.daemons:
            daemon.end()
    return {name: statistics.median(figures[name] for figures in taken) for name in taken[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hardlined", default=HERE.parents[1] / "build/release/hardlined", type=pathlib.Path)
    parser.add_argument("--rounds", default=9, type=int)
    parser.add_argument("--round-trip", default=50, type=float, help="milliseconds on the slow cable")
    arguments = parser.parse_args()
    if not os.access(arguments.hardlined, os.X_OK):
        parser.error(f"{arguments.hardlined} is not there: build it (cmake --preset release), or name it with --hardlined")
    os.environ["HARDLINED"] = str(arguments.hardlined.resolve())  # for daemon.py
    if not os.environ.get("HARDLINE_ISOLATED"):
        isolate()

    with tempfile.TemporaryDirectory(prefix="hardline-bench.") as folder:
        fast = measure(pathlib.Path(folder) / "fast", 0, arguments.rounds)
        slow = measure(pathlib.Path(folder) / "slow", arguments.round_trip / 2, arguments.rounds)
    print_table(fast, slow, arguments)
    trips = (slow["remembered"] - fast["remembered"]) / slow["round trip"]
    print(f"\nremembered: {trips:.1f} round trips to the first byte")
    sys.exit(0 if trips <= MOST_ROUND_TRIPS + 0.5 else 1)  # half of one for what the machine does meanwhile


def print_table(fast, slow, arguments):
    print(f"time to first byte across two NATs, ms, medians of {arguments.rounds} rounds\n")
    print(f"{'':<34}{'no delay':>12}{f'{arguments.round_trip:g} ms away':>14}")
    for name, title in [("round trip", "a TCP connection"), *NAMES.items()]:
        print(f"{title:<34}{fast[name]:>12.1f}{slow[name]:>14.1f}")


if __name__ == "__main__":
    main()
