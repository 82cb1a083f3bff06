"""The dashboard as a page: small, for every screen and everybody, and worth a picture."""

import re

import pytest

from browser import named
from dashboard import HOME, SECTIONS, decode, forgive_refusals, offer_to_publish, open_page, pair, pin, started
from net import wait_until
from origin import Origin

MOST = 100_000  # octets of the page and all its files


def test_it_lives_on_when_its_daemon_starts_anew(started, open_page):
    page = open_page()
    page.see("link", named("Open", "demo"))
    start = "await page.locator('body').getAttribute('data-start')"
    before = page.run(f"return {start}")
    started.client.stop()
    page.read("Lost the connection to hardlined")
    started.client.start()
    page.run(f"await until(async () => {start} !== arg, 'it is loaded again', 30000); await page.waitForLoadState()", before)
    assert "Lost the connection" not in page.text()
    page.see("button", named("Pin", "demo"))
    pin(page, "demo", "cinema")
    forgive_refusals(page)


def test_it_is_read_without_javascript(started, open_page):
    started.client.pin("cinema", started.service)
    page = open_page(javaScriptEnabled=False)
    page.run("await until(async () => { await page.reload(); return (await page.locator('body').innerText()).includes('demo') }, 'the service is listed')")
    for heading in SECTIONS:
        page.see("heading", heading)
    page.read("Scripts are off")
    page.see("link", named("Open", "demo"))
    assert "Hello through the tunnel" in page.follow(named("Open", "cinema"), "http://cinema.localhost:7009/")


def test_it_asks_nobody_else_and_is_small(started, open_page, capsys):
    page = open_page(url=None)
    loaded = page.run("""
        const requests = [];
        page.on('request', (request) => requests.push(request));
        await page.goto(arg);
        await role('link', {re: '^Open.*demo'}).waitFor();
        const files = [];
        for (const request of requests) {
          const answer = await request.response();
          if (!answer) throw new Error(`no answer from ${request.url()}`);
          const events = (answer.headers()['content-type'] || '').startsWith('text/event-stream');
          files.push({url: request.url(), status: answer.status(), octets: events ? 0 : (await answer.body()).length});
        }
        const painted = () => page.evaluate(() => (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime);
        const paint = await until(painted, 'the first paint');
        return {files, paint}""", HOME)
    for file in loaded["files"]:
        assert file["url"].startswith(HOME) and file["status"] == 200, file
    total = sum(file["octets"] for file in loaded["files"])
    with capsys.disabled():
        print(f"\n{total} octets in {len(loaded['files'])} files; first paint after {loaded['paint']:.0f} ms, with sanitizers where these are on")
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
    page.miss("dialog")
    page.run("await until(() => page.evaluate(() => document.activeElement !== document.body), 'the focus is somewhere')")


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
    pair.client.publish("own", "127.0.0.1:8080")
    pair.client.start("--dashboard", "read-only")
    pair.client.pin("cinema", pair.service)
    page = open_page()
    page.see("link", named("Open", "demo"))
    page.see("link", named("Open", "cinema"))
    page.see("link", named("Open", "own"))
    for button in ("Pin", "Rename", "Unpin", "Publish", "Edit", "Pause", "Resume", "Remove"):
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

    recipes = pair.client.publish("recipes", Origin(pair.client_host, 8080, name="Recipes").address, Info={"title": "Recipes"})
    pair.client.publish("notes", "127.0.0.1:1", Info={"title": "Notes"})
    pair.client.reload()
    wait_until(lambda: pair.client.log().count("services: published") == 2, "both are published")
    pair.client.pin("cinema", cinema)
    pair.client.pin("nas", nas.identities[0])
    for name in ("cinema", "nas"):
        pair.client_host.run(["curl", "-sS", "--fail", f"http://{name}.localhost:7009/name"])
    pair.client_host.run(["curl", "-sS", "--fail", recipes.url("/bytes/12345678"), "-o", "/dev/null"])

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
    offer_to_publish(light, pair.client, "Recipes")
    light.dialog.see("button", named("Use", "Recipes"))
    light.screenshot("dashboard-publish", full=False)
    light.press("Escape")
    decode(light, "Published here", "Recipes", pair.client_host)
    light.screenshot("dashboard-qr")
    light.click("button", named("Why?", "cinema"))
    light.dialog.run("await until(async () => (await page.getByRole('dialog').innerText()).includes('It was reached'), 'it is examined', 40000)")
    light.screenshot("dashboard-why", full=False)
