"""`hardlined status` and `hardlined why`: what they say of a daemon on a LAN, and how they find it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from daemon import HARDLINED, SANITIZERS, hardlined
from identity import make_identity
from net import wait_until

NO_DAEMON = 3
USAGE = 2
NOT_REACHED = 1


def ask(daemon, *words):
    return hardlined(daemon.host, *words, "--statedir", daemon.state)


def status_of(daemon):
    done = ask(daemon, "status", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_status_tells_how_the_daemon_stands(pair):
    done = ask(pair.server, "status")
    assert done.returncode == 0, done.stderr
    for word in ("p2p port 7008", "local proxy on port 7009", "eth0", pair.server_host.address, "demo",
                 pair.service.keyhash[:8], "Network", "DHT", "Services"):
        assert word in done.stdout, f"{word}: {done.stdout}"
    assert re.match(r"hardlined \d+\.\d+\.\d+, running for \d+ seconds?;", done.stdout)
    assert pair.service.password not in done.stdout


def test_a_verb_ends_with_its_answer(pair):
    """Not when it would have given the daemon up, which is after ten seconds."""
    done = hardlined(pair.server_host, "status", "--statedir", pair.server.state, timeout=8)
    assert done.returncode == 0, done.stderr


def test_status_as_json(pair):
    status = status_of(pair.server)
    assert status["p2p_port"] == 7008 and status["local_port"] == 7009
    assert status["state_directory"] == str(pair.server.state)
    assert status["service_directory"] == str(pair.server.services)
    assert [(s["title"], s["key_hash"]) for s in status["services"]] == [("demo", pair.service.keyhash)]
    addresses = {a["address"] for i in status["interfaces"] if i["name"] == "eth0" for a in i["addresses"]}
    assert pair.server_host.address in addresses
    assert pair.service.password not in json.dumps(status)


def test_status_says_which_services_use_the_dht(world):
    """As their files do, paused ones among them: pausing one changes nothing of how it will be found."""
    daemon = world.daemon(world.host("host", world.lan()))
    for name, paused, use_dht in [("open", "no", "yes"), ("hidden", "no", "no"), ("resting", "yes", "yes"), ("both", "yes", "no")]:
        daemon.publish(name, "127.0.0.1:8080", Service={"paused": paused}, Access={"useDHT": use_dht})
    daemon.start()
    stands = {service["title"]: (service["paused"], service["uses_dht"]) for service in status_of(daemon)["services"]}
    assert stands == {"open": (False, True), "hidden": (False, False), "resting": (True, True), "both": (True, False)}


def test_status_counts_who_is_connected(pair):
    client = pair.client_host.popen(["curl", "-sSN", "--max-time", "60", pair.service.url("/drip/200")], stdout=subprocess.PIPE, text=True)
    client.stdout.readline()
    status = status_of(pair.server)
    assert [peer["address"] for peer in status["peers"]] == [pair.client_host.address]
    assert status["peers"][0]["service"] == pair.service.keyhash and status["peers"][0]["octets"] > 0
    assert status["services"][0]["peers"] == 1
    assert status_of(pair.client)["browsers"] == 1
    assert re.search(rf"{pair.client_host.address} +demo", ask(pair.server, "status").stdout)
    client.kill()
    wait_until(lambda: not status_of(pair.server)["peers"], "the peer is gone")


def test_why_a_service_opens(pair):
    done = ask(pair.client, "why", pair.service.label)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"{pair.server_host.address}:7008 +the local network", done.stdout), done.stdout
    assert f"Service {pair.service.keyhash[:8]}… was reached" in done.stdout
    assert pair.service.password not in done.stdout


def test_why_as_json(pair):
    done = ask(pair.client, "why", pair.service.label, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["reached"] and answer["key_hash"] == pair.service.keyhash
    won = answer["attempts"][answer["winner"]]
    assert won["address"] == f"{pair.server_host.address}:7008" and won["source"] == "lan" and won["won"]
    assert won["error"] is None and won["took_ms"] <= answer["took_ms"] < 20000
    assert "lan" in [source["source"] for source in answer["sources"]]


def test_why_takes_what_a_person_has_at_hand(pair):
    for name in (pair.service.keyhash, pair.service.url("/some/page?x=y"), f"{pair.service.label}.localhost",
                 f"{pair.service.label.upper()}.localhost:7009"):
        assert ask(pair.client, "why", name).returncode == 0, name


def test_why_a_service_does_not_open(pair):
    nobody = make_identity(pair.client_host.folder / "nobody.cert")
    done = ask(pair.client, "why", nobody.label)
    assert done.returncode == NOT_REACHED, done.stdout
    assert "was not reached" in done.stdout and "No source knows where it is" in done.stdout
    assert json.loads(ask(pair.client, "why", nobody.label, "--json").stdout)["reached"] is False


@pytest.mark.parametrize("words", [["why"], ["why", "de mo"], ["why", "x.example.org"], ["status", "--jsn"], ["status", "now"]])
def test_what_is_mistyped_is_a_usage_error(world, words):
    done = hardlined(world.host("host", world.lan()), *words)
    assert done.returncode == USAGE and done.stderr.strip() and not done.stdout, done


def test_no_daemon_runs(world):
    host = world.host("host", world.lan())
    for words in (["status"], ["why", "0" * 40]):
        done = hardlined(host, *words, "--statedir", host.folder / "none")
        assert done.returncode == NO_DAEMON
        assert f"no daemon is running at {host.folder}/none/hardlined.sock" in done.stderr and "--socket" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_daemons_live_side_by_side(world):
    host = world.host("host", world.lan())
    one = world.daemon(host, "one").start()
    two = world.daemon(host, "two").start(p2p_port=7108, local_port=7109)
    assert status_of(one)["p2p_port"] == 7008
    assert status_of(two)["p2p_port"] == 7108


def test_the_socket_is_where_it_is_asked_for(world):
    host = world.host("host", world.lan())
    path = host.folder / "asked.sock"
    world.daemon(host).start("--socket", path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert hardlined(host, "--socket", path, "status").returncode == 0
    assert hardlined(host, "status", "--json", "--socket", path).returncode == 0
    assert hardlined(host, "why", "--socket", path, "0" * 40).returncode == NOT_REACHED


def test_the_socket_is_where_systemd_says(world):
    host = world.host("host", world.lan())
    folder = host.folder / "run"
    folder.mkdir()
    daemon = world.daemon(host).start(wrap=("env", f"RUNTIME_DIRECTORY={folder}:/elsewhere"))
    assert (folder / "hardlined.sock").is_socket() and not (daemon.state / "hardlined.sock").exists()
    done = host.run([HARDLINED, "status"], env=SANITIZERS | {"RUNTIME_DIRECTORY": str(folder)})
    assert "p2p port 7008" in done.stdout


def test_the_socket_is_gone_with_the_daemon(world):
    daemon = world.daemon(world.host("host", world.lan())).start()
    assert (daemon.state / "hardlined.sock").is_socket()
    daemon.stop()
    assert not (daemon.state / "hardlined.sock").exists()


def test_a_socket_left_behind_is_replaced(world):
    daemon = world.daemon(world.host("host", world.lan())).start()
    daemon.kill()
    assert (daemon.state / "hardlined.sock").is_socket()
    assert ask(daemon, "status").returncode == NO_DAEMON
    daemon.start()
    assert ask(daemon, "status").returncode == 0


def test_a_socket_that_another_daemon_answers_on_is_not_taken(world):
    host = world.host("host", world.lan())
    path = host.folder / "shared.sock"
    world.daemon(host, "one").start("--socket", path)
    two = world.daemon(host, "two")
    done = hardlined(host, "--servicedir", two.services, "--statedir", two.state, "--p2pport", "7108", "--localport", "0",
                     "--socket", path)
    assert done.returncode == 1 and str(path) in done.stderr and "another hardlined" in done.stderr
    assert hardlined(host, "status", "--socket", path).returncode == 0


def test_a_path_that_is_too_long_is_said(world):
    host = world.host("host", world.lan())
    path = host.folder / ("long" * 30)
    done = hardlined(host, "--statedir", host.folder / "state", "--socket", path)
    assert done.returncode == 1 and "107" in done.stderr
    done = hardlined(host, "status", "--socket", path)
    assert done.returncode == NO_DAEMON and "107" in done.stderr


def test_a_default_place_that_cannot_be_had_is_a_warning(world):
    daemon = world.daemon(world.host("host", world.lan()))
    daemon.state.mkdir(mode=0o700)
    (daemon.state / "hardlined.sock").write_text("in the way")
    daemon.start()
    assert "not a socket" in daemon.log() and "hardlined status" in daemon.log()


def test_another_user_is_not_answered(world):
    """Not even where somebody opened the socket's mode."""
    host = world.host("host", world.lan())
    daemon = world.daemon(host).start("--socket", "/run/open.sock")
    os.chmod("/run/open.sock", 0o666)
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run([*nobody, "true"], capture_output=True).returncode != 0:
        pytest.skip("there is no other user in this namespace")
    command = ["curl", "-sS", "--unix-socket", "/run/open.sock", "http://localhost/api/status"]
    assert "p2p_port" in host.run(command).stdout
    assert host.run([*nobody, *command], check=False).returncode != 0
    assert daemon.running()


