"""Petnames can be guessed, and belong to one service after the other: what pages of other sites and of old services cannot do."""

import json

import pytest

from browser import Browser
from conftest import Pair
from origin import Origin

SITE = "http://localhost:9003"  # a web site that has nothing to do with Hardline
WEBSOCKET = """url => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send('echo this');
  socket.onmessage = (message) => done(message.data);
  socket.onerror = () => done('');
})"""


class TwoServices(Pair):
    def settle(self, server_host, client_host):
        super().settle(server_host, client_host, 8080, None, "the first")
        self.second_origin = Origin(server_host, 8081, name="the second")
        self.second = self.server.publish("second", self.second_origin.address)
        self.client.identities.append(self.second)
        self.site = Origin(client_host, 9003, name="a site")

    def start(self):
        super().start()
        self.client.pin("demo", self.service)
        return self

    def get(self, url, *words):
        """The status, and what was said."""
        said = self.client_host.run(["curl", "-sS", "--max-time", "30", "-w", "%{http_code}", *words, url]).stdout
        return int(said[-3:]), said[:-3]

    def asked(self):
        """The request lines that have come to the first service, but for the browser's own curiosity and ours."""
        lines = [seen["line"] for seen in self.origin.seen()]
        return [line for line in lines if not line.startswith(("GET /favicon.ico", "GET /seen"))]


@pytest.fixture
def pair(world):
    return TwoServices(world).start()


@pytest.fixture
def browser(pair):
    with Browser(pair.client_host) as made:
        yield made


# ---- A name that leads to another service now


@pytest.fixture
def page(pair, browser):
    """Shows the first service, whose worker is in the browser, while the name leads to the second already."""
    page = browser.page("http://demo.localhost:7009/worker")
    page.run("await until(async () => await page.title() === 'ready', 'the worker is ready')")
    page.open("http://demo.localhost:7009/cookie/secret")
    pair.client.pin("demo", pair.second)
    return page


def is_rid_of_the_worker(pair, page):
    """The worker gets nothing from the second service, and is gone after it has tried."""
    for _ in range(3):
        page.open("http://demo.localhost:7009/name")
        shown = page.text()
        assert "is told 200" not in shown
        if shown == "the second":
            break
    assert shown == "the second"
    assert "kept=secret" not in json.dumps(pair.second_origin.seen())


def test_a_worker_of_the_old_service_is_gone(pair, page):
    is_rid_of_the_worker(pair, page)


def test_a_dot_at_the_end_does_not_spend_the_clearing(pair, page):
    shown = page.run("""const other = await context.newPage();
                        const answer = await other.goto('http://demo.localhost.:7009/x');
                        return [answer.status(), await other.locator('body').innerText()]""")
    assert shown[0] == 421 and "http://demo.localhost:7009/" in shown[1]
    is_rid_of_the_worker(pair, page)


@pytest.mark.parametrize("port", [80, 81])
def test_another_port_does_not_spend_the_clearing(pair, page, port):
    navigation = ["-H", "Sec-Fetch-Mode: navigate", "-H", "Sec-Fetch-Dest: document", "-A", page.evaluate("navigator.userAgent")]
    status, _ = pair.get(f"http://demo.localhost:{port}/name", "-x", "http://localhost:7009", *navigation)
    assert status == (303 if port == 80 else 421)
    is_rid_of_the_worker(pair, page)


def test_a_program_does_not_spend_the_clearing(pair, page):
    pair.get("http://demo.localhost:7009/name", "-L", "-H", "Accept: text/html")
    is_rid_of_the_worker(pair, page)


@pytest.mark.parametrize("kind", ["prefetch", "prerender"])
def test_what_is_fetched_ahead_does_not_spend_the_clearing(pair, page, kind):
    page.evaluate("""(kind) => {
      const script = document.createElement('script');
      script.type = 'speculationrules';
      script.textContent = JSON.stringify({[kind]: [{source: 'list', urls: ['/name', '/headers'], eagerness: 'immediate'}]});
      document.body.append(script);
    }""", kind)
    page.run("await page.waitForTimeout(1500)")
    is_rid_of_the_worker(pair, page)


def test_each_browser_is_told(pair, browser):
    agents = ["Mozilla/5.0 (X11; rv:115.0) Gecko/20100101 Firefox/115.0", "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/15.1 Safari/605.1.15"]
    pages = [browser.page("http://demo.localhost:7009/cookie/secret", userAgent=agent) for agent in agents]
    pair.client.pin("demo", pair.second)
    for page in pages:
        page.open("http://demo.localhost:7009/headers")
        assert "kept=secret" not in page.text() and page.evaluate("document.cookie") == ""
    assert "kept=secret" not in json.dumps(pair.second_origin.seen())


# ---- Pages of other sites


OTHERS = [SITE, "http://cinema.localhost:7009"]


@pytest.fixture(params=OTHERS, ids=["a web site", "another petname"])
def elsewhere(request, pair, browser):
    pair.client.pin("cinema", pair.second)
    return browser.page(f"{request.param}/name")


