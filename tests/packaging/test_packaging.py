"""What is installed, and whether systemd takes it."""

import configparser
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["HARDLINE_BUILD"])
HARDLINED = os.environ["HARDLINED"]

# In tenths, of systemd's scale from 0 to 10; below 2 it says OK. Left are what the daemon cannot do without: the network,
# Unix sockets, netlink and openat2(2), which RestrictSUIDSGID= would take away.
MOST_EXPOSED = 13


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"there is no {program}")


def run(*argv, **options):
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=60, **options)


def install(destination, prefix):
    done = run("cmake", "--install", BUILD, "--prefix", prefix, env=os.environ | {"DESTDIR": str(destination)})
    assert done.returncode == 0, done.stderr
    return destination


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("installed"), "/usr")


def test_everything_is_put_in_place(installed):
    files = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert {
        "usr/bin/hardlined",
        "usr/lib/systemd/system/hardlined.service",
        "usr/lib/sysusers.d/hardlined.conf",
        "usr/lib/tmpfiles.d/hardlined.conf",
        "usr/share/man/man1/hardlined.1",
        "usr/share/doc/hardline/README.md",
        "usr/share/doc/hardline/hardlined.ini",
        "usr/share/doc/hardline/docs/configuration.md",
        "usr/share/doc/hardline/docs/api.md",
        "usr/share/doc/hardline/docs/cache.md",
        "usr/share/doc/hardline/services.d.example/web-app.ini",
        "usr/share/doc/hardline/services.d.example/cached.ini",
        "usr/share/doc/hardline/services.d.example/folder.ini",
    } <= files
    assert not [name for name in files if name.startswith("etc/")], "what a person changed there must stay"


def test_the_installed_binary_runs(installed):
    done = run(installed / "usr/bin/hardlined", "--version")
    assert done.returncode == 0 and done.stdout.startswith("hardlined ")


@pytest.mark.parametrize("prefix", ["/usr/local", "/opt/hardline"])
def test_the_unit_names_the_binary_that_was_installed(tmp_path, prefix):
    destination = install(tmp_path, prefix)
    unit = (destination / f"{prefix[1:]}/lib/systemd/system/hardlined.service").read_text()
    command = re.search(r"^ExecStart=(\S+) --servicedir /etc/hardline/services$", unit, re.MULTILINE)[1]
    assert command == f"{prefix}/bin/hardlined" and (destination / command[1:]).exists()


@needs("systemd-analyze")
def test_systemd_takes_the_unit(installed, tmp_path):
    """The tool looks for the binary on this machine, so the copy that it reads names the one that was built."""
    text = (installed / "usr/lib/systemd/system/hardlined.service").read_text()
    unit = tmp_path / "hardlined.service"
    unit.write_text(text.replace("ExecStart=/usr/bin/hardlined", f"ExecStart={HARDLINED}"))
    done = run("systemd-analyze", "verify", "--man=no", unit)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "hardlined" in line]
    assert done.returncode == 0 and not said, done.stdout + done.stderr
    unit.write_text(unit.read_text().replace("RestartSec=2", "RestartSec=soon"))
    assert "soon" in run("systemd-analyze", "verify", "--man=no", unit).stderr, "the tool finds mistakes"


@needs("systemd-analyze")
def test_the_unit_exposes_little(installed):
    unit = installed / "usr/lib/systemd/system/hardlined.service"
    done = run("systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", unit)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " OK" in done.stdout.splitlines()[-1], done.stdout
    assert run("systemd-analyze", "security", "--offline=yes", "--threshold=1", unit).returncode != 0


