"""What tools/run publishes."""

import pathlib
import re
import shutil

import pytest

from identity import make_identity

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")


def service_file():
    text = re.search(r"^cat >\S+ <<INI\n(.*?)^INI$", (ROOT / "tools/run").read_text(), re.MULTILINE | re.DOTALL)[1]
    return text.replace("$PWD", str(ROOT))


@pytest.fixture
def address(world):
    """The welcome page's, on a computer with a daemon that publishes it."""
    host = world.host("newcomer", world.lan())
    daemon = world.daemon(host)
    identity = make_identity(daemon.services / "welcome.cert")
    (daemon.services / "welcome.ini").write_text(service_file())
    daemon.start()
    return host, identity.url()


def test_the_welcome_page_can_be_read_without_scripts(address):
    host, url = address
    page = host.run(["curl", "-sS", "--fail", "-i", url]).stdout
    assert re.search(r"^content-type: text/html", page, re.MULTILINE | re.IGNORECASE)
    assert "This page came through the tunnel." in page and "http://PASSWORD-KEYHASH.localhost:7009/" in page
    assert not re.search(r"<(img|link|script)[^>]+(src|href)=", page), "nothing is fetched from elsewhere"


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
def test_the_welcome_page_shows_its_own_address(address, tmp_path):
    host, url = address
    document = host.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", "--disable-sync",
                         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", url], timeout=90).stdout
    assert re.search(r'id="address">([^<]+)<', document)[1] == url


def test_the_welcome_service_is_published_by_a_folder_alone():
    assert "\nservice=\n" in service_file() and f"directory={ROOT}/tools/welcome\n" in service_file()
    assert (ROOT / "tools/welcome/index.html").is_file()
