"""Service files that come, change and go while the daemon runs."""

import subprocess

import pytest

from identity import make_identity
from net import wait_until
from origin import Origin
from tunnel import accepts, listen_for, lpd_socket
from oldpeer import GROUP, Lpd

WITHIN = 4  # seconds: two are promised, and this machine may be busy


class Home:
    def __init__(self, world):
        self.host = world.host("server", world.lan())
        self.daemon = world.daemon(self.host)
        self.origin = Origin(self.host)
        self.other = Origin(self.host, port=8081)
        self.first = self.daemon.publish("first", self.origin.address)
        self.daemon.start()

    def serves(self, service):
        return accepts(self.host, "127.0.0.1", service.keyhash)

    def curl(self, service, path="/"):
        return self.host.run(["curl", "-sS", "--max-time", "20", service.url(path)], check=False).stdout

    def drip(self, service, drops=60):
        """A transfer that takes a while: `drops` tenths of a second."""
        process = self.host.popen(["curl", "-sSN", "--max-time", "60", service.url(f"/drip/{drops}")], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        return process


@pytest.fixture
def home(world):
    return Home(world)


def test_a_file_that_is_added_is_served(home):
    second = home.daemon.publish("second", home.other.address)
    wait_until(lambda: home.serves(second), "the new service is there", WITHIN)
    assert "Hello" in home.curl(second)
    assert "Hello" in home.curl(home.first)


def test_a_file_written_in_place_is_served(home):
    """As an editor or `cat >` does it, piece by piece."""
    second = make_identity(home.host.folder / "second.cert")
    with open(home.daemon.services / "second.ini", "w") as file:
        for piece in ("[Service]\n", "service=127.0.0.1\nport=80", "81\n", f"certfile={second.certfile}\n"):
            file.write(piece)
            file.flush()
    home.daemon.identities.append(second)
    wait_until(lambda: home.serves(second), "the new service is there", WITHIN)
    assert "Hello" in home.curl(second)


def test_a_file_that_is_removed_is_served_no_more(home):
    (home.daemon.services / "first.ini").unlink()
    wait_until(lambda: not home.serves(home.first), "the service is gone", WITHIN)


def test_a_file_that_changes_leads_elsewhere(home):
    home.other.stop()
    home.daemon.publish("first", home.other.address, home.first)
    wait_until(lambda: "Hello" not in home.curl(home.first), "the new origin is the one that is down", WITHIN)


def test_an_open_connection_of_an_unchanged_service_flows_on(home):
    transfer = home.drip(home.first, 50)
    second = home.daemon.publish("second", home.other.address)
    wait_until(lambda: home.serves(second), "the new service is there", WITHIN)
    home.daemon.publish("second", home.origin.address, second)
    (home.daemon.services / "second.ini").unlink()
    wait_until(lambda: not home.serves(second), "the second service is gone", WITHIN)
    assert transfer.communicate(timeout=30)[0].count("drop") == 49 and transfer.returncode == 0


def test_an_open_connection_of_a_removed_service_ends(home):
    transfer = home.drip(home.first, 300)
    (home.daemon.services / "first.ini").unlink()
    transfer.communicate(timeout=15)


def test_a_file_that_breaks_is_reported_and_the_others_run(home):
    home.daemon.expected_errors.append("second.ini:3")
    second = home.daemon.publish("second", home.other.address)
    wait_until(lambda: home.serves(second), "the new service is there", WITHIN)
    (home.daemon.services / "second.ini").write_text("[Service]\nservice=127.0.0.1\nport=nonsense\n")
    wait_until(lambda: "second.ini:3" in home.daemon.log(), "the fault is logged", WITHIN)
    assert "Hello" in home.curl(home.first)
    home.daemon.publish("second", home.other.address, second)
    wait_until(lambda: home.serves(second), "the mended service is there", WITHIN)


def test_a_service_whose_identity_breaks_goes_on_as_it_was(home):
    home.daemon.expected_errors.append("first.ini: certfile: .*first.cert.hash")
    transfer = home.drip(home.first, 30)
    name = home.daemon.services / "first.cert.hash"
    right = name.read_text()
    name.write_text("nonsense\n")
    wait_until(lambda: "kept as it was" in home.daemon.log(), "the fault is logged", WITHIN)
    assert "Hello" in home.curl(home.first)
    assert transfer.communicate(timeout=30)[0].count("drop") == 29 and transfer.returncode == 0
    name.write_text(right)


def test_a_file_with_the_certificate_of_a_running_service_does_not_take_it_over(home):
    home.daemon.expected_errors.append("a-thief.ini: certfile: has the certificate of .*first.ini")
    (home.daemon.services / "a-thief.ini").write_text(
        f"[Service]\nservice=127.0.0.1\nport=8081\ncertfile={home.first.certfile}\n")
    home.other.stop()
    wait_until(lambda: "a-thief.ini" in home.daemon.log(), "the fault is logged", WITHIN)
    assert "Hello" in home.curl(home.first)


def test_sighup_reads_again(home):
    for _ in range(3):
        home.daemon.reload()
    assert "Hello" in home.curl(home.first)
    assert home.daemon.running()


def test_sighup_sees_what_inotify_does_not(home):
    """A certificate outside the folder is mended: no event in the folder tells."""
    home.daemon.expected_errors.append("/late")
    late = make_identity(home.host.folder / "late" / "late.cert")
    away = late.certfile.parent.rename(home.host.folder / "away")
    (home.host.folder / "late").write_text("not a folder")
    (home.daemon.services / "late.ini").write_text(f"[Service]\nservice=127.0.0.1\nport=8080\ncertfile={late.certfile}\n")
    wait_until(lambda: "/late" in home.daemon.log(), "the missing certificate is logged", WITHIN)
    (home.host.folder / "late").unlink()
    away.rename(home.host.folder / "late")
    home.daemon.identities.append(late)
    home.daemon.reload()
    wait_until(lambda: home.serves(late), "the mended service is there", WITHIN)


def test_a_folder_that_appears_later_is_watched(world):
    host = world.host("server", world.lan())
    daemon = world.daemon(host)
    daemon.services.rmdir()
    daemon.start()
    daemon.services.mkdir()
    service = daemon.publish("demo", "127.0.0.1:8080")
    daemon.reload()
    wait_until(lambda: accepts(host, "127.0.0.1", service.keyhash), "the service is there", WITHIN)


def test_the_lan_hears_of_the_change(home, world):
    watcher = world.host("watcher", world.network.lans[0])
    sock = lpd_socket(watcher)

    def titles():
        sock.sendto(Lpd.format("SEARCH", [("Infohash", ""), ("cookie", "watcher")]), GROUP)
        return {fields["title"] for fields in listen_for(sock, 0.5)}

    wait_until(lambda: titles() == {"first"}, "the first service is announced")
    home.daemon.publish("second", home.other.address)
    wait_until(lambda: titles() == {"first", "second"}, "the second is announced too", 15)
