#!/usr/bin/python3
"""Prints what to build and which of CTest's tests to run for the files that differ from a revision (tools/test --changed)."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from architecture import part_of, parse_table  # noqa: E402

GUARDS = "layout|lint"
EVERYTHING = ("CMakeLists.txt", "CMakePresets.json", "src/CMakeLists.txt", "src/pch.hpp", "tests/CMakeLists.txt", "tests/unit/pch.hpp")


def changed_files(project, revision):
    """Paths that differ from `revision`, those that git does not know yet among them."""
    files = set()
    for command in (["git", "diff", "--name-only", revision, "--"], ["git", "ls-files", "--others", "--exclude-standard"]):
        files |= set(subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout.splitlines())
    return sorted(files)


def users_of(parts, table):
    """`parts` and all parts that use one of them."""
    return {part for part in table if part in parts or table[part] & set(parts)}


def plan(files, table, tested):
    """The targets to build and the expression for ctest -R; `tested` are the parts that have unit tests.

    End-to-end tests see the whole daemon, and would all be run for any change: of those only files that changed are.
    """
    touched, named = set(), set()
    for file in files:
        pieces = Path(file).parts
        if file in EVERYTHING or pieces[:3] == ("tests", "unit", "support"):
            touched |= set(table)
        elif part_of(file):
            touched |= users_of({part_of(file)}, table)
        elif pieces[:2] == ("tests", "unit") and len(pieces) > 3:
            touched.add(pieces[2])
        elif pieces[:2] == ("tests", "e2e") and re.fullmatch(r"test_\w+\.py", pieces[-1]):
            named.add("e2e\\." + pieces[-1][len("test_") : -len(".py")] + "$")
        elif pieces[:2] == ("tests", "fuzz"):
            named.add("fuzz\\.")
        elif pieces[:1] == ("packaging",) or pieces[:2] == ("tests", "packaging"):
            named.add("packaging$")
    units = sorted(touched & set(tested))
    targets = [f"unit_{part}" for part in units]
    if any(name.startswith(("e2e", "packaging")) for name in named):
        targets.append("hardlined")
        named.add("e2e\\.playwright_install$")
    if "fuzz\\." in named:
        targets.append("fuzzers")
    patterns = [GUARDS, *(part + "\\." for part in units), *sorted(named)]
    return targets, "^(" + "|".join(patterns) + ")"


def main(revision):
    project = Path(__file__).resolve().parents[2]
    table = parse_table((project / "docs/architecture.md").read_text())
    tested = {folder.name for folder in (project / "tests/unit").iterdir() if folder.name in table}
    targets, tests = plan(changed_files(project, revision), table, tested)
    print(" ".join(targets))
    print(tests)


if __name__ == "__main__":
    main(sys.argv[1])
