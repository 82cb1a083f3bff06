"""Strangers at 7008, 7009 and 6771 who mean no good: the page opens afterwards as before."""

import os
import random
import resource
import socket
import ssl
import time

import pytest

from oldpeer import GROUP, Lpd, compact
from conftest import Pair
from identity import rolling_code
from net import wait_until
from tunnel import ALPN, connect, dial, is_closed, listen_for, lpd_socket, read_line

GARBAGE = [b"", b"\0" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\xff" * 70000, b"\x80\x2e\x01\x00\x02" + b"\0" * 50,
           random.Random(1).randbytes(20000), b"\r\n" * 5000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]


def still_well(pair):
    assert pair.server.running() and pair.client.running()
    assert "Hello" in pair.curl().stdout


@pytest.mark.parametrize("port", [7008, 7009])
def test_garbage(pair, port):
    host = pair.server_host if port == 7008 else pair.client_host
    for bytes_ in GARBAGE:
        with connect(host, "127.0.0.1", port) as connection:
            try:
                connection.sendall(bytes_)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                continue  # it had enough
            assert is_closed(connection)
    still_well(pair)


@pytest.mark.parametrize("port", [7008, 7009])
def test_connections_that_are_reset(pair, port):
    host = pair.server_host if port == 7008 else pair.client_host
    for _ in range(50):
        connection = connect(host, "127.0.0.1", port)
        connection.sendall(b"\x16\x03\x01" if port == 7008 else b"GET / HT")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    still_well(pair)


def test_a_peer_that_says_nothing_is_dropped(pair):
    with connect(pair.client_host, pair.server_host.address, timeout=20) as connection:
        assert is_closed(connection)


@pytest.mark.parametrize("alpn", [None, ALPN])
def test_a_peer_without_an_oob_line_is_dropped(pair, alpn):
    with dial(pair.client_host, pair.server_host.address, pair.service.keyhash, alpn=alpn) as tunnel:
        assert is_closed(tunnel)


@pytest.mark.parametrize("alpn", [None, ALPN])
@pytest.mark.parametrize("line", [b"{" + b"x" * 20000, b'{"password":"' + b"a" * 20000 + b'"}\n', b"\n", b"[]\n", b"nonsense\n",
                                  b'{"password":7}\n', b"[" * 5000 + b"\n", b'{"password":"\xff\xfe"}\n', b"\0\n"],
                         ids=["no end", "too long", "empty", "array", "nonsense", "number", "deep", "not utf-8", "nul"])
def test_an_oob_line_that_is_none(pair, alpn, line):
    with dial(pair.client_host, pair.server_host.address, pair.service.keyhash, alpn=alpn) as tunnel:
        try:
            tunnel.sendall(line)
        except OSError:
            pass  # it had enough
        assert is_closed(tunnel)
    still_well(pair)


class Counter:
    """An origin that counts who comes."""

    def __init__(self, host, port):
        with host.inside():
            self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.setblocking(False)

    def visited(self):
        try:
            self.listener.accept()[0].close()
            return True
        except BlockingIOError:
            return False


@pytest.mark.parametrize("alpn", [None, ALPN])
@pytest.mark.parametrize("said", [{}, {"password": "wrongwrong222"}, {"password": ""}])
def test_the_origin_is_not_dialled_before_the_password_is_right(world, alpn, said):
    pair = Pair(world)
    counter = Counter(pair.server_host, 8099)
    pair.server.publish("demo", "127.0.0.1:8099", pair.service)
    pair.start()
    with dial(pair.client_host, pair.server_host.address, pair.service.keyhash, alpn=alpn) as tunnel:
        tunnel.sendall(compact(said))
        answer = read_line(tunnel)
        assert answer is None or answer["error"]["code"] == "password"
        assert is_closed(tunnel)
    assert not counter.visited()
    with dial(pair.client_host, pair.server_host.address, pair.service.keyhash, alpn=alpn) as tunnel:
        tunnel.sendall(compact({"password": pair.service.password.upper()}))
        read_line(tunnel)
        wait_until(counter.visited, "the right password leads to the origin, in any case of letters")


