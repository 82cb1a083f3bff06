"""A gigabyte down and up with checksums; nothing on the way may hold it in memory."""

import json
import os

import pytest

from conftest import Pair
from origin import __file__ as ORIGIN, checksum

SIZE = int(os.environ.get("HARDLINE_BULK_BYTES", 1 << 30))
LIMIT = 200  # seconds; a pair built with sanitizers takes about ten for a gigabyte
MEMORY = 96 << 20  # bytes beyond those at rest: the sanitizers' book-keeping, mostly


@pytest.fixture
def pair(world):
    made = Pair(world)
    for daemon in (made.server, made.client):
        daemon.start(quarantine=16)
    made.at_rest = peak_memory(made)
    return made


def peak_memory(pair):
    """Of both daemons, in bytes."""
    statuses = [open(f"/proc/{daemon.process.pid}/status").read() for daemon in (pair.server, pair.client)]
    return sum(int(status.split("VmHWM:")[1].split()[0]) << 10 for status in statuses)


def test_a_download_arrives_whole(pair):
    shell = f"curl -sS --fail --max-time {LIMIT} {pair.service.url(f'/bytes/{SIZE}')} | sha256sum"
    assert pair.client_host.run(["bash", "-c", f"set -o pipefail; {shell}"], timeout=LIMIT).stdout.split()[0] == checksum(SIZE)
    assert peak_memory(pair) - pair.at_rest < 2 * MEMORY


def test_a_download_may_pause(pair):
    """For longer than a dead path is borne: as a film does, or a browser that asks where to save."""
    size, pause = 64 << 20, 40
    shell = f"curl -sS --fail {pair.service.url(f'/bytes/{size}')} | (head -c 100000; sleep {pause}; cat) | sha256sum"
    assert pair.client_host.run(["bash", "-c", f"set -o pipefail; {shell}"], timeout=LIMIT).stdout.split()[0] == checksum(size)


def test_an_upload_arrives_whole(pair):
    shell = (f"/usr/bin/python3 -B {ORIGIN} bytes {SIZE} | "
             f"curl -sS --fail --max-time {LIMIT} -T - -H 'Expect:' {pair.service.url('/sink')}")
    answer = json.loads(pair.client_host.run(["bash", "-c", f"set -o pipefail; {shell}"], timeout=LIMIT).stdout)
    assert answer == {"length": SIZE, "sha256": checksum(SIZE)}
    assert peak_memory(pair) - pair.at_rest < 2 * MEMORY
