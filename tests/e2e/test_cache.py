"""A cached copy of a web server's pages, through the tunnel: what is kept, how long, and what happens without the server."""

import gzip
import hashlib
import json
import os
import time
import urllib.parse

import pytest

from cached import check_stale
from net import wait_until
from nginx import Nginx
from origin import Origin

PAGE = "<!doctype html><title>A page</title>" + "<p>Words, words, words.</p>" * 40
LATER = PAGE.replace("A page", "A page, rewritten")
WEEK = 7 * 86400


@pytest.fixture
def site(make_site):
    """In front of an nginx with page.html; started, with copies that stay fresh."""
    made = make_site(Nginx)
    made.origin.put("page.html", PAGE)
    return made.start()


@pytest.fixture
def asking(make_site):
    """The same, but the web server is asked each time."""
    made = make_site(Nginx, maxAge=0)
    made.origin.put("page.html", PAGE)
    return made.start()


# Filling and hitting


def test_a_page_is_fetched_once(site):
    first = site.fill("/page.html")
    assert first.text == PAGE and first.cache == "miss"
    for _ in range(3):
        again = site.get("/page.html")
        assert again.text == PAGE and again.cache == "hit"
        assert again.headers["Age"].isdecimal() and "Warning" not in again.headers
    for answer in (first, again):
        assert answer.kind == "text/html"
        assert answer.headers["Content-Length"] == str(len(PAGE))
        assert answer.headers["ETag"] and answer.headers["Last-Modified"]
    site.origin.wait_requests(1, "/page.html")


def test_a_copy_outlives_the_daemon_and_the_web_server(site):
    site.fill("/page.html")
    site.server.stop()
    site.origin.stop()
    site.server.start()
    again = site.get("/page.html")
    assert again.text == PAGE and again.cache == "hit" and again.kind == "text/html"


def old_name(target):
    """HardlineP2P's name of a copy."""
    name = urllib.parse.quote(target[1:])
    return (hashlib.md5(name.encode()).hexdigest() if len(name) > 192 else name) + "@http"


@pytest.mark.parametrize("target, name", [
    ("/", "@http"),
    ("/foo/bar", "foo/bar@http"),
    ("/foo/bar/", "foo/bar/@http"),
    ("/foo?x=1&y=2", "foo%3Fx%3D1%26y%3D2@http"),
    ("/foo%20bar", "foo%2520bar@http"),
    ("/gr%C3%BC%C3%9Fe", "gr%25C3%25BC%25C3%259Fe@http"),
    ("/long/" + "x" * 250, old_name("/long/" + "x" * 250)),
], ids=["root", "page", "folder", "query", "space", "utf-8", "too long"])
def test_copies_have_the_names_of_the_old_layout(make_site, target, name):
    assert old_name(target) == name
    site = make_site(lambda host: Nginx(host, locations='location / { default_type text/x-odd; return 200 "asked: $request_uri"; }'))
    site.start()
    assert site.fill(target).text == f"asked: {target}"
    assert site.files() == {name, f"{name}.headers"}
    assert (site.folder / name).read_text() == f"asked: {target}"
    sidecar = json.loads((site.folder / f"{name}.headers").read_text())
    assert {key.lower(): value for key, value in sidecar.items()}["content-type"] == "text/x-odd"
    site.origin.stop()
    again = site.get(target)
    assert again.cache == "hit" and again.kind == "text/x-odd" and again.text == f"asked: {target}"


def test_a_relative_folder_is_below_the_state_folder(make_site):
    site = make_site(Nginx, directory="kept/here")
    site.origin.put("page.html", PAGE)
    (site.server.state / "kept").mkdir(parents=True, mode=0o700)
    site.folder = site.server.state / "kept/here"
    site.start()
    site.fill("/page.html")
    assert (site.server.state / "kept/here/page.html@http").read_text() == PAGE


def test_settings_change_while_it_runs(site):
    site.fill("/page.html")
    site.publish(site.origin.address, maxAge=0)
    site.server.reload()
    wait_until(lambda: site.get("/page.html") and len(site.origin.requests("/page.html")) >= 2, "the page is asked about")


# Asking again


@pytest.mark.parametrize("kind, condition", [("etag", "if_none_match"), ("date", "if_modified_since")])
def test_a_copy_is_revalidated(asking, kind, condition):
    target = f"/{kind}/page.html"
    assert asking.fill(target).cache == "miss"
    again = asking.get(target)
    assert again.text == PAGE and again.headers["Content-Length"] == str(len(PAGE)) and "Warning" not in again.headers
    first, second = asking.origin.wait_requests(2, target)
    assert first["status"] == 200 and not first[condition]
    assert second["status"] == 304 and second[condition]
    asking.origin.put("page.html", LATER)
    assert asking.fill(target).text == LATER
    assert (asking.folder / f"{kind}/page.html@http").read_text() == LATER


