"""The house is as docs/architecture.md draws it; and the guard that says so can fail."""

import re
from pathlib import Path

import pytest

import architecture

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def table():
    return architecture.parse_table((PROJECT / "docs/architecture.md").read_text())


def sources():
    files = [path for top in ("src", "include") for path in sorted((PROJECT / top).rglob("*")) if path.is_file()]
    return [path.relative_to(PROJECT) for path in files if path.suffix in (".cpp", ".hpp", ".h", ".ipp")]


def test_every_include_follows_an_arrow(table):
    files = sources()
    assert len(files) > 20, "the guard must see the sources"
    breaches = []
    for path in files:
        breaches += architecture.breaches_of_file(path, (PROJECT / path).read_text(), table)
    assert not breaches, "\n".join(breaches)


@pytest.fixture(scope="module")
def includes():
    return architecture.includes_of_files({path: (PROJECT / path).read_text() for path in sources()})


def test_each_header_stands_where_it_is_used(includes):
    breaches = architecture.breaches_of_placing(includes)
    assert not breaches, "\n".join(breaches)


def test_no_two_files_include_each_other(includes):
    circles = architecture.circles(includes)
    assert not circles, "\n".join(circles)


def test_the_table_names_the_folders_that_exist(table):
    folders = {path.name for top in ("src", "include/hardline") for path in (PROJECT / top).iterdir() if path.is_dir()}
    assert not architecture.breaches_of_folders(folders, table)


def test_cmake_links_what_the_table_allows(table):
    linked = architecture.linked_parts((PROJECT / "src/CMakeLists.txt").read_text())
    assert not architecture.breaches_of_links(linked, table)


# The guard itself, on small houses.

HOUSE = """
| part | what lives there | may use |
|---|---|---|
| `top` | a, b | all below |
| `side` | c | middle (its interface) |
| `middle` | d | — |
| `net` | e | rt, base |
| `wire` | f | http, base |
| `http` | g | base |
| `rt` | h | base |
| `base` | i | — |
"""


def test_reads_the_table():
    assert architecture.parse_table(HOUSE) == {
        "top": {"side", "middle", "net", "wire", "http", "rt", "base"},
        "side": {"middle", "net", "wire", "http", "rt", "base"},
        "middle": {"net", "wire", "http", "rt", "base"},
        "net": {"rt", "base"},
        "wire": {"http", "base"},
        "http": {"base"},
        "rt": {"base"},
        "base": set(),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        HOUSE.replace("| d | — |", "| d | side |"),  # an arrow that points upward
        HOUSE.replace("| d | — |", "| d | cellar |"),  # to a part that is not there
        HOUSE.replace("`middle`", "`side`"),  # a part twice
        HOUSE.replace("| `base` | i | — |\n", ""),  # no ground
        "",
    ],
)
def test_refuses_a_table_that_makes_no_sense(wrong):
    with pytest.raises(ValueError):
        architecture.parse_table(wrong)


@pytest.mark.parametrize(
    "path, line",
    [
        ("src/middle/a.cpp", '#include "hardline/side/b.hpp"'),  # upward
        ("src/middle/a.cpp", "  #  include <hardline/side/b.hpp>"),  # in another spelling
        ("include/hardline/middle/a.hpp", '#include "hardline/top/b.hpp"'),
        ("src/base/a.cpp", '#include "hardline/wire/b.hpp"'),
        ("src/wire/a.cpp", '#include "hardline/rt/asio.hpp"'),
        ("src/side/a.cpp", '#include "hardline/cellar/b.hpp"'),  # to a part that is not there
        ("src/side/a.cpp", '#include "hardline/b.hpp"'),  # to no part at all
        ("src/cellar/a.cpp", '#include "hardline/base/b.hpp"'),  # from a part that is not there
        ("src/side/a.cpp", "#include <boost/asio/ip/tcp.hpp>"),
        ("src/wire/a.cpp", "#include <boost/asio.hpp>"),
        ("src/base/a.cpp", "#include <asio/ip/address.hpp>"),
        ("src/pch.hpp", '#include "hardline/base/log.hpp"'),  # one of ours
        ("include/hardline/http/beast.hpp", "#include <boost/asio/ssl.hpp>"),
        ("src/side/a.cpp", "#include <boost/beast/http.hpp>"),
        ("include/hardline/rt/a.hpp", "#include <boost/beast.hpp>"),
        ("include/hardline/rt/asio.hpp", "#include <boost/beast/core.hpp>"),
        ("include/hardline/middle/a.hpp", '#include "hardline/http/beast.hpp"'),  # slow to compile
        ("src/rt/a.cpp", '#include "hardline/http/beast.hpp"'),
    ],
)
def test_sees_a_wrong_include(path, line):
    text = f"#include <string>\n{line}\n"
    assert len(architecture.breaches_of_file(path, text, architecture.parse_table(HOUSE))) == 1