def test_a_shutdown_does_not_wait_for_an_examination(pair):
    nobody = make_identity(pair.client_host.folder / "nobody.cert")
    asking = pair.client_host.popen([HARDLINED, "why", nobody.label, "--statedir", pair.client.state], env=SANITIZERS,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: json.loads(ask(pair.client, "status", "--json").stdout), "it answers")
    assert pair.client.stop() < 5
    assert asking.wait(10) in (NOT_REACHED, NO_DAEMON)


class Pretender:
    """Answers on a control socket with what a test makes up."""

    def __init__(self, path, answer, status="200 OK"):
        self.path = path
        self.answer, self.status = answer, status
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                body = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
                connection.sendall(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}".encode())


@pytest.fixture
def told(world):
    """What `hardlined status` makes of a real daemon's answer after `change(answer)`."""
    host = world.host("host", world.lan())
    daemon = world.daemon(host)
    daemon.publish("demo", "127.0.0.1:8080")
    daemon.start()
    honest = status_of(daemon)
    numbers = iter(range(100))

    def tell(change):
        answer = json.loads(json.dumps(honest))
        answer["gateway"]["enabled"] = answer["dht"]["enabled"] = True
        change(answer)
        path = host.folder / f"{next(numbers)}.sock"
        Pretender(path, answer)
        done = hardlined(host, "status", "--socket", path)
        assert done.returncode == 0, done.stderr
        return re.sub(r" +", " ", done.stdout)

    return tell


