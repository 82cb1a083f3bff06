"""The verbs that speak with the daemon: discover, pin, unpin, names, publish, unpublish, list, open; and what all of them share.

`connect` and `forward` have tests of their own."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

from daemon import HARDLINED, SANITIZERS, hardlined
from identity import make_identity
from net import wait_until

PROBLEM, USAGE, NO_DAEMON = 1, 2, 3


def ask(daemon, *words, **options):
    """A verb for `daemon`, whatever it comes to."""
    return hardlined(daemon.host, *words, "--statedir", daemon.state, **options)


def said(daemon, *words, **options):
    done = ask(daemon, *words, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said_json(daemon, *words):
    return json.loads(said(daemon, *words, "--json"))


def on_terminal(host, words, columns=80, rows=24, until=None, **environment):
    """What a person sees who runs it in a window of that size; with `until`, up to there, and then Ctrl-C."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = host.popen([HARDLINED, *words], env=SANITIZERS | {"TERM": "xterm"} | environment, stdin=far, stdout=far, stderr=far)
    os.close(far)
    seen, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        if select.select([near], [], [], 0.1)[0]:
            try:
                seen += os.read(near, 65536)
            except OSError:  # EIO: nobody has the other end any more
                break
        if until and until.encode() in seen and process.poll() is None:
            process.send_signal(signal.SIGINT)
            until = None
    status = process.wait(10)
    os.close(near)
    return status, seen.decode().replace("\r\n", "\n")


@pytest.fixture
def host(world):
    return world.host("host", world.lan())


# ---- what all verbs share

VERBS = [["discover"], ["open", "demo"], ["connect", "demo"], ["forward", "demo", "0"], ["pin", "demo", "0" * 40], ["unpin", "demo"],
         ["names"], ["publish", "80", "--title", "T"], ["unpublish", "demo"], ["status"], ["why", "demo"]]


@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
def test_where_no_daemon_runs(host, words):
    done = hardlined(host, *words, "--statedir", host.folder / "none", stdin=subprocess.DEVNULL)
    assert done.returncode == NO_DAEMON and not done.stdout
    assert f"no daemon is running at {host.folder}/none/hardlined.sock" in done.stderr and "start one with `hardlined`" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
def test_the_socket_may_come_before_or_after_the_words(host, words):
    path = host.folder / "none.sock"
    for line in ([*words, "--socket", path], ["--socket", path, *words]):
        done = hardlined(host, *line, stdin=subprocess.DEVNULL)
        assert done.returncode == NO_DAEMON and str(path) in done.stderr, done


@pytest.mark.parametrize("words, wrong", [
    (["discover", "now"], "now"), (["open"], "NAME"), (["open", "x.example.org"], "x.example.org"), (["open", "a--b--"], "a--b--"),
    (["connect"], "NAME"), (["connect", "demo", "-x"], "-x"), (["forward", "demo"], "PORT"), (["forward", "demo", "port"], "port"),
    (["forward", "demo", "127.0.0.1:70000"], "70000"), (["forward", "demo", "127.0.0.1:"], "127.0.0.1:"),
    (["pin", "demo"], "LINK"), (["pin", "localhost", "0" * 40], "localhost"), (["pin", "demo", "jellyfin"], "jellyfin"),
    (["pin", "a.b", "0" * 40], "a.b"), (["unpin", "a b"], "a b"),
    (["names", "--export", "a", "--import", "b"], "--import"), (["publish", "80"], "--title"), (["publish", "host", "--title", "T"], "host"),
    (["publish", "0", "--title", "T"], "0"), (["publish", "unix:relative", "--title", "T"], "relative"),
    (["publish", "https://localhost:443", "--title", "T"], "https"), (["unpublish"], "ID"), (["why", "de mo"], "de mo"),
])
def test_what_is_mistyped_is_a_usage_error(host, words, wrong):
    done = hardlined(host, *words, "--statedir", host.folder / "none", stdin=subprocess.DEVNULL)
    assert done.returncode == USAGE and not done.stdout and wrong in done.stderr, done
    assert len(done.stderr.splitlines()) <= 2


