"""What tools/test --changed builds and runs."""

import re

import pytest
from changed import plan

TABLE = {"cli": {"net", "base"}, "net": {"base"}, "base": set()}
TESTED = {"cli", "net", "base"}


def plan_of(*files):
    return plan(files, TABLE, TESTED)


@pytest.mark.parametrize("file, targets", [
    ("src/cli/main.cpp", ["unit_cli"]),
    ("include/hardline/net/relay.hpp", ["unit_cli", "unit_net"]),
    ("src/base/text.cpp", ["unit_base", "unit_cli", "unit_net"]),
    ("tests/unit/net/test_relay.cpp", ["unit_net"]),
    ("tests/unit/support/streams.hpp", ["unit_base", "unit_cli", "unit_net"]),
    ("src/CMakeLists.txt", ["unit_base", "unit_cli", "unit_net"]),
    ("tests/e2e/test_page.py", ["hardlined"]),
    ("docs/protocol.md", []),
])
def test_builds_the_touched_part_and_those_that_use_it(file, targets):
    assert plan_of(file)[0] == targets


@pytest.mark.parametrize("file, name, runs", [
    ("src/net/relay.cpp", "net.relay", True),
    ("src/net/relay.cpp", "cli.table", True),
    ("src/net/relay.cpp", "base.text", False),
    ("src/net/relay.cpp", "layout", True),
    ("src/net/relay.cpp", "e2e.page", False),
    ("tests/e2e/test_page.py", "e2e.page", True),
    ("tests/e2e/test_page.py", "e2e.page_more", False),
    ("tests/fuzz/fuzz_lpd.cpp", "fuzz.lpd", True),
    ("packaging/hardlined.service", "packaging", True),
])
def test_runs_what_a_change_touches(file, name, runs):
    assert bool(re.search(plan_of(file)[1], name)) == runs


def test_a_part_without_tests_is_not_built():
    assert plan(["src/net/relay.cpp"], TABLE, {"cli"})[0] == ["unit_cli"]
