"""Connections to 7009 that are kept for requests to several places: each goes where its own Host leads."""

import hashlib
import http.client
import json
import socket

import pytest

from conftest import Pair
from net import wait_until
from origin import Origin
from tunnel import connect


class TwoServices(Pair):
    """`demo` and `second`, each pinned under its own name and known by its whole address."""

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

    def kept(self):
        connection = http.client.HTTPConnection("127.0.0.1", 7009)
        connection.sock = connect(self.client_host, "127.0.0.1", 7009, 30)
        connection.auto_open = 0  # another connection would hide what this file is about
        return connection

    def say(self, *sent, end=False):
        """Everything that comes back for `sent`, up to the end of the connection."""
        with connect(self.client_host, "127.0.0.1", 7009, 30) as connection:
            for piece in sent:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def pair(world):
    return TwoServices(world).start()


def ask(connection, name, path="/name", method="GET", body=None, headers=()):
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", f"{name}.localhost:7009" if name else "localhost:7009")
    for header in headers:
        connection.putheader(*header)
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode("latin-1")


def request(name, path="/name", fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: {name}.localhost:7009\r\n{fields}\r\n".encode()


def test_services_take_turns_on_one_connection(pair):
    connection = pair.kept()
    for _ in range(10):
        for name, answer in (("demo", "the first"), ("second", "the second"), (pair.service.label, "the first"), (pair.second.label, "the second")):
            assert ask(connection, name) == (200, answer)


def test_the_dashboard_and_a_service_share_a_connection(pair):
    connection = pair.kept()
    for _ in range(3):
        status, said = ask(connection, None, "/proxy.pac")
        assert status == 200 and "FindProxyForURL" in said
        assert ask(connection, "demo") == (200, "the first")


def test_a_reverse_proxy_keeps_its_connections(pair):
    folder = pair.client_host.folder / "reverse"
    folder.mkdir()
    sites = "".join(f"  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://hardline; proxy_http_version 1.1; "
                    f"proxy_set_header Connection \"\"; proxy_set_header Host {name}.localhost:7009; }} }}\n"
                    for port, name in ((9001, pair.service.label), (9002, pair.second.label)))
    temp = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "conf").write_text(f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
                                 f"http {{ access_log off; {temp}\n  upstream hardline {{ server 127.0.0.1:7009; keepalive 1; }}\n{sites}}}\n")
    pair.client_host.popen(["/usr/sbin/nginx", "-p", folder, "-c", folder / "conf", "-e", folder / "error.log"])
    wait_until(lambda: pair.client_host.listens(9002), "nginx listens")
    for number in range(20):
        for port, name in ((9001, "the first"), (9002, "the second")):
            said = pair.client_host.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", "-b", f"of={name}", f"http://127.0.0.1:{port}/name"]).stdout
            assert said == name, number
    for origin, other in ((pair.origin, "the second"), (pair.second_origin, "the first")):
        assert f"of={other}" not in json.dumps(origin.seen())


def test_requests_sent_ahead_are_answered_in_their_order(pair):
    names = ["demo", "demo", "second", "demo", "second", "second"]
    said = pair.say(b"".join(request(name) for name in names) + request("demo", fields="Connection: close\r\n"))
    bodies = [part.rpartition(b"\r\n\r\n")[2] for part in said.split(b"HTTP/1.1 ")[1:]]
    assert bodies == [{"demo": b"the first", "second": b"the second"}[name] for name in names] + [b"the first"]


def test_a_slow_answer_comes_before_a_fast_one_of_another_service(pair):
    said = pair.say(request("demo", "/slow/2") + request("second", "/name", "Connection: close\r\n"))
    assert said.count(b"HTTP/1.1 200") == 2 and said.endswith(b"the second")


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_is_no_request(pair, chunked):
    content = request("second", "/secret") * 3000
    connection = pair.kept()
    for name, other in (("demo", "second"), ("second", "demo")):
        if chunked:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
            field = ("Transfer-Encoding", "chunked")
        else:
            body, field = content, ("Content-Length", str(len(content)))
        status, said = ask(connection, name, "/sink", "POST", body, [field])
        assert status == 200 and json.loads(said)["sha256"] == hashlib.sha256(content).hexdigest()
        assert ask(connection, other)[0] == 200
    assert "/secret" not in json.dumps([pair.origin.seen(), pair.second_origin.seen()])


def test_answers_of_every_framing_end_where_they_end(pair):
    connection = pair.kept()
    for path, method in (("/chunked/100", "GET"), ("/bytes/3000000", "GET"), ("/name", "HEAD")):
        assert ask(connection, "demo", path, method)[0] == 200
        assert ask(connection, "second") == (200, "the second")


def test_a_request_that_is_refused_is_answered_on_the_same_connection(pair):
    for name, status in (("nobody", 404), ("second.demo", 421)):
        connection = pair.kept()
        assert ask(connection, "demo") == (200, "the first")
        assert ask(connection, name)[0] == status
    connection = pair.kept()
    assert ask(connection, "demo") == (200, "the first")
    assert ask(connection, "second", headers=[("Sec-Fetch-Site", "cross-site")])[0] == 403


def test_a_service_that_is_down_is_reported_in_its_place(pair):
    connection = pair.kept()
    assert ask(connection, "demo") == (200, "the first")
    pair.second_origin.stop()
    status, said = ask(connection, "second")
    assert status == 503 and "down" in said


def test_a_client_that_has_ended_is_answered(pair):
    said = pair.say(request("demo") + request("second"), end=True)
    assert b"the first" in said and said.endswith(b"the second")


def test_a_websocket_is_left_alone_behind_other_requests(pair):
    connection = pair.kept()
    assert ask(connection, "second") == (200, "the second")
    connection.sock.sendall(request("demo", "/websocket", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                                          "Sec-WebSocket-Version: 13\r\n"))
    stream = connection.sock.makefile("rb")
    assert stream.readline().startswith(b"HTTP/1.1 101 ")
    while stream.readline() != b"\r\n":
        pass
    frame = b"\x82\x84\0\0\0\0GET "  # masked with nothing
    connection.sock.sendall(frame)
    assert stream.read(6) == b"\x82\x04GET "


def test_a_request_of_unclear_length_is_refused(pair):
    for fields in ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n"):
        said = pair.say(request("demo", "/name") + request("demo", "/secret", fields) + request("second", "/secret"))
        assert said.count(b"HTTP/1.1 ") == 2 and b"HTTP/1.1 400" in said
    assert "/secret" not in json.dumps([pair.origin.seen(), pair.second_origin.seen()])