def test_a_page_without_a_version_is_fetched_again(asking):
    assert asking.fill("/bare/page.html").text == PAGE
    asking.origin.put("page.html", LATER)
    assert asking.get("/bare/page.html").text == LATER


def test_a_copy_is_good_for_max_age(make_site):
    site = make_site(Nginx, maxAge=2)
    site.origin.put("page.html", PAGE)
    site.start()
    site.fill("/page.html")
    site.origin.put("page.html", LATER)
    assert site.get("/page.html").text == PAGE
    wait_until(lambda: site.get("/page.html").text == LATER, "the copy has become too old", 5)
    assert len(site.origin.requests("/page.html")) == 2


def test_a_revalidated_copy_is_good_for_another_max_age(make_site):
    site = make_site(Nginx, maxAge=WEEK)
    site.origin.put("page.html", PAGE)
    site.start()
    site.fill("/page.html")
    copy = site.folder / "page.html@http"
    os.utime(copy, (time.time() - WEEK - 60,) * 2)
    assert site.get("/page.html").text == PAGE
    assert site.get("/page.html").cache == "hit"
    assert [found["status"] for found in site.origin.wait_requests(2, "/page.html")] == [200, 304]
    assert time.time() - copy.stat().st_mtime < 60


def test_a_page_that_says_so_is_asked_about_sooner(site):
    site.fill("/no-cache/page.html")
    assert site.get("/no-cache/page.html").text == PAGE
    assert [found["status"] for found in site.origin.wait_requests(2, "/no-cache/page.html")] == [200, 304]


# Without the web server


def test_a_dead_web_servers_pages_still_open(asking):
    asking.fill("/page.html")
    asking.origin.stop()
    check_stale(asking.get("/page.html"), PAGE)
    asking.origin.put("page.html", LATER)
    asking.origin.start()
    wait_until(lambda: asking.get("/page.html").text == LATER, "the web server is asked again")
    assert "Warning" not in asking.get("/page.html").headers


def test_a_stale_copy_says_how_old_it_is(site):
    site.fill("/page.html")
    os.utime(site.folder / "page.html@http", (time.time() - WEEK - 3600,) * 2)
    site.origin.stop()
    answer = site.get("/page.html")
    check_stale(answer, PAGE)
    assert WEEK + 3500 < int(answer.headers["Age"]) < WEEK + 3700


def test_a_broken_web_servers_pages_still_open(asking):
    asking.fill("/page.html")
    asking.origin.reload("location = /page.html { return 500 broken; }")
    check_stale(asking.get("/page.html"), PAGE)


def test_a_page_that_was_never_fetched_needs_the_web_server(asking):
    asking.origin.stop()
    answer = asking.ask("/page.html", {"Accept": "text/html"})
    assert answer.status in (502, 504)
    assert answer.kind == "text/html" and "<title>" in answer.text
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    asking.origin.start()
    wait_until(lambda: asking.ask("/page.html").status == 200, "the web server is asked again")


def test_a_page_that_is_gone_is_forgotten(asking):
    asking.fill("/page.html")
    asking.origin.remove("page.html")
    assert asking.ask("/page.html").status == 404
    assert asking.files() == set()
    asking.origin.stop()
    assert asking.ask("/page.html").status in (502, 504)


@pytest.mark.parametrize("status", [404, 410, 500])
def test_an_error_is_passed_on_and_not_kept(site, status):
    target = {404: "/nowhere", 410: "/gone", 500: "/error"}[status]
    for count in (1, 2):
        assert site.ask(target).status == status
        site.origin.wait_requests(count, target)
    assert site.files() == set()


# What is kept, and what only passes


@pytest.mark.parametrize("target, status", [("/moved", 301), ("/permanent", 308)])
def test_a_redirect_is_kept_and_leads_to_the_cache(site, target, status):
    for _ in range(2):
        answer = site.ask(target)
        assert (answer.status, answer.headers["Location"]) == (status, "/page.html")
    site.origin.wait_requests(1, target)
    site.origin.stop()
    assert site.ask(target).status == status


def test_a_passing_redirect_leads_to_the_cache_too(site):
    for count in (1, 2):
        answer = site.ask("/found")
        assert (answer.status, answer.headers["Location"]) == (302, "/page.html")
        site.origin.wait_requests(count, "/found")


def test_a_redirect_to_elsewhere_stays_and_is_not_followed(site):
    answer = site.ask("/away")
    assert (answer.status, answer.headers["Location"]) == (301, "http://elsewhere.example/")


