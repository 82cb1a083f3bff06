"""A page from another machine on the same LAN, and everything else that HTTP does on its way."""

import http.client
import json

import pytest

from identity import make_identity
from origin import Origin


def test_a_page_opens_from_another_machine(pair):
    assert "Hello through the tunnel" in pair.curl("/").stdout


def test_the_request_arrives_as_it_was_sent(pair):
    sent = pair.curl("/headers?q=1", "-H", "X-Odd:  two  spaces ", "-H", "Cookie: a=b; c=d").stdout
    seen = json.loads(sent)
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert seen["line"] == "GET /headers?q=1 HTTP/1.1"
    assert headers["host"] == f"{pair.service.label}.localhost:7009"
    assert headers["cookie"] == "a=b; c=d"
    assert not {"via", "forwarded", "x-forwarded-for", "connection"} & headers.keys()


def test_several_requests_share_one_connection(pair):
    with pair.client_host.inside():
        connection = http.client.HTTPConnection("127.0.0.1", 7009, timeout=20)
        connection.connect()
    own_socket = connection.sock
    for _ in range(5):
        connection.request("GET", "/script.js", headers={"Host": f"{pair.service.label}.localhost"})
        assert b"the script ran" in connection.getresponse().read()
        assert connection.sock is own_socket


def test_a_chunked_answer_arrives_whole(pair):
    lines = pair.curl("/chunked/1000").stdout.splitlines()
    assert lines == [f"chunk {n}" for n in range(1000)]


def test_a_chunked_upload_arrives_whole(pair):
    answer = json.loads(pair.curl("/sink", "-H", "Transfer-Encoding: chunked", "--data-binary", "x" * 50_000).stdout)
    assert answer["length"] == 50_000


def test_an_expect_continue_upload_arrives_whole(pair):
    answer = json.loads(pair.curl("/sink", "-H", "Expect: 100-continue", "--data-binary", "y" * 90_000).stdout)
    assert answer["length"] == 90_000


def test_http_1_0_is_carried(pair):
    assert "Hello" in pair.curl("/", "--http1.0").stdout


def test_head_is_carried(pair):
    assert "Content-Length" in pair.curl("/", "--head").stdout


def test_the_origins_own_errors_are_carried(pair):
    shown = pair.client_host.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", pair.service.url("/nothing")])
    assert shown.stdout == "404"


def test_an_answer_trickles_through_as_it_is_written(pair):
    assert pair.curl("/drip/5", "-N").stdout.count("drop") == 5


@pytest.mark.parametrize("host", ["{}.localhost", "{}.localhost:7009", "{}.localhost:80", "{}.localhost.", "{}.localhost.:7009",
                                  "{}.LOCALHOST"])
def test_spellings_of_the_host(pair, host):
    for label in (pair.service.label, pair.service.label.upper()):
        shown = pair.client_host.run(["curl", "-sS", "--max-time", "20", "-H", f"Host: {host.format(label)}", "http://127.0.0.1:7009/"])
        assert "Hello" in shown.stdout


def test_the_proxy_listens_on_ipv6_loopback(pair):
    url = pair.service.url()
    assert "Hello" in pair.client_host.run(["curl", "-sS", "-6", "--max-time", "20", url]).stdout


def test_the_proxy_listens_on_loopback_alone(pair):
    refused = pair.server_host.run(["curl", "-sS", "--max-time", "5", f"http://{pair.client_host.address}:7009/"], check=False)
    assert refused.returncode == 7  # could not connect


def test_a_service_opens_on_its_own_machine(pair):
    assert "Hello" in pair.server_host.run(["curl", "-sS", "--max-time", "20", pair.service.url()]).stdout


def test_a_service_opens_on_a_machine_without_a_network(world):
    """What a newcomer sees of tools/run on a train."""
    host = world.host("laptop")
    daemon = world.daemon(host)
    service = daemon.publish("demo", Origin(host).address)
    daemon.start()
    assert "Hello" in host.run(["curl", "-sS", "--max-time", "20", service.url()]).stdout


@pytest.mark.parametrize("key", ["rsa", "ec", "ed25519"])
def test_identities_of_every_kind(world, key):
    lan = world.lan()
    server_host, client_host = world.host("server", lan), world.host("client", lan)
    origin = Origin(server_host)
    server = world.daemon(server_host)
    identity = make_identity(server_host.folder / "own.cert", key=key)
    server.publish("demo", origin.address, identity)
    server.start()
    world.daemon(client_host).start()
    assert "Hello" in client_host.run(["curl", "-sS", "--max-time", "20", identity.url()]).stdout


def test_a_service_without_a_password(world):
    lan = world.lan()
    server_host, client_host = world.host("server", lan), world.host("client", lan)
    server = world.daemon(server_host)
    identity = make_identity(server_host.folder / "own.cert", password="")
    server.publish("demo", Origin(server_host).address, identity)
    server.start()
    world.daemon(client_host).start()
    assert "Hello" in client_host.run(["curl", "-sS", "--max-time", "20", identity.url()]).stdout


def test_two_services_of_one_daemon(world):
    lan = world.lan()
    server_host, client_host = world.host("server", lan), world.host("client", lan)
    server = world.daemon(server_host)
    unix = server_host.folder / "origin.socket"
    one = server.publish("one", Origin(server_host).address)
    two = server.publish("two", Origin(server_host, unix=unix).address)
    server.start()
    world.daemon(client_host).start()
    for service in (one, two, one):
        assert "Hello" in client_host.run(["curl", "-sS", "--max-time", "20", service.url()]).stdout


def test_a_service_that_hides_its_password_from_the_lan(world):
    lan = world.lan()
    server_host, client_host = world.host("server", lan), world.host("client", lan)
    server = world.daemon(server_host)
    service = server.publish("demo", Origin(server_host).address, Access={"hidepassword": "yes"})
    server.start()
    world.daemon(client_host).start()
    assert "Hello" in client_host.run(["curl", "-sS", "--max-time", "20", service.url()]).stdout
