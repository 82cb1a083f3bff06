"""A service means ill: its page, opened through the tunnel in the same browser, or its title, seen on the network.

The page is a *.localhost neighbour of the dashboard. It may neither read there nor change anything.

What it tries is all that it takes, but for the permission: each attack is tried on the page's own service too, where it
succeeds, and each change is made in the end by who may.
"""

import json
import random
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
PATIENCE = 30_000  # milliseconds, after which no answer is an outcome too


class Victim(Pair):
    """`server` is hostile; the client has two names, a service of its own, and a browser."""

    def start(self):
        self.own = self.client.publish("own", "127.0.0.1:8080")
        super().start()
        self.client.pin("mine", self.own)
        self.client.pin("other", self.own)
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

    def changes(self):
        """Every change there is, as it would be made: method, path, the body's type, the body. One can follow the other."""
        as_json = "application/json"
        return [["PUT", "/api/names/evil", as_json, json.dumps({"link": self.service.url()})],
                ["POST", "/api/names.txt", "text/plain", f"evil {self.service.url()}\n"],
                ["POST", "/api/names.txt", "text/plain", f"evil {self.service.url()}?=\r\n"],  # as a form would send it
                ["POST", "/api/names/mine/rename", as_json, json.dumps({"to": "renamed"})],
                ["DELETE", "/api/names/other", None, None],
                ["POST", "/api/services", as_json, json.dumps({"title": "evil", "host": "127.0.0.1", "port": 8080})],
                ["PATCH", "/api/services/own", as_json, json.dumps({"paused": True})],
                ["DELETE", "/api/services/own", None, None]]

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

    def ask(self, method="GET", path="/", kind=None, body=None, host="localhost:7009", fields=()):
        """The status and the body of an answer to one request, with a body of that type."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *fields]
        if body:
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        answer = self.raw("\r\n".join(lines) + "\r\n\r\n" + (body or ""))
        head, _, rest = answer.partition("\r\n\r\n")
        return int(head.split()[1]), rest

    def token(self):
        return re.search(r"\b[0-9a-f]{64}\b", self.ask()[1])[0]


@pytest.fixture
def pair(world):
    return Victim(world, (8080, None, "hostile")).start()


@pytest.fixture
def page(pair):
    """The hostile page, with the dashboard open in another tab."""
    with Browser(pair.client_host) as browser:
        made = browser.page(pair.service.url())
        assert "Hello through the tunnel" in made.text()
        made.run("const other = await context.newPage(); await other.goto('http://localhost:7009/'); await page.bringToFront()")
        yield made


# ---- What its scripts may ask


def test_fetch_reads_nothing(pair, page):
    outcomes = page.evaluate("""async ({targets, paths, patience}) => {
      const outcomes = [];
      const attempt = async (url, mode, credentials) => {
        const what = `${mode} ${credentials} ${url}`;
        try {
          const answer = await fetch(url, {mode, credentials, signal: AbortSignal.timeout(patience)});
          outcomes.push(`${what}: ${answer.type} ${answer.status} ${await answer.text()}`);
        } catch (error) {
          if (error.name === 'TimeoutError') outcomes.push(`${what}: no answer`);
        }
      };
      for (const url of [location.origin + '/name', ...targets.flatMap((target) => paths.map((path) => target + path))]) {
        const tried = [];
        for (const mode of ['cors', 'no-cors', 'same-origin']) for (const credentials of ['omit', 'include']) tried.push(attempt(url, mode, credentials));
        await Promise.all(tried);
      }
      return outcomes;
    }""", {"targets": TARGETS, "paths": READABLE, "patience": PATIENCE})
    own = [f"{mode} {credentials} {pair.service.url('/name')}: basic 200 hostile"
           for mode in ("cors", "no-cors", "same-origin") for credentials in ("omit", "include")]
    # Under an address there is a page that says so, and not the dashboard's. It arrives, and stays closed to who asked.
    closed = [f"no-cors {credentials} {target}{path}: opaque 0 " for credentials in ("omit", "include") for target in TARGETS[2:] for path in READABLE]
    assert sorted(outcomes) == sorted(own + closed)


def test_fetch_changes_nothing(pair, page):
    outcomes = page.evaluate("""async ({targets, changes, patience}) => {
      const outcomes = [];
      const guess = {'X-Hardline-Token': '0'.repeat(64)};
      const attempt = async (url, options) => {
        const what = `${options.mode} ${options.method} ${url}`;
        try {
          const answer = await fetch(url, {credentials: 'include', signal: AbortSignal.timeout(patience), ...options});
          if (answer.type !== 'opaque') outcomes.push(`${what}: ${answer.status}`);
        } catch (error) {
          if (error.name === 'TimeoutError') outcomes.push(`${what}: no answer`);
        }
      };
      await attempt('/sink', {method: 'POST', mode: 'cors', body: 'own'});
      await attempt('/to?/sink', {method: 'PATCH', mode: 'cors', body: 'own'});
      for (const target of targets) for (const [method, path, type, body] of changes) {
        const right = type ? {'Content-Type': type} : {};
        const tried = [attempt('/to?' + target + path, {method, mode: 'cors', headers: right, body})];
        for (const headers of [{}, right, {...right, ...guess}]) for (const mode of ['cors', 'no-cors'])
          tried.push(attempt(target + path, {method, mode, headers, body}));
        await Promise.all(tried);
      }
      return outcomes;
    }""", {"targets": TARGETS, "changes": pair.changes(), "patience": PATIENCE})
    assert outcomes == ["cors POST /sink: 200", "cors PATCH /to?/sink: 200"]
    pair.check_unharmed()


def test_a_beacon_changes_nothing(pair, page):
    """Which a page is told nothing of, nor does it wait: the browser itself says when all of them are over."""
    posts = [[path, kind, body] for method, path, kind, body in pair.changes() if method == "POST"]
    count = page.run("""
        let begun = 0, over = 0;
        page.on('request', (request) => { begun += request.resourceType() === 'ping'; });
        for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => { over += request.resourceType() === 'ping'; });
        const sent = await page.evaluate(([targets, posts]) => {
          let sent = 0;
          for (const target of [location.origin, ...targets]) for (const [path, type, body] of posts) {
            sent += navigator.sendBeacon(target + path, body);
            sent += navigator.sendBeacon(target + path, new Blob([body], {type}));
          }
          return sent;
        }, arg);
        await until(() => begun === sent && over === sent, `all ${sent} are over`, 40000);
        return sent""", [TARGETS, posts])
    assert count == 2 * (1 + len(TARGETS)) * len(posts), "the browser takes all of them"
    own = [seen["line"] for seen in pair.origin.seen() if seen["line"].startswith("POST")]
    assert sorted(own) == sorted(2 * [f"POST {path} HTTP/1.1" for path, _, _ in posts])
    pair.check_unharmed()


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_a_form_changes_nothing(pair, page, encoding):
    for target in TARGETS[:2]:
        for path in ("/api/services", "/api/names.txt", "/api/names/evil", "/"):
            shown = page.run("""
                const [action, encoding, name] = arg;
                const popup = context.waitForEvent('page');
                await page.evaluate(([action, encoding, name]) => {
                  const form = document.createElement('form');
                  Object.assign(form, {action, method: 'post', enctype: encoding, target: '_blank', rel: 'opener'});
                  const field = document.createElement('input');  // as text/plain: a line of a names file, with ?= behind the link
                  field.name = name;
                  form.append(field);
                  document.body.append(form);
                  form.submit();
                  form.remove();
                }, [action, encoding, name]);
                const other = await popup;
                await other.waitForLoadState();
                await until(() => other.url() !== 'about:blank', 'an answer to the form');
                const text = await other.locator('body').innerText();
                await other.close();
                return text""", [target + path, encoding, f"evil {pair.service.url()}?"])
            assert '"cross_site"' in shown if path != "/" else SEEN not in shown, shown
    pair.check_unharmed()


def test_nothing_of_the_dashboard_can_be_included(pair, page):
    outcomes = page.evaluate("""async ({targets, paths, patience}) => {
      const outcomes = [];
      const include = (kind, attribute, url, more = {}) => new Promise((done) => {
        const element = Object.assign(document.createElement(kind), more);
        const over = (outcome) => {
          if (outcome) outcomes.push(`${more.type || kind} ${url}${outcome}`);
          done();
        };
        element.onload = () => over(' is loaded');
        element.onerror = () => over('');
        setTimeout(over, patience, ': no answer');
        element[attribute] = url;
        document.head.append(element);
      });
      const everything = (url) => Promise.all([
        include('img', 'src', url), include('img', 'src', '/to?' + url), include('script', 'src', url),
        include('script', 'src', url, {type: 'module'}), include('link', 'href', url, {rel: 'stylesheet'})]);
      for (const path of ['/picture.png', '/script.js']) await everything(path);
      for (const target of targets) for (const path of paths) await everything(target + path);
      if (typeof TEXTS !== 'undefined') outcomes.push('the script ran');
      return outcomes;
    }""", {"targets": TARGETS, "paths": [path for path in READABLE if path not in ("/events", "/proxy.pac")], "patience": PATIENCE})
    own = ["img /picture.png", "img /to?/picture.png", "script /script.js", "module /script.js",
           "link /picture.png", "link /script.js"]  # Chromium takes a style sheet for loaded, whatever came
    assert sorted(outcomes) == sorted(f"{what} is loaded" for what in own)


def test_it_cannot_be_framed(pair, page):
    kinds = ["iframe", "sandboxed", "object", "embed"]
    page.evaluate("""async ({urls, kinds, patience}) => {
      const all = [];
      for (const url of urls) for (const kind of kinds) {
        const element = document.createElement(kind === 'sandboxed' ? 'iframe' : kind);
        if (kind === 'sandboxed') element.sandbox = 'allow-scripts';
        all.push(new Promise((done, fail) => {
          element.onload = element.onerror = done;
          setTimeout(() => fail(new Error(`${kind} ${url}: no answer`)), patience);
        }));
        element[kind === 'object' ? 'data' : 'src'] = url;
        document.body.append(element);
      }
      await Promise.all(all);
    }""", {"urls": ["/name"] + [target + "/" for target in TARGETS], "kinds": kinds, "patience": PATIENCE})
    shown = page.run("return Promise.all(page.frames().slice(1).map((frame) => frame.locator('body').innerText()))")
    assert shown.count("hostile") == len(kinds), shown
    assert not [text for text in shown if SEEN in text]


def test_no_websocket_and_no_events(pair, page):
    paths = ["/", "/events", "/api/events", "/api/connect?name=mine", "/api/forward"]
    heard = page.evaluate("""async ({targets, paths, patience}) => {
      const heard = [];
      const listen = (kind, url, protocols) => new Promise((done) => {
        const source = kind === 'WebSocket' ? new WebSocket(url.replace('http', 'ws'), protocols) : new EventSource(url);
        const over = (outcome) => {
          if (outcome) heard.push(`${kind} ${url} ${outcome}`);
          source.onopen = source.onmessage = source.onerror = undefined;
          source.close();
          done();
        };
        source.onopen = () => over('is open');
        source.onmessage = () => over('says something');
        source.onerror = () => over('');
        setTimeout(() => { if (source.onerror) over('gives no answer'); }, patience);
      });
      for (const target of targets) for (const path of paths) {
        await listen('EventSource', target + path);
        await listen('WebSocket', target + path, path.length > 1 ? ['hardline-stream'] : []);
        // After each that fails, one that does not: Chromium makes who failed often wait.
        await listen('WebSocket', location.origin + '/websocket');
      }
      await listen('EventSource', location.origin + '/events');
      return heard;
    }""", {"targets": TARGETS, "paths": paths, "patience": PATIENCE})
    own = [f"WebSocket {pair.service.url('/websocket')} is open"] * len(TARGETS) * len(paths)
    assert heard == [*own, f"EventSource {pair.service.url('/events')} is open"]


@pytest.mark.parametrize("target", TARGETS[:2])
def test_a_window_that_it_opens_is_out_of_its_reach(pair, page, target):
    outcome = page.run("""
        const popup = context.waitForEvent('page');
        await page.evaluate((url) => { window.opened = window.open(url, 'mine'); }, arg + '/');
        const other = await popup;
        await other.waitForLoadState();
        const shown = await other.locator('body').innerText();
        const own = await other.evaluate(() => {
          window.told = [];
          addEventListener('message', (message) => told.push(message.data));
          return {opener: window.opener !== null, name: window.name};
        });
        const seen = await page.evaluate(async () => {
          const seen = [];
          for (const look of [() => opened.document.body.innerText, () => opened.location.href, () => opened.localStorage.length, () => opened.TEXTS]) {
            try { seen.push(String(look())); } catch (error) { /* as it should be */ }
          }
          return {seen, closed: opened.closed, frames: opened.closed ? 0 : opened.length};
        });
        await page.evaluate(() => { opened.location = 'http://localhost:7009/?pin=evil'; opened.postMessage('x', '*'); });
        await page.evaluate(() => fetch('/slow/1'));  // time enough for what should not happen
        const after = {url: other.url(), told: await other.evaluate(() => window.told)};
        await other.close();
        return {shown, own, seen, after}""", target)
    assert SEEN in outcome["shown"], "a person may be led there"
    assert outcome["own"] == {"opener": False, "name": ""}
    assert outcome["seen"]["seen"] in ([], ["undefined"] * len(outcome["seen"]["seen"])), outcome
    assert outcome["seen"]["closed"] is True
    assert outcome["after"] == {"url": target + "/", "told": []}
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
    kept = page.evaluate("""() => {
      document.cookie = 'own=kept; path=/';
      for (let i = 0; i < 30; ++i) for (const domain of ['localhost', '.localhost', 'hardline.localhost'])
        document.cookie = `evil${i}=${'x'.repeat(3900)}; domain=${domain}; path=/`;
      return document.cookie;
    }""", [])
    assert kept == "own=kept"
    for target in TARGETS[:2]:
        assert page.run("const other = await context.newPage(); const answer = await other.goto(arg); await other.close(); return answer.status()", target + "/") == 200


# ---- What a request must look like


REBOUND = [
    "evil.example", "evil.example:7009", "localhost.evil", "localhost.evil.example:7009", "127.0.0.1:7009", "127.0.0.1", "[::1]:7009", "[::1]",
    "0.0.0.0:7009", "0:7009", "2130706433:7009", "localhost.", "localhost.:7009", "hardline.localhost.:7009", "localhost:80", "localhost:7008", "localhost:",
    "localhost:07009", "localhost:7009:7009", "localhost :7009", "localhost:7009, localhost:7009", "user@localhost:7009", "localhost:7009/",
    "x.hardline.localhost:7009", "localhost.localdomain:7009", "localhost%2e:7009", "localhost\t.evil", ".localhost:7009", ""]


def test_a_rebound_host_is_refused(pair):
    token, change = pair.token(), pair.changes()[0]
    for host in REBOUND:
        for path in ("/", "/api/names", "/dashboard.js"):
            status, body = pair.ask(path=path, host=host)
            assert 400 <= status < 500, (host, status)
            assert SEEN not in body and pair.own.keyhash not in body
        status, _ = pair.ask(*change, host=host, fields=[f"X-Hardline-Token: {token}", f"Origin: http://{host}"])
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
    refused = {
        "wrong_token": ([origin], [origin, "X-Hardline-Token: " + "0" * 64], [origin, "X-Hardline-Token:"], [origin, token, token]),
        "cross_site": ([], [token], ["Origin: null", token], ["Origin: http://evil.localhost:7009", token],
                       ["Origin: http://hardline.localhost:7009", token], ["Origin: https://localhost:7009", token],
                       ["Sec-Fetch-Site: same-site", token], ["Sec-Fetch-Site: none", token])}
    for code, attempts in refused.items():
        for fields in attempts:
            for change in pair.changes():
                status, body = pair.ask(*change, fields=fields)
                assert (status, json.loads(body)["error"]["code"]) == (403, code), (change, fields)
            pair.check_unharmed()
    for change in pair.changes():
        status, body = pair.ask(*change, fields=[origin, token])
        assert 200 <= status < 300, ("the rest was right", change, body)
    assert sorted(name for name, _ in pair.state()[0]) == ["evil", "renamed"]
    assert (pair.client.services / "evil.ini").exists() and not (pair.client.services / "own.ini").exists()


def test_the_token_is_another_one_after_each_start(pair):
    before = pair.token()
    pair.client.stop()
    pair.client.start()
    assert pair.token() != before


def test_no_change_is_made_by_what_is_to_be_read(pair):
    fields = [f"X-Hardline-Token: {pair.token()}", "Origin: http://localhost:7009"]
    for _, path, kind, body in pair.changes():
        for method in ("GET", "HEAD"):
            pair.ask(method, path, kind, body, fields=fields)
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
            random.shuffle(self.packets)  # of a flood each round may lose its end
            for packet in self.packets:
                self.socket.sendto(packet, GROUP)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


MOST_LISTED = 512  # services of which the daemon takes note (discovery::kMaxHeard)


def listed(page):
    return page.run("return page.getByRole('region', {name: 'On this network'}).getByRole('listitem').count()")


def test_titles_are_text_and_nothing_else(pair):
    with Announcer(pair.world.host("evil", pair.lan), TITLES), Browser(pair.client_host) as browser:
        page = browser.page("http://localhost:7009/", viewport={"width": 400, "height": 800})
        wait_until(lambda: listed(page) == len(TITLES) + 1, "they are listed, and demo", 20)
        said = page.text()
        for title in (TITLES[0], TITLES[1], TITLES[6], "مرحبا", "{{7*7}}", "drowssap"):
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
        buttons = page.count("button", {"re": "^Pin .*owned"})
        assert buttons == sum("owned" in title for title in TITLES)
        for button in range(buttons):
            page.run("await role('button', arg[0]).nth(arg[1]).click()", [{"re": "^Pin .*owned"}, button])
            page.see("dialog")
            page.press("Escape")
            page.miss("dialog")
        assert "owned" not in page.title
        assert page.errors() == []
        discovered = pair.client.verb("discover").stdout
        assert "drowssap" in discovered
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", discovered), "nor does a terminal obey"


def test_a_flood_of_services_does_not_drown_the_page(pair):
    with Announcer(pair.world.host("evil", pair.lan), [f"flood {number}" for number in range(3000)]), Browser(pair.client_host) as browser:
        page = browser.page("http://localhost:7009/")
        wait_until(lambda: listed(page) >= 500, "as many as there may be", 60)
        assert listed(page) <= MOST_LISTED
        page.click("button", named("Pin a link"))
        page.dialog.fill("Name", "works")
        page.dialog.fill("Link", pair.service.url())
        page.dialog.click("button", named("Pin"))
        page.see("link", named("Open", "works"))
        assert listed(page) <= MOST_LISTED
        assert page.errors() == []
    pair.curl()
