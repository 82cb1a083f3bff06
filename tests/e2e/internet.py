"""An internet in network namespaces: homes behind their routers, hosts in public, and a DHT.

    home 1, 10.1.0.0/24 -- router 11.0.0.101 --+
                                               |
    home 2, 10.2.0.0/24 -- router 11.0.0.102 --+-- isp 11.0.0.1 and 2a0f:1::1, public hosts 11.0.0.11 …
                                               |
    home 3 -- router 100.64.0.103 -- carrier --+

Routers masquerade IPv4, route IPv6, and let in what was asked for from inside alone, as home routers do. The addresses look
public because miniupnpd and OpenDHT want such; there is no way from here to the real ones. Nobody answers DNS.
"""

import base64
import contextlib
import hashlib
import http.client
import json
import socket
import struct
import subprocess
import time
import urllib.parse

from identity import rolling_code
from net import Host, wait_until
from wallclock import ahead

DHTNODE = "/usr/bin/dhtnode"
DHT_PORT = 4222
PROXY_PORT = 4223
UPNP_GROUP = ("239.255.255.250", 1900)
NAT_PMP_PORT = 5351

RULES = """
flush ruleset
table inet home {{
  chain upnp {{ }}
  chain prerouting {{ type nat hook prerouting priority -100; }}
  chain upnp_postrouting {{ type nat hook postrouting priority 99; }}
  chain postrouting {{ type nat hook postrouting priority 100; oifname "eth1" meta nfproto ipv4 masquerade; }}
  chain forwarding {{
    type filter hook forward priority 0; policy drop;
    {blocked}
    ct state established,related accept
    iifname "eth0" accept
    ct status dnat accept
    {opened}
    jump upnp
  }}
  chain incoming {{ type filter hook input priority 0; iifname "eth1" ct state new drop; }}
}}
"""

