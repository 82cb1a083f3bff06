"""What README.md and docs/ claim, held against the program."""

import pathlib
import re

from daemon import HARDLINED, hardlined
from net import wait_until
from origin import Origin

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def fenced(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_links_lead_somewhere():
    links = 0
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
            if "://" not in link:
                links += 1
                assert (document.parent / link).exists(), f"{document.name}: {link}"
    assert links > 5


def test_the_two_commands_are_there():
    commands = re.findall(r"^(tools/\w+) ", fenced("sh")[0], re.MULTILINE)
    assert commands == ["tools/run", "tools/test"]
    for command in commands:
        assert (ROOT / command).stat().st_mode & 0o111, command


def test_the_service_file_of_the_readme_publishes(world):
    lan = world.lan()
    server, client = world.host("server", lan), world.host("client", lan)
    here, there = world.daemon(server), world.daemon(client)
    origin = Origin(server)
    port = origin.address.rpartition(":")[2]
    here.start()
    there.start()
    text, changed = re.subn(r"port=8096", f"port={port}", fenced("ini")[0])
    assert changed == 1
    (here.services / "jellyfin.ini").write_text(text)

    def listed():
        return hardlined(server, "list", "--servicedir", here.services).stdout

    wait_until(lambda: "Jellyfin  http:" in listed(), "the service has its address", 5)
    for suffix in ("cert", "cert.private", "cert.hash"):
        assert (here.services / f"jellyfin.ini.{suffix}").exists()
    assert hardlined(server, "check", "--servicedir", here.services).returncode == 0
    url = re.search(r"http://\S+", listed())[0]
    wait_until(lambda: "Hello" in client.run(["curl", "-sS", url], check=False).stdout, "the page opens", 10)


def flags_and_verbs(text):
    """Those of --help."""
    flags = set(re.findall(r"^  (?:-h,)?(--[\w-]+)", text, re.MULTILINE))
    verbs = set()
    for group in re.findall(r"^Verbs: .*\n((?:  .*\n)+)", text, re.MULTILINE):
        verbs |= set(re.findall(r"^  (\w+)(?: +[A-Z]|$)", group, re.MULTILINE))
    return flags, verbs


def test_every_flag_and_verb_is_documented(world):
    host = world.host("alone", world.lan())
    text = host.run([HARDLINED, "--help"]).stdout
    configuration = (ROOT / "docs" / "configuration.md").read_text()
    manual = (ROOT / "docs" / "hardlined.1").read_text().replace("\\-", "-")
    flags, verbs = flags_and_verbs(text)
    assert len(flags) > 20 and verbs == {
        "discover", "open", "connect", "forward", "pin", "unpin", "names", "publish", "unpublish", "list", "check", "keygen", "hash",
        "status", "why"}
    of_verbs = {}
    for verb in verbs:
        shown = host.run([HARDLINED, verb, "--help"]).stdout
        of_verbs[verb] = flags_and_verbs(shown)[0] - flags
        assert ("--json" in of_verbs[verb]) == (verb != "connect")
        assert re.search(rf"^\| `{verb}\b", configuration, re.MULTILINE), verb
        assert re.search(rf"^(\.BI?R? |\\fB){verb}\b", manual, re.MULTILINE), verb
    for flag in flags | set().union(*of_verbs.values()):
        assert flag in manual, flag
        assert flag in configuration or flag in ("--help", "--version"), flag
    for flag in set(re.findall(r"`(--[\w-]+)", configuration)):
        assert flag in text or any(flag in own for own in of_verbs.values()), f"docs/configuration.md: there is no {flag}"


def test_the_manual_page_is_right(world):
    """groff finds no fault, and what is shown has the parts that such a page has."""
    host = world.host("alone", world.lan())
    done = host.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", ROOT / "docs" / "hardlined.1"])
    assert not done.stderr
    for part in ("NAME", "SYNOPSIS", "VERBS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"):
        assert re.search(rf"^{part}$", done.stdout, re.MULTILINE), part
    assert "ssh -o ProxyCommand='hardlined connect %h' nas" in done.stdout


def test_the_configuration_file_of_the_documentation_is_right(world, tmp_path):
    host = world.host("alone", world.lan())
    text = re.search(r"```ini\n(\[Daemon\].*?)```", (ROOT / "docs" / "configuration.md").read_text(), re.DOTALL)[1]
    file = tmp_path / "hardlined.ini"
    file.write_text(text)
    answer = hardlined(host, "check", "--config", file, "--servicedir", tmp_path / "none")
    assert answer.returncode == 0, answer.stderr
    file.write_text(text.replace("localport=7009", "localport=many"))
    answer = hardlined(host, "check", "--config", file, "--servicedir", tmp_path / "none")
    assert answer.returncode == 1
    assert re.search(r"hardlined\.ini:\d+: localport", answer.stderr), answer.stderr
