"""The dashboard as a person meets it: real daemons, a real browser, and what is seen and named on the page."""

import json
import re
import time

import pytest

from browser import Browser, named
from conftest import Pair
from net import wait_until
from oldpeer import GROUP, Lpd
from origin import Origin
from tunnel import lpd_socket

HOME = "http://localhost:7009/"
MOST = 100_000  # octets of the page and all its files
SECTIONS = ["On this network", "Yours", "Published here", "This computer"]


@pytest.fixture
def pair(world):
    return Pair(world)


@pytest.fixture
def started(pair):
    return pair.start()


@pytest.fixture
def open_page(pair):
    """Opens pages on a host, the client's if not said otherwise; at the end, no browser has anything to complain of."""
    browsers = {}

    def make(host=None, url=HOME, **options):
        host = host or pair.client_host
        if host.name not in browsers:
            browsers[host.name] = Browser(host)
        return browsers[host.name].page(url, **options)

    yield make
    complaints = [line for browser in browsers.values() for page in browser.pages for line in page.errors()]
    for browser in browsers.values():
        browser.close()
    assert [line for line in complaints if "(http://" not in line or "(http://localhost:7009/" in line] == []


def link_to(page, title):
    return page.run("return role('link', arg).first().getAttribute('href')", named("Open", title))


def pin(page, title, name):
    wait_until(lambda: "-" in link_to(page, title), "the password is known")
    page.click("button", named("Pin", title))
    page.dialog.fill("Name", name)
    page.dialog.click("button", named("Pin"))
    page.miss("dialog")
    page.see("link", named("Open", name))


# ---- On this network


def test_the_page_has_its_sections(started, open_page):
    page = open_page()
    for heading in SECTIONS:
        page.see("heading", named(heading))
    assert "Hardline" in page.title
    assert page.count("main") == 1


def test_it_is_at_both_of_its_names(started, open_page):
    open_page(url="http://hardline.localhost:7009/").see("heading", "On this network")


def test_a_service_appears_when_its_daemon_starts_and_goes_when_it_stops(pair, open_page):
    pair.client.start()
    page = open_page()
    page.see("heading", "On this network")
    page.run("await page.waitForTimeout(500)")
    assert page.count("link", named("Open", "demo")) == 0
    pair.server.start()
    page.see("link", named("Open", "demo"), within=15)
    assert pair.server_host.address in page.text(), "from which machine"
    pair.server.stop()
    page.miss("link", named("Open", "demo"), within=25)


def test_a_click_opens_a_service(started, open_page):
    page = open_page()
    page.see("link", named("Open", "demo"))
    wait_until(lambda: link_to(page, "demo") == started.service.url(), "the link that works from anywhere")
    assert "Hello through the tunnel" in page.follow(named("Open", "demo"), started.service.url())


def test_a_service_that_hides_its_password_is_listed_without(pair, open_page):
    pair.server.publish("demo", pair.origin.address, pair.service, Access={"hidepassword": "yes"})
    pair.start()
    page = open_page()
    page.see("link", named("Open", "demo"))
    page.run("await page.waitForTimeout(1500)")
    assert link_to(page, "demo") == f"http://{pair.service.keyhash}.localhost:7009/"


def searches(lurker, seconds):
    """How many searches for whatever is there are heard meanwhile."""
    count, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        lurker.settimeout(left)
        try:
            kind, fields = Lpd.parse(lurker.recv(4096))
        except TimeoutError:
            break
        count += kind == "HARDLINE-SEARCH" and not fields["infohash"]
    return count


def test_the_network_is_asked_only_while_somebody_looks(started, open_page):
    lurker = lpd_socket(started.world.host("lurker", started.lan), GROUP[1], member=True)
    assert searches(lurker, 6) == 0
    page = open_page()
    page.see("link", named("Open", "demo"))
    assert searches(lurker, 11) >= 2
    page.run("await page.close()")
    searches(lurker, 2)  # one that was on its way
    assert searches(lurker, 7) == 0


