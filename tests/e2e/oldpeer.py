"""The deployed peers of version 0.0.16, as docs/protocol.md describes them, with the faults that ours must live with.

    oldpeer.py server --cert NAME.cert --label PASSWORD-KEYHASH --backend HOST:PORT [--port 7008]
                      [--wanhosts LIST] [--dht-proxy URL] [--silent-on-lan]
    oldpeer.py client --db peers.db [--port 7009] [--dht-proxy URL]

What they get wrong is on purpose here, each with the words "as deployed". What they do is told on standard output, a
line each, for tests to look for.
"""

import argparse
import base64
import hashlib
import json
import select
import socket
import sqlite3
import ssl
import struct
import subprocess
import threading
import time
import urllib.request
import uuid

from identity import keyhash_of_der, rolling_code

GROUP = ("239.192.152.143", 6771)
READ = 4096  # as deployed: the one size they ever read
TIMEOUT = 5  # as deployed: for a handshake, a read and a write alike


def tell(*words):
    print(*words, flush=True)


def carry(tunnel, plain):
    """Bytes both ways until either side ends.

    As deployed: one read of at most 4096 bytes each time the socket polls readable, whatever TLS still holds; both
    sockets are closed at the end of either side, without close_notify.
    """
    other = {tunnel: plain, plain: tunnel}
    try:
        while True:
            for ready in select.select([tunnel, plain], [], [])[0]:
                data = ready.recv(READ)
                if not data:
                    return
                other[ready].sendall(data)
    except OSError as error:
        tell("cut:", error)
    finally:
        tunnel.close()
        plain.close()


def read_line(tunnel):
    """The other side's OOB line, and what came with it.

    As deployed: the first read is taken to hold exactly one line feed.
    """
    line, rest = tunnel.recv(READ).split(b"\n")
    return json.loads(line), rest


