"""Names that a person gives: http://NAME.localhost:7009/ opens what is pinned under it, and nobody is told what that is."""

import json
import re

import pytest

from browser import Browser, named
from conftest import Pair
from identity import make_identity
from net import wait_until
from origin import Origin


class TwoServices(Pair):
    def settle(self, server_host, client_host):
        super().settle(server_host, client_host, 8080, None, "the first")
        self.second_origin = Origin(server_host, 8081, name="the second")
        self.second = self.server.publish("second", self.second_origin.address)
        self.client.identities.append(self.second)

    def get(self, url, *words, check=True):
        return self.client_host.run(["curl", "-sS", "--fail-with-body", "--max-time", "30", *words, url], check=check).stdout

    def names(self):
        return self.client.verb("names").stdout

    def is_a_secret(self, text):
        """Whether it holds neither service's password nor hash."""
        return not any(secret in text for service in (self.service, self.second) for secret in (service.password, service.keyhash))


@pytest.fixture
def pair(world):
    return TwoServices(world).start()


@pytest.fixture
def browser(pair):
    with Browser(pair.client_host) as made:
        yield made


def test_a_petname_opens_its_service(pair):
    pair.client.pin("demo", pair.service)
    for name in ("demo", "DEMO", "Demo"):
        assert pair.get(f"http://{name}.localhost:7009/name") == "the first"
    assert "demo" in pair.names()


def test_a_name_is_this_computers_alone(pair):
    pair.client.pin("demo", pair.service)
    refused = pair.server_host.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://demo.localhost:7009/"]).stdout
    assert int(refused) >= 400


def test_the_service_is_told_the_petname_and_nothing_else(pair):
    pair.client.pin("demo", pair.service)
    request = json.loads(pair.get("http://demo.localhost:7009/headers"))
    assert dict(request["headers"])["Host"] == "demo.localhost:7009"
    assert pair.is_a_secret(json.dumps(request))


def test_neither_address_bar_nor_history_nor_referer_hold_a_secret(pair, browser):
    pair.client.pin("demo", pair.service)
    pair.client.pin("other", pair.second)
    page = browser.page("http://demo.localhost:7009/name")
    page.evaluate("""() => {
      const link = document.createElement('a');
      link.href = 'http://other.localhost:7009/headers';
      link.referrerPolicy = 'unsafe-url';
      link.textContent = 'to the other';
      document.body.append(link);
    }""", [])
    page.click("link", "to the other")
    page.run("await page.waitForURL('http://other.localhost:7009/headers')")
    seen = page.text()
    assert "http://demo.localhost:7009/name" in seen, "the referer is told, and it is the petname"
    history = page.run("""const session = await context.newCDPSession(page);
                          return (await session.send('Page.getNavigationHistory')).entries""")
    assert [entry["url"] for entry in history][1:] == ["http://demo.localhost:7009/name", "http://other.localhost:7009/headers"]
    assert pair.is_a_secret(seen + json.dumps(history))


def test_pointing_a_name_elsewhere_clears_what_the_old_one_left_once(pair):
    pair.client.pin("demo", pair.service)
    navigation = ["-H", "Sec-Fetch-Mode: navigate", "-H", "Sec-Fetch-Dest: document", "-H", "Sec-Fetch-Site: none",
                  "-H", "User-Agent: Mozilla/5.0", "-H", "Accept: text/html", "-L", "-D", "-"]
    visit = lambda: pair.get("http://demo.localhost:7009/name", *navigation)
    assert "the first" in visit() and "clear-site-data" not in visit().lower()
    pair.client.pin("demo", pair.second)
    cleared = visit()
    assert "the second" in cleared
    assert re.findall(r"(?im)^clear-site-data: *(.*?)\s*$", cleared) in (['"*"'], ['"cache", "cookies", "storage"'], ['"cookies", "storage", "cache"'])
    for _ in range(2):
        assert "the second" in (again := visit()) and "clear-site-data" not in again.lower()


def test_a_cookie_of_the_old_service_does_not_reach_the_new_one(pair, browser):
    pair.client.pin("demo", pair.service)
    page = browser.page("http://demo.localhost:7009/cookie/secret")
    page.evaluate("() => { localStorage.kept = 'secret' }", [])
    assert page.evaluate("document.cookie + localStorage.kept") == "kept=secretsecret"
    pair.client.pin("demo", pair.second)
    page.open("http://demo.localhost:7009/name")
    page.run("await until(async () => (await page.locator('body').innerText()).includes('the second'), 'the second is shown')")
    assert page.evaluate("document.cookie + (localStorage.kept || '')") == ""
    assert "kept=secret" not in json.dumps(pair.second_origin.seen())
    page.open("http://demo.localhost:7009/cookie/another")
    page.open("http://demo.localhost:7009/headers")
    assert "kept=another" in page.text(), "and from then on it is the new one's"