def test_a_mapping_is_told_with_its_lease(told):
    def mapped(status):
        status["gateway"] |= {"state": "mapped", "description": "http://192.168.1.1/ (Box)", "mapping": {
            "protocol": "UPnP IGDv2", "internal_address": "192.168.1.5", "internal_port": 7008, "external_address": "203.0.113.7",
            "external_port": 7010, "permanent": False, "lease_seconds": 3600, "lease_left_seconds": 1900, "renewed_seconds_ago": 1700}}
        status["reachability"] |= {"public_address": "203.0.113.7", "told_by": "the gateway", "nat": "mapped",
                                   "wan_hosts": ["203.0.113.7:7010"]}

    text = told(mapped)
    assert "Router http://192.168.1.1/ (Box)" in text
    assert "Mapping 203.0.113.7:7010 to 192.168.1.5:7008 via UPnP IGDv2, for 1 hour, 31 minutes left" in text
    assert "Public address 203.0.113.7 (according to the gateway)" in text
    assert "Told to others 203.0.113.7:7010" in text and "forward TCP" not in text


def test_no_router_comes_with_advice(told):
    text = told(lambda status: status["gateway"].update(state="no_gateway"))
    assert "No router here opens ports on request" in text and "forward TCP port 7008" in text and "--public-address" in text


def test_a_router_that_refuses_comes_with_advice(told):
    text = told(lambda status: status["gateway"].update(state="refused", description="http://192.168.1.1/", problem="not authorised"))
    assert "http://192.168.1.1/ refuses to open the port: not authorised" in text and "forward TCP port 7008" in text


def test_a_nat_that_matters_is_explained(told):
    text = told(lambda status: status["reachability"].update(nat="carrier_grade", explanation="many customers share one address"))
    assert "NAT many customers share one address" in text