def test_a_folders_redirect_leads_to_the_cache(site):
    site.origin.put("folder/index.html", PAGE)
    answer = site.ask("/folder")
    assert (answer.status, answer.headers["Location"]) == (301, "/folder/")
    assert site.fill("/folder/").text == PAGE
    assert site.files() >= {"folder@http", "folder/@http"}


def test_gzip_is_kept_as_it_came(site):
    for _ in range(2):
        answer = site.fill("/gzip/page.html", accept_encoding="gzip, br")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "accept-encoding" in answer.headers["Vary"].lower()
        assert gzip.decompress(answer.body).decode() == PAGE
    assert gzip.decompress((site.folder / "gzip/page.html@http").read_bytes()).decode() == PAGE
    assert int(answer.headers["Content-Length"]) == len(answer.body) < len(PAGE)
    site.origin.wait_requests(1, "/gzip/page.html")


def test_a_client_without_gzip_gets_plain_content_of_the_same_copy(site):
    site.fill("/gzip/page.html", accept_encoding="gzip")
    for headers in ({}, {"accept_encoding": "identity"}, {"accept_encoding": "gzip;q=0"}):
        answer = site.get("/gzip/page.html", **headers)
        assert "Content-Encoding" not in answer.headers and answer.text == PAGE
    site.origin.wait_requests(1, "/gzip/page.html")


def test_a_client_without_gzip_may_be_the_first(site):
    """For whom it is not compressed; and then it is not for others."""
    assert site.fill("/gzip/page.html").text == PAGE
    answer = site.get("/gzip/page.html", accept_encoding="gzip")
    assert (gzip.decompress(answer.body) if "Content-Encoding" in answer.headers else answer.body).decode() == PAGE


def test_content_of_unknown_length_is_kept(site):
    assert site.fill("/chunked/page.html").text == PAGE
    answer = site.get("/chunked/page.html")
    assert answer.cache == "hit" and answer.headers["Content-Length"] == str(len(PAGE)) and answer.text == PAGE


def test_empty_content_is_kept(site):
    site.origin.put("empty.txt", "")
    assert [site.get("/empty.txt").body for _ in range(2)] == [b"", b""]
    site.origin.wait_requests(1, "/empty.txt")


@pytest.mark.parametrize("kind", ["no-store", "private", "cookie", "language"])
def test_what_is_not_for_everybody_passes(site, kind):
    for count in (1, 2):
        answer = site.get(f"/{kind}/page.html")
        assert answer.text == PAGE and answer.cache != "hit"
        assert ("Set-Cookie" in answer.headers) == (kind == "cookie")
        site.origin.wait_requests(count, f"/{kind}/page.html")
    assert site.files() == set()


def test_a_page_that_is_not_for_everybody_any_more_is_forgotten(asking):
    asking.fill("/page.html")
    asking.origin.reload("location = /page.html { add_header Cache-Control no-store; }")
    asking.origin.put("page.html", LATER)
    assert asking.get("/page.html").text == LATER
    asking.origin.stop()
    assert asking.ask("/page.html").status in (502, 504)


def test_vary_on_encoding_is_kept(site):
    site.fill("/encoding/page.html")
    assert site.get("/encoding/page.html").cache == "hit"


def test_nothing_of_the_visitor_reaches_the_web_server(make_site):
    site = make_site(Origin).start()
    visitor = {"Cookie": "session=secret", "Authorization": "Basic c2VjcmV0", "Proxy-Authorization": "Basic c2VjcmV0",
               "Referer": "http://secret.example/", "X-Secret": "secret", "X-Forwarded-For": "192.0.2.1", "Range": "bytes=0-9",
               "Origin": "http://secret.example", "From": "secret@example.com"}
    answer = site.ask("/headers", visitor)
    site.ask("/headers", visitor)
    seen = json.loads(site.get("/headers").text)
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert answer.status in (200, 206)
    assert "secret" not in json.dumps(seen)
    assert not headers.keys() & {name.lower() for name in visitor}
    assert headers["host"] == f"127.0.0.1:{site.origin.port}"


# Requests of other kinds


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_only_reading_is_allowed(site, method):
    answer = site.ask("/page.html", method=method, body=b"x" * 1000 if method in ("POST", "PUT") else None)
    assert answer.status == 405
    assert {word.strip() for word in answer.headers["Allow"].split(",")} == {"GET", "HEAD"}
    assert site.origin.requests() == []


def test_head_is_get_without_content(site):
    missed = site.ask("/page.html", method="HEAD")
    got = site.get("/page.html")
    hit = site.ask("/page.html", method="HEAD")
    for answer in (missed, hit):
        assert answer.status == 200 and answer.body == b""
        for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified"):
            assert answer.headers[name] == got.headers[name]


