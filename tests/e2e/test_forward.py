"""`hardlined forward`, and ports that the daemon keeps: a local port that leads to a service."""

import json
import shlex
import signal
import socket
import subprocess

import pytest

from daemon import HARDLINED, SANITIZED, SANITIZERS
from net import wait_until
from origin import BLOCK, __file__ as ORIGIN, blocks, checksum
from sshd import Sshd
from tcpservice import TcpService
from test_connect import SIZE, Tcp
from tunnel import connect

PORT = 5900


@pytest.fixture
def pair(world):
    return Tcp(world).start()


class Forward:
    """The verb, running."""

    def __init__(self, pair, *words):
        self.process = pair.client_host.popen([HARDLINED, "forward", "--socket", pair.client.socket, *words], env=SANITIZERS,
                                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # The port may be open before the verb has heard of it.
        self.first = self.process.stdout.readline()
        assert self.first, f"it ended at once: {self.process.stderr.read()}"

    def end(self, sent=signal.SIGINT):
        """Ctrl-C. Returns its exit status and all it said."""
        self.process.send_signal(sent)
        out, err = self.process.communicate(timeout=20)
        assert self.process.returncode != SANITIZED, err
        return self.process.returncode, self.first + out + err


@pytest.fixture
def forward(pair):
    return Forward(pair, "tcp", str(PORT))


def talk(pair, said, port=PORT, address="127.0.0.1"):
    """All that comes back."""
    with connect(pair.client_host, address, port) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(BLOCK), b""))


def echoed(pair, port=PORT, address="127.0.0.1"):
    return talk(pair, b"echo\nhello\n", port, address) == pair.tcp.greeting.encode() + b"hello\nthat was all\n"


def test_the_port_leads_to_the_service(pair, forward):
    assert echoed(pair)


def test_it_is_this_machines_alone(pair, forward):
    assert echoed(pair, address="::1")
    with pytest.raises(OSError):
        connect(pair.server_host, pair.client_host.address, PORT)


def test_the_end_of_one_direction_is_not_that_of_the_other(pair, forward):
    length = 16 << 20
    assert talk(pair, f"bytes {length}\n".encode()) == pair.tcp.greeting.encode() + b"".join(blocks(length))


def test_a_cut_is_no_end(pair, forward):
    with connect(pair.client_host, "127.0.0.1", PORT) as connection:
        connection.sendall(b"reset 1000\n")
        stream = connection.makefile("rb")
        assert len(stream.read(len(pair.tcp.greeting) + 1000)) == len(pair.tcp.greeting) + 1000
        connection.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            stream.read(1)


def test_it_says_where_it_listens_and_ends_with_ctrl_c(pair, forward):
    assert echoed(pair)
    status, said = forward.end()
    assert str(PORT) in said
    assert status in (0, 130), said
    wait_until(lambda: not pair.client_host.listens(PORT), "the port is closed")


def test_many_connections_are_not_mixed_up(pair, forward):
    open_ones = [connect(pair.client_host, "127.0.0.1", PORT) for _ in range(50)]
    for number, connection in enumerate(open_ones):
        connection.sendall(b"echo\nthis is %d\n" % number)
        connection.shutdown(socket.SHUT_WR)
    for number, connection in enumerate(open_ones):
        said = b"".join(iter(lambda: connection.recv(BLOCK), b""))
        assert said == f"{pair.tcp.greeting}this is {number}\nthat was all\n".encode()
        connection.close()


def refusal(done):
    assert done.returncode not in (0, SANITIZED), done
    assert done.stderr.strip() and len(done.stderr.splitlines()) <= 5, done.stderr
    return done.stderr


def test_a_busy_port_is_said(pair):
    TcpService(pair.client_host, PORT)
    said = refusal(pair.client.verb("forward", "tcp", PORT, check=False))
    assert str(PORT) in said and "nother program" in said


def test_an_unknown_name_is_refused_in_words(pair):
    assert "nobody" in refusal(pair.client.verb("forward", "nobody", PORT, check=False))


@pytest.mark.parametrize("where", ["65536", "many", "nas:5900", "127.0.0.1"])
def test_what_is_no_port_is_refused_in_words(pair, where):
    assert where in refusal(pair.client.verb("forward", "tcp", where, check=False))


