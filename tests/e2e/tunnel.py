"""A client's end of a tunnel, spoken by hand, and a neighbour that lies."""

import json
import socket
import ssl
import threading

from oldpeer import GROUP, Lpd, compact

ALPN = "hardline/1"


def context(alpn=None, version=None, ciphers=None):
    made = ssl._create_unverified_context()
    if alpn:
        made.set_alpn_protocols([alpn])
    if version:
        made.minimum_version = made.maximum_version = version
    if ciphers:
        made.set_ciphers(ciphers)
    return made


def connect(host, address, port=7008, timeout=15):
    """A TCP connection made on `host`."""
    with host.inside():
        return socket.create_connection((address, port), timeout)


def dial(host, address, keyhash, port=7008, **options):
    """A TLS connection to a P2P port, with `keyhash` (or None) as SNI. Raises ssl.SSLError or OSError when refused."""
    plain = connect(host, address, port)
    try:
        return context(**options).wrap_socket(plain, server_hostname=keyhash)
    except BaseException:
        plain.close()
        raise


def accepts(host, address, keyhash, port=7008):
    """Whether the handshake for `keyhash` is accepted."""
    try:
        dial(host, address, keyhash, port).close()
        return True
    except OSError:
        return False


def read_line(tunnel):
    line = b""
    while not line.endswith(b"\n"):
        byte = tunnel.recv(1)
        if not byte:
            return None
        line += byte
    return json.loads(line)


def is_closed(connection):
    """Reads to the end and says whether the other side closed it, in whichever way, before the timeout."""
    try:
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def lpd_socket(host, port=0, member=False):
    """A UDP socket for LAN discovery on `host`; with `member` it hears the group."""
    with host.inside():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("", port))
    own = socket.inet_aton(host.address)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
    if member:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP[0]) + own)
    return made


class Neighbour(Lpd):
    """A neighbour who says that every service that is searched for is with them.

    Takes any TLS handshake, with a certificate of its own, and keeps all that is said to it afterwards. With `silent` it
    takes connections and says nothing at all.
    """

    def __init__(self, host, label, identity, silent=False, port=7666):
        super().__init__()
        self.host, self.label, self.port, self.silent = host, label, port, silent
        self.connections = 0
        self.received = b""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(identity.certfile, identity.keyfile)
        self.context.set_alpn_protocols([ALPN])  # it would have a client speak early
        with host.inside():
            self.listener = socket.create_server(("0.0.0.0", port))
        self.lpd = lpd_socket(host, GROUP[1], member=True)
        self.kept = []
        for work in (self.lie, self.listen):
            threading.Thread(target=work, daemon=True).start()

    def announcement(self, port=None):
        return self.format("SERVICE", [("Port", port or self.port), ("Infohash", self.label), ("cookie", self.cookie), ("title", "x")])

    def announce(self, port=None):
        self.lpd.sendto(self.announcement(port), GROUP)

    def lie(self):
        while True:
            packet, sender = self.lpd.recvfrom(4096)
            if packet.startswith(b"HARDLINE-SEARCH"):
                self.lpd.sendto(self.announcement(), sender)
                self.announce()

    def listen(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            if self.silent:
                self.kept.append(connection)
            else:
                threading.Thread(target=self.hear, args=(connection,), daemon=True).start()

    def hear(self, connection):
        try:
            connection.settimeout(10)
            with self.context.wrap_socket(connection, server_side=True) as tunnel:
                tunnel.sendall(compact({}))
                while data := tunnel.recv(4096):
                    self.received += data
        except OSError:
            pass


def listen_for(sock, seconds, kind="HARDLINE-SERVICE"):
    """The announcements that arrive at `sock` within `seconds`, as their fields."""
    heard = []
    sock.settimeout(seconds)
    try:
        while True:
            found, fields = Lpd.parse(sock.recv(4096))
            if found == kind:
                heard.append(fields)
    except TimeoutError:
        return heard
