"""The verbs, and what a person who mistypes gets to read."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from daemon import HARDLINED, SANITIZERS, hardlined
from identity import keyhash_of_der, make_identity, read_identity
from net import wait_until
from origin import Origin
from oldpeer import GROUP, Lpd
from tunnel import accepts, connect, listen_for, lpd_socket

VERBS = ["discover", "open", "connect", "forward", "pin", "unpin", "names", "publish", "unpublish", "list", "check", "keygen", "hash", "status",
         "why"]
CERTS_TEST = pathlib.Path(__file__).parents[2] / "certs-test"


@pytest.fixture
def host(world):
    return world.host("host", world.lan())


def complaint(done):
    """What a failed command says: on standard error, short, and no stack of output."""
    assert done.returncode not in (0, 86) and done.returncode > 0, done
    assert done.stderr.strip() and len(done.stderr.splitlines()) <= 8, done.stderr
    return done.stderr


def test_help_has_examples(host):
    done = hardlined(host, "--help")
    assert done.returncode == 0
    assert "example" in done.stdout.lower()
    for word in ("--servicedir", "--statedir", "--p2pport", "--localport", "--config", "--log-level", "--socket", *VERBS):
        assert word in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help(host, verb):
    done = hardlined(host, verb, "--help")
    assert done.returncode == 0 and verb in done.stdout


def test_version(host):
    done = hardlined(host, "--version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)


@pytest.mark.parametrize("mistyped", ["--servcedir", "--p2p-prot", "keygn", "--localport=many", "--localport=70000", "--log-level=loud", "--dht-bootstrap=nowhere", "--dht-proxy=ftp://x y", "--dht-port=-1",
                                      "--public-address=203.0.113.7", "--search-timeout=0", "--no-dthp"])
def test_what_is_mistyped_gets_help(host, mistyped):
    said = complaint(hardlined(host, mistyped))
    assert "hardlined" in said.lower() or "--" in said


def test_keygen_makes_the_three_files_and_prints_the_name(host):
    certfile = host.folder / "new.cert"
    done = hardlined(host, "keygen", certfile)
    assert done.returncode == 0, done.stderr
    made = read_identity(certfile)
    assert made.label in done.stdout
    assert re.fullmatch("[a-z2-7]{13}", made.password)
    assert certfile.stat().st_mode & 0o777 == 0o644
    assert made.keyfile.stat().st_mode & 0o777 == 0o600
    text = host.run(["openssl", "x509", "-in", certfile, "-noout", "-text"]).stdout
    assert "prime256v1" in text


def test_keygen_never_overwrites(host):
    certfile = host.folder / "new.cert"
    assert hardlined(host, "keygen", certfile).returncode == 0
    before = {path: path.read_bytes() for path in host.folder.glob("new.cert*")}
    assert "new.cert" in complaint(hardlined(host, "keygen", certfile))
    assert before == {path: path.read_bytes() for path in host.folder.glob("new.cert*")}


def test_keygen_into_a_folder_that_cannot_be_written(host):
    complaint(hardlined(host, "keygen", "/proc/nothing/new.cert"))


def test_keygen_on_a_full_disk_leaves_nothing(host):
    full = host.folder / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4096", "full", full], check=True)
    (full / "filler").write_bytes(b"x" * 4096)
    complaint(hardlined(host, "keygen", full / "new.cert"))
    assert not (full / "new.cert").exists()
    subprocess.run(["umount", full], check=True)


@pytest.mark.parametrize("key", ["rsa", "ec", "ed25519"])
def test_hash_names_any_certificate(host, key):
    identity = make_identity(host.folder / "own.cert", key=key)
    done = hardlined(host, "hash", identity.certfile)
    assert done.returncode == 0 and identity.keyhash in done.stdout


def test_hash_of_what_is_no_certificate(host):
    (host.folder / "no.cert").write_text("no certificate")
    for name in ("no.cert", "missing.cert"):
        assert name in complaint(hardlined(host, "hash", host.folder / name))


def test_list_shows_title_and_url(world, host):
    daemon = world.daemon(host)
    one = daemon.publish("one", "127.0.0.1:8080")
    two = daemon.publish("two", "127.0.0.1:8081")
    done = hardlined(host, "list", "--servicedir", daemon.services)
    assert done.returncode == 0, done.stderr
    for title, service in (("one", one), ("two", two)):
        assert title in done.stdout and f"http://{service.label}.localhost:7009" in done.stdout


def test_check_is_content_with_good_files(world, host):
    daemon = world.daemon(host)
    daemon.publish("one", "127.0.0.1:8080")
    done = hardlined(host, "check", "--servicedir", daemon.services)
    assert done.returncode == 0, done.stderr


def test_a_service_that_never_ran_is_right_and_listed_without_an_address(world, host):
    daemon = world.daemon(host)
    (daemon.services / "new.ini").write_text("[Service]\nservice=127.0.0.1\nport=80\n[Info]\ntitle=Brand new\n")
    for verb in ("check", "list"):
        done = hardlined(host, verb, "--servicedir", daemon.services)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Brand new" in done.stdout and "http" not in done.stdout
    assert sorted(path.name for path in daemon.services.iterdir()) == ["new.ini"], "neither verb makes an identity"


@pytest.mark.parametrize("text, line, key", [
    ("[Service]\nservice=127.0.0.1\nport=many\n", 3, "port"),
    ("[Service]\nservice=127.0.0.1\nport=65536\n", 3, "port"),
    ("[Service]\nport=80\n", None, "service"),
    ("[Service]\nservice=unix:relative\n", 2, "service"),
    ("[Service]\nservice=127.0.0.1\nport=80\n[Info]\nlisted=perhaps\n", 5, "listed"),
    ("[Service]\nthis is nothing\n", 2, None),
])
def test_check_says_what_is_wrong_and_where(world, host, text, line, key):
    daemon = world.daemon(host)
    daemon.publish("good", "127.0.0.1:8080")
    (daemon.services / "broken.ini").write_text(text)
    done = hardlined(host, "check", "--servicedir", daemon.services)
    said = done.stdout + done.stderr
    assert done.returncode not in (0, 86) and done.returncode > 0
    assert "broken.ini" in said and (key is None or key in said.lower())
    assert line is None or f"broken.ini:{line}" in said


def cached(folder, service=""):
    return f"[Service]\nservice={service}\n[Cache]\ndirectory={folder}\n"


def check(host, daemon):
    done = hardlined(host, "check", "--servicedir", daemon.services, "--statedir", daemon.state)
    return done.returncode, done.stdout + done.stderr


def test_check_says_where_a_folder_is_missing(world, host):
    daemon = world.daemon(host)
    (daemon.services / "folder.ini").write_text(cached(host.folder / "photos"))
    (daemon.services / "cache.ini").write_text(cached("cache/wiki", "https://example.org"))
    status, said = check(host, daemon)
    assert status == 0 and "2 of 2 service files are valid" in said
    assert f"folder.ini: directory: {host.folder}/photos: there is no such folder" in said
    assert "cache.ini" not in said, "the daemon makes that one"
    (host.folder / "photos").mkdir()
    assert "warning" not in check(host, daemon)[1]


def test_check_keeps_the_folder_of_a_cache_apart(world, host):
    daemon = world.daemon(host)
    photos = host.folder / "photos"
    (photos / "2024").mkdir(parents=True)
    (daemon.services / "all.ini").write_text(cached(photos))
    (daemon.services / "some.ini").write_text(cached(photos / "2024"))
    assert check(host, daemon)[0] == 0, "files may be shown by two services"
    (daemon.services / "some.ini").write_text(cached(photos / "2024", "https://example.org"))
    status, said = check(host, daemon)
    assert status == 1 and f"some.ini: directory: must not overlap {photos}, the folder of" in said


def test_check_keeps_the_daemons_own_files_out_of_a_folder(world, host):
    daemon = world.daemon(host)
    for folder, what in ((daemon.state, "the daemon's state"), (daemon.services, "the folder of the service files"), ("/", "the daemon's state")):
        (daemon.services / "own.ini").write_text(cached(folder))
        status, said = check(host, daemon)
        assert status == 1 and f"own.ini: directory: must not be {folder}: {what} is there" in said


def test_check_sees_a_hash_that_is_another_certificates(world, host):
    daemon = world.daemon(host)
    service = daemon.publish("one", "127.0.0.1:8080")
    pathlib.Path(f"{service.certfile}.hash").write_text("abcdefgh23456-" + "0" * 40 + "\n")
    done = hardlined(host, "check", "--servicedir", daemon.services)
    assert done.returncode > 0 and ".hash" in done.stdout + done.stderr


def test_a_broken_file_does_not_keep_the_others_from_running(world, host):
    daemon = world.daemon(host)
    good = daemon.publish("good", "127.0.0.1:8080")
    (daemon.services / "broken.ini").write_text("[Service]\nservice=127.0.0.1\nport=many\n")
    daemon.expected_errors.append("broken.ini:3")
    daemon.start()
    assert accepts(host, "127.0.0.1", good.keyhash)
    assert "broken.ini:3" in daemon.log()


def test_a_second_daemon_on_the_same_state(world, host):
    first = world.daemon(host).start()
    done = hardlined(host, "--servicedir", first.services, "--statedir", first.state, "--p2pport", "7100", "--localport", "7101")
    assert str(first.process.pid) in complaint(done) or "another" in done.stderr.lower()
    assert str(first.state) in done.stderr


def test_a_p2p_port_that_was_asked_for_is_taken(world, host):
    daemon = world.daemon(host).start()
    assert "7008" in complaint(hardlined(host, "--servicedir", daemon.services, "--statedir", host.folder / "other",
                                         "--p2pport", "7008", "--localport", "7101"))


def start_bare(world, host, *options):
    """Starts hardlined with `options` and no port options of the harness."""
    daemon = world.daemon(host, f"bare{len(world.daemons)}")
    daemon.process = host.popen([HARDLINED, "--servicedir", daemon.services, "--statedir", daemon.state, *options], env=SANITIZERS,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(daemon.log_file, "ab"))
    return daemon


def listening_ports(host, daemon):
    rows = host.run(["ss", "-Hltnp"]).stdout.splitlines()
    return {int(row.split()[3].rsplit(":", 1)[1]) for row in rows if f"pid={daemon.process.pid}," in row}


def test_a_default_p2p_port_that_is_taken_gives_way(world, host):
    world.daemon(host).start(local_port=7500)
    second = start_bare(world, host, "--localport", "7101")
    wait_until(lambda: "is ready" in second.log(), "it is ready", 20)
    wait_until(lambda: len(listening_ports(host, second)) == 2, f"it listens: {second.log()}")
    chosen = (listening_ports(host, second) - {7101}).pop()
    assert 7008 < chosen < 7100 and str(chosen) in second.log() and "7008" in second.log()


def test_a_local_port_that_is_taken_leaves_a_server(world, host):
    taken = Origin(host, port=7009)
    daemon = world.daemon(host)
    daemon.expected_errors.append("7009")
    service = daemon.publish("demo", taken.address)
    daemon.start()
    assert accepts(host, "127.0.0.1", service.keyhash)
    assert "7009" in daemon.log() and daemon.running()


def test_local_port_0_is_off(world, host):
    daemon = world.daemon(host).start(local_port=0)
    assert listening_ports(host, daemon) == {7008}


def test_p2p_port_0_takes_a_free_one_and_says_which(world, host):
    daemon = world.daemon(host).start(p2p_port=0)
    ports = wait_until(lambda: listening_ports(host, daemon) - {7009}, "it listens")
    assert str(ports.pop()) in daemon.log()


def test_both_ports_speak_ipv4_and_ipv6(world, host):
    daemon = world.daemon(host)
    service = daemon.publish("demo", "127.0.0.1:8080")
    daemon.start()
    for address in ("127.0.0.1", "::1", host.address, host.addresses6[0]):
        assert accepts(host, address, service.keyhash)
    for address in ("127.0.0.1", "::1"):
        connect(host, address, 7009).close()


def test_one_service_without_files(world, host):
    origin = Origin(host)
    certfile = host.folder / "single.cert"
    daemon = start_bare(world, host, "--service", "127.0.0.1", "--serviceport", origin.port, "--certfile", certfile,
                        "--servicetitle", "By hand")
    wait_until(lambda: certfile.exists() and host.listens(7009) and host.listens(7008), f"it starts: {daemon.log()}", 20)
    made = read_identity(certfile)
    daemon.identities.append(made)
    assert "Hello" in host.run(["curl", "-sS", "--max-time", "20", made.url()]).stdout


def test_options_from_a_configuration_file(world, host):
    config = host.folder / "hardline.conf"
    config.write_text("[Daemon]\np2pport=7300\nlocalport=7301\n")
    daemon = start_bare(world, host, "--config", config)
    wait_until(lambda: listening_ports(host, daemon) == {7300, 7301}, f"it listens: {daemon.log()}", 20)


def test_a_mistake_in_the_configuration_file(host):
    config = host.folder / "hardline.conf"
    config.write_text("[Daemon]\np2pport=many\n")
    said = complaint(hardlined(host, "--config", config))
    assert "hardline.conf:2" in said and "p2pport" in said


@pytest.mark.parametrize("text, said", [
    ("[Daemon]\np2pport=65536\n", "a.ini:2: p2pport: must be a port from 0 to 65535"),
    ("[Daemon]\nloglevel=loud\n", "a.ini:2: loglevel: must be error, warn, info, debug or trace"),
    ("[Daemon]\npublicaddress=203.0.113.7:7008, 203.0.113.8\n", 'a.ini:2: publicaddress: must be ADDRESS:PORT'),
    ("[Daemon]\npublicaddress=home.example:7008\n", 'a.ini:2: publicaddress: must be ADDRESS:PORT'),
    ("[Daemon]\np2prot=7008\n", "did you mean p2pport=?"),
    ("[Daemon]\nproxies=none\n", "belongs in [DHT]"),
    ("[Daemno]\np2pport=7008\n", "did you mean [Daemon]?"),
    ("[Everything]\nelse=1\n", "there are [Daemon], [Forward], [LAN], [DHT], [Portmap], [Timeouts]"),
    ("[DHT]\nwhatever=1\n", "its keys are enabled, bootstrap, port, network, proxies"),
    ("[DHT]\nenabled=perhaps\n", "a.ini:2: enabled: must be yes or no"),
    ("[DHT]\n\nbootstrap=a.example.org:4222,b.example.org\n", "a.ini:3: bootstrap: must be HOST:PORT"),
    ("[DHT]\nproxies=ftp://a b\n", "a.ini:2: proxies: must be a URL"),
    ("[DHT]\nnetwork=-1\n", "a.ini:2: network: must be a network's number from 0 to 4294967295"),
    ("[Timeouts]\nsearch=0\n", "a.ini:2: search: must be a number of seconds from 1 to 600"),
    ("nonsense\n", "a.ini:1"),
])
def test_what_is_wrong_in_the_configuration_file_is_said(host, text, said):
    (host.folder / "a.ini").write_text(text)
    for words in (["check"], ["list"], []):
        done = hardlined(host, *words, "--config", host.folder / "a.ini", "--statedir", host.folder / "state")
        assert done.returncode == 1 and said in done.stderr, done
    done = hardlined(host, "status", "--config", host.folder / "a.ini")
    assert done.returncode == 2 and said in done.stderr


def test_check_names_every_mistake_and_the_file(host):
    config = host.folder / "a.ini"
    config.write_text("[Daemon]\np2pport=many\n[DHT]\nport=many\n")
    done = hardlined(host, "check", "--config", config)
    assert done.returncode == 1 and "a.ini:2" in done.stderr and "a.ini:4" in done.stderr
    assert f"{config} has errors" in done.stdout
    config.write_text("[Daemon]\np2pport=0\n")
    assert f"{config} is valid" in hardlined(host, "check", "--config", config).stdout
    assert hardlined(host, "check", "--config", host.folder / "none.ini").returncode == 1
    done = host.run([HARDLINED, "check"], env=SANITIZERS | {"CONFIGURATION_DIRECTORY": str(host.folder)})
    assert f"There is no configuration file {host.folder}/hardlined.ini" in done.stdout


def settings_of(host, daemon):
    done = hardlined(host, "status", "--json", "--statedir", daemon.state)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_configuration_file_is_where_systemd_says(world, host):
    (host.folder / "hardlined.ini").write_text("[DHT]\nnetwork=7\n")
    daemon = world.daemon(host).start(wrap=("env", f"CONFIGURATION_DIRECTORY={host.folder}:/elsewhere"))
    status = settings_of(host, daemon)
    assert status["configuration_file"] == str(host.folder / "hardlined.ini") and status["dht"]["network"] == 7


def test_settings_have_their_defaults(world, host):
    daemon = world.daemon(host)
    daemon.reach = []
    status = settings_of(host, daemon.start())
    assert status["configuration_file"] is None
    assert status["lan"]["enabled"] and status["gateway"]["enabled"] and status["dht"]["enabled"]
    assert status["dht"]["bootstrap"] == ["bootstrap.jami.net:4222"]
    assert [proxy["url"] for proxy in status["dht"]["proxies"]] == ["http://dhtproxy.jami.net"]


def test_lists_of_the_file_are_replaced_by_flags(world, host):
    config = host.folder / "a.ini"
    config.write_text("[DHT]\nbootstrap=a.example.org:4222, [2001:db8::1]:4223\nproxies=https://p.example.org, q.example.org:8080\n")
    daemon = world.daemon(host)
    daemon.reach = []
    daemon.start("--config", config)
    dht = settings_of(host, daemon)["dht"]
    assert dht["bootstrap"] == ["a.example.org:4222", "[2001:db8::1]:4223"]
    assert [proxy["url"] for proxy in dht["proxies"]] == ["https://p.example.org", "http://q.example.org:8080"]
    daemon.stop()
    daemon.start("--config", config, "--dht-bootstrap", "b.example.org:1", "--dht-bootstrap", "c.example.org:2", "--dht-proxy", "none")
    dht = settings_of(host, daemon)["dht"]
    assert dht["bootstrap"] == ["b.example.org:1", "c.example.org:2"] and dht["proxies"] == []


def test_parts_can_be_switched_off(world, host):
    daemon = world.daemon(host).start("--no-lan", "--no-dht", "--no-portmap")
    status = settings_of(host, daemon)
    assert not status["lan"]["enabled"] and not status["gateway"]["enabled"] and not status["dht"]["enabled"]
    assert status["gateway"]["state"] == "off"
    text = hardlined(host, "status", "--statedir", daemon.state).stdout
    assert text.count("switched off") == 3, text


def test_without_lan_discovery_nothing_is_said_or_heard_there(world, host):
    other = world.host("other", world.network.lans[0])
    daemon = world.daemon(host)
    service = daemon.publish("demo", "127.0.0.1:8080")
    daemon.start("--no-lan")
    sock = lpd_socket(other)
    sock.sendto(Lpd.format("SEARCH", [("Infohash", service.keyhash), ("cookie", "other")]), GROUP)
    assert listen_for(sock, 1) == []
    assert "6771" not in host.run(["ss", "-Hlunp"]).stdout


def test_public_addresses_are_a_list(world, host):
    config = host.folder / "a.ini"
    config.write_text("[Daemon]\npublicaddress=203.0.113.7:7008, [2001:db8::1]:7008\n")
    daemon = world.daemon(host).start("--config", config)
    assert settings_of(host, daemon)["reachability"]["wan_hosts"] == ["203.0.113.7:7008", "[2001:db8::1]:7008"]


def test_published_test_certificates_are_refused(world, host):
    if not (CERTS_TEST / "ec.cert").exists():
        pytest.fail("certs-test has no ec.cert")
    copy = host.folder / "copied.cert"
    copy.write_bytes((CERTS_TEST / "ec.cert").read_bytes())
    pathlib.Path(f"{copy}.private").write_bytes((CERTS_TEST / "ec.cert.private").read_bytes())
    daemon = world.daemon(host)
    daemon.expected_errors.append("certs-test")
    der = subprocess.run(["openssl", "x509", "-in", copy, "-outform", "DER"], capture_output=True, check=True).stdout
    (daemon.services / "demo.ini").write_text(f"[Service]\nservice=127.0.0.1\nport=80\ncertfile={copy}\n")
    daemon.start()
    assert not accepts(host, "127.0.0.1", keyhash_of_der(der))
    assert "demo.ini" in daemon.log() and "certs-test" in daemon.log()
    daemon.stop()
    daemon.start("--allow-test-certs")
    assert accepts(host, "127.0.0.1", keyhash_of_der(der))


def test_state_goes_where_the_environment_says(world, host):
    for number, (variables, expected) in enumerate([
        ({"STATE_DIRECTORY": f"{host.folder}/systemd"}, host.folder / "systemd"),
        ({"STATE_DIRECTORY": f"{host.folder}/first:{host.folder}/second"}, host.folder / "first"),
    ]):
        daemon = world.daemon(host, f"state{number}")
        daemon.process = host.popen([HARDLINED, "--servicedir", daemon.services], env=SANITIZERS | variables, stderr=open(daemon.log_file, "ab"))
        wait_until(lambda: host.listens(7009), f"it starts: {daemon.log()}", 20)
        assert expected.is_dir() and expected.stat().st_mode & 0o777 == 0o700 and os.listdir(expected)
        daemon.stop()
