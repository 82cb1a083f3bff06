"""Reads the table of parts in docs/architecture.md, and what the code really does, and names the differences."""

import re
from pathlib import Path

GROUND = ("rt", "wire", "base")  # whatever stands above one of these may use it
ASIO_FREE = ("wire", "base")
ASIO_HEADERS = ("hardline/rt/asio.hpp", "hardline/rt/beast.hpp")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
# What is slow to compile, or must be included in one way, is included in one place.
THE_ONE_HEADER_OF = {
    re.compile(r"(boost/)?asio(/|\.hpp)"): Path("include/hardline/rt/asio.hpp"),
    re.compile(r"boost/beast(/|\.hpp)"): Path("include/hardline/rt/beast.hpp"),
}


def parse_table(markdown):
    """Part -> the parts it may use, in the table's order, which is from the top of the house to its ground."""
    rows = []
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and re.fullmatch(r"`\w+`", cells[0]):
            rows.append((cells[0].strip("`"), cells[2]))
    parts = [part for part, _ in rows]
    table = {}
    for position, (part, cell) in enumerate(rows):
        below = parts[position + 1 :]
        if part in table:
            raise ValueError(f"`{part}` has two rows")
        words = [word.strip() for word in re.sub(r"\([^)]*\)", "", cell).split(",")]
        drawn = below if words == ["all below"] else [word for word in words if word != "—"]
        for word in drawn:
            if word not in below:
                raise ValueError(f"`{part}` may use `{word}`, which is no part below it")
        table[part] = set(drawn) | {ground for ground in GROUND if ground in below}
    if tuple(parts[-len(GROUND) :]) != GROUND:
        raise ValueError(f"the last rows must be {', '.join(GROUND)}")
    return table


def part_of(path):
    """The part that a file of the project belongs to, or None for what stands outside of the parts."""
    pieces = Path(path).parts
    if pieces[:1] == ("src",) and len(pieces) > 2:
        return pieces[1]
    if pieces[:2] == ("include", "hardline") and len(pieces) > 3:
        return pieces[2]
    return None


def breaches_of_file(path, text, table):
    """Sentences about the includes of one file; `path` is relative to the project."""
    part = part_of(path)
    found = []
    for included in INCLUDE.findall(text):
        for library, header in THE_ONE_HEADER_OF.items():
            if library.match(included) and Path(path) != header:
                found.append(f"{path} includes {included}; only {header} may")
        if included == "hardline/rt/beast.hpp" and Path(path).suffix != ".cpp":
            found.append(f"{path} includes {included}, and makes all that includes it slow to compile")
        if not included.startswith("hardline/") or part is None:
            continue
        other = part_of("include/" + included)
        if other not in table:
            found.append(f"{path} includes {included}, which belongs to no part")
        elif other != part and other not in table.get(part, ()):
            found.append(f"{path} includes {included}, but `{part}` may not use `{other}`")
        elif part in ASIO_FREE and included in ASIO_HEADERS:
            found.append(f"{path} includes {included}, but `{part}` knows nothing of Asio")
    return found


def breaches_of_folders(folders, table):
    """`folders` are the names in src/ and include/hardline/ together."""
    return [f"`{name}` is a folder but not in the table" for name in sorted(set(folders) - set(table))] + [
        f"`{name}` is in the table but no folder" for name in table if name not in folders
    ]


def linked_parts(cmake):
    """Part -> the parts it links, from the hardline_part() lines of src/CMakeLists.txt."""
    linked = {}
    for arguments in re.findall(r"^hardline_part\(([^)]*)\)", cmake, re.MULTILINE):
        part, *words = arguments.split()
        uses, reading = set(), False
        for word in words:
            if word in ("USES", "LIBRARIES"):
                reading = word == "USES"
            elif reading:
                uses.add(word)
        linked[part] = uses
    return linked


def breaches_of_links(linked, table):
    """A library links just what the table allows: more would let an include slip in, less would not build."""
    found = []
    for part in sorted(set(linked) | set(table)):
        if part not in linked:
            found.append(f"`{part}` is in the table, but CMake builds no library of it")
        elif part not in table:
            found.append(f"CMake builds `{part}`, which is not in the table")
        elif linked[part] != table[part]:
            more, less = sorted(linked[part] - table[part]), sorted(table[part] - linked[part])
            found.append(f"CMake links `{part}` with {more} more and {less} less than the table says")
    return found
