"""`hardlined connect`: standard input and output through the tunnel, for programs that are no browsers."""

import json
import os
import shlex
import subprocess

import pytest

from conftest import Pair
from daemon import HARDLINED, SANITIZED, SANITIZERS
from identity import make_identity
from net import wait_until
from origin import __file__ as ORIGIN, blocks, checksum
from sshd import Sshd
from tcpservice import TcpService

SIZE = int(os.environ.get("HARDLINE_BULK_BYTES", 1 << 30))


class Tcp(Pair):
    """A pair whose service is not HTTP, and which the client has pinned as `tcp`."""

    def settle(self, server_host, client_host):
        super().settle(server_host, client_host)
        self.tcp = TcpService(server_host)
        self.tcp_identity = self.server.publish("tcp", self.tcp.address)
        self.client.identities.append(self.tcp_identity)

    def start(self):
        self.server.start(quarantine=16)
        self.client.start(quarantine=16)
        self.client.pin("tcp", self.tcp_identity)
        return self

    def connecting(self, name="tcp", *options):
        return [HARDLINED, "connect", name, "--socket", self.client.socket, *options]

    def popen(self, name="tcp", **options):
        return self.client_host.popen(self.connecting(name), env=SANITIZERS, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, **options)

    def connect(self, said, name="tcp", **options):
        """Runs it with all of its input, which then ends; its output as text."""
        done = self.client_host.run(self.connecting(name), env=SANITIZERS, input=said, check=False, **options)
        assert done.returncode != SANITIZED, done.stderr
        return done

    def shell(self, script, timeout=100):
        """bash on the client's host, where $CONNECT leads to the service."""
        environment = SANITIZERS | {"CONNECT": shlex.join(map(str, self.connecting()))}
        return self.client_host.run(["bash", "-c", f"set -o pipefail; {script}"], env=environment, timeout=timeout).stdout


@pytest.fixture
def pair(world):
    return Tcp(world).start()


def test_what_is_sent_comes_back(pair):
    done = pair.connect("echo\nhello\n")
    assert done.stdout == pair.tcp.greeting + "hello\nthat was all\n"
    assert done.returncode == 0 and done.stderr == ""


def test_the_service_may_speak_first_and_a_line_at_a_time_goes_both_ways(pair):
    talk = pair.popen()
    assert talk.stdout.readline().decode() == pair.tcp.greeting
    talk.stdin.write(b"echo\n")
    for line in (b"one\n", b"two\n"):
        talk.stdin.write(line)
        talk.stdin.flush()
        assert talk.stdout.readline() == line
    talk.stdin.close()
    assert talk.stdout.read() == b"that was all\n"
    assert talk.wait(20) == 0


