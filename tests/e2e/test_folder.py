"""A folder of files as a service, without a web server, through the tunnel: what is served, and what no request may reach."""

import email
import hashlib
import html.parser
import os
import re
import socket
import subprocess
import time
import urllib.parse

import pytest

from cached import request
from chromium import Chromium
from film import PLAYER, check_it_plays_and_seeks, film
from identity import make_identity
from origin import blocks, checksum
from tunnel import dial

WORDS = "Nothing but words.\n" * 500
SECRET = "this is secret"


@pytest.fixture
def site(make_site):
    made = make_site()
    made.put("index.html", "<!doctype html><title>Home</title>")
    made.put("words.txt", WORDS)
    made.put("sub/index.html", "<!doctype html><title>Below</title>")
    made.put("bare/picture.png", b"\x89PNG")
    return made.start()


@pytest.fixture
def listed(make_site):
    made = make_site(allowListing="yes")
    made.folder.mkdir()
    return made.start()


# What is served


def test_an_index_is_a_folders_page(site):
    for target, title in [("/", "Home"), ("/index.html", "Home"), ("/sub/", "Below"), ("/?x=1", "Home")]:
        answer = site.get(target)
        assert f"<title>{title}</title>" in answer.text and answer.kind == "text/html"
    for target in ("/", "/sub/", "/nothing", "/bare/"):
        missing = site.ask(target, method="HEAD")
        assert missing.body == b"" and missing.status == {"/nothing": 404, "/bare/": 403}.get(target, 200)


def test_a_folder_without_a_slash_leads_to_the_one_with(site):
    for target, there in [("/sub", "/sub/"), ("/bare", "/bare/"), ("/sub?x=1", "/sub/?x=1")]:
        answer = site.ask(target)
        assert answer.status in (301, 308)
        assert urllib.parse.urljoin(target, answer.headers["Location"]) == there


def test_content_types(site):
    types = {"a.html": "text/html", "a.css": "text/css", "a.js": "text/javascript", "a.json": "application/json", "a.svg": "image/svg+xml",
             "a.png": "image/png", "A.JPG": "image/jpeg", "a.webm": "video/webm", "a.mp4": "video/mp4", "a.pdf": "application/pdf",
             "a.wasm": "application/wasm", "a.txt": "text/plain", "a.unknown": "application/octet-stream", "a": "application/octet-stream"}
    for name in types:
        site.put(name, "x")
    assert {name: site.get(f"/{name}").kind for name in types} == types
    assert "utf-8" in site.get("/a.txt").headers["Content-Type"].lower()


def test_a_file_as_it_is(site):
    answer = site.get("/words.txt")
    assert answer.text == WORDS
    assert answer.headers["Content-Length"] == str(len(WORDS))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] and answer.headers["Last-Modified"]
    assert site.get("/words.txt?version=7").text == WORDS
    site.put("empty.txt")
    assert site.get("/empty.txt").body == b""


def test_names_of_all_kinds(site):
    for name in ("two words.txt", "grüße.txt", "日本/語.txt", "100%.txt", "a+b&c=d;e,f'g!.txt", "q?x=1.txt", "hash#tag.txt", "a:b.txt",
                 "tilde~", "x" * 240, "a..b.txt", "dots..", "%2e%2e"):
        site.put(name, f"content of {name}")
        for spelling in (urllib.parse.quote(name), "".join(f"%{octet:02X}" if octet != ord("/") else "/" for octet in name.encode())):
            assert site.get(f"/{spelling}").text == f"content of {name}", name


def test_a_folder_needs_no_cache_headers_of_a_web_server(site):
    assert "Warning" not in site.get("/words.txt").headers


def test_a_change_is_seen_at_once(site):
    first = site.get("/words.txt")
    site.put("words.txt", "others")
    second = site.ask("/words.txt", {"If-None-Match": first.headers["ETag"]})
    assert second.status == 200 and second.text == "others" and second.headers["ETag"] != first.headers["ETag"]
    (site.folder / "words.txt").unlink()
    assert site.ask("/words.txt").status == 404
    site.put("new/words.txt", "new")
    assert site.get("/new/words.txt").text == "new"