def test_a_link_is_copied(started, open_page):
    page = open_page()
    page.run("await context.grantPermissions(['clipboard-read', 'clipboard-write'])")
    page.see("button", named("Copy link", "demo"))
    page.click("button", named("Copy link", "demo"))
    page.read("copied")
    assert page.evaluate("navigator.clipboard.readText()") == link_to(page, "demo")


def decode(page, section, title, host):
    """What the QR code of a service says, opened and read off the screen."""
    picture = host.folder / "qr.png"
    page.run("""const card = page.getByRole('region', {name: arg[0]}).getByRole('listitem').filter({hasText: arg[1]});
                await card.getByText('QR code').first().click();
                const image = card.getByRole('img', {name: 'QR code'});
                await until(() => image.evaluate((one) => one.complete && one.naturalWidth > 0), 'the picture');
                await image.screenshot({path: arg[2]})""", [section, title, str(picture)])
    return host.run(["zbarimg", "-q", "--raw", picture]).stdout.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_qr_code_says_the_link(started, open_page, scheme):
    page = open_page(colorScheme=scheme)
    page.see("link", named("Open", "demo"))
    assert decode(page, "On this network", "demo", started.client_host) == link_to(page, "demo")


# ---- Yours


def test_a_service_is_pinned_renamed_opened_by_its_name_and_unpinned(started, open_page):
    page = open_page()
    page.see("button", named("Pin", "demo"))
    pin(page, "demo", "cinema")
    assert link_to(page, "cinema") == "http://cinema.localhost:7009/"
    assert json.loads(started.client.verb("names", "--json").stdout)["names"][0]["name"] == "cinema"

    page.click("button", named("Rename", "cinema"))
    page.dialog.fill("New name", "films")
    page.dialog.click("button", named("Rename"))
    page.miss("dialog")
    page.see("link", named("Open", "films"))
    page.miss("link", named("Open", "cinema"))

    assert "Hello through the tunnel" in page.follow(named("Open", "films"), "http://films.localhost:7009/")
    page.open(HOME)
    page.read("Reached")

    page.click("button", named("Unpin", "films"))
    page.dialog.click("button", named("Unpin"))
    page.miss("dialog")
    page.miss("link", named("Open", "films"))
    assert json.loads(started.client.verb("names", "--json").stdout)["names"] == []


def test_a_link_from_elsewhere_is_pinned(started, open_page):
    page = open_page()
    page.click("button", named("Pin a link"))
    page.dialog.fill("Name", "given")
    page.dialog.fill("Link", started.service.url())
    page.dialog.click("button", named("Pin"))
    page.miss("dialog")
    assert "Hello through the tunnel" in page.follow(named("Open", "given"), "http://given.localhost:7009/")


def test_a_name_that_cannot_be_is_refused_where_it_was_typed(started, open_page):
    page = open_page()
    page.click("button", named("Pin", "demo"))
    page.dialog.fill("Name", "not a name")
    page.dialog.click("button", named("Pin"))
    page.read("letters")
    assert page.count("dialog") == 1
    page.dialog.fill("Name", "a-name")
    page.dialog.click("button", named("Pin"))
    page.miss("dialog")
    page.see("link", named("Open", "a-name"))
    page.errors()  # of an answer that refuses, Chromium itself makes a line


def test_a_page_follows_what_is_done_elsewhere(started, open_page):
    page = open_page()
    started.client.pin("elsewhere", started.service)
    page.see("link", named("Open", "elsewhere"))
    started.client.verb("unpin", "elsewhere")
    page.miss("link", named("Open", "elsewhere"))


def test_why_tells_what_was_tried(started, open_page):
    started.client.pin("cinema", started.service)
    page = open_page()
    page.click("button", named("Why?", "cinema"))
    page.dialog.see("heading", named("How", "cinema", "is found"))
    page.dialog.run("await until(async () => (await page.getByRole('dialog').innerText()).includes(arg), 'what was reached', 40000)",
                    f"{started.server_host.address}:7008")
    assert "It was reached" in page.text("dialog[open]")
    page.press("Escape")
    page.miss("dialog")