def test_another_users_daemon_says_so(host, world):
    daemon = world.daemon(host).start("--socket", "/run/closed.sock")
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if subprocess.run([*nobody, "true"], capture_output=True).returncode != 0:
        pytest.skip("there is no other user in this namespace")
    for words in (["names"], ["connect", "0" * 40]):
        done = host.run([*nobody, HARDLINED, *words, "--socket", "/run/closed.sock"], check=False,
                        env=SANITIZERS | {"HOME": "/nowhere"})
        assert done.returncode == NO_DAEMON and "belongs to another user" in done.stderr and "sudo" in done.stderr
    assert daemon.running()


def test_colours_are_for_terminals_that_want_them(host, world):
    daemon = world.daemon(host)
    daemon.publish("demo", "127.0.0.1:8080")
    words = ["list", "--servicedir", daemon.services]
    assert "\x1b[" in on_terminal(host, words)[1]
    assert "\x1b[" in on_terminal(host, words, NO_COLOR="")[1]
    assert "\x1b[" not in on_terminal(host, words, NO_COLOR="1")[1]
    assert "\x1b[" not in on_terminal(host, words, TERM="dumb")[1]
    assert "\x1b[" not in hardlined(host, *words).stdout


def test_tables_fit_the_terminal_and_links_stay_whole(host, world):
    daemon = world.daemon(host)
    service = daemon.publish("A title that goes on and on, so that no terminal of eighty columns has room for it", "127.0.0.1:8080")
    words = ["list", "--servicedir", daemon.services]
    narrow = on_terminal(host, words, columns=80, NO_COLOR="1")[1]
    assert max(map(len, narrow.splitlines())) <= 80 and "…" in narrow and service.url() in narrow
    wide = on_terminal(host, words, columns=200, NO_COLOR="1")[1]
    assert wide == hardlined(host, *words).stdout and "…" not in wide


# ---- list

def test_list_as_json(host, world):
    daemon = world.daemon(host)
    service = daemon.publish("demo", "127.0.0.1:8080")
    daemon.publish("resting", "127.0.0.1:8081", Service={"paused": "yes"})
    (daemon.services / "new.ini").write_text("[Service]\nservice=127.0.0.1\nport=80\n")
    (daemon.services / "wrong.ini").write_text("[Service]\nservice=127.0.0.1\nport=many\n")
    done = hardlined(host, "list", "--json", "--servicedir", daemon.services)
    assert done.returncode == PROBLEM
    answer = json.loads(done.stdout)
    services = {service["title"]: service for service in answer["services"]}
    assert services["demo"] == {"title": "demo", "link": service.url(), "key_hash": service.keyhash, "paused": False,
                                "file": str(daemon.services / "demo.ini"), "origin": "127.0.0.1:8080"}
    assert services["resting"]["paused"] and services["new"]["link"] is None
    assert len(answer["errors"]) == 1 and "wrong.ini:3" in answer["errors"][0]


def test_list_shows_what_is_paused(host, world):
    daemon = world.daemon(host)
    service = daemon.publish("resting", "127.0.0.1:8081", Service={"paused": "yes"})
    shown = hardlined(host, "list", "--servicedir", daemon.services).stdout
    assert re.search(rf"^resting +{service.url()} +paused$", shown, re.MULTILINE), shown


def test_check_as_json(host, world):
    daemon = world.daemon(host)
    daemon.publish("demo", "127.0.0.1:8080")
    (daemon.services / "wrong.ini").write_text("[Service]\nservice=127.0.0.1\nport=many\n")
    done = hardlined(host, "check", "--json", "--servicedir", daemon.services)
    answer = json.loads(done.stdout)
    assert done.returncode == PROBLEM and not answer["right"] and answer["right_services"] == 1
    (error,) = answer["service_errors"]
    assert (error["file"], error["line"], error["key"]) == (str(daemon.services / "wrong.ini"), 3, "port")


def test_keygen_and_hash_as_json(host):
    certfile = host.folder / "new.cert"
    made = json.loads(hardlined(host, "keygen", certfile, "--json").stdout)
    assert made["name"].endswith(made["key_hash"]) and made["certfile"] == str(certfile)
    assert json.loads(hardlined(host, "hash", "--json", certfile).stdout) == {"key_hash": made["key_hash"]}


# ---- discover