def dht_url(proxy, keyhash):
    """Where a proxy has today's key. As deployed: today's by this machine's clock, and no other."""
    return f"{proxy}/{hashlib.sha1(rolling_code(keyhash).encode()).hexdigest()}"


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class Lpd:
    """LAN discovery's messages."""

    def __init__(self):
        self.cookie = str(uuid.uuid4())

    @staticmethod
    def format(kind, fields):
        return (f"HARDLINE-{kind} * HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields) + "\r\n\r\n").encode()

    @staticmethod
    def parse(packet):
        head, *lines = packet.decode(errors="replace").split("\r\n")
        fields = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if colon:
                fields[name.strip().lower()] = value.strip()
        return head.removesuffix(" * HTTP/1.1"), fields


class OldServer(Lpd):
    def __init__(self, arguments):
        super().__init__()
        self.arguments = arguments
        self.label = arguments.label
        self.password, _, self.keyhash = arguments.label.rpartition("-")
        host, _, port = arguments.backend.rpartition(":")
        self.backend = (host, int(port))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(arguments.cert, f"{arguments.cert}.private")
        self.context.sni_callback = self.pick

    def pick(self, _, name, __):
        tell("sni", name)
        return None if name == self.keyhash else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    def run(self):
        if not self.arguments.silent_on_lan:
            threading.Thread(target=self.answer_searches, daemon=True).start()
        if self.arguments.dht_proxy:
            threading.Thread(target=self.announce, daemon=True).start()
        listener = socket.create_server(("0.0.0.0", self.arguments.port), backlog=64)  # as deployed: IPv4 alone
        tell("listening", self.arguments.port)
        while True:
            connection, peer = listener.accept()
            threading.Thread(target=self.serve, args=(connection, peer), daemon=True).start()

    def announce(self):
        """Puts its addresses into the DHT, where a value lives ten minutes."""
        value = {"data": base64.b64encode(self.arguments.wanhosts.encode()).decode(), "type": 3}
        while True:
            request = urllib.request.Request(dht_url(self.arguments.dht_proxy, self.keyhash), json.dumps(value).encode())
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                tell("put", answer.status)
            time.sleep(8 * 60)

    def serve(self, connection, peer):
        tell("connection from", peer[0])
        connection.settimeout(TIMEOUT)
        tunnel = connection
        try:
            tunnel = self.context.wrap_socket(connection, server_side=True)
            tell("tls", tunnel.version(), tunnel.selected_alpn_protocol())
            backend = socket.create_connection(self.backend, TIMEOUT)  # as deployed: before the password is known
            tunnel.sendall(compact({"WANHosts": self.arguments.wanhosts} if self.arguments.wanhosts else {}))
            said, rest = read_line(tunnel)
            tell("client says", json.dumps(said))
            if said.get("password", "") != self.password:
                tell("wrong password")
                backend.close()
                tunnel.close()
                return
            if rest:
                backend.sendall(rest)
        except (OSError, ValueError) as error:
            tell("failed:", type(error).__name__, error)
            tunnel.close()
            return
        carry(tunnel, backend)

    def answer_searches(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", GROUP[1]))
        # As deployed: the system picks the interface.
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("=4sI", socket.inet_aton(GROUP[0]), 0))
        while True:
            packet, sender = sock.recvfrom(READ)
            kind, fields = self.parse(packet)
            if kind != "HARDLINE-SEARCH" or fields.get("cookie") == self.cookie:
                continue
            if sender[0].split(".")[0] not in ("10", "172", "192", "127"):  # as deployed: the first octet is all it looks at
                continue
            if fields.get("infohash", "") not in (rolling_code(self.keyhash), self.keyhash, ""):
                continue
            answer = self.format("SERVICE", [("Port", self.arguments.port), ("Infohash", self.label),
                                             ("cookie", self.cookie), ("title", "old service")])
            tell("search from", sender[0])
            sock.sendto(answer, sender)
            sock.sendto(answer, GROUP)


class OldClient(Lpd):
    def __init__(self, arguments):
        super().__init__()
        self.arguments = arguments
        self.lock = threading.Lock()
        self.database = sqlite3.connect(arguments.db, check_same_thread=False)
        self.database.execute("CREATE TABLE IF NOT EXISTS peers (serviceID text, info text)")
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2

    def run(self):
        listener = socket.create_server(("127.0.0.1", self.arguments.port), backlog=64)
        tell("listening", self.arguments.port)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, browser):
        browser.settimeout(TIMEOUT)
        try:
            request = browser.recv(READ)
            label = self.label_of(request)
            for source in (self.search, self.remembered, self.ask_dht):  # as deployed: one after the other
                for address in source(label):
                    tunnel = self.dial(address, label)
                    if tunnel is not None:
                        tunnel.sendall(request)
                        carry(tunnel, browser)
                        return
            tell("not found")
        except (OSError, ValueError, StopIteration) as error:
            tell("failed:", type(error).__name__, error)
        browser.close()  # as deployed: an empty reply

    @staticmethod
    def label_of(request):
        lines = request.decode(errors="replace").split("\r\n")
        host = next(line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("host:"))
        return host.split(":")[0].split(".localhost")[0]

    def search(self, label):
        """The first announcement of exactly the label that was typed."""
        keyhash = label.rpartition("-")[2]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("", 0))  # as deployed: it hears unicast replies alone
        query = self.format("SEARCH", [("Infohash", rolling_code(keyhash)), ("cookie", self.cookie)])
        for attempt in range(4):
            sock.sendto(query, GROUP)
            until = time.monotonic() + 0.05 + attempt * 0.1
            while (left := until - time.monotonic()) > 0:
                sock.settimeout(left)
                try:
                    packet, sender = sock.recvfrom(READ)
                except socket.timeout:
                    break
                kind, fields = self.parse(packet)
                if kind == "HARDLINE-SERVICE" and fields.get("infohash") == label:
                    tell("found on the LAN", sender[0], fields["port"])
                    return [(sender[0], int(fields["port"]))]
        return []

    def remembered(self, label):
        with self.lock:
            row = self.database.execute("SELECT info FROM peers WHERE serviceID = ?", (label,)).fetchone()
        return self.addresses(json.loads(row[0]).get("WANHosts", "") if row else "")

    @staticmethod
    def addresses(hosts):
        return [(h.rpartition(":")[0].strip("[]"), int(h.rpartition(":")[2])) for h in hosts.split(",") if h]

    def ask_dht(self, label):
        if not self.arguments.dht_proxy:
            return []
        with urllib.request.urlopen(dht_url(self.arguments.dht_proxy, label.rpartition("-")[2]), timeout=TIMEOUT) as answer:
            values = [base64.b64decode(json.loads(line)["data"]).decode() for line in answer if line.strip()]
        tell("found in the DHT", *values)
        return [address for value in values for address in self.addresses(value)]

    def remember(self, label, hosts):
        with self.lock, self.database:
            self.database.execute("DELETE FROM peers WHERE serviceID = ?", (label,))
            self.database.execute("INSERT INTO peers VALUES (?, ?)", (label, json.dumps({"WANHosts": hosts})))
        tell("learned", hosts)

    def dial(self, address, label):
        password, _, keyhash = label.rpartition("-")
        try:
            connection = socket.socket(socket.AF_INET)  # as deployed: IPv4 alone
            connection.settimeout(TIMEOUT)
            connection.connect(address)
            tunnel = self.context.wrap_socket(connection, server_hostname=keyhash)
            tell("tls", tunnel.version(), tunnel.selected_alpn_protocol())
            if keyhash_of_der(tunnel.getpeercert(binary_form=True)) != keyhash:
                tell("another certificate at", address[0])
                tunnel.close()
                return None
            tunnel.sendall(compact({"password": password} if password else {}))
            said, rest = read_line(tunnel)
            assert not rest, "a server's line comes alone"
            tell("server says", json.dumps(said))
            if said.get("WANHosts"):
                self.remember(label, said["WANHosts"])
            return tunnel
        except (OSError, ValueError) as error:
            tell("failed:", address[0], type(error).__name__, error)
            return None