def test_a_page_that_stays_open_cannot_send_the_new_service_the_old_ones_cookie(pair, browser):
    """As a web application does that asks again and again."""
    pair.client.pin("demo", pair.service)
    page = browser.page("http://demo.localhost:7009/cookie/secret")
    page.evaluate("""() => {
      window.settled = 0;
      setInterval(() => fetch('/headers').catch(() => {}).finally(() => { ++window.settled; }), 100);
    }""", [])
    wait_until(lambda: "kept=secret" in json.dumps(pair.origin.seen()), "the old one is sent its cookie")
    pair.client.pin("demo", pair.second)
    settled = page.evaluate("window.settled")
    wait_until(lambda: page.evaluate("window.settled") >= settled + 20, "what was asked since then is settled", 30)
    page.open("http://demo.localhost:7009/name")
    page.run("await until(async () => (await page.locator('body').innerText()).includes('the second'), 'the second is shown')")
    assert "kept=secret" not in json.dumps(pair.second_origin.seen())


def test_the_same_service_again_clears_nothing(pair):
    pair.client.pin("demo", pair.service)
    pair.get("http://demo.localhost:7009/name")
    pair.client.pin("demo", pair.service)
    assert "clear-site-data" not in pair.get("http://demo.localhost:7009/name", "-L", "-D", "-").lower()


def test_an_unknown_name_has_a_page_that_offers_to_pin_it(pair, browser):
    page = browser.page()
    assert page.open("http://cinema.localhost:7009/") in range(400, 600)
    assert "cinema" in page.text()
    page.click("link", named("Pin"))
    page.see("heading", "On this network")
    assert page.url.startswith("http://localhost:7009/")
    page.see("dialog")
    assert page.dialog.filled("Name") == "cinema", "the name is filled in"


def test_what_can_be_no_name_is_refused_in_words(pair):
    for name in ("", "-nas", "nas-", "na_s", "n.as", "na s", "nás", "xn--ns-fia", "ab--c", "localhost", "hardline", "wpad", "www", "a" * 64, "0" * 40,
                 "x-" + "0" * 40):
        done = pair.client.verb("pin", "--", name, pair.service.url(), check=False)
        assert done.returncode != 0 and done.stdout == "", name
        assert 1 <= len(done.stderr.splitlines()) <= 5 and pair.is_a_secret(done.stderr)
    assert json.loads(pair.client.verb("names", "--json").stdout) == {"names": []}


def test_what_leads_to_no_service_is_refused_in_words(pair):
    for link in ("", "nothing", "http://example.com/", "https://0.localhost/", "0" * 39, "../etc/passwd"):
        done = pair.client.verb("pin", "nas", link, check=False)
        assert done.returncode != 0 and done.stderr.strip(), link
    assert "nas" not in pair.names()


def test_a_name_that_is_taken_away_opens_nothing(pair):
    pair.client.pin("demo", pair.service)
    assert pair.get("http://demo.localhost:7009/name") == "the first"
    pair.client.verb("unpin", "demo")
    assert "demo" not in pair.names()
    shown = pair.get("http://demo.localhost:7009/name", "-w", "%{http_code}", check=False)
    assert shown[-3:].startswith(("4", "5")) and "the first" not in shown


def test_names_survive_a_restart_and_a_kill(pair):
    pair.client.pin("demo", pair.service)
    pair.client.stop()
    pair.client.start()
    assert pair.get("http://demo.localhost:7009/name") == "the first"
    pair.client.pin("second", pair.second)
    pair.client.kill()
    pair.client.start()
    assert pair.get("http://second.localhost:7009/name") == "the second"


def test_the_file_of_names_is_the_owners_alone(pair):
    pair.client.pin("demo", pair.service)
    assert (pair.client.state / "names").stat().st_mode & 0o077 == 0


def test_names_are_carried_to_another_computer_as_text(pair):
    pair.client.pin("demo", pair.service)
    pair.client.pin("second", pair.second)
    text = pair.client.verb("names", "--export", "-").stdout
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert [line.split()[0] for line in lines] == ["demo", "second"]
    assert pair.service.label in lines[0] and pair.second.label in lines[1]
    file = pair.server_host.folder / "names.txt"
    file.write_text(text)
    pair.server.verb("names", "--import", file)
    asked = pair.server_host.run(["curl", "-sS", "--fail", "http://second.localhost:7009/name"]).stdout
    assert asked == "the second"
    assert pair.server.verb("names", "--export", "-").stdout == text


def test_a_file_with_a_wrong_line_is_refused_whole_and_the_line_is_named(pair):
    file = pair.client_host.folder / "names.txt"
    file.write_text(f"# mine\ndemo {pair.service.url()}\nbad_name {pair.service.url()}\n")
    done = pair.client.verb("names", "--import", file, check=False)
    assert done.returncode != 0 and "3" in done.stderr and "names.txt" in done.stderr
    assert "demo" not in pair.names()


def test_other_verbs_know_names_too(pair):
    pair.client.pin("demo", pair.service)
    examination = pair.client.ask_json("why", "demo")
    assert (examination["key_hash"], examination["name"], examination["reached"]) == (pair.service.keyhash, "demo", True)
    said = pair.client.ask("why", "demo")
    assert "was reached" in said and pair.service.password not in said


def test_the_page_of_a_service_that_is_away_does_not_tell_what_its_name_stands_for(pair):
    away = make_identity(pair.client_host.folder / "away.cert")
    pair.client.identities.append(away)
    pair.client.pin("away", away)
    shown = pair.get("http://away.localhost:7009/", "-H", "Accept: text/html", check=False)
    assert "not found" in shown and away.password not in shown and away.keyhash not in shown