def test_discover_shows_who_is_here(pair):
    shown = said(pair.client, "discover")
    assert re.search(rf"^demo +{pair.server_host.address}:7008 +(just now|\d+ seconds? ago) .*{pair.service.keyhash}", shown, re.MULTILINE), shown
    (neighbour,) = said_json(pair.client, "discover")["neighbours"]
    assert neighbour["title"] == "demo" and neighbour["key_hash"] == pair.service.keyhash and not neighbour["published_here"]
    assert neighbour["machines"] == [f"{pair.server_host.address}:7008"]


def test_discover_where_nobody_is(host, world):
    daemon = world.daemon(host).start()
    done = ask(daemon, "discover")
    assert done.returncode == 0 and not done.stdout and "No service answers" in done.stderr
    assert said_json(daemon, "discover") == {"neighbours": []}


def test_discover_lets_no_title_speak_to_the_terminal(pair):
    hostile = "\u009b2Jmoved\u202egone"
    pair.server.publish("hostile", "127.0.0.1:81", identity=make_identity(pair.server_host.folder / "other.cert"), Info={"title": hostile})
    pair.server.reload()
    wait_until(lambda: "service=" + pair.server.identities[-1].keyhash[:8] in pair.server.log(), "it is published")
    wait_until(lambda: len(said_json(pair.client, "discover")["neighbours"]) == 2, "it is heard")
    for words in (["discover"], ["discover", "--json"]):
        shown = on_terminal(pair.client_host, [*words, "--statedir", pair.client.state], NO_COLOR="1")[1]
        assert "moved" in shown and not set("\x1b\u009b\u202e") & set(shown), shown


class Watching:
    """`discover --watch` on a host, and its lines as they come."""

    def __init__(self, daemon, *options):
        self.process = daemon.host.popen([HARDLINED, "discover", "--watch", *options, "--statedir", daemon.state], env=SANITIZERS,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, pattern, timeout=30):
        wait_until(lambda: any(re.search(pattern, line) for line in self.lines), f"{pattern} in {self.lines}", timeout)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


def test_discover_watches_who_comes_and_goes(pair):
    lines = Watching(pair.client)
    events = Watching(pair.client, "--json")
    lines.wait_for(rf"^here    demo  {pair.server_host.address}:7008  http")
    pair.server.stop()
    lines.wait_for("^gone    demo")
    pair.server.start()
    wait_until(lambda: [len(json.loads(line)["neighbours"]) for line in events.lines][-1:] == [1] and len(events.lines) >= 3, "it is back")
    assert lines.end() == 0 and events.end() == 0


def test_a_watcher_is_told_that_the_daemon_has_ended(pair):
    watching = Watching(pair.client)
    watching.wait_for("demo")
    assert pair.client.stop() < 5
    assert watching.process.wait(10) == PROBLEM and "the daemon has stopped" in watching.process.stderr.read()


def test_discover_watches_on_a_terminal(pair):
    status, seen = on_terminal(pair.client_host, ["discover", "--watch", "--statedir", pair.client.state], columns=200, until="demo")
    assert status == 0 and "\x1b[H\x1b[J" in seen and "Ctrl-C" in seen


# ---- names

def test_a_name_is_pinned_shown_and_taken_back(pair):
    assert "http://films.localhost:7009/" in said(pair.client, "pin", "Films", pair.service.url("/page"))
    assert "Hello" in pair.client_host.run(["curl", "-sS", "--max-time", "20", "http://films.localhost:7009/"]).stdout
    assert re.search(rf"^films +\d+ seconds? ago +the local network +reached +{pair.service.url()}$", said(pair.client, "names"), re.MULTILINE)
    (name,) = said_json(pair.client, "names")["names"]
    assert name["name"] == "films" and name["link"] == pair.service.url()
    assert said_json(pair.client, "discover")["neighbours"][0]["pinned_as"] == "films"
    for known in ("films", "films.localhost", "http://films.localhost:7009/page"):
        assert ask(pair.client, "why", known).returncode == 0
    said(pair.client, "unpin", "films")
    done = ask(pair.client, "names")
    assert done.returncode == 0 and not done.stdout and "hardlined pin" in done.stderr
    done = ask(pair.client, "unpin", "films")
    assert done.returncode == PROBLEM and "films" in done.stderr


def test_a_name_that_was_never_opened(pair):
    said_json(pair.client, "pin", "films", pair.service.label)
    assert re.search(r"^films +never ", said(pair.client, "names"), re.MULTILINE)


