"""A real browser on another machine."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")
if not CHROMIUM:
    pytest.skip("chromium is not installed", allow_module_level=True)


def dump_dom(host, url, folder):
    """The document after the page, its scripts and its images have loaded."""
    return host.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     f"--user-data-dir={folder}", "--dump-dom", url], timeout=90).stdout


def test_a_page_loads_with_its_own_script_and_image(pair, tmp_path):
    document = dump_dom(pair.client_host, pair.service.url(), tmp_path / "profile")
    assert "<title>the script ran</title>" in document
    assert 'data-image="3"' in document


def test_an_unknown_service_shows_our_page_and_not_the_browsers(pair, tmp_path):
    document = dump_dom(pair.client_host, f"http://{'0' * 40}.localhost:7009/", tmp_path / "profile")
    assert "neterror" not in document
    assert "local network" in document.lower()