def test_the_dht_is_told(told):
    def dht(status):
        status["dht"] |= {"network": 7, "bootstrap": ["a.example.org:4222"], "node": {
            "state": "connected", "port": 4222, "good_nodes_ipv4": 12, "good_nodes_ipv6": 3, "known_nodes_ipv4": 40,
            "known_nodes_ipv6": 9, "seen_as": ["203.0.113.7"], "problem": None}, "proxies": [
            {"url": "http://a.example.org", "last_answer": "2023-11-14T22:13:20Z", "last_answer_seconds_ago": 300,
             "public_address": None, "loses_puts": True, "problem": None},
            {"url": "http://b.example.org", "last_answer": None, "last_answer_seconds_ago": None, "public_address": None,
             "loses_puts": False, "problem": "timed out"}]}
        status["services"][0]["announcement"] = {"last_put": "2023-11-14T22:13:20Z", "last_put_seconds_ago": 240, "by": "the DHT",
                                                 "confirmed": True, "problem": None}

    text = told(dht)
    assert "Own node Connected to 15 nodes (12 over IPv4, 3 over IPv6); UDP port 4222" in text
    assert "Bootstrap a.example.org:4222 (network 7)" in text
    assert "http://a.example.org: answered 5 minutes ago; not used, because it loses announcements" in text
    assert "http://b.example.org: has not answered yet; timed out" in text
    assert "Announced in the DHT 4 minutes ago via the DHT, confirmed" in text


def test_a_title_cannot_command_the_terminal(told):
    text = told(lambda status: status["services"][0].update(title="\x1b[2Jx\nSeparate line"))
    assert "\x1b" not in text and "\nSeparate" not in text


@pytest.mark.parametrize("answer, status", [
    ("not JSON", "200 OK"), ({"version": "9"}, "200 OK"), ([], "200 OK"),
    ({"error": {"code": "internal", "text": "out of order"}}, "500 Internal Server Error"), ("", "404 Not Found"),
])
def test_an_answer_that_makes_no_sense(world, answer, status):
    host = world.host("host", world.lan())
    Pretender(host.folder / "a.sock", answer, status)
    done = hardlined(host, "status", "--socket", host.folder / "a.sock")
    assert done.returncode == 1 and not done.stdout and len(done.stderr.splitlines()) == 1, done
    assert status != "500 Internal Server Error" or "out of order" in done.stderr


@contextlib.contextmanager
def service_manager(host):
    """systemd's end of sd_notify(3): yields the path, and what arrives as a list of dictionaries."""
    path = host.folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(20)
        yield path, lambda: dict(line.split("=", 1) for line in listener.recv(4096).decode().splitlines())


def test_systemd_is_told(world):
    host = world.host("host", world.lan())
    daemon = world.daemon(host)
    daemon.publish("demo", "127.0.0.1:8080")
    with service_manager(host) as (path, told):
        daemon.start(wrap=("env", f"NOTIFY_SOCKET={path}"))
        assert told() == {"READY": "1", "STATUS": "1 service published, p2p port 7008"}
        daemon.publish("more", "127.0.0.1:8081")
        wait_until(lambda: "more" in daemon.log(), "it is published")
        daemon.process.send_signal(signal.SIGHUP)
        reloading = told()
        assert reloading["RELOADING"] == "1" and int(reloading["MONOTONIC_USEC"]) > 0
        assert told() == {"READY": "1", "STATUS": "2 services published, p2p port 7008"}
        daemon.stop()
        assert told()["STOPPING"] == "1"


def test_a_flood_of_addresses_does_not_hide_the_one_that_won(pair):
    honest = json.loads(ask(pair.client, "why", pair.service.label, "--json").stdout)
    won = next(attempt for attempt in honest["attempts"] if attempt["won"])
    lost = won | {"won": False, "error": {"code": "timed_out", "text": "timed out"}}
    path = pair.client_host.folder / "flood.sock"
    Pretender(path, honest | {"attempts": [lost | {"address": f"11.0.0.{i}:7008"} for i in range(100)] + [won]})
    told = hardlined(pair.client_host, "why", "--socket", path, pair.service.label).stdout
    rows = [line.split() for line in told.splitlines()]
    assert [row for row in rows if row[:1] == [won["address"]] and row[-1] == "reached"]
    assert told.count("11.0.0.") == 40 and "and 60 more, which --json shows" in told