def test_names_are_exported_and_imported(pair):
    said(pair.client, "pin", "films", pair.service.url())
    file = pair.client_host.folder / "names.txt"
    assert "1 name written" in said(pair.client, "names", "--export", file)
    assert file.stat().st_mode & 0o777 == 0o600 and pair.service.label in file.read_text()
    assert said(pair.client, "names", "--export", "-") == file.read_text()
    assert "1 name imported" in said(pair.server, "names", "--import", file)
    assert said_json(pair.server, "names")["names"][0]["name"] == "films"
    said(pair.client, "unpin", "films")
    assert "1 name imported" in said(pair.client, "names", "--import", "-", input=file.read_text())
    assert said_json(pair.client, "names")["names"][0]["name"] == "films"


def test_of_a_file_with_a_mistake_nothing_is_imported(pair):
    file = pair.client_host.folder / "names.txt"
    file.write_text(f"films {pair.service.label}\nbooks nowhere\n")
    done = ask(pair.client, "names", "--import", file)
    assert done.returncode == PROBLEM and f"{file}:2: " in done.stderr and "nothing was imported" in done.stderr
    assert said_json(pair.client, "names")["names"] == []
    done = ask(pair.client, "names", "--import", file.with_name("none"))
    assert done.returncode == PROBLEM and "none" in done.stderr


def test_many_names_are_imported(pair):
    file = pair.client_host.folder / "names.txt"
    file.write_text("".join(f"name{number} {pair.service.url()}\n" for number in range(2000)))
    said(pair.client, "names", "--import", file)
    assert len(said_json(pair.client, "names")["names"]) == 2000


def test_an_export_replaces_no_device(pair):
    done = ask(pair.client, "names", "--export", "/dev/null")
    assert done.returncode == PROBLEM and "is not a regular file" in done.stderr


# ---- publish, unpublish

def test_a_service_is_published_opened_and_unpublished(pair):
    port = pair.origin.address.rpartition(":")[2]
    shown = said(pair.server, "publish", port, "--title", "Front door")
    link = re.search(r"^http://\S+$", shown, re.MULTILINE)[0]
    assert shown.startswith("Front door\n") and "█" not in shown
    assert "Hello" in pair.client_host.run(["curl", "-sS", "--max-time", "20", link]).stdout
    assert link in said(pair.server, "list", "--servicedir", pair.server.services)
    kept = re.search(r"kept in (\S+)", said(pair.server, "unpublish", "front door"))[1]
    assert os.path.isdir(kept) and link not in said(pair.server, "list", "--servicedir", pair.server.services)


def test_publish_as_json(pair):
    service = said_json(pair.server, "publish", pair.origin.address, "--title", "Front door")
    assert service["title"] == "Front door" and service["origin"] == pair.origin.address and service["link"].startswith("http://")
    assert said_json(pair.server, "unpublish", service["link"])["kept_in"]
    again = said_json(pair.server, "publish", "unix:/run/none.sock", "--title", "Back door")
    assert again["socket"] == "/run/none.sock"
    assert said_json(pair.server, "unpublish", again["id"])["kept_in"]


def test_publish_shows_a_qr_code_on_a_terminal(pair):
    words = ["publish", "8080", "--title", "Front door", "--statedir", pair.server.state]
    status, seen = on_terminal(pair.server_host, words, NO_COLOR="1")
    assert status == 0 and set("█▀▄") & set(seen)


def test_unpublish_asks_which(pair):
    first = said_json(pair.server, "publish", "8080", "--title", "Twin")
    second = said_json(pair.server, "publish", "8081", "--title", "Twin")
    done = ask(pair.server, "unpublish", "Twin")
    assert done.returncode == PROBLEM and first["id"] in done.stderr and second["id"] in done.stderr and "ID" in done.stderr
    done = ask(pair.server, "unpublish", "nothing")
    assert done.returncode == PROBLEM and '"nothing"' in done.stderr
    assert len([s for s in said_json(pair.server, "list", "--servicedir", pair.server.services)["services"] if s["title"] == "Twin"]) == 2


# ---- open

def browser(host, status=0):
    """A program that writes down what it was given."""
    program = host.folder / f"browser{status}"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {program}.said\nexit {status}\n')
    program.chmod(0o755)
    return program