def test_output_goes_on_after_the_end_of_input(pair):
    """As `echo request | nc` has it: the end of one direction is carried, and is not the end of the other."""
    length = 16 << 20
    done = pair.connect(f"bytes {length}\n".encode(), text=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == pair.tcp.greeting.encode() + b"".join(blocks(length))


def test_the_end_of_the_service_is_told_though_input_is_open(pair):
    """It may be half an end: what is still to be sent is, and then all is done."""
    talk = pair.popen()
    talk.stdin.write(b"bytes 5\n")
    talk.stdin.flush()
    assert talk.stdout.read() == pair.tcp.greeting.encode() + next(blocks(5))
    talk.stdin.close()
    assert talk.wait(20) == 0


def test_a_cut_is_told_from_an_end(pair):
    talk = pair.popen()
    talk.stdin.write(b"reset 1000\n")
    talk.stdin.flush()
    length = len(pair.tcp.greeting) + 1000
    assert len(talk.stdout.read(length)) == length, "what came before the cut is not lost"
    talk.stdin.write(b"x")
    talk.stdin.flush()
    assert talk.wait(20) == 1
    assert talk.stderr.read().strip()


def test_a_network_that_goes_is_a_cut(pair):
    talk = pair.popen()
    assert talk.stdout.readline().decode() == pair.tcp.greeting
    pair.server.kill()
    assert talk.wait(60) == 1
    assert talk.stderr.read().strip()


@pytest.mark.parametrize("spelling", ["tcp", "TCP", "tcp.localhost", "{label}", "{label}.localhost", "{label}.localhost:7009",
                                      "http://{label}.localhost:7009/"])
def test_a_service_is_meant_by_its_petname_its_own_name_or_its_link(pair, spelling):
    done = pair.connect("echo\nhello\n", spelling.format(label=pair.tcp_identity.label))
    assert done.returncode == 0 and "hello" in done.stdout, done.stderr


@pytest.mark.parametrize("order", ["before", "after", "statedir"])
def test_the_daemon_is_named_before_or_after_the_verbs_own_words(pair, order):
    words = {"before": ["connect", "--socket", pair.client.socket, "tcp"],
             "after": ["connect", "tcp", "--socket", pair.client.socket],
             "statedir": ["--statedir", pair.client.state, "connect", "tcp"]}[order]
    done = pair.client_host.run([HARDLINED, *words], env=SANITIZERS, input="echo\nhello\n", check=False)
    assert done.returncode == 0 and "hello" in done.stdout, done.stderr


def refusal(done):
    """What it says when nothing was carried: an exit status that is no success, nothing on standard output, a few lines."""
    assert done.returncode not in (0, SANITIZED), done
    assert done.stdout == ""
    assert done.stderr.strip() and len(done.stderr.splitlines()) <= 5
    return done.stderr


def test_an_unknown_name_is_refused_in_words(pair):
    assert "nobody" in refusal(pair.connect("", "nobody"))


def test_a_service_that_is_not_there_is_refused_in_words(pair):
    away = make_identity(pair.client_host.folder / "away.cert")
    said = refusal(pair.connect("", away.label))
    assert away.password not in said


def test_a_wrong_password_is_refused_in_words(pair):
    assert "password" in refusal(pair.connect("", f"zzzzzzzzzzzzz-{pair.tcp_identity.keyhash}")).lower()


def test_an_origin_that_is_down_is_refused_in_words(pair):
    pair.tcp.process.kill()
    wait_until(lambda: not pair.server_host.listens(pair.tcp.port), "the origin is down")
    refusal(pair.connect("echo\n"))


def test_a_daemon_that_does_not_run_is_said_plainly(pair):
    pair.client.stop()
    said = refusal(pair.connect("echo\n"))
    assert "hardlined" in said and str(pair.client.socket) in said


def test_twenty_at_once_are_not_mixed_up(pair):
    talks = [pair.popen() for _ in range(20)]
    for number, talk in enumerate(talks):
        talk.stdin.write(b"echo\nthis is %d\n" % number)
        talk.stdin.close()
    for number, talk in enumerate(talks):
        assert talk.stdout.read() == f"{pair.tcp.greeting}this is {number}\nthat was all\n".encode()
        assert talk.wait(20) == 0


def test_a_copy_down_arrives_whole(pair):
    skip = len(pair.tcp.greeting)
    shown = pair.shell(f"echo bytes {SIZE} | $CONNECT | tail -c +{skip + 1} | sha256sum")
    assert shown.split()[0] == checksum(SIZE)


def test_a_copy_up_arrives_whole(pair):
    shown = pair.shell(f"(echo sink; /usr/bin/python3 -B {ORIGIN} bytes {SIZE}) | $CONNECT | tail -n 1")
    assert json.loads(shown) == {"length": SIZE, "sha256": checksum(SIZE)}


class Ssh:
    def __init__(self, pair):
        self.pair = pair
        self.sshd = Sshd(pair.server_host, pair.client_host)
        identity = pair.server.publish("nas", self.sshd.address)
        pair.client.identities.append(identity)
        pair.server.reload()
        wait_until(lambda: "service=" + identity.keyhash[:8] in pair.server.log(), "the service is published")
        pair.client.pin("nas", identity)

    def command(self, *words):
        proxy = f"{shlex.quote(str(HARDLINED))} connect %h --socket {shlex.quote(str(self.pair.client.socket))}"
        return self.sshd.command("-o", f"ProxyCommand={proxy}", "root@nas", *words)

    def run(self, *words, **options):
        return self.pair.client_host.run(self.command(*words), env=SANITIZERS, check=False, **options)


@pytest.fixture
def ssh(pair):
    return Ssh(pair)


def test_ssh_runs_a_command(ssh):
    done = ssh.run("echo over there; exit 7")
    assert (done.stdout, done.returncode) == ("over there\n", 7), done.stderr


def test_ssh_carries_input_to_its_end(ssh):
    done = ssh.run("sort", input="b\na\n")
    assert (done.stdout, done.returncode) == ("a\nb\n", 0), done.stderr


def test_ssh_copies_a_file_both_ways(ssh):
    size = min(SIZE, 256 << 20)
    for script in (f"{shlex.join(map(str, ssh.command(f'/usr/bin/python3 -B {ORIGIN} bytes {size}')))} | sha256sum",
                   f"/usr/bin/python3 -B {ORIGIN} bytes {size} | {shlex.join(map(str, ssh.command('sha256sum')))}"):
        assert ssh.pair.shell(script).split()[0] == checksum(size)
