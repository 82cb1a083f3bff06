"""Mako templates in a cached folder: rendered by the real library, by a helper that may fail without anybody else noticing."""

import os
import re
import time

import pytest

from cached import in_parallel
from net import wait_until
from nginx import Nginx

GREETING = "<%! import urllib.parse %><% query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query) %>" \
           "<h1>Hello ${query.get('name', ['nobody'])[0] | h}</h1>"
PID = "<% import os %>${os.getpid()}"


@pytest.fixture
def site(make_site):
    made = make_site(dynamicContent="yes")
    made.put("greet@mako", GREETING)
    made.put("pid@mako", PID)
    made.put("plain.txt", "plain")
    return made.start()


def test_a_template_sees_the_request(site):
    site.put("foo/bar@mako", "${path}|${__file__}")
    for target in ("/foo/bar", "/foo/bar?x=1&y=%20z"):
        path, _, file = site.get(target).text.partition("|")
        assert path == target and file.endswith("foo/bar@mako")
    answer = site.get("/greet?name=Tom%20%3Cb%3E")
    assert answer.text == "<h1>Hello Tom &lt;b&gt;</h1>"
    assert answer.kind == "text/html" and answer.headers["Content-Length"] == str(len(answer.body))
    assert site.get("/greet?name=%E6%97%A5%E6%9C%AC").text == "<h1>Hello 日本</h1>"


def test_templates_include_and_inherit_each_other(site):
    site.put("parts/base@mako", '<title>${self.title()}</title>${self.body()}<%def name="title()">none</%def>')
    site.put("parts/foot@mako", "foot of ${path}")
    site.put("page@mako", '<%inherit file="/parts/base@mako"/><%def name="title()">A page</%def>body <%include file="parts/foot@mako"/>')
    assert " ".join(site.get("/page?x=1").text.split()) == "<title>A page</title>body foot of /page?x=1"


def test_each_request_is_rendered_anew(site):
    site.put("count@mako", "<%! seen = [] %><% seen.append(path) %>${len(seen)} of ${path}")
    assert [site.get(f"/count?{number}").text.split(" of ")[1] for number in range(3)] == [f"/count?{number}" for number in range(3)]
    assert not [name for name in site.files() if name.endswith("@http")]
    site.put("greet@mako", "changed")
    assert site.get("/greet").text == "changed"


def test_a_template_is_asked_for_like_any_page(site):
    assert site.ask("/greet", method="HEAD").body == b""
    assert site.ask("/greet", method="POST", body=b"x").status == 405
    assert site.get("/plain.txt").text == "plain"
    assert site.ask("/nothing").status == 404


def test_a_template_that_fails(site):
    site.server.expected_errors.append("broken@mako|Traceback|Error")
    site.put("broken@mako", "first line\n${1 / 0}\n")
    answer = site.ask("/broken", {"Accept": "text/html"})
    assert answer.status == 500
    assert "ZeroDivisionError" in answer.text and len(answer.body) < 2000
    assert str(site.folder) not in answer.text and "first line" not in answer.text
    wait_until(lambda: re.search(r"1 / 0", site.server.log()), "the traceback is in the log")
    assert "broken@mako" in site.server.log()
    site.put("syntax@mako", "<% if: %>")
    site.server.expected_errors.append("syntax@mako")
    assert site.ask("/syntax").status == 500
    assert site.get("/greet").text == "<h1>Hello nobody</h1>"


def test_a_template_that_does_not_end_is_cut(site):
    site.server.expected_errors.append("endless@mako")
    site.put("endless@mako", "<% while True: pass %>")
    began = time.monotonic()
    endless = site.connect(timeout=100)
    endless.request("GET", "/endless", headers={"Host": site.host_name})
    assert site.get("/greet").text == "<h1>Hello nobody</h1>"
    assert time.monotonic() - began < 20  # others are served meanwhile
    with endless.getresponse() as answer:
        assert answer.status == 500
    assert time.monotonic() - began < 60
    assert site.get("/greet").text == "<h1>Hello nobody</h1>"