def open_with(pair, name, **environment):
    return pair.client_host.run([HARDLINED, "open", name, "--statedir", pair.client.state], env=SANITIZERS | environment, check=False)


def test_open_starts_the_browser(pair):
    said(pair.client, "pin", "films", pair.service.url())
    program = browser(pair.client_host)
    for name, url in (("films", "http://films.localhost:7009/"), (pair.service.label, pair.service.url())):
        done = open_with(pair, name, BROWSER=str(program))
        assert done.returncode == 0 and done.stdout == f"{url}\n"
        assert program.with_name("browser0.said").read_text() == f"{url}\n"
    open_with(pair, "films", BROWSER=f"/nowhere/to/be/found:{program} --new %s")
    assert program.with_name("browser0.said").read_text() == "--new\nhttp://films.localhost:7009/\n"


def test_open_goes_on_to_the_next_browser_and_says_when_none_could(pair):
    bad, good = browser(pair.client_host, 1), browser(pair.client_host)
    assert open_with(pair, pair.service.label, BROWSER=f"{bad}:{good}").returncode == 0
    done = open_with(pair, pair.service.label, BROWSER=str(bad))
    assert done.returncode == PROBLEM and pair.service.url() in done.stdout and "could not" in done.stderr


def test_open_says_the_address_where_there_is_no_browser(pair):
    done = open_with(pair, pair.service.label)
    assert done.returncode == 0 and done.stdout == f"{pair.service.url()}\n" and "$BROWSER" in done.stderr


def test_open_of_a_name_that_is_not_pinned(pair):
    done = open_with(pair, "films", BROWSER="true")
    assert done.returncode == PROBLEM and "hardlined pin films LINK" in done.stderr


# ---- a daemon of another version, or something else at its place

class Stranger:
    """Answers once, with these octets."""

    def __init__(self, path, octets):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.answer, args=[octets], daemon=True).start()

    def answer(self, octets):
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(octets)


def answered(text, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()


UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: hardline-stream\r\n\r\n"


@pytest.mark.parametrize("words, answer, status, message", [
    (["names"], answered("{}"), PROBLEM, "a different version"),
    (["names"], answered("nothing"), PROBLEM, "a different version"),
    (["names"], answered('{"error": {"code": "x", "text": "not \u001b[2J today"}}'.replace("\u001b", "\\u001b"), "409 Conflict"), PROBLEM, "today"),
    (["names"], answered("", "500 Oops"), PROBLEM, "status 500"),
    (["names"], b"", NO_DAEMON, "gave no answer"),
    (["connect", "0" * 40], b"", NO_DAEMON, "gave no answer"),
    (["connect", "0" * 40], b"SSH-2.0\r\n\r\n", NO_DAEMON, "gave no answer"),
    (["connect", "0" * 40], answered('{"error": {"code": "x", "text": "nobody there"}}', "502 Bad Gateway"), PROBLEM, "nobody there"),
    (["connect", "0" * 40], UPGRADED, PROBLEM, "was cut"),
    (["connect", "0" * 40], UPGRADED + b"5\r\nhel", PROBLEM, "was cut"),
    (["connect", "0" * 40], UPGRADED + b"nothing like a chunk", PROBLEM, "was cut"),
    (["connect", "0" * 40], UPGRADED + b"5\r\nhello\r\n0\r\n\r\n", 0, ""),
    (["forward", "demo", "0"], answered('{"listening": "localhost:1"}\n'), PROBLEM, "has stopped"),
    (["forward", "demo", "0"], answered('{"error": {"code": "x", "text": "port is taken"}}', "409 Conflict"), PROBLEM, "port is taken"),
])
def test_answers_of_strangers(host, words, answer, status, message):
    path = host.folder / "stranger.sock"
    Stranger(path, answer)
    done = hardlined(host, *words, "--socket", path, stdin=subprocess.DEVNULL)
    assert done.returncode == status and message in done.stderr and "\x1b" not in done.stderr, done
    assert len(done.stderr.splitlines()) == (1 if status else 0)
    if words[0] == "connect":
        assert done.stdout == ("hello" if status == 0 else "hel" if b"hel" in answer and status == PROBLEM and b"502" not in answer else "")
