"""7009 as an HTTP proxy for *.localhost: for curl -x, and for browsers that do not resolve such names."""

import json
import os
import socket

import pytest

from browser import Browser
from conftest import Pair
from net import wait_until
from origin import Origin
from tcpservice import TcpService
from tunnel import connect

PROXY = "http://localhost:7009"


class TwoServices(Pair):
    """`demo` and, pinned too, `second`: what is asked of one must never reach the other."""

    def settle(self, server_host, client_host):
        super().settle(server_host, client_host, 8080, None, "the first")
        self.second_origin = Origin(server_host, 8081, name="the second")
        self.second = self.server.publish("second", self.second_origin.address)
        self.client.identities.append(self.second)

    def start(self):
        super().start()
        self.client.pin("demo", self.service)
        self.client.pin("second", self.second)
        return self

    def proxied(self, *words, check=True):
        return self.client_host.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", "-x", PROXY, *words], check=check)


@pytest.fixture
def pair(world):
    return TwoServices(world).start()


def test_curl_opens_a_service(pair):
    assert "Hello" in pair.proxied("http://demo.localhost/").stdout
    assert "Hello" in pair.proxied(f"http://{pair.service.label}.localhost/").stdout


def test_the_service_is_asked_as_if_there_were_no_proxy(pair):
    seen = json.loads(pair.proxied("http://demo.localhost/headers?q=1", "-H", "X-Odd:  two  spaces ").stdout)
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert seen["line"] == "GET /headers?q=1 HTTP/1.1"
    assert headers["host"] == "demo.localhost"
    assert headers["x-odd"].rstrip() == "two  spaces"
    assert not {"proxy-connection", "proxy-authorization", "via", "forwarded", "x-forwarded-for"} & headers.keys()


def test_what_is_meant_for_the_proxy_stays_there(pair):
    seen = json.loads(pair.proxied("http://demo.localhost/headers", "-U", "somebody:secret", "-H", "Connection: X-Hop", "-H", "X-Hop: 1").stdout)
    names = {name.lower() for name, _ in seen["headers"]}
    assert not {"proxy-authorization", "proxy-connection", "x-hop"} & names


def test_a_tunnel_by_connect_leads_to_the_service(pair):
    assert "Hello" in pair.proxied("-p", "http://demo.localhost/").stdout
    assert "Hello" in pair.proxied("-p", "http://demo.localhost:7009/").stdout