def system_calls(group):
    """Those of one of systemd's groups, and of the groups in it."""
    shown = run("systemd-analyze", "syscall-filter", group)
    assert shown.returncode == 0, shown.stderr
    words = {line.split()[0] for line in shown.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")}
    return {word for word in words if word[0] != "@"}.union(*(system_calls(word) for word in words if word[0] == "@"))


@needs("systemd-analyze")
def test_the_sandbox_leaves_what_a_cache_needs(installed):
    """Looking names up beneath a folder, reading without waiting for the disk, making copies; and starting Python."""
    unit = (installed / "usr/lib/systemd/system/hardlined.service").read_text()
    filters = re.findall(r"^SystemCallFilter=(~?)(.*)$", unit, re.MULTILINE)
    allowed = set()
    for inverted, groups in filters:
        listed = set().union(*(system_calls(group) for group in groups.split()))
        allowed = allowed - listed if inverted else allowed | listed
    assert "setuid" not in allowed and "sched_setaffinity" not in allowed, "the filters were understood"
    assert {"openat2", "preadv2", "renameat", "renameat2", "unlinkat", "mkdirat", "utimensat", "fdatasync", "fsync", "flock", "fchmod"} <= allowed
    assert {"clone", "execve", "kill", "wait4", "waitid", "prctl", "socketpair", "close_range", "setpgid", "setsid"} <= allowed
    assert "RestrictSUIDSGID" not in sections(installed / "usr/lib/systemd/system/hardlined.service")["Service"], "it forbids openat2"


def sections(unit):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(unit)
    return parser


def test_the_daemon_may_write_its_identities_beside_the_service_files(installed):
    """The unit's user is the one that is made, and owns the one folder of /etc that is writable."""
    service = sections(installed / "usr/lib/systemd/system/hardlined.service")["Service"]
    user = (installed / "usr/lib/sysusers.d/hardlined.conf").read_text()
    folders = (installed / "usr/lib/tmpfiles.d/hardlined.conf").read_text()
    assert re.search(rf"^u {service['User']} ", user, re.MULTILINE)
    assert service["ReadWritePaths"] == "-/etc/hardline/services" and service["ProtectSystem"] == "strict"
    assert re.search(rf"^d /etc/hardline/services 0750 {service['User']} {service['Group']}$", folders, re.MULTILINE)


@needs("systemd-sysusers")
def test_the_user_can_be_made(installed, tmp_path):
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", f"--root={tmp_path}", "--dry-run", "-", input=(installed / "usr/lib/sysusers.d/hardlined.conf").read_text())
    assert done.returncode == 0, done.stderr
    assert "hardline" in done.stdout + done.stderr


@needs("systemd-tmpfiles")
def test_the_folder_can_be_made(installed, tmp_path):
    """With the tester's own number for the user's, as only root may give a folder away."""
    (tmp_path / "etc").mkdir()
    text = (installed / "usr/lib/tmpfiles.d/hardlined.conf").read_text()
    own = re.sub(r" (hardline|root) (hardline|root)$", f" {os.getuid()} {os.getgid()}", text, flags=re.MULTILINE)
    done = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", "-", input=own)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "etc/hardline/services").stat().st_mode & 0o777 == 0o750


def uncommented(text):
    """The example with every key that is commented out switched on."""
    return re.sub(r"^#(\w+=)", r"\1", text, flags=re.MULTILINE)


@pytest.mark.parametrize("change", [lambda text: text, uncommented])
def test_the_example_configuration_is_right(installed, tmp_path, change):
    example = tmp_path / "hardlined.ini"
    example.write_text(change((installed / "usr/share/doc/hardline/hardlined.ini").read_text()))
    done = run(HARDLINED, "check", "--config", example, "--servicedir", tmp_path / "services")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{example} is valid" in done.stdout


def test_the_example_configuration_has_every_key():
    """Those that the daemon names when it is asked for one that is not there."""
    text = uncommented((ROOT / "packaging/hardlined.ini").read_text())
    given = {line.split("=")[0] for line in text.splitlines() if re.match(r"\w+=", line)}
    documented = (ROOT / "docs/configuration.md").read_text()
    source = (ROOT / "src/daemon/settings.cpp").read_text()
    known = set(re.findall(r'Key\{"\w+", "(\w+)"', source))
    assert len(known) > 15 and given == known
    for key in known:
        assert re.search(rf"`(\[\w+\] )?{key}`", documented), key
