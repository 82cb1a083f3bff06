"""Networks in network namespaces: hosts, and the LANs that join them.

`tests/e2e/run` has given this process a /run and a process table of its own, so names here need not be unique on the
machine and nothing outlives the run. A `Network` still ends its processes itself, so that tests do not meet.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

import slowcable

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _enter(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def wait_until(condition, what, timeout=10.0):
    """Waits until `condition()` is true and returns its value; fails with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what}"
        time.sleep(0.02)


class Lan:
    """An Ethernet segment: a bridge in the switch's namespace.

    `10.N.0.0/24` and `fd00:N::/64`, or what `prefix` and `prefix6` say ("" for none). Hosts leave it by way of the address
    that ends in .1, and of ::1 where `routes6`.
    """

    def __init__(self, number, prefix=None, prefix6=None, routes6=False):
        self.number = number
        self.prefix = f"10.{number}.0." if prefix is None else prefix
        self.prefix6 = f"fd00:{number}::" if prefix6 is None else prefix6
        self.routes6 = routes6
        self.bridge = f"lan{number}"
        self.members = 0
        _ip("-n", "switch", "link", "add", self.bridge, "type", "bridge", "mcast_snooping", "0")
        _ip("-n", "switch", "link", "set", self.bridge, "up")

    def address(self, last):
        return self.prefix and f"{self.prefix}{last}"

    def address6(self, last):
        return self.prefix6 and f"{self.prefix6}{last}"


class Host:
    """A machine with one interface (`eth0`, `eth1`, …) on each of its LANs."""

    def __init__(self, name, lans, folder):
        self.name = name
        self.folder = folder  # its home folder
        self.processes = []
        self.addresses = []  # IPv4, in the order of its interfaces
        self.addresses6 = []
        folder.mkdir(parents=True)
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
        # Duplicate address detection would keep IPv6 addresses unusable for their first second.
        self.run(["sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0"], check=False)
        for lan in lans:
            self.attach(lan)

    def attach(self, lan, index=None, last=None, delay=0):
        """Gives it interface `index` on `lan`: a new one, or in the place of one that was deleted. Its addresses end in
        `last`, or in the next number there; only who ends in .1 is given no route. Frames take `delay` ms each way."""
        index = len(self.addresses) if index is None else index
        if last is None:
            lan.members += 1
            last = 10 + lan.members
        interface, port = f"eth{index}", f"{self.name}-{index}"
        address, address6 = lan.address(last), lan.address6(last)
        self.addresses[index : index + 1] = [address]
        self.addresses6[index : index + 1] = [address6]
        if delay:
            self.processes.append(slowcable.lay(self.name, interface, "switch", port, delay))
        else:
            _ip("-n", "switch", "link", "add", port, "type", "veth", "peer", "name", interface, "netns", self.name)
        _ip("-n", "switch", "link", "set", port, "master", lan.bridge, "up")
        if address:
            _ip("-n", self.name, "addr", "add", f"{address}/24", "broadcast", "+", "dev", interface)
        if address6:
            _ip("-n", self.name, "addr", "add", f"{address6}/64", "dev", interface, "nodad")
        _ip("-n", self.name, "link", "set", interface, "up")
        if last == 1:
            return
        # On a LAN alone the router is a machine that is never there. Old peers need the route: they leave it to the system
        # which interface a multicast group is joined on.
        if address:
            _ip("-n", self.name, "route", "add", "default", "via", lan.address(1), "metric", str(100 + index))
        if address6 and lan.routes6:
            _ip("-n", self.name, "route", "add", "default", "via", lan.address6(1), "metric", str(100 + index))

    def move(self, lan, index=0):
        """Takes interface `index` off its LAN and gives it one of the same name on `lan`, as Wi-Fi does."""
        _ip("-n", self.name, "link", "del", f"eth{index}")
        self.attach(lan, index)

    @property
    def address(self):
        return self.addresses[0]

    def command(self, argv):
        return ["ip", "netns", "exec", self.name, *map(str, argv)]

    def environment(self, extra=None):
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "TZ") if key in os.environ}
        return kept | {"HOME": str(self.folder)} | (extra or {})

    def run(self, argv, check=True, timeout=60, env=None, **options):
        """Runs a command on this host to its end; its output as text."""
        done = subprocess.run(self.command(argv), capture_output=True, timeout=timeout, env=self.environment(env),
                              **({"text": True} | options))
        assert not check or done.returncode == 0, f"{argv} exits with {done.returncode}: {done.stderr!r} {done.stdout!r}"
        return done

    def popen(self, argv, env=None, **options):
        """Starts a command on this host. The network ends it."""
        process = subprocess.Popen(self.command(argv), env=self.environment(env), **options)
        self.processes.append(process)
        return process

    def is_deserted(self):
        """Ends what runs on this host, whoever started it, and returns whether nothing did."""
        left = subprocess.run(["ip", "netns", "pids", self.name], check=True, capture_output=True, text=True).stdout.split()
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        return not left

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes meanwhile are this host's, and stay so."""
        with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{self.name}") as theirs:
            _enter(theirs.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())

    def link(self, index, state):
        """Plugs interface `index` in or out ("up", "down"), as seen from this host."""
        _ip("-n", self.name, "link", "set", f"eth{index}", state)

    def unplug(self, index):
        """Cuts the cable's far end: this host sees its carrier go."""
        _ip("-n", "switch", "link", "set", f"{self.name}-{index}", "down")

    def plug(self, index):
        _ip("-n", "switch", "link", "set", f"{self.name}-{index}", "up")

    def listens(self, port):
        """Whether a TCP socket listens at `port`."""
        return self._is_bound(port, ("tcp", "tcp6"), "0A")

    def hears(self, port):
        """Whether a UDP socket receives at `port`."""
        return self._is_bound(port, ("udp", "udp6"), "07")

    def _is_bound(self, port, tables, state):
        """Whether the kernel has a socket in that state (include/net/tcp_states.h) at `port`."""
        def has(table):
            fields = [line.split() for line in table.splitlines()[1:]]
            return any(f[3] == state and int(f[1].rsplit(":", 1)[1], 16) == port for f in fields)

        with self.inside():
            return any(has(open(f"/proc/thread-self/net/{file}").read()) for file in tables)


class Network:
    def __init__(self, folder):
        self.folder = folder
        self.hosts = []
        self.lans = []

    def __enter__(self):
        _ip("netns", "add", "switch")
        return self

    def __exit__(self, *_):
        processes = [process for host in self.hosts for process in host.processes]
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
        for process in processes:
            process.wait()
        for host in self.hosts:
            wait_until(host.is_deserted, f"nothing runs on {host.name} any more")
            _ip("netns", "del", host.name)
        _ip("netns", "del", "switch")

    def lan(self, *prefixes, **options):
        self.lans.append(Lan(len(self.lans) + 1, *prefixes, **options))
        return self.lans[-1]

    def host(self, name, *lans):
        self.hosts.append(Host(name, lans, self.folder / name))
        return self.hosts[-1]
