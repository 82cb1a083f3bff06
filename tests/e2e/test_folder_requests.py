"""What a folder's HTTP server makes of requests that mean two things, and of clients that are slow, silent, gone or many."""

import hashlib
import os
import re
import ssl
import time

import pytest

from cached import Site, in_parallel, read_all, request
from conftest import World
from net import Network, wait_until
from origin import blocks, checksum

WORDS = "Nothing but words.\n" * 500


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One for all of these tests, which must be well at the end."""
    with Network(tmp_path_factory.mktemp("network")) as network:
        world = World(network)
        lan = world.lan()
        site = Site(world, world.host("server", lan), world.host("client", lan))
        site.put("words.txt", WORDS)
        yield site.start()
        assert site.get("/words.txt").text == WORDS
        world.end()


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"GET /words.txt HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("octets", [
    HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    HEAD + b"Content-Length: 5, 5\r\n\r\nhello",
    HEAD + b"Content-Length: 5, 6\r\n\r\nhello",
    HEAD + b"Content-Length: -5\r\n\r\n" + SMUGGLED,
    HEAD + b"Content-Length: +5\r\n\r\nhello",
    HEAD + b"Content-Length: 0x5\r\n\r\nhello",
    HEAD + b"Content-Length: 5 5\r\n\r\nhello",
    HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED,
    HEAD + b"X: 1\r\n folded\r\n\r\n",
    HEAD + b"Content-Length:\r\n 5\r\n\r\nhello",
    HEAD + b"X : 1\r\n\r\n",
    HEAD + b" X: 1\r\n\r\n",
    HEAD + b"X\r\n\r\n",
    HEAD + b": 1\r\n\r\n",
    HEAD + b"X(y): 1\r\n\r\n",
    HEAD + b"X: 1\x00\r\n\r\n",
    HEAD + b"X: 1\rY: 2\r\n\r\n",
    b"GET /words.txt HTTP/1.1\nHost: x\n\n",
    b"GET /words.txt HTTP/1.1\r\nHost: x\nX: 1\r\n\r\n",
    b"GET /words.txt\r\n\r\n",
    b"GET /words.txt HTTP/1.1\r\n\r\n",
    HEAD + b"Host: x\r\n\r\n",
    HEAD + b"Host: y\r\n\r\n",
    b"GET  /words.txt HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /words.txt  HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET\t/words.txt\tHTTP/1.1\r\nHost: x\r\n\r\n",
    b" GET /words.txt HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /two words.txt HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://x/words.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"get /words.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /words.txt http/1.1\r\nHost: x\r\n\r\n",
    b"GET /words.txt HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET /words.txt HTTP/1.11\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
    HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    HEAD + b"".join(b"X-%d: x\r\n" % number for number in range(10_000)) + b"\r\n",
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /words.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nhello",
], ids=lambda octets: re.sub(rb"[^ -~]+", b"|", octets[:90]).decode().replace("GET /words.txt HTTP/1.1|Host: x|", "…"))
def test_a_request_that_is_refused(site, octets):
    """By one answer, after which the connection is closed: nothing behind it is taken for another request. Those that can be
    understood, and are not for us, ask for that."""
    status = site.status_of(octets)
    assert status in (400, 405, 411, 413, 414, 417, 431, 501, 505), status


def test_a_body_is_not_taken_for_a_request(site):
    for method in (b"GET", b"POST"):
        said = site.say(b"%s /words.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                        % (method, len(SMUGGLED), SMUGGLED))
        assert len(re.findall(rb"(?m)^HTTP/1\.1 ", said)) == 1
        said = site.say(b"%s /words.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n%s"
                        % (method, len(SMUGGLED), SMUGGLED, request("/end")))
        statuses = re.findall(rb"(?m)^HTTP/1\.1 (\d+)", said)
        assert len(statuses) == 1 or len(statuses) == 2 and statuses[1] == b"404"
        assert b"smuggled" not in said


def test_http_1_0(site):
    said = site.say(b"GET /words.txt HTTP/1.0\r\n\r\n")
    assert said.startswith(b"HTTP/1.") and b" 200 " in said[:20] and said.endswith(WORDS.encode())


def test_requests_that_do_not_wait_for_answers(site):
    many = b"".join([request("/words.txt").replace(b"Connection: close\r\n", b""), b"HEAD /words.txt HTTP/1.1\r\nHost: x\r\n\r\n",
                     request("/nothing").replace(b"Connection: close\r\n", b"")] * 20) + request("/words.txt")
    said = site.say(many)
    assert [int(status) for status in re.findall(rb"(?m)^HTTP/1\.1 (\d+)", said)] == [200, 200, 404] * 20 + [200]
    assert said.count(WORDS.encode()) == 21


def test_a_head_that_comes_octet_by_octet(site):
    with site.tunnel() as tunnel:
        for octet in request("/words.txt"):
            tunnel.sendall(bytes([octet]))
            time.sleep(0.005)
        assert read_all(tunnel).endswith(WORDS.encode())


def test_clients_that_stop_talking_are_sent_away(site):
    """In the midst of whatever. Others are served meanwhile."""
    held = [site.tunnel() for _ in range(3)]
    for tunnel, said in zip(held, (b"GET", b"GET /words.txt HTTP/1.1\r\nHo",
                                   b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello")):
        tunnel.settimeout(60)
        tunnel.sendall(said)
    assert site.get("/words.txt").text == WORDS
    for tunnel, status in zip(held, (b"408", b"408", b"405")):
        assert read_all(tunnel).startswith(b"HTTP/1.1 " + status)


def test_a_head_that_never_ends_is_cut(site):
    """Though something of it comes again and again."""
    with site.tunnel() as tunnel:
        tunnel.sendall(b"GET /words.txt HTTP/1.1\r\nHost: x\r\nX: ")
        tunnel.setblocking(False)
        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline
            time.sleep(0.2)
            try:
                tunnel.send(b"x")
                if tunnel.recv(1000):
                    break
            except ssl.SSLWantReadError:
                continue
            except OSError:
                break


def test_many_clients_at_once(site):
    site.put("large.bin", b"".join(blocks(1_000_000)))
    assert set(in_parallel(60, lambda _: site.digest("/large.bin"))) == {checksum(1_000_000)}


def test_a_reader_that_pauses(site):
    site.put("big.bin", b"".join(blocks(30_000_000)))
    with site.begin("/big.bin") as answer:
        beginning = answer.read(100_000)
        time.sleep(5)
        assert site.get("/words.txt").text == WORDS
        assert hashlib.sha256(beginning + answer.read()).hexdigest() == checksum(30_000_000)


def test_readers_that_leave(site):
    site.put("big.bin", b"".join(blocks(30_000_000)))
    for _ in range(20):
        answer = site.begin("/big.bin")
        answer.read(1000)
        answer.close()
    descriptors = f"/proc/{site.server.process.pid}/fd"
    wait_until(lambda: not any("big.bin" in link(f"{descriptors}/{each}") for each in os.listdir(descriptors)), "the file is closed", 30)


def link(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""
