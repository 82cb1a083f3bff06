"""Runs clang-tidy on the given sources, two at a time, and fails with what it finds.

Left out are sources that include Asio, by whatever way round: clang 14 cannot compile the coroutines of Asio 1.18.

usage: run_clang_tidy.py CLANG_TIDY SOURCE... -- COMPILER_FLAG...
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/layout"))
import architecture  # noqa: E402

JOBS = 2  # clang-tidy takes up to 300 MB a file
ASIO = Path("include/hardline/rt/asio.hpp")  # the one header that may include it (tests/layout)


def includes_of_project():
    files = [path for top in ("src", "include") for path in (PROJECT / top).rglob("*.[ch]pp")]
    return architecture.includes_of_files({path.relative_to(PROJECT): path.read_text() for path in files})


def includes_asio(path, includes):
    seen = {path}
    rest = [path]
    while rest:
        more = includes.get(rest.pop(), set()) - seen
        seen |= more
        rest += more
    return ASIO in seen


def findings(tidy, source, flags):
    run = subprocess.run([tidy, "--quiet", source, "--", *flags], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else f"{source}: exit status {run.returncode}\n{run.stdout}{run.stderr}"


def main():
    separator = sys.argv.index("--")
    tidy, *sources = sys.argv[1:separator]
    flags = sys.argv[separator + 1 :]
    includes = includes_of_project()
    read = [source for source in sources if not includes_asio(Path(source).resolve().relative_to(PROJECT), includes)]
    if not read:
        sys.exit("no sources to look at")
    with ThreadPoolExecutor(JOBS) as pool:
        found = [text for text in pool.map(lambda source: findings(tidy, source, flags), read) if text]
    print("\n".join(found) or f"nothing found in {len(read)} files; {len(sources) - len(read)} include Asio")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