def test_an_address_of_ones_own_can_be_named(pair):
    made = Forward(pair, "tcp", f"*:{PORT}")
    with connect(pair.server_host, pair.client_host.address, PORT) as connection:
        connection.sendall(b"echo\n")
        assert connection.makefile("rb").readline().decode() == pair.tcp.greeting
    made.end()


def test_a_connection_that_fails_is_said_and_the_port_stays(pair, forward):
    pair.server.stop()
    assert talk_fails(pair)
    pair.server.start()
    wait_until(lambda: not talk_fails(pair), "the service is back", 20)
    assert echoed(pair)
    _, said = forward.end()
    assert len(said.splitlines()) >= 2, said


def talk_fails(pair):
    try:
        return talk(pair, b"echo\n") == b""
    except OSError:
        return True


def test_the_end_of_the_daemon_is_said(pair, forward):
    pair.client.stop()
    _, said = forward.process.communicate(timeout=20)
    assert forward.process.returncode == 1 and said.strip()


def test_the_daemon_keeps_ports_of_its_configuration(pair):
    pair.client.stop()
    config = pair.client_host.folder / "hardlined.ini"
    config.write_text(f"[Forward]\nports=tcp={PORT}, {pair.tcp_identity.label}=127.0.0.1:5901\n")
    pair.client.start("--config", config)
    assert echoed(pair) and echoed(pair, 5901)


def test_the_daemon_keeps_ports_of_its_command_line(pair):
    pair.client.stop()
    pair.client.start("--forward", f"tcp={PORT}")
    assert echoed(pair)


def test_a_kept_port_that_is_taken_is_said_and_the_others_are_kept(pair):
    pair.client.stop()
    TcpService(pair.client_host, PORT)
    pair.client.expected_errors.append(f"forward: .*{PORT}")
    pair.client.start("--forward", f"tcp={PORT}", "--forward", "tcp=5901")
    assert f"localhost:{PORT} cannot be used" in pair.client.log()
    assert echoed(pair, 5901)


def test_a_petname_that_is_pointed_elsewhere_takes_new_connections_along(pair):
    pair.client.stop()
    pair.client.start("--forward", f"tcp={PORT}")
    assert echoed(pair)
    other = TcpService(pair.server_host, 7001, "other")
    identity = pair.server.publish("other", other.address)
    pair.server.reload()
    wait_until(lambda: "service=" + identity.keyhash[:8] in pair.server.log(), "the service is published")
    pair.client.pin("tcp", identity)
    assert talk(pair, b"echo\n") == b"ready other\nthat was all\n"


def test_a_copy_down_arrives_whole(pair, forward):
    script = f"exec 3<>/dev/tcp/127.0.0.1/{PORT}; echo bytes {SIZE} >&3; tail -c +{len(pair.tcp.greeting) + 1} <&3 | sha256sum"
    assert pair.shell(script).split()[0] == checksum(SIZE)


def test_a_copy_up_arrives_whole(pair, forward):
    with connect(pair.client_host, "127.0.0.1", PORT, timeout=100) as connection:
        connection.sendall(b"sink\n")
        for block in blocks(SIZE):
            connection.sendall(block)
        connection.shutdown(socket.SHUT_WR)
        stream = connection.makefile("rb")
        assert stream.readline().decode() == pair.tcp.greeting
        assert json.loads(stream.readline()) == {"length": SIZE, "sha256": checksum(SIZE)}


def test_ssh_through_a_forwarded_port(pair):
    sshd = Sshd(pair.server_host, pair.client_host)
    identity = pair.server.publish("nas", sshd.address)
    pair.server.reload()
    wait_until(lambda: "service=" + identity.keyhash[:8] in pair.server.log(), "the service is published")
    made = Forward(pair, identity.url(), "2022")
    size = min(SIZE, 256 << 20)
    over = shlex.join(map(str, sshd.command("-p", "2022", "root@localhost", f"/usr/bin/python3 -B {ORIGIN} bytes {size}")))
    assert pair.shell(f"{over} | sha256sum").split()[0] == checksum(size)
    made.end()