def test_why_tells_what_was_tried_in_vain(started, open_page):
    started.client.pin("cinema", started.service)
    started.server.stop()
    page = open_page()
    page.click("button", named("Why?", "cinema"))
    page.dialog.run("await until(async () => (await page.getByRole('dialog').innerText()).includes('not reached'), 'how it ended', 40000)", timeout=90)


# ---- Published here


def test_a_service_is_published_from_the_page_and_opened_from_another_computer(pair, open_page):
    for file in pair.server.services.iterdir():
        file.unlink()
    pair.origin.stop()
    pair.origin = Origin(pair.server_host, name="Recipes")
    pair.start()
    page = open_page(pair.server_host)
    page.click("button", named("Publish a service"))
    page.dialog.click("button", named("Use", "Recipes"))
    assert page.dialog.filled("Title") == "Recipes"
    assert (page.dialog.filled("Address"), page.dialog.filled("Port")) == ("127.0.0.1", "8080")
    page.dialog.fill("Title", "Our recipes")
    page.dialog.click("button", named("Publish"))
    page.read("It is published")
    link = re.search(r"http://[a-z2-7]{13}-[0-9a-f]{40}\.localhost:7009/", page.text())
    assert link, page.text()
    page.press("Escape")
    page.see("button", named("Pause", "Our recipes"))
    opened = pair.client_host.run(["curl", "-sS", "--fail", "--max-time", "20", link[0]]).stdout
    assert "Hello through the tunnel" in opened
    assert (pair.server.services / "our-recipes.ini").exists()

    other = open_page(pair.client_host)
    other.see("link", named("Open", "Our recipes"))


def test_a_published_service_shows_its_link_and_how_it_goes(started, open_page):
    page = open_page(started.server_host)
    page.see("button", named("Copy link", "demo"))
    started.curl("/bytes/3000000", "-o", "/dev/null")
    page.read("1 connection")
    page.read("Up")
    assert decode(page, "Published here", "demo", started.server_host) == started.service.url()
    started.origin.stop()
    page.read("Down", within=60)


def test_a_service_is_edited_paused_resumed_and_removed(started, open_page):
    second = Origin(started.server_host, port=8081, name="another origin")
    page = open_page(started.server_host)

    page.click("button", named("Edit", "demo"))
    page.dialog.fill("Title", "renamed")
    page.dialog.fill("Port", second.port)
    page.dialog.click("button", named("Save"))
    page.miss("dialog")
    page.see("button", named("Pause", "renamed"))
    wait_until(lambda: started.curl("/name", check=False).stdout == "another origin", "the other origin is opened")

    page.click("button", named("Pause", "renamed"))
    page.see("button", named("Resume", "renamed"))
    assert started.curl("/name", check=False).returncode == 22
    page.click("button", named("Resume", "renamed"))
    page.see("button", named("Pause", "renamed"))
    wait_until(lambda: started.curl("/name", check=False).stdout == "another origin", "it opens again")

    page.click("button", named("Remove", "renamed"))
    page.dialog.click("button", named("Remove"))
    page.miss("dialog")
    page.miss("button", named("Pause", "renamed"))
    assert started.curl("/name", check=False).returncode == 22
    kept = [path.name for path in (started.server.services / "removed").rglob("*") if path.is_file()]
    assert {"demo.ini", "demo.cert", "demo.cert.private", "demo.cert.hash"} <= set(kept)


def test_what_is_no_address_is_refused_where_it_was_typed(started, open_page):
    page = open_page(started.server_host)
    page.click("button", named("Publish a service"))
    page.dialog.fill("Title", "Nonsense")
    page.dialog.fill("Address", "127.0.0.1")
    page.dialog.fill("Port", "70000")
    page.dialog.click("button", named("Publish"))
    page.read("65535")
    assert page.count("dialog") == 1
    assert not (started.server.services / "nonsense.ini").exists()


# ---- The page itself