def test_a_helper_that_dies_is_started_anew(site):
    site.server.expected_errors.append("die@mako")
    site.put("die@mako", "<% import os; os._exit(1) %>")
    for _ in range(3):
        assert site.ask("/die").status == 500
        assert site.get("/greet").text == "<h1>Hello nobody</h1>"
    helper = int(site.get("/pid").text)
    os.kill(helper, 9)
    wait_until(lambda: site.ask("/pid").status == 200, "there is another helper")
    assert int(site.get("/pid").text) != helper


def runs(process):
    """Whether it does anything still; that nobody has asked for its exit status is the tests' own fault."""
    try:
        return open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_helper_lives_on_and_ends_with_the_daemon(site):
    helpers = {int(site.get("/pid").text) for _ in range(10)}
    assert len(helpers) <= 2
    site.server.stop()
    wait_until(lambda: not any(map(runs, helpers)), "the helpers have ended")
    site.server.start()
    helper = int(site.get("/pid").text)
    site.server.kill()
    wait_until(lambda: not runs(helper), "the helper has ended")


def test_no_helper_is_started_for_plain_files(site):
    site.get("/plain.txt")
    children = open(f"/proc/{site.server.process.pid}/task/{site.server.process.pid}/children").read()
    assert children == ""


def test_many_requests_at_once(site):
    answers = in_parallel(30, lambda number: site.get(f"/greet?name={number}").text)
    assert answers == [f"<h1>Hello {number}</h1>" for number in range(30)]


def test_what_a_template_prints_goes_nowhere(site):
    site.put("chatty@mako", "<% import sys; print('p' * 1000); sys.stdout.flush(); data = sys.stdin.read() %>said ${len(data)}")
    assert site.get("/chatty").text == "said 0"
    assert site.get("/chatty").text == "said 0"


def test_a_template_that_would_fill_the_memory(site):
    site.server.expected_errors.append("flood@mako")
    site.put("flood@mako", "% while True:\n${'x' * 1000000}\n% endwhile\n")
    assert site.ask("/flood").status == 500
    assert site.get("/greet").text == "<h1>Hello nobody</h1>"


def test_it_is_off_by_default(make_site):
    site = make_site(allowListing="yes")
    site.put("greet@mako", GREETING)
    site.start()
    for target in ("/greet", "/greet?x=1", "/greet@mako", "/greet%40mako"):
        answer = site.ask(target)
        assert answer.status == 404 and b"urllib" not in answer.body, target
    assert "greet" not in site.get("/").text


def test_the_source_is_never_served(site):
    for target in ("/greet@mako", "/greet%40mako", "/greet@mako?x", "/greet%40mako/", "/greet/"):
        answer = site.ask(target)
        assert 400 <= answer.status < 500 and b"urllib" not in answer.body, target


def test_a_template_comes_before_the_web_servers_page(make_site):
    site = make_site(Nginx, dynamicContent="yes")
    site.origin.put("greet", "from the web server")
    site.origin.put("page.html", "from the web server")
    site.put("greet@mako", GREETING)
    site.start()
    assert site.get("/greet").text == "<h1>Hello nobody</h1>"
    assert site.get("/page.html").text == "from the web server"
    assert site.origin.requests("/greet") == []


def test_without_mako(make_site):
    site = make_site(dynamicContent="yes")
    site.put("greet@mako", GREETING)
    site.put("plain.txt", "plain")
    site.server.expected_errors.append("python3-mako")
    site.start(wrap=["sh", "-c", 'mount -t tmpfs none /usr/lib/python3/dist-packages/mako && exec "$0" "$@"'])
    for _ in range(2):
        answer = site.ask("/greet", {"Accept": "text/html"})
        assert answer.status == 501 and b"urllib" not in answer.body
    assert site.get("/plain.txt").text == "plain"
    lines = [line for line in site.server.log().splitlines() if "python3-mako" in line]
    assert len(lines) == 1, lines
