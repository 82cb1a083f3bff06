"""A person never sees an empty reply: each failure has its status, and a page in plain words."""

import re
import socket

import pytest

from conftest import Pair
from tunnel import connect, is_closed

UNKNOWN = "0123456789abcdef" * 2 + "01234567"


class Answer:
    """What 7009 answered to bytes sent by hand."""

    def __init__(self, raw):
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        assert first.startswith("HTTP/1."), raw
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        self.body = body.decode()
        self.words = re.sub(r"<[^>]*>", " ", self.body).lower()


def ask(host, request, timeout=30):
    with connect(host, "127.0.0.1", 7009, timeout) as connection:
        connection.sendall(request.encode() if isinstance(request, str) else request)
        raw = b""
        while data := connection.recv(65536):
            raw += data
    return Answer(raw)


def get(host, name, path="/", accept="text/html,*/*;q=0.8", method="GET"):
    return ask(host, f"{method} {path} HTTP/1.1\r\nHost: {name}\r\nAccept: {accept}\r\n\r\n")


def check_page(answer, *secrets):
    """What holds for every error page."""
    assert answer.headers["content-type"].lower().startswith("text/html")
    assert int(answer.headers["content-length"]) == len(answer.body.encode())
    assert answer.headers["connection"].lower() == "close"
    assert "no-store" in answer.headers["cache-control"]
    assert "<title>" in answer.body
    for secret in secrets:
        assert secret not in answer.body


@pytest.fixture
def alone(world):
    host = world.host("client", world.lan())
    world.daemon(host).start()
    return host


def test_a_service_that_nobody_has(alone):
    answer = get(alone, f"{UNKNOWN}.localhost:7009")
    assert answer.status in (404, 502, 503, 504)
    assert "local network" in answer.words
    check_page(answer)


def test_a_password_is_not_shown(alone):
    answer = get(alone, f"secretsecret2-{UNKNOWN}.localhost:7009")
    assert answer.status in (404, 502, 503, 504)
    check_page(answer, "secretsecret2")


def test_programs_get_plain_text(alone):
    for accept in ("*/*", "application/json"):
        answer = get(alone, f"{UNKNOWN}.localhost", accept=accept)
        assert answer.headers["content-type"].lower().startswith("text/plain")
        assert "<" not in answer.body and "local network" in answer.words


def test_curl_gets_plain_text(alone):
    shown = alone.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", f"http://{UNKNOWN}.localhost:7009/"], check=False)
    assert shown.returncode == 22 and "<" not in shown.stdout and shown.stdout.endswith("\n")


def test_head_gets_no_body(alone):
    answer = get(alone, f"{UNKNOWN}.localhost", method="HEAD")
    assert answer.status >= 400 and answer.body == "" and int(answer.headers["content-length"]) > 0


