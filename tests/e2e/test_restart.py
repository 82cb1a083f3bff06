"""Either side may be started again, also somewhere else, and the page opens."""

from conftest import Pair
from identity import read_identity
from net import wait_until
from origin import Origin


def test_the_server_restarts_on_another_port(pair):
    assert "Hello" in pair.curl().stdout
    pair.server.stop()
    pair.server.start(p2p_port=7123)
    assert "Hello" in pair.curl().stdout


def test_the_server_is_killed_and_restarts(pair):
    assert "Hello" in pair.curl().stdout
    pair.server.kill()
    pair.server.start(p2p_port=7123)
    assert "Hello" in pair.curl().stdout


def test_the_client_restarts(pair):
    assert "Hello" in pair.curl().stdout
    pair.client.stop()
    pair.client.start()
    assert "Hello" in pair.curl().stdout


def test_the_server_moves_to_another_address(pair):
    """As DHCP does it. What was heard of the old address is dead weight, no more."""
    assert "Hello" in pair.curl().stdout
    pair.server_host.run(["ip", "addr", "flush", "dev", "eth0", "scope", "global"])
    pair.server_host.run(["ip", "addr", "add", "10.1.0.77/24", "broadcast", "+", "dev", "eth0"])
    assert "Hello" in pair.curl().stdout


def test_the_server_starts_after_the_client_has_looked(world):
    pair = Pair(world)
    pair.client.start()
    assert pair.curl(check=False).returncode == 22  # an error page
    pair.server.start()
    wait_until(lambda: "Hello" in pair.curl(check=False).stdout, "the failure is forgotten, and the page opens")


def test_an_identity_made_at_the_first_start_stays(world):
    lan = world.lan()
    host = world.host("server", lan)
    daemon = world.daemon(host)
    (daemon.services / "demo.ini").write_text(f"[Service]\nservice=127.0.0.1\nport={Origin(host).port}\ncertfile=\n")
    daemon.start()
    certfile = daemon.services / "demo.ini.cert"
    wait_until(certfile.exists, "the certificate is made")
    made = read_identity(certfile)
    assert (certfile.stat().st_mode & 0o777, made.keyfile.stat().st_mode & 0o777) == (0o644, 0o600)
    assert "Hello" in host.run(["curl", "-sS", "--max-time", "20", made.url()]).stdout
    daemon.identities.append(made)
    daemon.stop()
    daemon.start()
    assert read_identity(certfile).label == made.label
