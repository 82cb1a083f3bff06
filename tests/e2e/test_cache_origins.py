"""The web servers behind a cache: those with https, those that mean no good, and how much is fetched from any, and kept."""

import os
import socket
import threading
import time

import pytest

from cached import check_stale, in_parallel
from net import wait_until
from nginx import Authority, Nginx

PAGE = "<!doctype html><title>A page</title>" + "<p>Words, words, words.</p>" * 40


# https


@pytest.fixture
def secure_site(make_site, tmp_path):
    """In front of a web server with https, which a certificate in the system's name vouches for where `trusted`."""
    def make(name="localhost", trusted=True, **service):
        authority = Authority(tmp_path, name)
        site = make_site(Nginx, 8443, authority)
        site.publish(site.origin.address, service)
        site.origin.put("page.html", PAGE)
        other = authority if trusted else Authority(tmp_path, "unrelated.example")
        return site.start(wrap=["env", f"SSL_CERT_FILE={other.certfile}"])

    return make


def test_an_https_origin(secure_site):
    site = secure_site()
    assert site.get("/page.html").text == PAGE
    assert site.ask("/moved").headers["Location"] == "/page.html"


@pytest.mark.parametrize("options", [{"trusted": False}, {"name": "else.where.example"}], ids=["unknown authority", "another's name"])
def test_an_https_origin_that_is_not_who_it_should_be(secure_site, options):
    site = secure_site(**options)
    assert site.ask("/page.html").status in (502, 504)
    assert site.files() == set()
    assert site.origin.requests() == []


def test_an_https_origin_that_need_not_be_verified(secure_site):
    assert secure_site(trusted=False, verify="no").get("/page.html").text == PAGE


# Limits


class Sampler:
    """Looks again and again at how much the copies of a folder take up. Only what was there in two looks that follow each
    other counts: that much was there at once, whatever came and went meanwhile."""

    def __init__(self, folder):
        self.folder, self.peak, self.looks, self.ended = folder, 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def look(self):
        """Sizes, by what tells a file from another: a removed one's inode is soon used again."""
        sizes = {}
        for path, _, names in os.walk(self.folder):
            for name in names:
                file = os.path.join(path, name)
                try:
                    status = os.stat(file)
                except FileNotFoundError:
                    continue
                if path.endswith("/.hardline-new"):
                    sizes[file, status.st_ino] = status.st_size
                elif "@http" in name:
                    sizes[file, status.st_ino, status.st_mtime_ns] = status.st_size
        return sizes

    def watch(self):
        before = self.look()
        while not self.ended.is_set():
            now = self.look()
            self.peak = max(self.peak, sum(min(size, before[file]) for file, size in now.items() if file in before))
            self.looks += 1
            before = now

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def test_copies_never_take_up_more_than_max_size(make_site):
    one, limit = 100_000, 2 << 20
    site = make_site(Nginx, maxSize="2M", dynamicContent="yes")
    for number in range(200):
        site.origin.put(f"{number}.bin", os.urandom(one))
    manual = {name: site.put(name, os.urandom(one)) for name in ("own.bin", "page@mako", "notes@data")}
    site.origin.put("favourite.bin", os.urandom(one))
    site.start()

    def visit(worker):
        connection = site.connect()
        for number in range(worker, 200, 8):
            for target in (f"/{number}.bin", "/favourite.bin"):
                answer = site.ask(target, connection=connection)
                assert answer.body == (site.origin.files / target[1:]).read_bytes()

    with Sampler(site.folder) as sampler:
        in_parallel(8, visit)
    assert limit * 0.6 < sampler.peak <= limit + one + 4096, sampler.peak
    assert sampler.looks > 100
    assert sum(sampler.look().values()) <= limit
    assert len(site.origin.requests("/favourite.bin")) == 1  # used again and again: never the least recently used
    assert all(file.exists() for file in manual.values())
    copies = [name for name in site.files() if name.endswith("@http")]
    assert {f"{name}.headers" for name in copies} == {name for name in site.files() if name.endswith(".headers")}


def test_what_is_larger_than_max_size_passes(make_site):
    site = make_site(Nginx, maxSize="1M")
    content = os.urandom(3_000_000).replace(b"<", b"-")  # nginx's SSI, which hides the length, loses one at the end
    site.origin.put("big.bin", content)
    site.origin.put("page.html", PAGE)
    site.start()
    site.fill("/page.html")
    assert site.fill("/big.bin").body == content
    assert site.get("/page.html").cache == "hit"
    assert site.fill("/chunked/big.bin").body == content  # of this it is not known beforehand
    assert "big.bin@http" not in site.files() and "chunked/big.bin@http" not in site.files()


