"""A service means ill: its page, opened through the tunnel in the same browser, or its title, seen on the network.

The page is a *.localhost neighbour of the dashboard. It may neither read there nor change anything.
"""

import json
import re
import socket
import threading
import urllib.parse

import pytest

from browser import Browser, named
from conftest import Pair
from net import wait_until
from oldpeer import GROUP, Lpd
from tunnel import connect, lpd_socket

TARGETS = ["http://localhost:7009", "http://hardline.localhost:7009", "http://127.0.0.1:7009", "http://[::1]:7009"]
SEEN = "On this network"  # what only the dashboard says
READABLE = ["/", "/api/names", "/api/names.txt", "/api/status", "/api/services", "/api/neighbours", "/api/web-servers", "/events", "/dashboard.js", "/dashboard.css",
            "/icon.svg", "/qr.svg?text=x", "/proxy.pac"]
CHANGES = [["PUT", "/api/names/evil"], ["DELETE", "/api/names/mine"], ["POST", "/api/names.txt"], ["POST", "/api/names/mine/rename"],
           ["POST", "/api/services"], ["PATCH", "/api/services/own"], ["DELETE", "/api/services/own"]]


class Victim(Pair):
    """`server` is hostile; the client has a name, a service of its own, and a browser."""

    def start(self):
        self.own = self.client.publish("own", "127.0.0.1:8080")
        super().start()
        self.client.pin("mine", self.own)
        self.before = self.state()
        return self

    def asked(self, path):
        return json.loads(self.client_host.run(["curl", "-sS", "--fail", "--unix-socket", self.client.socket, f"http://localhost{path}"]).stdout)

    def state(self):
        """What a page might want to change."""
        files = {str(path.relative_to(self.client.services)): path.read_bytes() for path in self.client.services.rglob("*") if path.is_file()}
        return [(pin["name"], pin["link"]) for pin in self.asked("/api/names")["names"]], files

    def check_unharmed(self):
        assert self.state() == self.before
        assert self.client.running()

    def body(self):
        """What a change would say."""
        return json.dumps({"link": self.service.url(), "name": "evil", "to": "evil", "title": "evil", "host": "127.0.0.1",
                           "port": 8080, "paused": True})

    def raw(self, text):
        """The whole answer to bytes sent to 7009."""
        with connect(self.client_host, "127.0.0.1", 7009) as connection:
            connection.sendall(text if isinstance(text, bytes) else text.encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while data := connection.recv(65536):
                    answer += data
            except TimeoutError:
                pass
            return answer.decode(errors="replace")

    def ask(self, method="GET", path="/", host="localhost:7009", body="", fields=()):
        """The status and the body of an answer to one request, as `host` tells it."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *fields]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        answer = self.raw("\r\n".join(lines) + "\r\n\r\n" + body)
        head, _, rest = answer.partition("\r\n\r\n")
        return int(head.split()[1]), rest

    def token(self):
        return re.search(r"\b[0-9a-f]{64}\b", self.ask()[1])[0]


@pytest.fixture
def pair(world):
    return Victim(world).start()


@pytest.fixture
def page(pair):
    """The hostile page, with the dashboard open in another tab."""
    with Browser(pair.client_host) as browser:
        made = browser.page(pair.service.url())
        made.run("const other = await context.newPage(); await other.goto('http://localhost:7009/'); await page.bringToFront()")
        yield made


# ---- What its scripts may ask


def test_fetch_reads_nothing(pair, page):
    outcomes = page.evaluate("""async ({targets, paths}) => {
      const outcomes = [];
      for (const target of targets) for (const path of paths) for (const mode of ['cors', 'no-cors', 'same-origin', 'navigate']) {
        for (const credentials of ['omit', 'include']) {
          let outcome;
          try {
            const stop = new AbortController();
            setTimeout(() => stop.abort(), 3000);
            const answer = await fetch(target + path, {mode, credentials, signal: stop.signal});
            outcome = answer.type === 'opaque' ? (await answer.text()) : `${answer.type} ${answer.status}: ${await answer.text()}`;
          } catch (error) { outcome = ''; }
          if (outcome) outcomes.push(`${mode} ${target}${path} gives ${outcome}`);
        }
      }
      return outcomes;
    }""", {"targets": TARGETS, "paths": READABLE})
    assert outcomes == []


def test_fetch_changes_nothing(pair, page):
    outcomes = page.evaluate("""async ({targets, changes, body}) => {
      const tried = [];
      const guess = '0'.repeat(64);
      for (const target of targets) for (const [method, path] of changes) {
        for (const headers of [{}, {'Content-Type': 'text/plain'}, {'Content-Type': 'application/json'},
                               {'Content-Type': 'application/json', 'X-Hardline-Token': guess}]) {
          for (const mode of ['cors', 'no-cors']) {
            tried.push(fetch(target + path, {method, mode, headers, body: method === 'DELETE' ? undefined : body, credentials: 'include'})
              .then((answer) => answer.type === 'opaque' ? '' : `${method} ${path}: ${answer.status}`, () => ''));
          }
        }
        tried.push(fetch('/to?' + target + path, {method, mode: 'no-cors', body: method === 'DELETE' ? undefined : body}).then(() => '', () => ''));
        navigator.sendBeacon(target + path, body);
        navigator.sendBeacon(target + path, new Blob([body], {type: 'text/plain'}));
      }
      return (await Promise.all(tried)).filter((outcome) => outcome);
    }""", {"targets": TARGETS, "changes": CHANGES, "body": pair.body()})
    assert outcomes == []
    pair.check_unharmed()


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_a_form_changes_nothing(pair, page, encoding):
    for target in TARGETS[:2]:
        for path in ("/api/services", "/api/names.txt", "/api/names/evil", "/"):
            shown = page.run("""
                const [action, encoding, body] = arg;
                const popup = context.waitForEvent('page');
                await page.evaluate(([action, encoding, body]) => {
                  const form = document.createElement('form');
                  Object.assign(form, {action, method: 'post', enctype: encoding, target: '_blank', rel: 'opener'});
                  const field = document.createElement('input');  // its name is JSON up to an equals sign that does no harm in it
                  field.name = body.slice(0, -1) + ', "pad": "';
                  field.value = '"}';
                  form.append(field);
                  document.body.append(form);
                  form.submit();
                  form.remove();
                }, [action, encoding, body]);
                const other = await popup;
                await other.waitForLoadState();
                await until(() => other.url() !== 'about:blank', 'an answer to the form');
                const text = await other.locator('body').innerText();
                await other.close();
                return text""", [target + path, encoding, pair.body()])
            assert SEEN not in shown
    pair.check_unharmed()


def test_nothing_of_the_dashboard_can_be_included(pair, page):
    loaded = page.evaluate("""async ({targets, paths}) => {
      const loaded = [];
      const include = (kind, attribute, url, more = {}) => new Promise((done) => {
        const element = Object.assign(document.createElement(kind), more);
        element.onload = () => { loaded.push(`${kind} ${url}`); done(); };
        element.onerror = () => done();
        setTimeout(done, 3000);
        element[attribute] = url;
        document.head.append(element);
      });
      const before = Object.keys(window).length;
      const all = [];
      for (const target of targets) for (const path of paths) {
        const url = target + path;
        all.push(include('img', 'src', url), include('script', 'src', url), include('script', 'src', url, {type: 'module'}),
                 include('link', 'href', url, {rel: 'stylesheet'}), include('video', 'src', url), include('img', 'src', '/to?' + url));
      }
      await Promise.all(all);
      if (Object.keys(window).length !== before) loaded.push('a script ran');
      return loaded;
    }""", {"targets": TARGETS, "paths": [path for path in READABLE if path not in ("/events", "/proxy.pac")]})
    assert loaded == []


def test_it_cannot_be_framed(pair, page):
    page.evaluate("""(targets) => {
      for (const target of targets) {
        for (const [kind, attribute] of [['iframe', 'src'], ['object', 'data'], ['embed', 'src'], ['iframe', 'sandboxed']]) {
          const element = document.createElement(kind);
          if (attribute === 'sandboxed') element.sandbox = 'allow-scripts';
          element[attribute === 'sandboxed' ? 'src' : attribute] = target + '/';
          document.body.append(element);
        }
      }
    }""", TARGETS)
    page.run("await page.waitForLoadState('networkidle')")
    shown = page.run("""
        const shown = [];
        for (const frame of page.frames().slice(1)) shown.push(`${frame.url()}: ${await frame.locator('body').innerText().catch(() => '')}`);
        return shown""")
    assert not [text for text in shown if SEEN in text]


def test_no_websocket_and_no_events(pair, page):
    heard = page.evaluate("""async (targets) => {
      const heard = [];
      const waits = [];
      for (const target of targets) for (const path of ['/', '/events', '/api/events', '/api/connect?name=mine', '/api/forward']) {
        waits.push(new Promise((done) => {
          const socket = new WebSocket(target.replace('http', 'ws') + path, path.length > 1 ? ['hardline-stream'] : []);
          socket.onopen = () => { heard.push(`WebSocket ${target}${path}`); done(); };
          socket.onerror = done;
          setTimeout(done, 4000);
        }));
        waits.push(new Promise((done) => {
          const events = new EventSource(target + path);
          events.onopen = () => { heard.push(`EventSource ${target}${path}`); done(); };
          events.onmessage = (event) => heard.push(event.data);
          events.onerror = () => { events.close(); done(); };
          setTimeout(done, 4000);
        }));
      }
      await Promise.all(waits);
      return heard;
    }""", TARGETS)
    assert heard == []


@pytest.mark.parametrize("target", TARGETS[:2])
def test_a_window_that_it_opens_is_out_of_its_reach(pair, page, target):
    outcome = page.run("""
        const popup = context.waitForEvent('page');
        await page.evaluate((url) => { window.opened = window.open(url, 'mine'); }, arg + '/');
        const other = await popup;
        await other.waitForLoadState();
        const shown = await other.locator('body').innerText();
        const own = await other.evaluate(() => ({opener: window.opener !== null, name: window.name}));
        const seen = await page.evaluate(async () => {
          const seen = [];
          for (const look of [() => opened.document.body.innerText, () => opened.location.href, () => opened.localStorage.length, () => opened.TEXTS]) {
            try { seen.push(String(look())); } catch (error) { /* as it should be */ }
          }
          return {seen, closed: opened.closed, frames: opened.closed ? 0 : opened.length};
        });
        await page.evaluate(() => { opened.location = 'http://localhost:7009/?pin=evil'; opened.postMessage('x', '*'); });
        const after = other.url();
        await other.close();
        return {shown, own, seen, after}""", target)
    assert SEEN in outcome["shown"], "a person may be led there"
    assert outcome["own"] == {"opener": False, "name": ""}
    assert outcome["seen"]["seen"] in ([], ["undefined"] * len(outcome["seen"]["seen"])), outcome
    assert outcome["seen"]["closed"] is True
    assert outcome["after"].rstrip("/") == target
    pair.check_unharmed()


def test_who_is_led_to_the_dashboard_changes_nothing_by_that(pair, page):
    for query in ("?pin=evil", f"?pin=evil&link={urllib.parse.quote(pair.service.url())}", "?publish=evil", "#pin=evil"):
        page.run("""const other = await context.newPage();
                    await other.goto(page.url());
                    await other.evaluate((url) => { location = url; }, 'http://localhost:7009/' + arg);
                    await other.waitForURL('http://localhost:7009/**');
                    await other.getByRole('heading', {name: 'Yours'}).first().waitFor();
                    await other.close()""", query)
    pair.check_unharmed()


def test_its_cookies_do_not_reach_the_dashboard(pair, page):
    """So many that no server would take the request."""
    page.evaluate("""() => {
      for (let i = 0; i < 30; ++i) for (const domain of ['localhost', '.localhost', 'hardline.localhost'])
        document.cookie = `evil${i}=${'x'.repeat(3900)}; domain=${domain}; path=/`;
    }""", [])
    for target in TARGETS[:2]:
        assert page.run("const other = await context.newPage(); const answer = await other.goto(arg); await other.close(); return answer.status()", target + "/") == 200


# ---- What a request must look like


REBOUND = [
    "evil.example", "evil.example:7009", "localhost.evil", "localhost.evil.example:7009", "127.0.0.1:7009", "127.0.0.1", "[::1]:7009", "[::1]",
    "0.0.0.0:7009", "0:7009", "2130706433:7009", "localhost.", "localhost.:7009", "hardline.localhost.:7009", "localhost:80", "localhost:7008", "localhost:",
    "localhost:07009", "localhost:7009:7009", "localhost :7009", "localhost:7009, localhost:7009", "user@localhost:7009", "localhost:7009/",
    "x.hardline.localhost:7009", "localhost.localdomain:7009", "localhost%2e:7009", "localhost\t.evil", ".localhost:7009", ""]


def test_a_rebound_host_is_refused(pair):
    token = pair.token()
    for host in REBOUND:
        for path in ("/", "/api/names", "/dashboard.js"):
            status, body = pair.ask(path=path, host=host)
            assert 400 <= status < 500, (host, status)
            assert SEEN not in body and pair.own.keyhash not in body
        status, _ = pair.ask("PUT", "/api/names/evil", host, pair.body(), [f"X-Hardline-Token: {token}", f"Origin: http://{host}"])
        assert 400 <= status < 500, (host, status)
    pair.check_unharmed()


def test_a_second_word_about_the_host_does_not_help(pair):
    for field in ("X-Forwarded-Host: localhost:7009", "Forwarded: host=localhost", "X-Host: localhost", "Host: localhost:7009"):
        status, body = pair.ask(host="evil.example", fields=[field])
        assert status in (400, 421) and SEEN not in body, field


def test_two_equal_hosts_are_refused(pair):
    assert pair.ask(fields=["Host: localhost:7009"])[0] == 400


OTHERS = [
    ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"], ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"],
    ["Origin: http://evil.localhost:7009"], ["Origin: null"], ["Origin: http://localhost:8080"], ["Origin: http://localhost"],
    ["Referer: http://evil.localhost:7009/"], ["Referer: http://localhost:7009.evil.example/"]]


def test_reading_is_refused_to_other_sites(pair):
    for fields in OTHERS:
        for path in ("/api/names", "/api/status", "/api/services", "/events", "/dashboard.js", "/qr.svg?text=x"):
            status, body = pair.ask(path=path, fields=fields)
            assert status == 403, (path, fields, status)
            assert pair.own.keyhash not in body


def test_a_change_needs_the_token_and_the_pages_own_origin(pair):
    token, origin = f"X-Hardline-Token: {pair.token()}", "Origin: http://localhost:7009"
    for fields in ([], [token], [origin], [origin, "X-Hardline-Token: " + "0" * 64], [origin, "X-Hardline-Token:"], [origin, token, token],
                   ["Origin: null", token], ["Origin: http://evil.localhost:7009", token], ["Origin: http://hardline.localhost:7009", token],
                   ["Sec-Fetch-Site: same-site", token], ["Sec-Fetch-Site: none", token], ["Origin: https://localhost:7009", token]):
        for method, path in CHANGES:
            assert 400 <= pair.ask(method, path, body=pair.body(), fields=fields)[0] < 500, (method, path, fields)
        pair.check_unharmed()
    link = json.dumps({"link": pair.service.url()})
    assert pair.ask("PUT", "/api/names/evil", body=link, fields=[origin, token])[0] in (200, 201, 204), "which shows that the rest was right"
    assert "evil" in [name for name, _ in pair.state()[0]]


def test_the_token_is_another_one_after_each_start(pair):
    before = pair.token()
    pair.client.stop()
    pair.client.start()
    assert pair.token() != before


def test_no_change_is_made_by_what_is_to_be_read(pair):
    for _, path in CHANGES:
        for method in ("GET", "HEAD"):
            pair.ask(method, path, body=pair.body())
    pair.check_unharmed()


def test_every_answer_forbids_what_could_be_done_with_it(pair):
    for path in ("/", "/nothing", "/api/names", "/dashboard.js", "/dashboard.css", "/qr.svg?text=x"):
        head = pair.raw(f"GET {path} HTTP/1.1\r\nHost: localhost:7009\r\nConnection: close\r\n\r\n").partition("\r\n\r\n")[0]
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines()[1:])}
        policy = dict(rule.strip().partition(" ")[::2] for rule in fields["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
        assert policy.get("script-src", "'none'") in ("'none'", "'self'")
        assert fields["x-content-type-options"] == "nosniff"
        assert fields["referrer-policy"] in ("no-referrer", "same-origin")
        assert fields["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in fields if name.startswith("access-control-")]
        assert "set-cookie" not in fields


@pytest.mark.parametrize("host", ["localhost:7009", "hardline.localhost:7009"])
def test_no_service_is_served_under_the_dashboards_names(pair, host):
    pair.client.pin("demo", pair.service)
    for path in ("/", f"/{pair.service.label}", f"/{pair.service.label}/", "/demo/", "/name", "/headers", "/picture.png", "/script.js", "/bytes/5"):
        _, body = pair.ask(path=path, host=host)
        assert "through the tunnel" not in body and "the script ran" not in body
    assert pair.origin.seen() == []
    for name in ("localhost", "hardline"):
        assert pair.client.verb("pin", name, pair.service.url(), check=False).returncode != 0
    status, body = pair.ask(host=f"{pair.service.label}.{host}")
    assert ("through the tunnel" in body) == (host == "localhost:7009")


def test_an_off_dashboard_leaves_nothing_in_its_place(pair):
    pair.client.stop()
    pair.client.start("--dashboard", "no")
    for path in ("/", "/api/names", "/events", "/dashboard.js"):
        status, body = pair.ask(path=path)
        assert status in (403, 404) and SEEN not in body


# ---- What it calls itself

TITLES = ["<script>document.title='owned'</script>", "<img src=x onerror=\"document.title='owned'\">", "\"><svg onload=document.title='owned'>",
          "'-alert(1)-'", "</script><script>document.title='owned'</script>", "{{7*7}}${7*7}", "&lt;b&gt;bold&amp;", "javascript:document.title='owned'",
          "abc\u202edrowssap\u202c", "\u2066isolate", "bell\x07\x1b[31mred\x1b]0;owned\x07", "zero\u200bwidth\ufeff", "W" * 900, "\u0301" * 300, "مرحبا", "", "   "]


class Announcer(Lpd):
    """Says again and again that services of these titles are at this host, whatever anybody asks."""

    def __init__(self, host, titles):
        super().__init__()
        self.socket = lpd_socket(host)
        self.packets = [self.format("SERVICE", [("Port", 7008), ("Infohash", f"{number:040x}"), ("cookie", self.cookie), ("title", title)])
                        for number, title in enumerate(titles, 1)]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.announce, daemon=True)
        self.thread.start()

    def announce(self):
        while not self.over.wait(1):
            for packet in self.packets:
                self.socket.sendto(packet, GROUP)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def listed(page):
    return page.run("return page.getByRole('region', {name: 'On this network'}).getByRole('listitem').count()")


def test_titles_are_text_and_nothing_else(pair):
    with Announcer(pair.world.host("evil", pair.lan), TITLES), Browser(pair.client_host) as browser:
        page = browser.page("http://localhost:7009/", viewport={"width": 400, "height": 800})
        wait_until(lambda: listed(page) >= len(TITLES), "they are listed", 20)
        said = page.text()
        for title in (TITLES[0], TITLES[1], TITLES[6], "مرحبا", "{{7*7}}"):
            assert title in said
        assert "owned" not in page.title
        assert page.evaluate("document.querySelectorAll('[onerror], [onload], img[src=x], a[href^=\"javascript\" i]').length") == 0
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said)
        # A title that turns the direction of letters turns nothing but itself.
        assert page.evaluate("""(() => {
          const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            if (!/drowssap|\\u0645\\u0631\\u062d/.test(walk.currentNode.data)) continue;
            const text = walk.currentNode;
            const isolated = text.parentElement.closest('bdi, [dir=auto]') ||
              ['isolate', 'isolate-override', 'plaintext'].includes(getComputedStyle(text.parentElement).unicodeBidi);
            if (!isolated) return text.parentElement.outerHTML;
          }
          return '';
        })()""") == ""
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "a long one makes the page no wider"
        # Dialogs name them too.
        for button in page.run("return role('button', arg).count().then((n) => [...Array(n).keys()])", {"re": "^Pin .*owned"}):
            page.run("await role('button', arg[0]).nth(arg[1]).click()", [{"re": "^Pin .*owned"}, button])
            page.see("dialog")
            page.press("Escape")
            page.miss("dialog")
        assert "owned" not in page.title
        assert page.errors() == []
        discovered = pair.client.verb("discover").stdout
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", discovered), "nor does a terminal obey"


def test_a_flood_of_services_does_not_drown_the_page(pair):
    with Announcer(pair.world.host("evil", pair.lan), [f"flood {number}" for number in range(3000)]), Browser(pair.client_host) as browser:
        page = browser.page("http://localhost:7009/")
        page.read("flood")
        assert listed(page) <= 600
        page.click("button", named("Pin a link"))
        page.dialog.fill("Name", "works")
        page.dialog.fill("Link", pair.service.url())
        page.dialog.click("button", named("Pin"))
        page.see("link", named("Open", "works"))
        assert page.errors() == []
    pair.curl()