def test_what_a_browser_has_is_not_sent_again(site):
    first = site.get("/page.html")
    for conditions in ({"If-None-Match": first.headers["ETag"]}, {"If-None-Match": f'"other", W/{first.headers["ETag"]}'},
                       {"If-None-Match": "*"}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        answer = site.ask("/page.html", conditions)
        assert answer.status == 304 and answer.body == b"", conditions
        assert answer.headers["ETag"] == first.headers["ETag"]
    for conditions in ({"If-None-Match": '"other"'}, {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}):
        assert site.ask("/page.html", conditions).status == 200, conditions
    assert site.ask("/page.html", {"If-Match": '"other"'}).status == 412
    site.origin.wait_requests(1, "/page.html")


def test_parts_of_a_copy(site):
    content = bytes(range(256)) * 40
    site.origin.put("film.mp4", content)
    begun = site.ask("/film.mp4", {"Range": "bytes=1000-1999"})  # nothing is there yet
    assert begun.body == (content[1000:2000] if begun.status == 206 else content)
    site.fill("/film.mp4")
    answer = site.ask("/film.mp4", {"Range": "bytes=1000-1999"})
    assert answer.status == 206 and answer.body == content[1000:2000]
    assert answer.headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
    assert site.ask("/film.mp4", {"Range": f"bytes={len(content)}-"}).status == 416
    assert site.get("/film.mp4").headers["Accept-Ranges"] == "bytes"
    assert all(not found["range"] for found in site.origin.requests())


def test_several_requests_share_one_connection(site):
    connection = site.connect()
    for target, status in [("/page.html", 200), ("/page.html", 200), ("/nowhere", 404), ("/no-store/page.html", 200), ("/moved", 301),
                           ("/chunked/page.html", 200), ("/gzip/page.html", 200), ("/page.html", 200)]:
        answer = site.ask(target, connection=connection)
        assert answer.status == status
        if status == 200:
            assert answer.text == PAGE


# What people have already


def test_a_folder_of_hardlinep2p_works_as_it_is(make_site):
    site = make_site(Nginx)
    headers = json.dumps({"Content-Type": "text/html; charset=utf-8", "Date": "Sat, 01 May 2021 10:00:00 GMT", "Server": "nginx",
                          "Content-Security-Policy": "default-src 'self'"})
    long = "/search?q=" + "y" * 200
    kept = {target: f"The old copy of {target[:20]}" for target in ["/", "/foo", "/foo/bar", "/foo?x=1", "/foo/", "/a%20b", long]}
    for target, content in kept.items():
        site.put(old_name(target), content)
        site.put(f"{old_name(target)}.headers", headers)
    site.put("bare@http", "no sidecar")
    site.put("odd@http", "a broken sidecar")
    site.put("odd@http.headers", "{'no': json")
    site.put("torn@http.temp", "half a fi")
    site.put("by-hand.css", "body {}")
    assert {"@http", "foo@http", "foo/bar@http", "foo%3Fx%3D1@http", "foo/@http", hashlib.md5(
        urllib.parse.quote(long[1:]).encode()).hexdigest() + "@http"} < site.files()
    site.origin.stop()
    site.start()
    for target, content in kept.items():
        answer = site.get(target)
        assert answer.text == content and answer.kind == "text/html"
        assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
    assert site.get("/bare").text == "no sidecar"
    assert site.ask("/odd").status in (200, 502, 504)
    assert site.get("/by-hand.css").kind == "text/css"
    assert site.ask("/torn").status in (502, 504)


def test_a_file_put_there_by_hand_comes_first(site):
    site.fill("/page.html")
    site.put("page.html", "by hand")
    answer = site.get("/page.html")
    assert answer.text == "by hand" and answer.kind == "text/html"
    site.origin.wait_requests(1, "/page.html")


def test_a_file_put_there_by_hand_is_refreshed(site):
    file = site.put("page.html", "by hand, long ago", time.time() - WEEK - 60)
    assert site.fill("/page.html").text == PAGE
    assert file.read_text() == PAGE and "page.html@http" not in site.files()
    assert site.get("/page.html").text == PAGE
    site.origin.wait_requests(1, "/page.html")


def test_a_file_put_there_by_hand_needs_no_web_server(site):
    file = site.put("page.html", "by hand, long ago", time.time() - WEEK - 60)
    site.origin.stop()
    assert site.get("/page.html").text == "by hand, long ago"
    assert file.exists()


def test_a_file_put_there_by_hand_is_not_removed_with_its_page(asking):
    file = asking.put("own.html", "by hand", time.time() - WEEK)
    asking.ask("/own.html")  # the web server has no such page
    assert file.read_text() == "by hand"