@pytest.mark.parametrize(
    "path, line",
    [
        ("src/side/a.cpp", '#include "hardline/middle/b.hpp"'),
        ("src/side/a.cpp", '#include "hardline/side/b.hpp"'),
        ("src/top/a.cpp", '#include "hardline/middle/b.hpp"'),
        ("src/middle/a.cpp", '#include "hardline/rt/asio.hpp"'),
        ("src/wire/a.cpp", '#include "hardline/base/b.hpp"'),
        ("include/hardline/rt/asio.hpp", "#include <boost/asio/awaitable.hpp>"),
        ("src/side/a.cpp", '#include "hardline/http/beast.hpp"'),
        ("include/hardline/http/beast.hpp", "#include <boost/beast/http.hpp>"),
        ("src/side/a.cpp", "// #include <boost/asio.hpp> is for rt alone"),
        ("src/pch.hpp", "#include <boost/asio/awaitable.hpp>"),
    ],
)
def test_accepts_a_right_include(path, line):
    assert not architecture.breaches_of_file(path, line + "\n", architecture.parse_table(HOUSE))


def test_sees_folders_and_rows_that_miss_each_other():
    assert len(architecture.breaches_of_folders({"a", "b"}, {"b": set(), "c": set()})) == 2
    assert not architecture.breaches_of_folders({"a"}, {"a": set()})


def test_reads_what_cmake_links():
    cmake = """
function(hardline_part name)
endfunction()
hardline_part(base LIBRARIES fmt::fmt)
hardline_part(wire USES base LIBRARIES json)
hardline_part(side
  USES wire
       base)
"""
    assert architecture.linked_parts(cmake) == {"base": set(), "wire": {"base"}, "side": {"wire", "base"}}


def test_sees_links_that_differ_from_the_table():
    table = {"a": {"b"}, "b": set()}
    assert not architecture.breaches_of_links({"a": {"b"}, "b": set()}, table)
    assert len(architecture.breaches_of_links({"a": set(), "b": set()}, table)) == 1  # one less
    assert len(architecture.breaches_of_links({"a": {"b"}, "b": {"a"}}, table)) == 1  # one more
    assert len(architecture.breaches_of_links({"a": {"b"}}, table)) == 1
    assert len(architecture.breaches_of_links({"a": {"b"}, "b": set(), "c": set()}, table)) == 1


def test_sees_headers_that_stand_in_the_wrong_place():
    right = {
        "include/hardline/low/a.hpp": '#include "hardline/low/b.hpp"',
        "include/hardline/low/b.hpp": "",
        "src/low/c.hpp": "",
        "src/low/c.cpp": '#include "c.hpp"',
        "src/high/d.cpp": '#include "hardline/low/a.hpp"',
    }
    assert not architecture.breaches_of_placing(architecture.includes_of_files(right))
    unused = {**right, "include/hardline/low/e.hpp": ""}
    assert len(architecture.breaches_of_placing(architecture.includes_of_files(unused))) == 1
    reached = {**right, "src/low/c.hpp": "", "include/hardline/low/b.hpp": '#include "../../../src/low/c.hpp"'}
    assert not architecture.breaches_of_placing(architecture.includes_of_files(reached)), "that is no include of ours"


def test_sees_files_that_include_each_other():
    pair = {
        "include/hardline/low/a.hpp": '#include "hardline/low/b.hpp"',
        "include/hardline/low/b.hpp": "",
        "src/low/b.cpp": '#include "hardline/low/b.hpp"\n#include "hardline/low/a.hpp"',
    }
    assert architecture.circles(architecture.includes_of_files(pair)) == ["low/a and low/b include each other"]
    assert not architecture.circles(architecture.includes_of_files({**pair, "src/low/b.cpp": ""}))
