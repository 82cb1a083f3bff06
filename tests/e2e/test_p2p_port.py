"""What 7008 says to whom: the rules of docs/protocol.md, by a client's end spoken by hand."""

import socket
import ssl

import pytest

from conftest import Pair
from net import wait_until
from oldpeer import compact
from tunnel import ALPN, connect, dial, is_closed, read_line


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
    pair.check_well()


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
    pair.check_well()


def test_the_sni_is_matched_in_any_case(pair):
    dial(pair.client_host, pair.server_host.address, pair.service.keyhash.upper()).close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
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
    assert "RENEGOTIATING" in asked.stderr and "no renegotiation" in asked.stderr
    pair.check_well()
