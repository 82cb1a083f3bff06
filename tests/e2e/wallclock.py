"""A process with a wall clock of its own (libfaketime). Its monotonic clock stays the machine's, so timeouts are what they are."""

import functools
import glob
import subprocess
import time

import pytest

DAY = 86400
HOUR = 3600


@functools.cache
def _preloaded(binary):
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not library:
        pytest.skip("libfaketime is not installed")
    # A sanitizer's runtime must come first of all libraries, and says so where it does not.
    needed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout.split()
    runtimes = [word for word in needed if word.startswith("/") and ("libasan" in word or "libtsan" in word)]
    return ":".join(runtimes + library)


def ahead(binary, seconds):
    """What goes before the command of `binary`, for a clock `seconds` ahead of this machine's."""
    return ["env", f"LD_PRELOAD={_preloaded(binary)}", f"FAKETIME={round(seconds):+d}", "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "NO_FAKE_STAT=1"]


def until_midnight():
    """Seconds to the next midnight UTC."""
    return DAY - time.time() % DAY