def test_a_copy_of_before_counts_after_a_restart(make_site):
    site = make_site(Nginx, maxSize="1M")
    for number in range(8):
        site.put(f"old-{number}@http", bytes(200_000), time.time() - 3600 * (10 - number))
    site.origin.put("new.bin", bytes(200_000))
    site.start()
    assert site.fill("/new.bin").body == bytes(200_000)
    wait_until(lambda: sum(file.stat().st_size for file in site.folder.glob("*@http")) <= 1 << 20, "what is too much is removed")
    assert {"old-7@http", "new.bin@http"} <= site.files() and "old-0@http" not in site.files()


def test_an_exhausted_quota(make_site):
    """36 MB an hour are 10 kB a second, once an hour's worth is used up."""
    site = make_site(Nginx, maxAge=0, downloadRateLimit=36)
    big = os.urandom((36 << 20) + 100_000)
    site.origin.put("big.bin", big)
    site.origin.put("page.html", PAGE)
    site.start()
    site.fill("/page.html")
    began = time.monotonic()
    with site.begin("/big.bin") as answer:
        content = answer.read(36 << 20)
        wait_until(lambda: site.get("/page.html").cache == "stale", "what is there is served as it is")
        asked = len(site.origin.requests("/page.html"))
        check_stale(site.get("/page.html"), PAGE)
        assert len(site.origin.requests("/page.html")) == asked
        content += answer.read()  # what is not there comes, slowly
    assert content == big
    assert time.monotonic() - began > 3
    wait_until(lambda: site.get("/page.html").cache != "stale", "there is something in the bucket again", 30)
    assert len(site.origin.requests("/page.html")) > asked


# Web servers that mean no good


class Scripted:
    """A web server that sends the same octets to whoever comes, and closes."""

    def __init__(self, host, said, port=8080):
        self.address = f"127.0.0.1:{port}"
        self.visits = 0
        with host.inside():
            self.listener = socket.create_server(("127.0.0.1", port))
        self.said = said
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            self.visits += 1
            with connection:
                if connection.recv(65536):
                    connection.sendall(self.said)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize("said", [
    OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 500,
    OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n",
], ids=["length", "chunked", "bad chunk"])
def test_an_answer_that_breaks_off_is_not_kept(make_site, said):
    site = make_site(Scripted, said).start()
    for visit in (1, 2):
        raw = site.say(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not raw.endswith(b"\r\n0\r\n\r\n"), "it must not look whole"
        assert b"Content-Length: 500" not in raw and b"Content-Length: 5\r\n" not in raw
        assert site.origin.visits == visit
    assert site.files() == set()


@pytest.mark.parametrize("said", [
    b"",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(1000)) + b"\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
], ids=["nothing", "nonsense", "two lengths", "length and chunked", "endless head", "upgrade"])
def test_an_answer_that_cannot_be_understood(make_site, said):
    site = make_site(Scripted, said).start()
    assert site.ask("/page").status in (502, 504)
    assert site.files() == set()
    assert site.server.running()


def test_an_answer_that_ends_with_the_connection(make_site):
    """Its end cannot be told from a cut: it passes and is not kept, or is kept; but it arrives."""
    site = make_site(Scripted, OK + b"\r\nhello").start()
    for _ in range(2):
        assert site.get("/page").text == "hello"


def test_a_header_of_the_web_server_that_is_not_ours_to_pass_on(make_site):
    site = make_site(Scripted, OK + b"Content-Length: 5\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\n"
                                    b"X-Cache: HIT from elsewhere\r\nProxy-Authenticate: Basic\r\n\r\nhello").start()
    for cache in ("miss", "hit"):
        answer = site.fill("/page")
        assert answer.text == "hello" and answer.headers.get_all("X-Cache") == [cache]
        assert not {"x-hop", "keep-alive", "proxy-authenticate"} & {name.lower() for name in answer.headers}


def test_a_request_cannot_lead_elsewhere(make_site):
    site = make_site(Nginx)
    site.start()
    elsewhere = Nginx(site.server_host, 8090)
    elsewhere.put("page.html", PAGE)
    for target in ("//127.0.0.1:8090/page.html", "/cache_external_resource/127.0.0.1:8090/page.html", "/\\127.0.0.1:8090/page.html",
                   "/?http://127.0.0.1:8090/page.html", "http://127.0.0.1:8090/page.html", "@127.0.0.1:8090/page.html",
                   ":8090/page.html", "/page.html HTTP/1.1\r\nHost: 127.0.0.1:8090\r\nX:"):
        assert PAGE.encode() not in site.say(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:8090\r\nConnection: close\r\n\r\n".encode())
    assert elsewhere.requests() == []
    assert all(found["host"] == "127.0.0.1:8080" for found in site.origin.requests())
