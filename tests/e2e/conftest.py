import os
import shutil

import pytest

from cached import Site
from daemon import Daemon
from internet import Internet
from net import Network
from origin import Origin


def pytest_collection_modifyitems(items):
    if not os.environ.get("HARDLINE_ISOLATED"):
        raise pytest.UsageError("these tests make network namespaces: start them with tests/e2e/run")
    if not os.access(os.environ.get("HARDLINED", ""), os.X_OK):
        raise pytest.UsageError("HARDLINED must name the daemon's binary")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """A file whose tests were all skipped counts as skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = 77


class World:
    """A network and the daemons in it, which at the end of a test must all end well."""

    def __init__(self, network):
        self.network = network
        self.daemons = []

    def lan(self, *prefixes):
        return self.network.lan(*prefixes)

    def host(self, name, *lans):
        return self.network.host(name, *lans)

    def daemon(self, host, name="hardline"):
        self.daemons.append(Daemon(host, name))
        return self.daemons[-1]

    def end(self):
        for daemon in self.daemons:
            print(f"--- {daemon.host.name}: {daemon.log_file.parent.name}\n{daemon.log()}")  # shown where a test fails
        for daemon in self.daemons:
            daemon.end()


@pytest.fixture
def world(tmp_path):
    with Network(tmp_path) as network:
        world = World(network)
        yield world
        world.end()


class Pair:
    """Two hosts on one LAN: `server` publishes `origin` as `service`, `client` opens it."""

    def __init__(self, world, origin_options=()):
        self.world = world
        self.lan = world.lan()
        self.settle(world.host("server", self.lan), world.host("client", self.lan), *origin_options)

    def settle(self, server_host, client_host, *origin_options):
        self.server_host, self.client_host = server_host, client_host
        self.origin = Origin(self.server_host, *origin_options)
        self.server = self.world.daemon(self.server_host)
        self.client = self.world.daemon(self.client_host)
        self.service = self.server.publish("demo", self.origin.address)
        self.client.identities.append(self.service)  # the client's log must not hold them either

    def start(self):
        self.server.start()
        self.client.start()
        return self

    def curl(self, path="/", *options, **run_options):
        """curl on the client's host; fails on a status of 400 and above."""
        return self.client_host.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", *options, self.service.url(path)],
                                    **run_options)

    def check_well(self):
        """Both daemons run on, and the page opens as before."""
        assert self.server.running() and self.client.running()
        assert "Hello" in self.curl().stdout


@pytest.fixture
def pair(world):
    return Pair(world).start()


@pytest.fixture
def make_site(world):
    """Makes cached services: make_site(maxAge=0) is one without an origin, make_site(Nginx, maxAge=0) one with. Call start()."""
    def make(make_origin=None, *options, **settings):
        lan = world.lan()
        server_host, client_host = world.host("server", lan), world.host("client", lan)
        origin = make_origin and make_origin(server_host, *options)
        site = Site(world, server_host, client_host, origin.address if origin else "", **settings)
        site.origin = origin
        return site

    return make


class DistantPair(Pair):
    """`server` is in one home, `client` in another, an internet between them. The server's router has UPnP and NAT-PMP.

    Options are the homes' (Internet.home())."""

    def __init__(self, world, internet, server_home=None, client_home=None, **options):
        self.world, self.internet = world, internet
        self.server_home = server_home or internet.home(**options)
        self.client_home = client_home or internet.home(**options)
        self.settle(self.server_home.host("server"), self.client_home.host("client"))

    def connect(self, proxy=True, clock=0):
        """Gives both daemons a DHT to use. Without `proxy` they know one that nobody is at home at."""
        self.internet.start_dht(proxy=proxy, clock=clock)
        self.server.reach = self.client.reach = self.internet.options()
        return self

    @property
    def public_address(self):
        """Where the service is, seen from outside, while the router gives it the port that it asks for."""
        return f"{self.server_home.address}:7008"

    def serve(self, *options, **start_options):
        """Starts the server and waits until the DHT says where it is."""
        self.server.start(*options, **start_options)
        self.internet.wait_announced(self.service, self.public_address)

    def opens(self, within=20):
        """Whether the page is shown."""
        shown = self.curl("/", "--max-time", within, check=False)
        return shown.returncode == 0 and "Hello" in shown.stdout

    def why(self):
        """For the reader of a test that failed."""
        return self.client.ask("why", self.service.label)


@pytest.fixture
def internet(world):
    if missing := [tool for tool in ("nft", "miniupnpd", "dhtnode") if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    return Internet(world.network)


@pytest.fixture
def apart(world, internet):
    """Two homes and a DHT with a proxy; no daemon runs yet."""
    pair = DistantPair(world, internet)
    pair.server_home.router.start_upnp()
    return pair.connect()
