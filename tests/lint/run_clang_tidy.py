"""Runs clang-tidy on the given sources, two at a time, and fails with what it finds.

usage: run_clang_tidy.py CLANG_TIDY BUILD_FOLDER SOURCE...
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

JOBS = 2  # clang-tidy takes up to 300 MB a file


def findings(tidy, build, source):
    run = subprocess.run([tidy, "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", build, source], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else f"{source}: exit status {run.returncode}\n{run.stdout}{run.stderr}"


def main():
    tidy, build, *sources = sys.argv[1:]
    if not sources:
        sys.exit("no sources to look at")
    if not Path(build, "compile_commands.json").exists():
        sys.exit(f"{build} has no compile_commands.json")
    with ThreadPoolExecutor(JOBS) as pool:
        found = [text for text in pool.map(lambda source: findings(tidy, build, source), sources) if text]
    print("\n".join(found) or f"nothing found in {len(sources)} files")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