def test_a_request_that_came_with_a_body_gets_the_page_too(alone):
    body = "x" * 100_000
    answer = ask(alone, f"POST / HTTP/1.1\r\nHost: {UNKNOWN}.localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    assert answer.status in (404, 502, 503, 504)


def test_a_label_that_names_no_service(alone):
    for label in ("printer", "wrong-" + UNKNOWN[1:], "a--b"):
        answer = get(alone, f"{label}.localhost:7009")
        assert answer.status in (400, 404)
        check_page(answer)


def test_what_was_typed_is_not_markup(alone):
    answer = get(alone, "<script>alert(1)</script>.localhost")
    assert answer.status >= 400 and "<script>alert" not in answer.body


@pytest.mark.parametrize("name", ["example.com", "example.com:7009", "127.0.0.1:7009", "[::1]:7009", f"{UNKNOWN}.localhost.example.com",
                                  f"{UNKNOWN}.localhost@example.com", f"a.{UNKNOWN}.localhost", "localhost.example.com"])
def test_a_foreign_name_is_misdirected(alone, name):
    """The guard against DNS rebinding."""
    answer = get(alone, name)
    assert answer.status == 421
    check_page(answer)


@pytest.mark.parametrize("request_head", [
    f"GET / HTTP/1.1\r\nHost: {UNKNOWN}.localhost\r\nHost: {UNKNOWN}.localhost\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: {UNKNOWN}.localhost\r\nhost: example.com\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET /\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost : {UNKNOWN}.localhost\r\n\r\n",
    f"GET / HTTP/1.1\r\nX: y\r\n Host: {UNKNOWN}.localhost\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 40,
    "hello\r\n\r\n",
    "\r\n\r\n\r\n\r\n",
], ids=["two equal hosts", "two hosts", "no host", "http 0.9", "space before colon", "folded host", "tls", "nonsense", "blank"])
def test_a_malformed_request(alone, request_head):
    assert ask(alone, request_head.encode("latin-1")).status == 400


def test_a_forward_proxys_request_is_refused(alone):
    for request in ("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
                    "GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n"):
        assert ask(alone, request).status == 403


def test_a_head_without_end(alone):
    request = f"GET / HTTP/1.1\r\nHost: {UNKNOWN}.localhost\r\n" + "".join(f"X-{n}: {'x' * 100}\r\n" for n in range(400))
    assert ask(alone, request).status == 431


def test_a_slow_head(alone):
    assert ask(alone, "GET / HTTP/1.1\r\nHost: ", timeout=40).status == 408


def test_a_connection_that_says_nothing_is_closed(alone):
    """Browsers open connections ahead of time, and forget some."""
    with connect(alone, "127.0.0.1", 7009, 40) as connection:
        assert is_closed(connection)


def test_a_wrong_password(pair):
    for label in (pair.service.keyhash, f"wrongwrong222-{pair.service.keyhash}"):
        answer = get(pair.client_host, f"{label}.localhost:7009")
        assert answer.status in (401, 403)
        assert "password" in answer.words
        check_page(answer, pair.service.password, "wrongwrong222")


def test_the_origin_is_down(pair):
    pair.origin.stop()
    answer = get(pair.client_host, f"{pair.service.label}.localhost:7009")
    assert answer.status in (502, 503)
    check_page(answer, pair.service.password)
    pair.origin.start()
    assert "Hello" in pair.curl().stdout


def test_the_tunnel_closes_before_the_first_byte(pair):
    answer = get(pair.client_host, f"{pair.service.label}.localhost:7009", "/silent")
    assert answer.status == 502
    check_page(answer, pair.service.password)


def test_the_origin_is_down_on_its_own_machine(pair):
    pair.origin.stop()
    assert get(pair.server_host, f"{pair.service.label}.localhost:7009").status in (502, 503)


def test_a_service_of_which_only_a_dead_address_is_known(pair):
    """Its machine was unplugged after the page had been opened."""
    assert "Hello" in pair.curl().stdout
    pair.server_host.unplug(0)
    answer = get(pair.client_host, f"{pair.service.label}.localhost:7009")
    assert answer.status in (404, 502, 503, 504)
    assert pair.server_host.address in answer.words  # what was tried
    check_page(answer, pair.service.password)


def test_an_answer_that_has_begun_gets_no_page_behind_it(pair):
    with connect(pair.client_host, "127.0.0.1", 7009) as connection:
        connection.sendall(f"GET /drip/100 HTTP/1.1\r\nHost: {pair.service.label}.localhost\r\n\r\n".encode())
        raw = connection.recv(65536)
        while b"drop 3" not in raw:
            raw += connection.recv(65536)
        pair.origin.stop()
        try:
            while data := connection.recv(65536):
                raw += data
        except ConnectionResetError:
            pass
    assert raw.count(b"HTTP/1.1") == 1 and b"<title>" not in raw


def test_an_origin_that_cannot_be_resolved(world):
    pair = Pair(world)
    pair.server.publish("demo", "no.such.host.invalid:80", pair.service)
    pair.start()
    answer = get(pair.client_host, f"{pair.service.label}.localhost:7009")
    assert answer.status in (502, 503)


def test_a_unix_socket_that_is_not_there(world):
    pair = Pair(world)
    pair.server.publish("demo", "unix:/nowhere/socket", pair.service)
    pair.start()
    assert get(pair.client_host, f"{pair.service.label}.localhost:7009").status in (502, 503)


def test_an_origin_by_name(world):
    pair = Pair(world)
    pair.server.publish("demo", f"localhost:{pair.origin.port}", pair.service)
    pair.start()
    assert "Hello" in pair.curl().stdout


def test_an_origin_that_speaks_ipv6(world):
    pair = Pair(world)
    with pair.server_host.inside():
        listener = socket.create_server(("::1", 8099), family=socket.AF_INET6)
    pair.server.publish("demo", "[::1]:8099", pair.service)
    pair.start()
    with connect(pair.client_host, "127.0.0.1", 7009) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {pair.service.label}.localhost\r\n\r\n".encode())
        arrived, _ = listener.accept()
        assert arrived.recv(100).startswith(b"GET / HTTP/1.1")
        arrived.close()
        listener.close()