MINIUPNPD = """
ext_ifname=eth1
listening_ip=eth0
enable_natpmp={nat_pmp}
enable_upnp={upnp}
force_igd_desc_v1={version1}
secure_mode=no
uuid=11111111-2222-3333-4444-555555555555
upnp_table_name=home
upnp_nat_table_name=home
upnp_forward_chain=upnp
upnp_nat_chain=prerouting
upnp_nat_postrouting_chain=upnp_postrouting
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


class Router(Host):
    """`eth0` is inside, `eth1` outside."""

    def __init__(self, name, inside, outside, last, folder, delay=0):
        super().__init__(name, [], folder)
        self.home_lan, self.outside = inside, outside
        self.blocked = []  # nftables statements
        self.opened = []
        self.upnp = None
        self.upnp_options = {}
        self.attach(inside, last=1)
        self.attach(outside, last=last, delay=delay)
        for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            self.run(["sysctl", "-qw", f"{switch}=1"])
        self.apply()

    @property
    def public_address(self):
        return self.addresses[1]

    def apply(self):
        self.run(["nft", "-f", "-"], input=RULES.format(blocked="\n".join(self.blocked), opened="\n".join(self.opened)))

    def block(self, what):
        """Lets nothing through that is `what`, an nftables expression, either way: "meta l4proto udp"."""
        self.blocked.append(f"{what} drop")
        self.apply()

    def let_in(self, what):
        """A hole made by hand."""
        self.opened.append(f"{what} accept")
        self.apply()

    def cut(self):
        """Unplugs it from the internet."""
        self.unplug(1)

    def mend(self):
        self.plug(1)

    def change_address(self, last):
        """The provider gives it another address, as they do at night. What was open breaks."""
        self.run(["ip", "-4", "addr", "flush", "dev", "eth1"])
        self.addresses[1] = self.outside.address(last)
        self.run(["ip", "addr", "add", f"{self.addresses[1]}/24", "broadcast", "+", "dev", "eth1"])
        self.run(["ip", "route", "add", "default", "via", self.outside.address(1)])

    def start_upnp(self, upnp=True, nat_pmp=True, version=2):
        """miniupnpd: UPnP IGD of that version, NAT-PMP and PCP."""
        self.upnp_options = {"upnp": upnp, "nat_pmp": nat_pmp, "version": version}
        config = self.folder / "miniupnpd.conf"
        config.write_text(MINIUPNPD.format(upnp="yes" if upnp else "no", nat_pmp="yes" if nat_pmp else "no",
                                           version1="yes" if version == 1 else "no"))
        self.upnp = self.popen(["miniupnpd", "-d", "-f", config, "-P", self.folder / "miniupnpd.pid"],
                               stdout=open(self.folder / "miniupnpd.log", "wb"), stderr=subprocess.STDOUT)
        wanted = [UPNP_GROUP[1]] * upnp + [NAT_PMP_PORT] * nat_pmp
        wait_until(lambda: all(self.hears(port) for port in wanted) or self.upnp.poll() is not None, "miniupnpd listens")
        assert self.upnp.poll() is None, self.upnp_log()

    def upnp_log(self):
        return (self.folder / "miniupnpd.log").read_text(errors="replace")

    def stop_upnp(self):
        """As when it loses power: nobody is told."""
        self.upnp.kill()
        self.upnp.wait()
        self.upnp = None

    def restart(self, down=1.0):
        """Off for `down` seconds, then on again with no memory of what it had mapped or let through."""
        if self.upnp:
            self.stop_upnp()
        for index in (0, 1):
            self.unplug(index)
        time.sleep(down)
        self.apply()
        for index in (0, 1):
            self.plug(index)
        if self.upnp_options:
            self.start_upnp(**self.upnp_options)

    def mappings(self):
        """What is let in: by external port, the address and port it goes to."""
        listed = json.loads(self.run(["nft", "-j", "list", "chain", "inet", "home", "prerouting"]).stdout)["nftables"]
        found = {}
        for expressions in (entry["rule"]["expr"] for entry in listed if "rule" in entry):
            matches = [e["match"] for e in expressions if "match" in e]
            external = next(m["right"] for m in matches if m["left"].get("payload", {}).get("field") == "dport")
            target = next(e["dnat"] for e in expressions if "dnat" in e)
            found[external] = (target["addr"], target["port"])
        return found

    def pinholes(self):
        """The rules that let IPv6 in."""
        listed = self.run(["nft", "-n", "list", "chain", "inet", "home", "upnp"]).stdout
        return [line.strip() for line in listed.splitlines() if "accept" in line]


class Home:
    """A LAN and its router."""

    def __init__(self, internet, number, lan, router):
        self.internet, self.number, self.lan, self.router = internet, number, lan, router

    def host(self, name):
        return self.internet.network.host(name, self.lan)

    @property
    def address(self):
        return self.router.public_address


class DhtServer:
    """dhtnode on a public host, with its REST proxy if asked."""

    def __init__(self, host, bootstrap=None, proxy=True, clock=0):
        self.host, self.bootstrap, self.proxy = host, bootstrap, proxy
        self.process = None
        self.start(ahead(DHTNODE, clock) if clock else [])

    def start(self, wrap=()):
        options = ["-b", self.bootstrap] if self.bootstrap else []
        options += ["--proxyserver", PROXY_PORT] if self.proxy else []
        # It reads commands from its input and ends with it: hence a pipe that nobody writes to.
        self.process = self.host.popen([*wrap, DHTNODE, "-v", "-p", DHT_PORT, *options], stdin=subprocess.PIPE,
                                       stdout=open(self.host.folder / "dhtnode.log", "ab"), stderr=subprocess.STDOUT)
        wait_until(lambda: not self.proxy or self.host.listens(PROXY_PORT), "the proxy listens")

    def stop(self):
        self.process.kill()
        self.process.wait()

    @property
    def node(self):
        return f"{self.host.address}:{DHT_PORT}"

    @property
    def url(self):
        return f"http://{self.host.address}:{PROXY_PORT}"

    @contextlib.contextmanager
    def request(self, method, path, body=None, timeout=10, source=None):
        """An answer of the proxy's, as `source` (or the host itself) gets it."""
        connection = http.client.HTTPConnection(self.host.address, PROXY_PORT, timeout=timeout)
        with (source or self.host).inside():
            connection.connect()
        try:
            connection.request(method, path, body)
            yield connection.getresponse()
        finally:
            connection.close()

    def put(self, key, value, source=None):
        """Puts `value`, for ten minutes."""
        body = json.dumps({"data": base64.b64encode(value.encode()).decode(), "type": 3})
        with self.request("POST", f"/key/{key}", body, source=source) as answer:
            assert answer.status == 200, answer.status
            answer.read()

    def get(self, key, source=None, timeout=10):
        """The values under `key`. A search may take as long as nodes that died meanwhile are asked: after `timeout` seconds
        without another value those that came are all."""
        lines = []
        with self.request("GET", f"/key/{key}", source=source, timeout=timeout) as answer, contextlib.suppress(TimeoutError):
            while line := answer.readline():
                lines.append(line)
        return {base64.b64decode(json.loads(line)["data"]).decode(errors="replace") for line in lines if line.strip()}


def dht_key(keyhash, unix_time=None):
    """Where a service's addresses are, on the day of `unix_time`."""
    return hashlib.sha1(rolling_code(keyhash, unix_time).encode()).hexdigest()


