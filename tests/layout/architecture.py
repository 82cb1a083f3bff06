"""Reads the table of parts in docs/architecture.md, and what the code really does, and names the differences."""

import re
from pathlib import Path

GROUND = ("net", "wire", "http", "rt", "base")  # whatever stands above the ground may use all of it
ASIO_FREE = ("wire", "http", "base")
PRECOMPILED = (Path("src/pch.hpp"), Path("tests/unit/pch.hpp"))  # third-party headers alone

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
# What is slow to compile, or must be included in one way, is included in one place.
THE_ONE_HEADER_OF = {
    re.compile(r"(boost/)?asio(/|\.hpp)"): Path("include/hardline/rt/asio.hpp"),
    re.compile(r"boost/beast(/|\.hpp)"): Path("include/hardline/http/beast.hpp"),
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
        table[part] = set(drawn) if part in GROUND else set(drawn) | set(GROUND)
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


def header_of(path, included):
    """The project's header that `included` means in the file at `path`, or None for a header of somebody else."""
    if included.startswith("hardline/"):
        return Path("include") / included
    beside = Path(path).parent / included
    return beside if Path(path).parts[:1] == ("src",) and "/" not in included else None


def breaches_of_file(path, text, table):
    """Sentences about the includes of one file; `path` is relative to the project."""
    path = Path(path)
    part = part_of(path)
    found = []
    for included in INCLUDE.findall(text):
        for library, header in THE_ONE_HEADER_OF.items():
            if library.match(included) and path not in (header, *PRECOMPILED):
                found.append(f"{path} includes {included}; only {header} may")
        if included == "hardline/http/beast.hpp" and path.suffix != ".cpp":
            found.append(f"{path} includes {included}, and makes all that includes it slow to compile")
        if included.startswith("hardline/") and path in PRECOMPILED:
            found.append(f"{path} includes {included}, and whoever touches that compiles everything again")
        if not included.startswith("hardline/") or part is None:
            continue
        other = part_of("include/" + included)
        if other not in table:
            found.append(f"{path} includes {included}, which belongs to no part")
        elif other != part and other not in table.get(part, ()):
            found.append(f"{path} includes {included}, but `{part}` may not use `{other}`")
    return found


def includes_of_files(texts):
    """Path -> the project's headers that the file includes, of `texts`: path -> what stands in it."""
    paths = {Path(path): text for path, text in texts.items()}
    found = {}
    for path, text in paths.items():
        headers = (header_of(path, included) for included in INCLUDE.findall(text))
        found[path] = {header for header in headers if header in paths}
    return found


def breaches_of_placing(includes):
    """A header is in include/ if another part includes it, or a header that is there does; else beside its source."""
    public = {header for path, headers in includes.items() for header in headers if part_of(path) != part_of(header)}
    reached = list(public)
    while reached:
        more = includes.get(reached.pop(), set()) - public
        public |= more
        reached += more
    found = []
    for header in sorted(path for path in includes if path.suffix == ".hpp" and part_of(path)):
        is_public = header.parts[0] == "include"
        if header in public and not is_public:
            found.append(f"{header} is another part's business: it belongs into include/hardline/{part_of(header)}/")
        if header not in public and is_public:
            found.append(f"{header} is nobody else's business: it belongs into src/{part_of(header)}/")
    return found


def module_of(path):
    """A header and its source are one."""
    return part_of(path), Path(path).stem


def circles(includes):
    """Modules (a header with its source) that include each other, by whatever way round, each circle once."""
    graph = {}
    for path, headers in includes.items():
        if part_of(path):
            graph.setdefault(module_of(path), set()).update(module_of(h) for h in headers if module_of(h) != module_of(path))
    reach = {}

    def reachable(start):
        if start not in reach:
            seen, todo = set(), [start]
            while todo:
                for other in graph.get(todo.pop(), ()):
                    if other not in seen:
                        seen.add(other)
                        todo.append(other)
            reach[start] = seen
        return reach[start]

    found = {
        tuple(sorted(f"{part}/{stem}" for part, stem in graph if (part, stem) in reachable(module) and module in reachable((part, stem))))
        for module in graph
        if module in reachable(module)
    }
    return [" and ".join(names) + " include each other" for names in sorted(found)]


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