def test_a_page_elsewhere_can_send_nothing(pair, elsewhere):
    assert elsewhere.evaluate("""async () => {
      const to = 'http://demo.localhost:7009';
      const out = [];
      for (const method of ['GET', 'POST']) for (const mode of ['no-cors', 'cors']) {
        await fetch(to + '/sink?all=1', {method, mode, body: method === 'POST' ? 'x' : undefined, credentials: 'include'}).catch(() => {});
      }
      await fetch(to + '/sink', {method: 'DELETE'}).catch(() => {});
      navigator.sendBeacon(to + '/sink', 'x');
      const load = (kind, fields) => new Promise((done) => {
        const element = Object.assign(document.createElement(kind), fields);
        element.onload = () => done(`${kind} loaded`);
        element.onerror = () => done('');
        document.body.append(element);
      });
      out.push(await load('img', {src: to + '/picture.png'}), await load('script', {src: to + '/script.js'}));
      out.push(await load('link', {rel: 'stylesheet', href: to + '/'}));
      await load('iframe', {src: to + '/name'});
      out.push(await (%s)('ws://demo.localhost:7009/websocket'));
      return out.filter((one) => one);
    }""" % WEBSOCKET, 0) == []
    elsewhere.run("""const popup = context.waitForEvent('page');
                     await page.evaluate(() => {
                       const form = Object.assign(document.createElement('form'), {action: 'http://demo.localhost:7009/sink', method: 'post', target: '_blank'});
                       document.body.append(form);
                       form.submit();
                     });
                     const opened = await popup;
                     await until(async () => (await opened.locator('body').innerText()).includes('other sites'), 'it is refused')""")
    assert pair.asked() == []


def test_a_page_elsewhere_cannot_use_the_connection_that_a_tab_keeps(pair, elsewhere):
    """Chromium sends a form on the connection by which the same page has led the tab there before."""
    submit = """([method, path]) => {
      const form = Object.assign(document.createElement('form'), {action: `http://demo.localhost:7009${path}`, method, target: 'tab'});
      document.body.append(form);
      form.submit();
    }"""
    shown = elsewhere.run("""const popup = context.waitForEvent('page');
        await page.evaluate(() => { window.open('http://demo.localhost:7009/name', 'tab') });
        const opened = await popup;
        const text = () => opened.locator('body').innerText();
        await until(async () => (await text()) === 'the first', 'a link opens it');
        await page.evaluate(`(${arg})(["get", "/headers"])`);
        await until(async () => (await text()).includes('GET /headers'), 'so does a form that only asks');
        await page.evaluate(`(${arg})(["post", "/sink"])`);
        await until(async () => !(await text()).includes('GET /headers'), 'the form is sent');
        return text()""", submit)
    assert "other sites" in shown
    assert not [line for line in pair.asked() if line.startswith("POST")]


def test_a_page_elsewhere_finds_no_names(pair, elsewhere):
    """Neither by whether it is answered, nor by what."""
    outcomes = elsewhere.evaluate("""async () => {
      const out = {};
      for (const name of ['demo', 'nobodys']) {
        const said = [];
        for (const mode of ['no-cors', 'cors']) {
          await fetch(`http://${name}.localhost:7009/`, {mode}).then((answer) => said.push(answer.type), (error) => said.push(error.message));
        }
        for (const kind of ['link', 'script', 'img', 'iframe']) said.push(await new Promise((done) => {
          const url = `http://${name}.localhost:7009/`;
          const element = Object.assign(document.createElement(kind), {rel: 'stylesheet', src: url, href: url});
          element.onload = () => done('load');
          element.onerror = () => done('error');
          document.body.append(element);
        }));
        out[name] = said.join();
      }
      return out;
    }""", 0)
    assert outcomes["demo"] == outcomes["nobodys"]


def test_a_link_from_elsewhere_opens_the_service(pair, elsewhere):
    elsewhere.evaluate("""() => {
      document.body.append(Object.assign(document.createElement('a'), {href: 'http://demo.localhost:7009/headers', textContent: 'to demo'}));
    }""", 0)
    elsewhere.click("link", "to demo")
    elsewhere.run("await page.waitForURL('http://demo.localhost:7009/headers')")
    headers = {name.lower(): value for name, value in json.loads(elsewhere.text())["headers"]}
    assert headers["sec-fetch-site"] in ("cross-site", "same-site")
    assert headers["sec-fetch-mode"] == "navigate"


def test_the_services_own_pages_can_do_everything(pair, browser):
    page = browser.page("http://demo.localhost:7009/")
    page.run("await until(async () => (await page.title()) === 'the script ran', 'the script runs')")
    assert page.evaluate("document.body.dataset.image") == "3"
    for length in (0, 5, 300_000):  # one after the other, on a connection that is kept
        sent = page.evaluate("length => fetch('/sink', {method: 'POST', body: 'x'.repeat(length)}).then((answer) => answer.json())", length)
        assert sent["length"] == length
    assert page.evaluate(WEBSOCKET, "ws://demo.localhost:7009/websocket") == "echo this"
    framed = page.run("""await page.evaluate(() => { document.body.append(Object.assign(document.createElement('iframe'), {src: '/name'})) });
                         return page.frameLocator('iframe').locator('body').innerText()""")
    assert framed == "the first"
    page.run("""await page.evaluate(() => {
                  const form = Object.assign(document.createElement('form'), {action: '/sink', method: 'post'});
                  document.body.append(form);
                  form.submit();
                });
                await until(async () => (await page.locator('body').innerText()).includes('sha256'), 'the form is taken')""")


def test_a_program_can_do_everything(pair):
    assert json.loads(pair.get("http://demo.localhost:7009/sink", "-d", "hello")[1])["length"] == 5
    assert pair.get("http://demo.localhost:7009/name", "-b", "kept=x")[1] == "the first"


def test_by_its_own_name_a_service_is_open_to_other_sites(pair, browser):
    """Nobody can guess it: who has it was given it."""
    page = browser.page(f"{SITE}/name")
    page.evaluate("url => fetch(url, {method: 'POST', mode: 'no-cors', body: 'x'}).then(() => 0)", pair.service.url("/sink"))
    assert [line for line in pair.asked() if line.startswith("POST")]