def test_an_old_client_is_answered_before_its_request(pair):
    """Old clients send nothing after their line before the server's has come, which must be a record of its own."""
    with dial(pair.client_host, pair.server_host.address, pair.service.keyhash) as tunnel:
        assert tunnel.selected_alpn_protocol() is None
        tunnel.sendall(compact({"password": pair.service.password}))
        first = tunnel.recv(65536)
        assert first.count(b"\n") == 1 and first.endswith(b"\n")
        tunnel.sendall(b"GET /bytes/100000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        sizes = []
        while data := tunnel.recv(65536):
            sizes.append(len(data))
    assert max(sizes) <= 4096 and sum(sizes) > 100_000


def test_a_new_client_may_send_line_and_request_in_one_breath(pair):
    with dial(pair.client_host, pair.server_host.address, pair.service.keyhash, alpn=ALPN) as tunnel:
        assert tunnel.selected_alpn_protocol() == ALPN
        tunnel.sendall(compact({"password": pair.service.password}) + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert "error" not in read_line(tunnel)
        answer = b""
        while data := tunnel.recv(65536):
            answer += data
    assert b"Hello through the tunnel" in answer


@pytest.mark.parametrize("sni", [None, "0" * 40, "example.com", "x" * 60])
def test_a_handshake_for_an_unknown_service_is_refused(pair, sni):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        dial(pair.client_host, pair.server_host.address, sni)
    still_well(pair)


def test_the_sni_is_matched_in_any_case(pair):
    dial(pair.client_host, pair.server_host.address, pair.service.keyhash.upper()).close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(pair, version):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        dial(pair.client_host, pair.server_host.address, pair.service.keyhash, version=version, ciphers="DEFAULT@SECLEVEL=0")


def test_tls_1_2_speaks_aead_alone(pair):
    there = (pair.client_host, pair.server_host.address, pair.service.keyhash)
    with dial(*there, version=ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256") as tunnel:
        assert tunnel.version() == "TLSv1.2"
    for cipher in ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            dial(*there, version=ssl.TLSVersion.TLSv1_2, ciphers=cipher)


def test_renegotiation_is_refused(pair):
    asked = pair.client_host.run(["bash", "-c", f"(sleep 0.5; echo R; sleep 1) | openssl s_client -tls1_2 -connect "
                                                f"{pair.server_host.address}:7008 -servername {pair.service.keyhash}"], check=False)
    assert "RENEGOTIATING" in asked.stdout and "no renegotiation" in asked.stderr
    still_well(pair)


def test_http_0_9_gets_an_answer(pair):
    asked = pair.client_host.run(["curl", "-sS", "--http0.9", "--max-time", "20", "-w", "%{http_code}", "-o", "/dev/null",
                                  "http://127.0.0.1:7009/"], check=False)
    assert asked.stdout == "421"


def cpu_seconds(daemon):
    fields = open(f"/proc/{daemon.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("side, port", [("server", 7008), ("client", 7009)])
def test_it_outlives_a_shortage_of_descriptors(world, side, port):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    pair = Pair(world)
    few = ["prlimit", "--nofile=64", "--"]
    pair.server.start(wrap=few if side == "server" else ())
    pair.client.start(wrap=few if side == "client" else ())
    daemon = getattr(pair, side)
    host = daemon.host
    held = [connect(host, "127.0.0.1", port) for _ in range(100)]
    before, began = cpu_seconds(daemon), time.monotonic()
    time.sleep(2)
    assert cpu_seconds(daemon) - before < 0.7 * (time.monotonic() - began), "it spins"
    for connection in held:
        connection.close()
    daemon.expected_errors.append("descriptor|open files")
    wait_until(lambda: "Hello" in pair.curl(check=False).stdout, "the page opens again", 30)
    assert daemon.running()


def search(code):
    return Lpd.format("SEARCH", [("Infohash", code), ("cookie", "somebody")])


class Lurker:
    """A neighbour with sockets for LAN discovery."""

    def __init__(self, pair):
        self.host = pair.world.host("lurker", pair.lan)
        self.server = pair.server_host.address
        self.code = rolling_code(pair.service.keyhash)
        self.asking = lpd_socket(self.host)
        self.hearing = lpd_socket(self.host, GROUP[1], member=True)


@pytest.fixture
def lurker(pair):
    return Lurker(pair)


def test_a_search_is_answered_to_the_asker_and_to_the_group(pair, lurker):
    lurker.asking.sendto(search(lurker.code), GROUP)
    told = listen_for(lurker.asking, 1)
    assert told and all((t["infohash"], t["port"], t["title"]) == (pair.service.label, "7008", "demo") for t in told)
    assert pair.service.label in {heard["infohash"] for heard in listen_for(lurker.hearing, 1)}


def test_a_flood_of_searches_gets_few_replies(pair, lurker):
    for _ in range(2000):
        lurker.asking.sendto(search(lurker.code), GROUP)
    assert 1 <= len(listen_for(lurker.asking, 1.5)) <= 50
    assert len(listen_for(lurker.hearing, 0.5)) <= 100
    still_well(pair)


def test_a_search_from_off_the_subnet_is_not_answered(pair, lurker):
    lurker.host.run(["ip", "addr", "add", "192.168.77.5/24", "dev", "eth0"])
    with lurker.host.inside():
        foreign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    foreign.bind(("192.168.77.5", 0))
    foreign.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lurker.host.address))
    listen_for(lurker.hearing, 0.2)
    foreign.sendto(search(lurker.code), GROUP)
    assert listen_for(lurker.hearing, 1) == []
    lurker.asking.sendto(search(lurker.code), GROUP)
    assert listen_for(lurker.hearing, 1)


def test_nonsense_at_the_lan_port(pair, lurker):
    noise = random.Random(2)
    for packet in [b"", b"\0" * 1400, b"HARDLINE-SEARCH", b"HARDLINE-SERVICE * HTTP/1.1\r\n\r\n\r\n", search("x" * 1000), search(lurker.code)[:-1],
                   *(noise.randbytes(noise.randrange(1400)) for _ in range(200)),
                   *(Lpd.format("SERVICE", [("Port", port), ("Infohash", "-" + "0" * 40), ("cookie", "c")]) for port in (0, -1, 65536, "x"))]:
        lurker.asking.sendto(packet, GROUP)
        lurker.asking.sendto(packet, (lurker.server, GROUP[1]))
    still_well(pair)


def test_an_unlisted_service_answers_only_who_knows_it(world):
    pair = Pair(world)
    pair.server.publish("demo", pair.origin.address, pair.service, Info={"listed": "no"})
    pair.start()
    lurker = Lurker(pair)
    lurker.asking.sendto(search(""), GROUP)
    assert listen_for(lurker.asking, 1) == []
    lurker.asking.sendto(search(lurker.code), GROUP)
    assert listen_for(lurker.asking, 1)


def test_a_hidden_password_is_not_announced(world):
    pair = Pair(world)
    pair.server.publish("demo", pair.origin.address, pair.service, Access={"hidepassword": "yes"})
    pair.start()
    lurker = Lurker(pair)
    for code in ("", lurker.code):
        lurker.asking.sendto(search(code), GROUP)
        told = listen_for(lurker.asking, 1)
        assert told and all(t["infohash"].lstrip("-") == pair.service.keyhash for t in told)
