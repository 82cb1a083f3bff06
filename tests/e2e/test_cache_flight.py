"""Content on its way into the cache: shared by all who want it, and never left half behind."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time

import pytest

from cached import in_parallel
from chromium import Chromium
from film import PLAYER, check_it_plays_and_seeks, film
from net import wait_until
from nginx import Nginx
from origin import blocks, checksum

SIZE = int(os.environ.get("HARDLINE_FLIGHT_BYTES", 100_000_000))
SLOW = 1_600_000  # takes four seconds from /slow/


def put_bytes(nginx, name, size):
    nginx.put(name, b"".join(blocks(size)))


@pytest.fixture
def site(make_site):
    made = make_site(Nginx)
    put_bytes(made.origin, "film.bin", SLOW)
    made.origin.put("page.html", "a page")
    return made.start(quarantine=16)


def in_flight(site):
    """Octets of the copies that are in the making."""
    return sum(file.stat().st_size for file in site.leftovers())


def begin_slow(site):
    """A client that has the first octets of four seconds' content."""
    answer = site.begin("/slow/film.bin")
    assert answer.status == 200 and answer.read(1000) == next(blocks(1000))
    return answer


def rest(answer, have=1000):
    """The checksum of all of an answer, of whose beginning so much was read before."""
    return hashlib.sha256(next(blocks(have)) + answer.read()).hexdigest()


def test_a_hundred_misses_make_one_request(make_site):
    site = make_site(Nginx, maxSize="1G")
    put_bytes(site.origin, "big.bin", SIZE)
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
    wait_until(lambda: in_flight(site) > 600_000, "some of it is there")
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
    put_bytes(site.origin, "big.bin", 50_000_000)
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
    put_bytes(site.origin, "big.bin", 50_000_000)
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
    put_bytes(site.origin, "wait/page.bin", 30_000)
    site.start()
    site.fill("/wait/page.bin")
    time.sleep(1.1)  # it is too old now
    put_bytes(site.origin, "wait/page.bin", 40_000)  # takes two seconds
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
    put_bytes(site.origin, "film.bin", 10_000)
    site.start()
    site.fill("/slow/film.bin")
    put_bytes(site.origin, "film.bin", SLOW)
    begun = begin_slow(site)
    site.origin.stop()
    with pytest.raises(Exception):
        assert rest(begun) == checksum(SLOW)
    answer = site.get("/slow/film.bin")
    assert answer.cache == "stale" and hashlib.sha256(answer.body).hexdigest() == checksum(10_000)


def test_a_daemon_that_is_killed_leaves_nothing_half(site):
    begun = begin_slow(site)
    wait_until(lambda: in_flight(site) > 500_000, "some of it is there")
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
        put_bytes(site.origin, name, 300_000)
    site.start()
    for moment in range(5):
        fills = site.client_host.popen(["curl", "-sS", "--max-time", "30", "-Z", *(word for name in names[moment * 12 :]
                                        for word in ("-o", "/dev/null", site.service.url(f"/{name}")))], stderr=subprocess.DEVNULL)
        wait_until(lambda: len(site.files()) > moment * 10 + 3, "some are there")
        site.server.kill()
        fills.wait()
        site.origin.stop()
        site.server.start()
        wait_until(lambda: site.ask("/other").status != 503, "the client does not remember any more that nobody was there")
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
    put_bytes(site.origin, "large.bin", 3_000_000)
    put_bytes(site.origin, "medium.bin", 1_000_000)
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
