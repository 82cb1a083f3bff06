"""Renders Mako templates for hardlined, which runs this as `python3 -I -u -c SCRIPT FOLDER MOST_OCTETS`.

A text is its length in four octets, the most significant first, and as many octets of UTF-8. A request, from standard
input, is two texts: a template's name below FOLDER, and the path that was asked for. The answer, to standard output, is
an octet and two texts: `p` and the page; `e`, a line for the visitor and one or more for the log; or `m` and why Mako
cannot be imported.
"""

import faulthandler
import os
import re
import sys
import traceback

try:
    import mako.exceptions
    import mako.lookup
    import mako.runtime
    missing = None
except ImportError as error:
    missing = str(error)

FOLDER = sys.argv[1].rstrip("/")
MOST_OCTETS = int(sys.argv[2])


class TooLarge(Exception):
    pass


class Page:
    """What a template writes to. It ends a template that would fill the memory before its time is over."""

    def __init__(self):
        self.parts = []
        self.characters = 0

    def write(self, text):
        self.characters += len(text)
        if self.characters > MOST_OCTETS:
            raise TooLarge(f"the page is larger than {MOST_OCTETS >> 20} MiB")
        self.parts.append(text)

    def octets(self):
        octets = "".join(self.parts).encode("utf-8", "replace")
        if len(octets) > MOST_OCTETS:
            raise TooLarge(f"the page is larger than {MOST_OCTETS >> 20} MiB")
        return octets


def stamp_of(name):
    try:
        status = os.stat(os.path.join(FOLDER, name.lstrip("/")))
        return status.st_ino, status.st_size, status.st_mtime_ns
    except OSError:
        return None


def make_lookup():
    class Lookup(mako.lookup.TemplateLookup):
        """Mako itself compares whole seconds, and would not see that a template was replaced by an older one."""

        stamps = {}

        def get_template(self, uri):
            stamp = stamp_of(uri)
            if self.stamps.get(uri) != stamp:
                self._collection.pop(uri, None)
                self.stamps[uri] = stamp
            return super().get_template(uri)

    return Lookup([FOLDER])


def render(name, path):
    template = lookup.get_template(name)
    variables = {"path": path, "__file__": os.path.join(FOLDER, name)}
    page = Page()
    template.render_context(mako.runtime.Context(page, **variables), **variables)
    return page.octets()


def in_short(error):
    """A line for the visitor, who is not to learn where things lie on this machine."""
    if isinstance(error, TooLarge):
        return str(error)
    try:
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    except Exception:
        text = ""
    text = text.replace(FOLDER + "/", "")
    text = re.sub(r"""(["'])/.*?\1""", "…", text)
    text = re.sub(r"""(?<![\w.])/[^\s"']+""", "…", text)
    first_line = text.strip().partition("\n")[0]
    return type(error).__name__ + (": " + first_line if first_line else "")


def in_full():
    """The traceback of what is being handled, with the templates' own lines."""
    try:
        return mako.exceptions.text_error_template().render_unicode().strip()
    except BaseException:
        return traceback.format_exc()


def receive():
    head = requests.read(4)
    if len(head) < 4:
        os._exit(0)  # hardlined has ended
    return requests.read(int.from_bytes(head, "big")).decode("utf-8", "surrogateescape")


def answer(kind, *texts):
    answers.write(kind)
    for text in texts:
        octets = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        answers.write(len(octets).to_bytes(4, "big") + octets)
    answers.flush()


# Templates may print, ask for input or start programs. None of that may reach hardlined's ear.
requests = os.fdopen(os.dup(0), "rb")
answers = os.fdopen(os.dup(1), "wb")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
faulthandler.enable()
lookup = None if missing else make_lookup()

while True:
    name, path = receive(), receive()
    if missing:
        answer(b"m", missing, "")
        continue
    try:
        page = render(name, path)
    except BaseException as error:  # sys.exit() as well
        answer(b"e", in_short(error), in_full())
    else:
        answer(b"p", page, "")
        del page  # it may be large, and the next request may be long in coming
