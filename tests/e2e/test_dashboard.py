"""The dashboard as a person meets it: real daemons, a real browser, and what is seen and named on the page."""

import json
import re
import time

import pytest

from browser import named
from dashboard import HOME, SECTIONS, decode, forgive_refusals, link_to, offer_to_publish, open_page, pair, pin, started
from net import wait_until
from oldpeer import GROUP, Lpd
from origin import Origin
from tunnel import lpd_socket


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
    told = pair.server.publish("told", pair.origin.address)
    pair.start()
    page = open_page()
    page.see("link", named("Open", "demo"))
    page.see("link", named("Open", "told"))
    wait_until(lambda: link_to(page, "told") == told.url(), "the password of one that does not")
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
    wait_until(lambda: "-" in link_to(page, "demo"), "the password is known")
    page.click("button", named("Copy link", "demo"))
    page.read("copied")
    assert page.evaluate("navigator.clipboard.readText()") == link_to(page, "demo")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_qr_code_says_the_link(started, open_page, scheme):
    page = open_page(colorScheme=scheme)
    page.see("link", named("Open", "demo"))
    wait_until(lambda: "-" in link_to(page, "demo"), "the password is known")
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
    forgive_refusals(page)


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
    page.dialog.run("await until(async () => (await page.getByRole('dialog').innerText()).includes('could not be reached'), 'how it ended', 40000)", timeout=90)


# ---- Published here


def test_a_service_is_published_from_the_page_and_opened_from_another_computer(pair, open_page):
    for file in pair.server.services.iterdir():
        file.unlink()
    pair.origin.stop()
    pair.origin = Origin(pair.server_host, name="Recipes")
    pair.start()
    page = open_page(pair.server_host)
    offer_to_publish(page, pair.server, "Recipes")
    page.dialog.click("button", named("Use", "Recipes"))
    assert page.dialog.filled("Title") == "Recipes"
    assert (page.dialog.filled("Address"), page.dialog.filled("Port")) == ("127.0.0.1", "8080")
    page.dialog.fill("Title", "Our recipes")
    page.dialog.click("button", named("Publish"))
    page.dialog.see("heading", named("Our recipes", "is published"))
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
