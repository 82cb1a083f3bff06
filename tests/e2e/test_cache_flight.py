"""Content on its way into the cache, shared by all who want it."""

import hashlib
import os
import re
import time

import pytest

from cached import SLOW, begin_slow, in_parallel, rest
from chromium import Chromium
from film import PLAYER, check_it_plays_and_seeks, film
from net import wait_until
from nginx import Nginx
from origin import blocks, checksum

SIZE = int(os.environ.get("HARDLINE_FLIGHT_BYTES", 100_000_000))


@pytest.fixture
def site(make_site):
    made = make_site(Nginx)
    made.origin.put_bytes("film.bin", SLOW)
    made.origin.put("page.html", "a page")
    return made.start(quarantine=16)


def test_a_hundred_misses_make_one_request(make_site):
    site = make_site(Nginx, maxSize="1G")
    site.origin.put_bytes("big.bin", SIZE)
    site.start(quarantine=16)
    began = time.monotonic()
    digests = in_parallel(100, lambda _: site.digest("/big.bin"))
    print(f"a hundred times {SIZE} octets took {time.monotonic() - began:.1f} s")
    assert set(digests) == {checksum(SIZE)}
    site.origin.wait_requests(1, "/big.bin")
    wait_until(lambda: "big.bin@http" in site.files(), "the copy is in place")
    assert site.digest("/big.bin") == checksum(SIZE)
    site.origin.wait_requests(1, "/big.bin")


def test_octets_are_passed_on_as_they_arrive(site):
    began = time.monotonic()
    first = begin_slow(site)
    wait_until(lambda: site.in_the_making() > 600_000, "some of it is there")
    second = begin_slow(site)  # joins in the midst of it, and gets the beginning too
    assert time.monotonic() - began < 3.5 and site.origin.requests("/slow/film.bin") == []
    assert rest(first) == rest(second) == checksum(SLOW)
    site.origin.wait_requests(1, "/slow/film.bin")


def test_a_part_of_what_is_on_its_way(site):
    begun = begin_slow(site)
    wanted = b"".join(blocks(SLOW))[900_000:900_100]
    answer = site.ask("/slow/film.bin", {"Range": "bytes=900000-900099"})
    assert answer.status in (200, 206)
    assert (answer.body if answer.status == 206 else answer.body[900_000:900_100]) == wanted
    begun.close()
    site.origin.wait_requests(1, "/slow/film.bin")


def test_a_client_that_leaves_does_not_end_the_fill(site):
    begin_slow(site).close()
    wait_until(lambda: "slow/film.bin@http" in site.files(), "the copy is in place", 30)
    assert site.digest("/slow/film.bin") == checksum(SLOW)
    site.origin.wait_requests(1, "/slow/film.bin")


def test_a_slow_reader_holds_up_nobody(make_site):
    site = make_site(Nginx)
    site.origin.put_bytes("big.bin", 50_000_000)
    site.start(quarantine=16)
    slow = site.begin("/big.bin")
    beginning = slow.read(1000)
    assert site.digest("/big.bin") == checksum(50_000_000)
    assert hashlib.sha256(beginning + slow.read()).hexdigest() == checksum(50_000_000)
    site.origin.wait_requests(1, "/big.bin")


def memory(daemon):
    status = open(f"/proc/{daemon.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10


def test_slow_readers_pin_no_memory(make_site):
    site = make_site(Nginx)
    site.origin.put_bytes("big.bin", 50_000_000)
    site.start(quarantine=16)
    site.digest("/big.bin")
    at_rest = memory(site.server)
    held = [site.begin("/big.bin") for _ in range(50)]
    assert all(answer.read(10) == next(blocks(10)) for answer in held)
    time.sleep(1)  # for as much to be read ahead as will be
    assert memory(site.server) - at_rest < 64 << 20  # the sanitizers' book-keeping, mostly
    for answer in held:
        answer.close()
    assert site.digest("/big.bin") == checksum(50_000_000)


def test_misses_of_different_pages_do_not_wait_for_each_other(site):
    begun = begin_slow(site)
    began = time.monotonic()
    assert site.get("/page.html").text == "a page"
    assert time.monotonic() - began < 3
    begun.close()


def test_misses_of_an_error_are_all_answered(site):
    assert in_parallel(20, lambda _: site.ask("/nowhere").status) == [404] * 20


def test_misses_of_what_is_not_kept_are_all_answered(site):
    """Each by a request of its own: what is for one visitor is not for the others."""
    assert {answer.text for answer in in_parallel(20, lambda _: site.get("/private/page.html"))} == {"a page"}
    site.origin.wait_requests(20, "/private/page.html")
    assert site.files() == set()


def test_revalidations_of_one_page_make_one_request(make_site):
    site = make_site(lambda host: Nginx(host, locations="location /wait/ { limit_rate 20k; }"), maxAge=1)
    site.origin.put_bytes("wait/page.bin", 30_000)
    site.start()
    site.fill("/wait/page.bin")
    time.sleep(1.1)  # it is too old now
    site.origin.put_bytes("wait/page.bin", 40_000)  # takes two seconds
    assert {len(answer.body) for answer in in_parallel(20, lambda _: site.get("/wait/page.bin"))} <= {30_000, 40_000}
    site.origin.wait_requests(2, "/wait/page.bin")


def test_the_web_server_dies_in_the_midst_of_it(site):
    begun = begin_slow(site)
    site.origin.stop()
    with pytest.raises(Exception):  # http.client has several for what is cut
        assert rest(begun) == checksum(SLOW)
    wait_until(lambda: not site.leftovers(), "what was there is cleared away")
    assert site.files() == set()
    assert site.ask("/slow/film.bin").status in (502, 504)
    site.origin.start()
    wait_until(lambda: site.ask("/page.html").status == 200, "the web server is asked again")
    assert site.digest("/slow/film.bin") == checksum(SLOW)


def test_a_copy_stays_while_its_successor_fails_to_arrive(make_site):
    site = make_site(Nginx, maxAge=0)
    site.origin.put_bytes("film.bin", 10_000)
    site.start()
    site.fill("/slow/film.bin")
    site.origin.put_bytes("film.bin", SLOW)
    begun = begin_slow(site)
    site.origin.stop()
    with pytest.raises(Exception):
        assert rest(begun) == checksum(SLOW)
    answer = site.get("/slow/film.bin")
    assert answer.cache == "stale" and hashlib.sha256(answer.body).hexdigest() == checksum(10_000)


# A browser


def test_a_film_seeks_while_it_is_fetched(make_site, tmp_path):
    site = make_site(lambda host: Nginx(host, locations="location = /film.webm { limit_rate 4m; }"))
    site.origin.put("film.webm", film(40))
    site.origin.put("film.html", PLAYER)
    site.start(quarantine=16)
    with Chromium(site.client_host, tmp_path / "profile") as browser:
        check_it_plays_and_seeks(browser, site.service.url("/film.html"), 40)
    wait_until(lambda: "film.webm@http" in site.files(), "the copy is in place", 30)
    site.origin.stop()
    with Chromium(site.client_host, tmp_path / "another") as browser:
        check_it_plays_and_seeks(browser, site.service.url("/film.html"), 40)