def test_what_a_browser_has_is_not_sent_again(site):
    first = site.get("/words.txt")
    for conditions in ({"If-None-Match": first.headers["ETag"]}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        for method in ("GET", "HEAD"):
            answer = site.ask("/words.txt", conditions, method)
            assert answer.status == 304 and answer.body == b""
    assert site.ask("/words.txt", {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}).status == 412
    assert site.ask("/nothing", {"If-None-Match": "*"}).status == 404


def test_a_folder_that_is_not_to_be_listed(site):
    answer = site.ask("/bare/", {"Accept": "text/html"})
    assert answer.status == 403 and "picture" not in answer.text
    assert site.get("/bare/picture.png").body == b"\x89PNG"


def test_nothing_is_changed_by_a_request(site):
    before = site.files()
    for method in ("POST", "PUT", "DELETE", "MKCOL", "OPTIONS"):
        answer = site.ask("/new.txt", method=method, body=b"content" if method in ("POST", "PUT") else None)
        assert answer.status == 405 and "GET" in answer.headers["Allow"]
    assert site.ask("/words.txt", method="DELETE").status == 405
    assert site.files() == before


def test_a_service_with_an_identity_of_its_own(world):
    host = world.host("server", world.lan())
    daemon = world.daemon(host)
    identity = make_identity(host.folder / "own.cert", password="")
    (host.folder / "files").mkdir()
    (host.folder / "files/index.html").write_text("here")
    daemon.publish("demo", "", identity, Cache={"directory": host.folder / "files"})
    daemon.start()
    assert host.run(["curl", "-sS", "--max-time", "20", identity.url()]).stdout == "here"


def test_a_folder_that_goes_and_comes_back(site):
    site.folder.rename(site.folder.with_name("elsewhere"))
    assert site.ask("/other.txt").status in (404, 500, 503) or site.get("/words.txt").text == WORDS
    site.folder.with_name("elsewhere").rename(site.folder)
    assert site.get("/words.txt").text == WORDS


def test_a_file_that_shrinks_while_it_is_sent(site):
    size = 50_000_000
    file = site.put("big.bin", b"".join(blocks(size)))
    with site.begin("/big.bin") as answer:
        beginning = answer.read(1000)
        os.truncate(file, 1_000_000)
        with pytest.raises(Exception):  # http.client has several for what is cut
            assert hashlib.sha256(beginning + answer.read()).hexdigest() == checksum(size)
    assert site.get("/words.txt").text == WORDS


# Lists


class Links(html.parser.HTMLParser):
    """A page's links, and what a person reads on it."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.tags, self.words = [], set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.targets += [value for name, value in attributes if name == "href"]

    def handle_data(self, data):
        self.words += data


def files_linked(page, at="/"):
    """Targets of its links that stay below and sort nothing."""
    targets = [urllib.parse.urljoin(at, target) for target in Links(page).targets]
    return [target for target in targets if target.startswith(at) and target != at and not target.startswith(at + "?")]


def test_a_list_leads_to_every_file(listed):
    names = ["plain.txt", "two words.txt", "<img src=x onerror=alert(1)>.txt", 'a&b "quoted".txt', "grüße.txt", "100%25.txt", "q?x=1.txt",
             "hash#.txt", "a:b.txt", "'single'.txt"]
    for name in names:
        listed.put(name, f"content of {name}")
    listed.put("folder/inner.txt", "inner")
    page = listed.get("/")
    assert page.kind == "text/html"
    links = Links(page.text)
    assert "img" not in links.tags and "script" not in links.tags
    for name in names + ["folder"]:
        assert name in links.words
    targets = files_linked(page.text)
    assert len(targets) == len(names) + 1 and "/folder/" in targets
    assert {listed.get(target).text for target in targets if target != "/folder/"} == {f"content of {name}" for name in names}
    assert files_linked(listed.get("/folder/").text, "/folder/") == ["/folder/inner.txt"]
    assert "/" in [urllib.parse.urljoin("/folder/", target) for target in Links(listed.get("/folder/").text).targets]


def test_a_list_can_be_sorted(listed):
    for number, (name, size) in enumerate([("b.txt", 30), ("a.txt", 10), ("c.txt", 20)]):
        listed.put(name, bytes(size), time.time() - 86400 * (3 + number))

    def order(query):
        return "".join(target[1] for target in files_linked(listed.get(f"/{query}").text))

    assert [order(query) for query in ("", "?sort=name&order=desc", "?sort=size", "?sort=size&order=desc", "?sort=modified",
                                       "?sort=nonsense&order=<b>")] == ["abc", "cba", "acb", "bca", "cab", "abc"]
    sorters = [target for target in Links(listed.get("/").text).targets if "sort=" in target]
    assert len(sorters) >= 3
    for target in sorters:
        assert listed.get(urllib.parse.urljoin("/", target)).status == 200


def test_a_list_keeps_secrets(listed):
    for name in (".hidden", ".git/config", "own.cert", "own.cert.private", "own.cert.hash", "a.KEY", "a.pem", "page@mako", "n@data"):
        listed.put(name, SECRET)
    listed.put("seen.txt", "x")
    os.symlink("/etc/passwd", listed.folder / "leads-out")
    page = listed.get("/").text
    assert files_linked(page) in (["/seen.txt"], ["/leads-out", "/seen.txt"])
    words = Links(page).words
    assert not re.search(r"own\.|hidden|git|pem|KEY|@(mako|data)", words), words


def test_names_that_are_no_text_do_not_break_a_list(listed):
    (listed.folder / os.fsdecode(b"bad\xff.txt")).write_text("x")
    (listed.folder / "new\nline.txt").write_text("x")
    listed.put("good.txt", "x")
    assert "/good.txt" in files_linked(listed.get("/").text)


def test_a_list_of_very_many_files(listed):
    for number in range(20_000):
        (listed.folder / f"{number:05}.txt").touch()
    assert len(listed.get("/").body) < 8 << 20
    assert listed.get("/00001.txt").body == b""


# Parts


@pytest.fixture
def numbers(site):
    site.content = b"".join(b"%05d" % number for number in range(2000))
    site.put("numbers.txt", site.content)
    return site


def test_one_part(numbers):
    whole = numbers.content
    for wanted, first, last in [("0-0", 0, 0), ("100-199", 100, 199), ("9990-", 9990, 9999), ("-10", 9990, 9999),
                                ("9990-20000", 9990, 9999), ("-20000", 0, 9999), ("0-", 0, 9999)]:
        answer = numbers.ask("/numbers.txt", {"Range": f"bytes={wanted}"})
        assert answer.status == 206 and answer.body == whole[first : last + 1], wanted
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
        assert answer.headers["Content-Length"] == str(len(answer.body))


def test_several_parts(numbers):
    answer = numbers.ask("/numbers.txt", {"Range": "bytes=0-4, 5000-5009,-5"})
    assert answer.status == 206 and answer.kind == "multipart/byteranges"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    message = email.message_from_bytes(b"Content-Type: " + answer.headers["Content-Type"].encode() + b"\r\n\r\n" + answer.body)
    parts = [(part["Content-Range"], part.get_content_type(), part.get_payload(decode=True)) for part in message.get_payload()]
    assert parts == [("bytes 0-4/10000", "text/plain", b"00000"), ("bytes 5000-5009/10000", "text/plain", b"0100001001"),
                     ("bytes 9995-9999/10000", "text/plain", b"01999")]


def test_parts_that_are_not_there(numbers):
    for wanted in ("10000-", "20000-30000", "-0"):
        answer = numbers.ask("/numbers.txt", {"Range": f"bytes={wanted}"})
        assert answer.status == 416 and answer.headers["Content-Range"] == "bytes */10000", wanted


def test_what_is_no_range_is_passed_over(numbers):
    for header in ("bytes=abc", "bytes=5-1", "lines=1-2", "bytes", "bytes=", "bytes=0-4;q=1", "bytes=" + ",".join(["0-"] * 100),
                   "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 2000, 2)), "bytes=99999999999999999999999-"):
        answer = numbers.ask("/numbers.txt", {"Range": header})
        assert answer.status in (200, 416) and len(answer.body) <= len(numbers.content) + 1000, header
        assert answer.status == 416 or answer.body == numbers.content


def test_a_part_of_the_version_that_one_has(numbers):
    whole = numbers.get("/numbers.txt")
    for version, status in [(whole.headers["ETag"], 206), (whole.headers["Last-Modified"], 206), ('"other"', 200),
                            (f'W/{whole.headers["ETag"]}', 200), ("Sat, 01 Jan 2000 00:00:00 GMT", 200)]:
        answer = numbers.ask("/numbers.txt", {"Range": "bytes=0-4", "If-Range": version})
        assert answer.status == status, version
    assert numbers.ask("/numbers.txt", {"Range": "bytes=0-4", "If-None-Match": whole.headers["ETag"]}).status == 304


def test_an_empty_file_has_no_parts(site):
    site.put("empty.txt")
    assert site.ask("/empty.txt", {"Range": "bytes=0-"}).status in (200, 416)


# What no request may reach


def answers(site, targets):
    """What each is answered with: one clean answer of 4xx, or what it was instead."""
    wrong = {}
    for target in targets:
        said = site.say(request(target))
        statuses = re.findall(rb"(?m)^HTTP/1\.1 (\d{3}) ", said)
        if len(statuses) != 1 or not statuses[0].startswith(b"4") or SECRET.encode() in said or b"root:" in said:
            wrong[target] = said[:300]
    return wrong


def test_no_path_leads_out_of_the_folder(site):
    (site.folder.parent / "secret.txt").write_text(SECRET)
    site.put("sub/deep/file.txt", "x")
    up = ["..", "%2e%2e", "%2E%2e", ".%2e", "%2e.", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%252e%252e", "..%00", "..;", "\u2025",
          "%u002e%u002e"]
    slash = ["/", "%2f", "%5c", "\\", "%c0%af", "%252f", "/./", "//"]
    targets = [f"/{dots}{between}secret.txt" for dots in up for between in slash]
    targets += [f"/sub/{dots}{between}{dots}{between}secret.txt" for dots in up for between in slash]
    targets += ["/../../../../../../etc/passwd", "//etc/passwd", "/%2fetc/passwd", "/sub/..", "/sub/../words.txt", "/./words.txt",
                "/%2e/words.txt", "/words.txt/..", "/words.txt/", "/words.txt%2f", "/words.txt/x", "/words.txt%00", "/words.txt%00.html",
                "/words.txt%0a", "/words.txt%0d%0aX:", "/words.txt%7f", "/%", "/%2", "/%zz", "/words%ff.txt", "/proc/self/environ", "..",
                "../secret.txt", "secret.txt", "", "?x", "#x", "/words.txt#x", "*", "/~root/.profile", "file:///etc/passwd",
                b"/words\xff.txt", b"/words\x00.txt", b"/words\x07.txt", b"/words\t.txt", b"/w\xc3\xbc\xc3.txt",
                "/" + "a" * 5000, "/" + "a/" * 2500, "/" + "%61" * 2000, "/" + "a" * 300, "/" + "a/" * 300]
    assert answers(site, targets) == {}
    assert site.get("/words.txt").text == WORDS


def test_what_is_not_for_others_is_never_served(site):
    names = [".hidden", ".git/config", "sub/.htpasswd", "own.cert", "own.cert.private", "own.cert.hash", "server.key", "server.pem",
             "SERVER.PEM", "a.p12", "a.pfx", "page@mako", "notes@data", "words.txt@http.headers", ".hardline-new/x"]
    for name in names:
        site.put(name, SECRET)
    spelled = [urllib.parse.quote(name, safe="/@") for name in names]
    spelled += ["".join(f"%{octet:02x}" for octet in name.encode()) for name in names]
    spelled += ["@http", "@mako", "words.txt@http", "words.txt%40http", "page%40mako?x=1", "page", "%2ehidden", "%2Egit/config"]
    assert answers(site, [f"/{name}" for name in spelled]) == {}


def test_a_key_is_not_served_under_any_name(site):
    key = make_identity(site.server_host.folder / "other.cert")
    site.put("notes.txt", key.keyfile.read_bytes())
    site.put("chain.html", b"\n\n" + key.certfile.read_bytes())
    assert answers(site, ["/notes.txt", "/chain.html"]) == {}
    assert b"BEGIN" not in site.say(request("/notes.txt")) + site.say(request("/notes.txt", "Range: bytes=20-200"))


def test_a_folder_with_the_daemons_own_files_is_refused(make_site):
    """People point directory= at the folder that they have at hand. Other services run all the same."""
    site = make_site()
    site.put("words.txt", WORDS)
    for name, folder in [("keys", site.server.services), ("state", site.server.state), ("above", site.server_host.folder), ("all", "/")]:
        other = site.server.publish(name, "", Cache={"directory": folder, "allowListing": "yes"})
        site.server.expected_errors.append(f"{name}.ini.*directory")
        assert other.label != site.service.label
    site.start()
    assert site.get("/words.txt").text == WORDS
    for name in ("keys", "state", "above", "all"):
        assert re.search(rf"{name}\.ini.*directory", site.server.log()), name
    with pytest.raises(OSError):
        dial(site.client_host, site.server_host.address, other.keyhash).close()


def test_links(site):
    (site.folder.parent / "secret.txt").write_text(SECRET)
    (site.folder.parent / "secrets").mkdir()
    (site.folder.parent / "secrets/secret.txt").write_text(SECRET)
    for link, to in [("out", "../secret.txt"), ("absolute", site.folder.parent / "secret.txt"), ("passwd", "/etc/passwd"), ("up", ".."),
                     ("other", "../secrets"), ("sub/out", "../../secret.txt"), ("magic", "/proc/self/root/etc/passwd"), ("loop", "loop"),
                     ("hop", "out"), ("dangling", "nothing"), ("own", f"../{site.folder.name}/words.txt"),
                     ("fd", "/proc/self/fd/0")]:
        os.symlink(to, site.folder / link)
    assert answers(site, ["/out", "/absolute", "/passwd", "/up", "/up/", "/up/secret.txt", "/other/", "/other/secret.txt", "/sub/out",
                          "/magic", "/loop", "/hop", "/dangling", "/own", "/fd"]) == {}
    os.symlink("words.txt", site.folder / "within.txt")
    os.symlink("../words.txt", site.folder / "sub/within.txt")
    assert site.get("/within.txt").text == site.get("/sub/within.txt").text == WORDS
    os.symlink("../key.pem", site.folder / "sub/harmless.txt")  # whoever makes a link within means it; but a key's text never goes
    site.put("key.pem", make_identity(site.server_host.folder / "other.cert").keyfile.read_bytes())
    assert answers(site, ["/sub/harmless.txt"]) == {}


def test_what_is_no_file(make_site):
    site = make_site()
    for name in ("null", "zero"):
        site.put(name)
        subprocess.run(["mount", "--bind", f"/dev/{name}", site.folder / name], check=True)
    os.mkfifo(site.folder / "fifo")
    os.mkfifo(site.folder / "page@mako")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(site.folder / "socket"))
    try:
        site.start()
        began = time.monotonic()
        assert answers(site, ["/fifo", "/socket", "/null", "/zero", "/page", "/"]) == {}
        assert time.monotonic() - began < 5
    finally:
        for name in ("null", "zero"):
            subprocess.run(["umount", site.folder / name], check=True)


# A browser


def test_a_film_plays_and_seeks(site, tmp_path):
    site.put("film.webm", film(40))
    site.put("film.html", PLAYER)
    with Chromium(site.client_host, tmp_path / "profile") as browser:
        check_it_plays_and_seeks(browser, site.service.url("/film.html"), 40)