def test_a_tunnel_by_connect_carries_what_is_not_http(pair):
    tcp = TcpService(pair.server_host)
    identity = pair.server.publish("tcp", tcp.address)
    pair.client.identities.append(identity)
    pair.server.reload()
    wait_until(lambda: "service=" + identity.keyhash[:8] in pair.server.log(), "the service is published")
    with connect(pair.client_host, "127.0.0.1", 7009) as connection:
        stream = connection.makefile("rb")
        connection.sendall(f"CONNECT {identity.label}.localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert stream.readline().startswith(b"HTTP/1.1 200")
        while stream.readline() != b"\r\n":
            pass
        assert stream.readline().decode() == tcp.greeting
        connection.sendall(b"echo\nhello\n")
        connection.shutdown(socket.SHUT_WR)
        assert stream.read() == b"hello\nthat was all\n"


@pytest.mark.parametrize("how", [(), ("-H", "Transfer-Encoding: chunked"), ("-H", "Expect: 100-continue"),
                                 ("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue")])
def test_an_upload_arrives_whole(pair, how):
    file = pair.client_host.folder / "upload"
    file.write_bytes(os.urandom(3_000_000))
    answer = json.loads(pair.proxied("http://demo.localhost/sink", "--data-binary", f"@{file}", *how).stdout)
    assert answer["length"] == 3_000_000


def test_an_answer_of_unknown_length_arrives_whole(pair):
    lines = pair.proxied("http://demo.localhost/chunked/1000").stdout.splitlines()
    assert lines == [f"chunk {n}" for n in range(1000)]


def test_services_asked_one_after_the_other_are_never_mixed_up(pair):
    """curl keeps its connection to a proxy, whichever site it asks for next."""
    urls = ["http://demo.localhost/name", "http://second.localhost/name", "http://demo.localhost/name",
            f"http://{pair.second.label}.localhost/name"] * 3
    assert pair.proxied("-w", "\n", *urls).stdout.split("\n") == ["the first", "the second", "the first", "the second"] * 3 + [""]


def test_requests_sent_ahead_are_never_mixed_up(pair):
    """Both at once on one connection: the second is answered by whom it was for, or not at all."""
    with connect(pair.client_host, "127.0.0.1", 7009) as connection:
        connection.sendall(b"GET http://demo.localhost/name HTTP/1.1\r\nHost: demo.localhost\r\n\r\n"
                           b"GET http://second.localhost/secret HTTP/1.1\r\nHost: second.localhost\r\nCookie: a=b\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"the first" in said
    assert not [seen for seen in pair.origin.seen() if "secret" in seen["line"]]


def test_the_target_counts_and_not_the_host_beside_it(pair):
    """RFC 9112 section 3.2.2."""
    for host in ("second.localhost", "evil.example", "localhost"):
        with connect(pair.client_host, "127.0.0.1", 7009) as connection:
            connection.sendall(f"GET http://demo.localhost/name HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            said = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"the first" in said or b" 400 " in said.split(b"\r\n")[0], said
        assert b"the second" not in said


def test_it_is_no_proxy_to_anything_else(pair):
    Origin(pair.client_host, 8080, name="must not be reached")  # it would answer
    for url in ("http://example.com/", "http://evil.example:7009/", "http://192.0.2.1/", "http://127.0.0.1:8080/", "http://[::1]:8080/",
                "http://localhost.evil.example/", "http://10.1.0.11:8080/", "http://127.0.0.1:7009/"):
        for how in ((), ("-p",)):
            done = pair.proxied(*how, "-w", "\n%{http_connect} %{http_code}", url, check=False)
            assert done.returncode in (22, 56), done  # an answer of 400 or above; to CONNECT likewise
            answers = list(map(int, done.stdout.splitlines()[-1].split()))
            assert sorted(answers)[0] == 0 and 400 <= sorted(answers)[1] < 500, (url, how, done)  # not tried in vain
            assert "must not" not in done.stdout and "Hello" not in done.stdout
    assert "must not" not in pair.proxied("http://localhost:8080/", check=False).stdout


def test_connect_leads_to_services_alone(pair):
    TcpService(pair.client_host, 22)
    for target in ("localhost:22", "127.0.0.1:22", "[::1]:22", "localhost:7009", "hardline.localhost:7009", "hardline.localhost:80", "127.0.0.1:7009",
                   "evil.example:443", "localhost", "demo.localhost", "demo.localhost:0", "", "/", "*"):
        with connect(pair.client_host, "127.0.0.1", 7009) as connection:
            connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\nGET / HTTP/1.1\r\nHost: localhost:7009\r\n\r\n".encode())
            said = b"".join(iter(lambda: connection.recv(65536), b""))
        assert 400 <= int(said.split()[1]) < 500, (target, said)
        assert b"ready" not in said and b"<script" not in said


def test_an_unknown_name_is_an_answer_and_no_tunnel(pair):
    done = pair.proxied("http://nobody.localhost/", check=False)
    assert done.returncode == 22 and "nobody" in done.stdout
    assert pair.proxied("-p", "http://nobody.localhost/", check=False).returncode == 56


def test_the_configuration_for_browsers_is_served_as_such(pair):
    for host in ("localhost", "hardline.localhost", "127.0.0.1"):
        asked = pair.client_host.run(["curl", "-sS", "-D", "-", "-H", f"Host: {host}:7009", "http://127.0.0.1:7009/proxy.pac"]).stdout
        if host == "127.0.0.1":
            assert " 421 " in asked.splitlines()[0]
            continue
        head, _, body = asked.partition("\n\n")
        assert " 200 " in head.splitlines()[0]
        assert "content-type: application/x-ns-proxy-autoconfig" in head.lower()
        assert "FindProxyForURL" in body


@pytest.fixture
def pac(pair):
    return pair.client_host.run(["curl", "-sS", "--fail", f"{PROXY}/proxy.pac"]).stdout


def test_the_configuration_leads_services_to_the_proxy_and_nothing_else(pair, pac):
    # The functions that such files may call (and which a page does not have) are no part of the file.
    ask = """arg => {
      const shExpMatch = (text, shape) => new RegExp('^' + shape.replace(/\\./g, '\\\\.').replace(/\\*/g, '.*').replace(/\\?/g, '.') + '$').test(text);
      const dnsDomainIs = (host, domain) => host.endsWith(domain);
      const isPlainHostName = (host) => !host.includes('.');
      const localHostOrDomainIs = (host, name) => host === name || host === name.split('.')[0];
      const find = new Function('shExpMatch', 'dnsDomainIs', 'isPlainHostName', 'localHostOrDomainIs', arg.pac + '; return FindProxyForURL')(
        shExpMatch, dnsDomainIs, isPlainHostName, localHostOrDomainIs);
      return arg.urls.map((url) => find(url, new URL(url).hostname));
    }"""
    led = [f"http://{pair.service.label}.localhost:7009/", "http://demo.localhost:7009/x", "http://demo.localhost/", "http://DEMO.LocalHost/"]
    direct = ["http://example.com/", "http://localhost:8080/", "http://127.0.0.1:7009/", "http://demo.localhost.example.com/",
              "http://mylocalhost/", "https://example.com/?demo.localhost"]
    with Browser(pair.client_host) as browser:
        page = browser.page()
        assert all(said.startswith("PROXY ") and said.split(";")[0].endswith(":7009") for said in page.evaluate(ask, {"pac": pac, "urls": led}))
        assert set(page.evaluate(ask, {"pac": pac, "urls": direct})) == {"DIRECT"}


WEBSOCKET = """url => new Promise((done, fail) => {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send('echo this');
  socket.onmessage = (message) => done(message.data);
  socket.onerror = () => fail(new Error('no WebSocket'));
})"""


def opens_services(page, port):
    for name, origin in (("demo", "the first"), ("second", "the second"), ("demo", "the first")):
        assert page.open(f"http://{name}.localhost{port}/name") == 200
        assert page.text() == origin
    page.open(f"http://demo.localhost{port}/")
    page.run("await until(async () => (await page.title()) === 'the script ran', 'the script runs')")
    assert page.evaluate(WEBSOCKET, f"ws://demo.localhost{port}/websocket") == "echo this"


def test_a_browser_with_the_configuration_opens_services(pair):
    """Chromium never asks a configuration about loopback: what this shows is that nothing is in the way."""
    with Browser(pair.client_host, f"--proxy-pac-url={PROXY}/proxy.pac") as browser:
        opens_services(browser.page(), ":7009")


def test_a_browser_with_the_proxy_opens_services(pair):
    """Without a port in the address: nothing listens at port 80, so that it must have been the proxy."""
    with Browser(pair.client_host, "--proxy-server=http://127.0.0.1:7009", "--proxy-bypass-list=<-loopback>") as browser:
        opens_services(browser.page(), "")