class Internet:
    """`dht` is the DHT that the daemons are told of; `observer` another node of it, which tests ask what is in there."""

    def __init__(self, network):
        self.network = network
        self.lan = network.lan("11.0.0.", "2a0f:1::", routes6=True)
        self.homes = []
        self.isp = network.host("isp")
        self.isp.attach(self.lan, last=1)
        for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            self.isp.run(["sysctl", "-qw", f"{switch}=1"])
        self.dht = self.observer = None

    def public_host(self, name):
        return self.network.host(name, self.lan)

    def router(self, name, inside, outside, last, **options):
        router = Router(name, inside, outside, last, self.network.folder / name, **options)
        self.network.hosts.append(router)
        return router

    def carrier(self, prefix="100.64.0."):
        """A provider's own NAT; what Internet.home() takes as `behind`. Its customers have addresses of `prefix`."""
        return self.router("carrier", self.network.lan(prefix, ""), self.lan, 100)

    def home(self, ipv4=True, ipv6=False, behind=None, **options):
        """A home. Its hosts have private IPv4 addresses and global IPv6 ones, as asked."""
        number = len(self.homes) + 1
        prefix6 = f"2a0f:1:0:{number}::" if ipv6 else ""
        lan = self.network.lan(f"10.{number}.0." if ipv4 else "", prefix6, routes6=True)
        outside = behind.home_lan if behind else self.lan
        router = self.router(f"router{number}", lan, outside, 100 + number, **options)
        if ipv6:
            self.isp.run(["ip", "route", "add", f"{prefix6}/64", "via", router.addresses6[1]])
        self.homes.append(Home(self, number, lan, router))
        return self.homes[-1]

    def overlay(self, *hosts):
        """Another way between these hosts: addresses of 200::/7, as the Yggdrasil network gives them."""
        lan = self.network.lan("", "200:c0de::")
        for host in hosts:
            host.attach(lan)
            host.run(["ip", "route", "add", "200::/7", "dev", f"eth{len(host.addresses) - 1}"])

    def start_dht(self, proxy=True, clock=0):
        """Two nodes and, if asked, a proxy that the daemons may use. The observer's is for tests alone."""
        self.dht = DhtServer(self.public_host("dht"), proxy=proxy, clock=clock)
        self.observer = DhtServer(self.public_host("observer"), bootstrap=self.dht.node, clock=clock)
        asked = [server for server in (self.observer, self.dht) if server.proxy]
        wait_until(lambda: all(self.node_info(server).get("ipv4", {}).get("good", 0) > 0 for server in asked),
                   "the DHT's nodes know each other", 30)

    @staticmethod
    def node_info(server):
        with server.request("GET", "/node/info") as answer:
            return json.loads(answer.read() or "{}")

    def options(self):
        """What a daemon needs to know of all this."""
        return ["--dht-bootstrap", self.dht.node, "--dht-proxy", self.dht.url]

    def announced(self, service, unix_time=None):
        """Where the DHT says that `service` is: the values, of which each is a list."""
        return self.observer.get(dht_key(service.keyhash, unix_time))

    def wait_announced(self, service, address, timeout=30, unix_time=None):
        """Waits until the DHT says that `service` is at `address`, "11.0.0.101:7008"."""
        wait_until(lambda: any(address in value.split(",") for value in self.announced(service, unix_time)),
                   f"the DHT says {address}", timeout)

    def forge(self, keyhash, values, unix_time=None):
        """Anybody can put anything under any key."""
        for value in values:
            self.observer.put(dht_key(keyhash, unix_time), value)


def find_igd(host, timeout=3):
    """The address of the description that a UPnP gateway tells `host` of, or None (UPnP Device Architecture, section 1.3)."""
    with host.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host.address))
    sock.settimeout(timeout)
    wanted = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
    sock.sendto(f'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nST: {wanted}\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n\r\n'.encode(), UPNP_GROUP)
    try:
        answer = sock.recv(4096).decode()
    except TimeoutError:
        return None
    return next(line.split(":", 1)[1].strip() for line in answer.splitlines() if line.upper().startswith("LOCATION:"))


def fetch(host, url):
    """The body at `url`, as `host` gets it."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    with host.inside():
        connection.connect()
    connection.request("GET", parts.path)
    return connection.getresponse().read().decode()


def map_port(host, router, port, lifetime=3600):
    """Has the router map TCP `port` to `host`, by NAT-PMP (RFC 6886 section 3.3); the external port that it gave."""
    with host.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(3)
    sock.sendto(struct.pack("!BBHHHI", 0, 2, 0, port, port, lifetime), (router.address, NAT_PMP_PORT))
    result, _, internal, external, _ = struct.unpack("!2xHIHHI", sock.recv(16))
    assert (result, internal) == (0, port), f"the router refuses: {result}"
    return external