def test_it_lives_on_when_its_daemon_starts_anew(started, open_page):
    page = open_page()
    page.see("link", named("Open", "demo"))
    started.client.stop()
    page.read("connection to hardlined is lost")
    started.client.start()
    page.run("await until(async () => !(await page.locator('body').innerText()).includes('is lost'), 'it is back', 30000)")
    page.see("button", named("Pin", "demo"))
    pin(page, "demo", "cinema")
    page.errors()  # the browser says itself that nobody was there


def test_it_is_read_without_javascript(started, open_page):
    started.client.pin("cinema", started.service)
    page = open_page(javaScriptEnabled=False)
    page.run("await until(async () => { await page.reload(); return (await page.locator('body').innerText()).includes('demo') }, 'the service is listed')")
    for heading in SECTIONS:
        page.see("heading", heading)
    page.read("Scripts are switched off")
    page.see("link", named("Open", "demo"))
    assert "Hello through the tunnel" in page.follow(named("Open", "cinema"), "http://cinema.localhost:7009/")


def test_it_asks_nobody_else_and_is_small(started, open_page):
    page = open_page(url=None)
    loaded = page.run("""
        const answers = [];
        page.on('response', (answer) => answers.push(answer));
        await page.goto(arg);
        await role('link', {re: '^Open.*demo'}).waitFor();
        const files = [];
        for (const answer of answers) {
          const events = (answer.headers()['content-type'] || '').startsWith('text/event-stream');
          files.push({url: answer.url(), status: answer.status(), octets: events ? 0 : (await answer.body()).length});
        }
        const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
        return {files, paint}""", HOME)
    for file in loaded["files"]:
        assert file["url"].startswith(HOME) and file["status"] == 200, file
    total = sum(file["octets"] for file in loaded["files"])
    print(f"{total} octets in {len(loaded['files'])} files; first paint after {loaded['paint']:.0f} ms, with sanitizers where these are on")
    assert total < MOST


def wide(page):
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


PHONE = {"viewport": {"width": 360, "height": 740}, "isMobile": True, "hasTouch": True, "deviceScaleFactor": 2}


def test_it_fits_a_phone(started, open_page):
    started.client.pin("n" * 63, started.service)
    page = open_page(**PHONE)
    page.see("link", named("Open", "demo"))
    assert wide(page) <= 0
    for button in ("Pin a link", "Publish a service"):
        page.click("button", named(button))
        page.see("dialog")
        assert wide(page) <= 0
        page.press("Escape")
        page.miss("dialog")


def test_it_is_used_by_the_keyboard_alone(started, open_page):
    page = open_page()
    page.see("button", named("Pin", "demo"))
    page.tab_to("button", named("Pin", "demo"))
    page.press("Enter")
    page.see("dialog")
    assert page.evaluate("document.activeElement.closest('dialog, [role=dialog]') !== null"), "the focus is in the dialog"
    page.press("Escape")
    page.miss("dialog")
    assert page.focused("button", named("Pin", "demo")), "the focus is back where it was"

    page.press("Enter")
    page.see("dialog")
    page.tab_to("textbox", named("Name"))
    page.run("await page.keyboard.type('cinema')")
    page.press("Enter")
    page.miss("dialog")
    page.see("link", named("Open", "cinema"))

    page.tab_to("button", named("Unpin", "cinema"))
    page.press("Space")
    page.dialog.tab_to("button", named("Unpin"))
    page.press("Enter")
    page.miss("link", named("Open", "cinema"))
    assert page.evaluate("document.activeElement !== null && document.activeElement.isConnected")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way_of_those_who_do_not_see_or_not_well(started, open_page, scheme):
    started.server.pin("cinema", started.service)
    page = open_page(started.server_host, colorScheme=scheme)
    page.see("link", named("Open", "demo"))
    page.see("link", named("Open", "cinema"))
    assert page.axe_violations() == []
    for button in (named("Pin a link"), named("Rename", "cinema"), named("Unpin", "cinema"), named("Why?", "cinema"), named("Publish a service"),
                   named("Edit", "demo"), named("Remove", "demo")):
        page.run("await role('button', arg).first().click()", button)
        page.see("dialog")
        assert page.axe_violations() == [], button
        page.press("Escape")
        page.miss("dialog")
    decode(page, "Published here", "demo", started.server_host)
    assert page.axe_violations() == []


