"""What the tests of the dashboard share: opening it, and doing there what a person does."""

import json
import re

import pytest

from browser import Browser, named
from conftest import Pair
from net import wait_until

HOME = "http://localhost:7009/"
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
    try:
        complaints = [line for browser in browsers.values() for page in browser.pages for line in page.errors()]
    finally:
        for browser in browsers.values():
            browser.close()
    ours = re.compile(r"\(http://(hardline\.)?localhost:7009/")
    assert [line for line in complaints if "(http://" not in line or ours.search(line)] == []


def forgive_refusals(page):
    """Of an answer that refuses, and where nobody answers, Chromium itself makes a line: there must be no others."""
    assert [line for line in page.errors() if not line.startswith("error: Failed to load resource: ")] == []


def link_to(page, title):
    return page.run("return role('link', arg).first().getAttribute('href')", named("Open", title))


def pin(page, title, name):
    wait_until(lambda: "-" in link_to(page, title), "the password is known")
    page.click("button", named("Pin", title))
    page.dialog.fill("Name", name)
    page.dialog.click("button", named("Pin"))
    page.miss("dialog")
    page.see("link", named("Open", name))


def offer_to_publish(page, daemon, title):
    """Opens the dialog that publishes once this web server is found: it looks once, and gives each a second to answer."""
    ask = ["curl", "-sS", "--fail", "--unix-socket", daemon.socket, "http://localhost/api/web-servers"]
    wait_until(lambda: title in [server["title"] for server in json.loads(daemon.host.run(ask).stdout)["web_servers"]], f"{title} is found", 30)
    page.click("button", named("Publish a service"))


def decode(page, section, title, host):
    """What the QR code of a service says, opened and read off the screen."""
    picture = host.folder / "qr.png"
    page.run("""const card = page.getByRole('region', {name: arg[0]}).getByRole('listitem').filter({hasText: arg[1]});
                await card.getByText('QR code').first().click();
                const image = card.getByRole('img', {name: 'QR code'});
                await until(() => image.evaluate((one) => one.complete && one.naturalWidth > 0), 'the picture');
                await image.screenshot({path: arg[2]})""", [section, title, str(picture)])
    return host.run(["zbarimg", "-q", "--raw", picture]).stdout.strip()