class OldPeer:
    """An old peer as a process on `host`; `said()` is what it told so far."""

    def __init__(self, host, verb, *options, name=None):
        self.host = host
        self.log_file = host.folder / f"{name or 'old-' + verb}.log"
        self.process = host.popen(["/usr/bin/python3", "-B", __file__, verb, *options],
                                  stdout=open(self.log_file, "wb"), stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 10
        while "listening" not in self.said():
            assert time.monotonic() < deadline and self.process.poll() is None, f"{verb} does not start: {self.said()}"
            time.sleep(0.02)

    def said(self):
        return self.log_file.read_text()

    def stop(self):
        self.process.kill()
        self.process.wait()


def old_server(host, identity, backend, *options):
    return OldPeer(host, "server", "--cert", identity.certfile, "--label", identity.label, "--backend", backend, *options)


def old_client(host, *options):
    return OldPeer(host, "client", "--db", host.folder / "peers.db", *options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    server = verbs.add_parser("server")
    server.add_argument("--cert", required=True)
    server.add_argument("--label", required=True)
    server.add_argument("--backend", required=True)
    server.add_argument("--port", type=int, default=7008)
    server.add_argument("--wanhosts", default="")
    server.add_argument("--dht-proxy")
    server.add_argument("--silent-on-lan", action="store_true", help="as on another network: no answers to searches")
    client = verbs.add_parser("client")
    client.add_argument("--db", required=True)
    client.add_argument("--port", type=int, default=7009)
    client.add_argument("--dht-proxy")
    arguments = parser.parse_args()
    (OldServer if arguments.verb == "server" else OldClient)(arguments).run()


if __name__ == "__main__":
    main()
