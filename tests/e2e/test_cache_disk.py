"""A cache whose daemon is killed, or whose disk is full: nothing half is ever served, and nobody else notices."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest

from cached import SLOW, begin_slow, in_parallel
from net import wait_until
from nginx import Nginx
from origin import checksum


@pytest.fixture
def site(make_site):
    made = make_site(Nginx)
    made.origin.put_bytes("film.bin", SLOW)
    made.origin.put("page.html", "a page")
    return made.start(quarantine=16)


def test_a_daemon_that_is_killed_leaves_nothing_half(site):
    begun = begin_slow(site)
    wait_until(lambda: site.in_the_making() > 500_000, "some of it is there")
    site.server.kill()
    begun.close()
    assert site.files() == set() and site.leftovers()
    site.server.start(quarantine=16)
    wait_until(lambda: not site.leftovers(), "what was left behind is cleared away")
    assert site.digest("/slow/film.bin") == checksum(SLOW)
    assert [found["status"] for found in site.origin.requests("/slow/film.bin")][-1] == 200


def test_a_daemon_that_is_killed_again_and_again(make_site):
    """At every moment of a fill: whatever is served afterwards, without the web server, is whole."""
    site = make_site(Nginx)
    names = [f"{number}.bin" for number in range(60)]
    for name in names:
        site.origin.put_bytes(name, 300_000)
    site.start()
    for moment in range(5):
        fills = site.client_host.popen(["curl", "-sS", "--max-time", "30", "-Z", *(word for name in names[moment * 12 :]
                                        for word in ("-o", "/dev/null", site.service.url(f"/{name}")))], stderr=subprocess.DEVNULL)
        wait_until(lambda: sum(name.endswith("@http") for name in site.files()) > moment * 10 + 1, "some are there")
        site.server.kill()
        fills.wait()
        site.origin.stop()
        site.server.start()
        wait_until(lambda: b"no copy of this page" in site.ask("/other").body, "the client does not remember that nobody was there")
        answers = [site.ask(f"/{name}") for name in names]
        assert {answer.status for answer in answers} <= {200, 502}
        whole = [answer for answer in answers if answer.status == 200]
        assert whole and {hashlib.sha256(answer.body).hexdigest() for answer in whole} == {checksum(300_000)}
        assert not site.leftovers()
        for name in site.files():
            if name.endswith(".headers"):
                json.loads((site.folder / name).read_text())
        site.origin.start()


def test_a_fill_does_not_keep_the_daemon_from_ending(site):
    site.origin.put_bytes("film.bin", 8_000_000)  # takes twenty seconds: more than is granted to those who are at it
    begun = begin_slow(site)
    site.server.stop()
    begun.close()
    assert site.files() == set() and not site.leftovers()


# A disk that is full


@pytest.fixture
def small_disk(make_site):
    """A site whose folder is a file system of 2 MB, on which a file of 1.5 MB can be written to `filler`."""
    site = make_site(Nginx)
    site.folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "small", site.folder], check=True)
    site.filler = site.folder / "filler"
    site.origin.put_bytes("large.bin", 3_000_000)
    site.origin.put_bytes("medium.bin", 1_000_000)
    site.origin.put("page.html", "a page")
    yield site.start(quarantine=16)
    subprocess.run(["umount", "-l", site.folder], check=True)


def warnings(site):
    return [line for line in site.server.log().splitlines() if re.match(r"\S+ \S+ warn", line) and re.search("(?i)space|full", line)]


def test_a_full_disk_makes_no_difference_to_those_who_read(small_disk):
    site = small_disk
    for target in ("/large.bin", "/chunked/large.bin", "/slow/large.bin"):
        digests = in_parallel(3, lambda _: site.digest(target))
        assert set(digests) == {checksum(3_000_000)}
    assert len(warnings(site)) == 1, site.server.log()
    assert not [name for name in site.files() if "large" in name]
    wait_until(lambda: not site.leftovers(), "what did not fit is cleared away")
    assert site.get("/page.html").text == "a page"
    assert site.server.running()


def test_caching_goes_on_when_there_is_room(small_disk):
    site = small_disk
    assert site.fill("/page.html").cache == "miss"
    site.filler.write_bytes(bytes(shutil.disk_usage(site.folder).free - 200_000))
    for _ in range(2):
        assert site.digest("/medium.bin") == checksum(1_000_000)
    assert site.get("/page.html").cache == "hit"
    site.filler.unlink()
    wait_until(lambda: site.get("/medium.bin").cache == "hit", "copies are kept again", 90)
    assert site.digest("/medium.bin") == checksum(1_000_000)


def test_a_folder_that_cannot_be_written_is_served_all_the_same(make_site):
    site = make_site(Nginx, maxAge=0)
    site.origin.put("page.html", "a page")
    site.put("kept@http", "an old copy")
    site.put("by-hand.txt", "by hand")
    subprocess.run(["mount", "--bind", site.folder, site.folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", site.folder], check=True)
    try:
        site.start()
        for _ in range(2):
            assert site.get("/page.html").text == "a page"
        site.origin.stop()
        assert site.get("/kept").text == "an old copy"
        assert site.get("/by-hand.txt").text == "by hand"
        assert site.server.running()
    finally:
        subprocess.run(["umount", "-l", site.folder], check=True)
