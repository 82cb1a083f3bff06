"""Finds what g++ 12 miscompiles in coroutines: temporaries and conditions in a full expression with co_await.

The rule is one co_await to a statement, with names or scalars as its arguments. This is no C++ parser: it takes comments
and literals out, cuts the text into full expressions, keeps lambdas' bodies apart, and looks at each piece.
"""

import re
from dataclasses import dataclass, field

LAMBDA = "\x01"  # stands for a lambda's body in the expression that holds it

LITERALS = re.compile(
    r"""//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\.)*|R"(?P<tag>[^\s()\\]*)\(.*?\)(?P=tag)"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'""",
    re.DOTALL | re.MULTILINE,
)
INTRODUCER = re.compile(
    r"(?<![\w)\]])\s*\[(?P<captures>[^\[\]]*)\]\s*(<[^{}]*>\s*)?"
    r"(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?\s*(mutable|noexcept|constexpr|\s)*(->[\w\s:<>,&*]+)?$"
)
HEADER = re.compile(r"(?:^|\belse\s+|\}\s*)(?:if(?:\s+constexpr)?|while|for|switch|catch)\s*$")
SCOPE = re.compile(r"^\s*(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|struct|class|enum|union|extern)\b", re.DOTALL)
BLOCK_AFTER = re.compile(r"(?:^|[;{})]|\b(?:else|do|try|const|noexcept|override|final|mutable)|(?<!:):)\s*$")
RETURN_TYPE = re.compile(r"\)[\w\s]*->[\w\s:<>,&*]+$")

DECLARES = re.compile(r"(?<![\w:])(?!return\b|co_return\b|co_await\b|throw\b|case\b|new\b|else\b)[\w:>&*]+[>&*]?\s+[&*]*\w+\s*\{")
MAKES_A_TEMPORARY = re.compile(
    r"\bstd::(?:string|vector|function|optional|shared_ptr|unique_ptr|make_shared|make_unique|make_optional|tuple|pair|"
    r"map|to_string|format|filesystem::path)\b\s*(?:<[^()]*>)?\s*\(|\bfmt::format\s*\(|"
    r"(?:\.|->)(?:to_string|hex|label|brief|str|substr)\s*\(|\"\"\s*\+|\+\s*\"\"|\"\"s\b"
)


@dataclass
class Piece:
    """One full expression or declaration."""

    text: str
    line: int


@dataclass
class Frame:
    """An open block, and the expression that goes on behind it where the block is a lambda's body."""

    text: str = ""
    line: int = 1
    parens: int = 0
    header_at: list = field(default_factory=list)  # depth of parens at which an if's or a loop's header ends
    braces: int = 0  # open braces of initialisers
    captures: str = ""
    is_coroutine: bool = False
    opened_by: str = ""  # "lambda" or "block"
    start: int = 0


def without_literals(source):
    def blank(match):
        text = match.group(0)
        lines = "\n" * text.count("\n")
        return ('""' if text[0] in "\"R" else "0" if text[0] == "'" else " ") + lines

    return LITERALS.sub(blank, source)


def pieces_of(source):
    """The full expressions of a file, and the lines of lambdas that capture and are coroutines."""
    pieces, captured_coroutines = [], []
    frames = [Frame()]
    line = 1

    def cut():
        frame = frames[-1]
        if re.search(r"\bco_(await|return|yield)\b", frame.text):
            frame.is_coroutine = True
        if frame.text.strip():
            pieces.append(Piece(frame.text.strip(), frame.line))
        frame.text = ""

    for c in without_literals(source):
        frame = frames[-1]
        if not frame.text.strip():
            frame.line = line
        if c == "\n":
            line += 1
        if c == ";":
            cut()
        elif c == "{":
            introducer = INTRODUCER.search(frame.text)
            if introducer:
                frames.append(Frame(line=line, captures=introducer["captures"].strip(), opened_by="lambda", start=line))
            elif frame.parens == 0 and frame.braces == 0 and opens_a_block(frame.text):
                cut()
                frames.append(Frame(line=line, opened_by="block", start=line))
            else:
                frame.braces += 1
                frame.text += c
        elif c == "}":
            if frame.braces > 0:
                frame.braces -= 1
                frame.text += c
                continue
            cut()
            if len(frames) == 1:
                continue  # unbalanced: a macro, or text that is no C++
            frames.pop()
            if frame.opened_by == "lambda":
                frames[-1].text += LAMBDA
                if frame.is_coroutine and frame.captures:
                    captured_coroutines.append(frame.start)
            elif frame.is_coroutine:
                frames[-1].is_coroutine = True
        elif c == "(":
            if HEADER.search(frame.text.strip()):
                frame.header_at.append(frame.parens)
            frame.parens += 1
            frame.text += c
        elif c == ")":
            frame.parens = max(0, frame.parens - 1)
            frame.text += c
            if frame.header_at and frame.header_at[-1] == frame.parens:
                frame.header_at.pop()
                cut()
        else:
            frame.text += c
    cut()
    return pieces, captured_coroutines


def opens_a_block(before):
    return bool(SCOPE.match(before) or BLOCK_AFTER.search(before) or RETURN_TYPE.search(before))


def faults_of(text):
    """Why a full expression breaks the rule."""
    if not re.search(r"\bco_await\b", text):
        return
    if len(re.findall(r"\bco_await\b", text)) > 1:
        yield "more than one co_await in a statement"
    if re.search(r"\?[^:?]*\bco_await\b", text) or re.search(r"\?.*(?<!:):(?!:)[^?]*\bco_await\b", text, re.DOTALL):
        yield "a co_await that only one side of a condition evaluates"
    if re.search(r"\bthrow\b.*\bco_await\b", text, re.DOTALL):
        yield "throws what it awaits"
    if re.search(r"\bco_spawn\s*\(.*\bco_await\b", text, re.DOTALL):
        yield "awaits inside co_spawn's arguments"
    if re.match(r"\s*(while|for)\b", text):
        yield "a co_await in a loop's condition"
    if LAMBDA in text:
        yield "a lambda in an expression with co_await"
    if "{" in DECLARES.sub("", text):
        yield "a brace-initialised temporary in an expression with co_await"
    if MAKES_A_TEMPORARY.search(text):
        yield "a temporary with a destructor in an expression with co_await"


def breaches(path, source):
    """Sentences about one file."""
    pieces, captured_coroutines = pieces_of(source)
    found = [f"{path}:{piece.line}: {fault}: {piece.text}" for piece in pieces for fault in faults_of(piece.text)]
    found += [f"{path}:{line}: a lambda that captures is a coroutine" for line in captured_coroutines]
    return [" ".join(sentence.replace(LAMBDA, " {…}").split()) for sentence in found]