def test_dark_is_dark_and_light_is_light(started, open_page):
    def brightness(page):
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3

    assert brightness(open_page(colorScheme="light")) > 200
    assert brightness(open_page(colorScheme="dark")) < 60


def test_a_page_that_may_only_be_read_has_nothing_to_change(pair, open_page):
    pair.server.start()
    pair.client.start("--dashboard", "read-only")
    pair.client.pin("cinema", pair.service)
    page = open_page()
    page.see("link", named("Open", "demo"))
    page.see("link", named("Open", "cinema"))
    for button in ("Pin", "Rename", "Unpin", "Publish", "Edit", "Remove"):
        assert page.count("button", named(button)) == 0
    assert page.axe_violations() == []


def test_a_page_that_is_switched_off_is_not_there(pair):
    pair.client.start("--dashboard", "no")
    for path in ("/", "/api/names", "/api/status", "/events"):
        status = pair.client_host.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://localhost:7009" + path]).stdout
        assert status in ("403", "404"), (path, status)
    assert "FindProxyForURL" in pair.client_host.run(["curl", "-sS", "http://localhost:7009/proxy.pac"]).stdout


def test_pictures_of_it(world, open_page, pair):
    """For the README, and for whoever looks whether it looks good: in the build folder."""
    extra = world.host("nas", pair.lan)
    nas = world.daemon(extra)
    for number, title in enumerate(["Photos", "Home Assistant"]):
        nas.publish(title.lower().replace(" ", "-"), Origin(extra, 8080 + number, name=title).address, Info={"title": title})
    nas.start()
    for file in pair.server.services.iterdir():
        file.unlink()
    cinema = pair.server.publish("jellyfin", pair.origin.address, Info={"title": "Jellyfin"})
    pair.server.start()
    pair.client.start()

    alone = world.host("alone", world.lan())
    world.daemon(alone).start()
    empty = open_page(alone, viewport={"width": 1200, "height": 800})
    empty.see("heading", "On this network")
    empty.screenshot("dashboard-empty")

    pair.client.publish("recipes", Origin(pair.client_host, 8080, name="Recipes").address, Info={"title": "Recipes"})
    pair.client.publish("notes", "127.0.0.1:1", Info={"title": "Notes"})
    pair.client.reload()
    wait_until(lambda: pair.client.log().count("services: published") == 2, "both are published")
    pair.client.pin("cinema", cinema)
    pair.client.pin("nas", nas.identities[0])
    for name in ("cinema", "nas"):
        pair.client_host.run(["curl", "-sS", "--fail", f"http://{name}.localhost:7009/name"])
    pair.client_host.run(["curl", "-sS", "--fail", pair.client.identities[0].url("/bytes/12345678"), "-o", "/dev/null"])

    def shown(name, scheme="light", **options):
        page = open_page(colorScheme=scheme, **({"viewport": {"width": 1200, "height": 800}} | options))
        for title in ("Photos", "Home Assistant", "Jellyfin", "cinema", "nas", "Recipes", "Notes"):
            page.see("link", named("Open", title))
        page.read("Up")
        page.read("Down")
        page.screenshot(name)
        return page

    light = shown("dashboard-light", deviceScaleFactor=1.5)
    shown("dashboard-dark", "dark", deviceScaleFactor=1.5)
    shown("dashboard-phone", **PHONE)
    shown("dashboard-phone-dark", "dark", **PHONE)
    light.click("button", named("Publish a service"))
    light.dialog.see("button", named("Use", "Recipes"))
    light.screenshot("dashboard-publish", full=False)
    light.press("Escape")
    decode(light, "Published here", "Recipes", pair.client_host)
    light.screenshot("dashboard-qr")
    light.click("button", named("Why?", "cinema"))
    light.dialog.run("await until(async () => (await page.getByRole('dialog').innerText()).includes('It was reached'), 'it is examined', 40000)")
    light.screenshot("dashboard-why", full=False)
