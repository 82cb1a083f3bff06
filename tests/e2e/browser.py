"""A real browser on a host, as a person uses it: by what is seen and named (Playwright, see playwright/)."""

import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import time

import pytest

CHROMIUM = shutil.which("chromium")
BUILD = pathlib.Path(os.environ.get("HARDLINED", ".")).absolute().parent
PLAYWRIGHT = pathlib.Path(os.environ.get("HARDLINE_PLAYWRIGHT") or BUILD / "playwright")
SCREENSHOTS = pathlib.Path(os.environ.get("HARDLINE_SCREENSHOTS") or BUILD / "screenshots")
BRIDGE = pathlib.Path(__file__).parent / "playwright" / "bridge.js"

# As chromium.py: nothing of its own accord on the network.
FLAGS = ["--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def named(*words):
    """An accessible name that has these words, in this order: named("Pin", "demo") is `Pin demo`, not `Unpin demo`."""
    return {"re": r"^\W*" + r".*".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words)}


class Browser:
    """A browser's process. Each page() is somebody else's: with cookies and a memory of its own.

    A test that wants one is skipped where there is none."""

    def __init__(self, host, *flags):
        if not CHROMIUM or not shutil.which("node"):
            pytest.skip("chromium or node is not installed")
        if not (PLAYWRIGHT / "installed").exists():
            pytest.skip(f"there is no Playwright: tests/e2e/playwright/install {PLAYWRIGHT}")
        self.host = host
        options = {"executablePath": CHROMIUM, "args": [*FLAGS, *flags], "chromiumSandbox": False}
        self.process = host.popen(["node", BRIDGE, json.dumps(options)], env={"NODE_PATH": str(PLAYWRIGHT / "node_modules")},
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.unread = b""
        self.asked = 0
        self.pages = []
        self._answer(None, 60)

    def _answer(self, number, timeout):
        """The answer to the request of this number. One that nobody waited for any longer is passed over."""
        deadline = time.monotonic() + timeout
        while True:
            answer = self._line(deadline, timeout)
            if answer.get("number") != number and "number" in answer:
                continue
            if "error" in answer:
                raise AssertionError(answer["error"])
            return answer["value"]

    def _line(self, deadline, timeout):
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"the browser does not answer within {timeout} s"
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            assert piece, "the browser has ended"
            self.unread += piece
        line, _, self.unread = self.unread.partition(b"\n")
        return json.loads(line)

    def call(self, timeout=60, **request):
        self.asked += 1
        self.process.stdin.write(json.dumps(request | {"number": self.asked}).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer(self.asked, timeout)

    def page(self, url=None, **options):
        """A new page in a context of its own; `options` are Playwright's: colorScheme="dark"."""
        page = Page(self, f"page {len(self.pages)}")
        self.pages.append(page)
        self.call(open=page.name, options=options)
        if url:
            page.open(url)
        return page

    def close(self):
        try:
            self.call(close=True)
            self.process.stdin.close()
            self.process.wait(20)
        finally:
            self._cut()

    def _cut(self):
        """Ends what is left of it, the answers to come included."""
        if self.process.poll() is None:
            self.process.kill()  # what it has started ends with the network
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        else:
            self._cut()  # it may be busy with what the test has given up


class Page:
    """Roles and names are those a screen reader is told (WAI-ARIA)."""

    def __init__(self, browser, name, inside=None):
        self.browser, self.name, self.inside = browser, name, inside

    @property
    def dialog(self):
        """The page, as far as it is in its dialog."""
        return Page(self.browser, self.name, "dialog")

    def run(self, code, arg=None, timeout=60):
        """Runs JavaScript beside the page, as the body of an async function (bridge.js), and returns what it returns."""
        try:
            return self.browser.call(timeout, run=self.name, code=code, arg=arg, inside=self.inside)
        except AssertionError as error:
            shown = self.browser.call(run=self.name, code="return [page.url(), await page.locator('body').innerText().catch(() => '')]")
            raise AssertionError(f"{error}\n--- {shown[0]} shows:\n{shown[1]}") from None

    def evaluate(self, expression, arg=None):
        """The value of an expression in the page, awaited; with `arg`, of what the function that it is gives for it."""
        if arg is not None:
            expression = f"({expression})({json.dumps(arg)})"
        return self.run("return page.evaluate(arg)", expression)

    def open(self, url):
        """The status of the answer."""
        return self.run("const answer = await page.goto(arg); return answer && answer.status()", url)

    @property
    def url(self):
        return self.run("return page.url()")

    @property
    def title(self):
        return self.run("return page.title()")

    def text(self, selector="body"):
        """What is to be read there."""
        return self.run("return page.locator(arg).innerText()", selector)

    def click(self, role, name):
        self.run("await role(...arg).click()", [role, name])

    def follow(self, name, url):
        """Clicks a link that leads to this address, in this tab or another, and returns what is shown there."""
        return self.run("""await role('link', arg[0]).first().click();
                           const there = await until(() => context.pages().find((one) => one.url() === arg[1]), `a page ${arg[1]}`);
                           await there.waitForLoadState();
                           return there.locator('body').innerText()""", [name, url])

    def fill(self, label, text):
        """Fills in the field that is labelled so."""
        self.run("await label(arg[0]).fill(arg[1])", [named(label), str(text)])

    def filled(self, label):
        return self.run("return label(arg).inputValue()", named(label))

    def focused(self, role, name):
        return self.run("return role(...arg).first().evaluate((one) => one === document.activeElement)", [role, name])

    def tab_to(self, role, name, stops=80):
        """Presses Tab until this has the focus. Wherever the focus stops it must be seen."""
        for _ in range(stops):
            if self.focused(role, name):
                return
            self.press("Tab")
            seen = self.evaluate("""(() => {
              const style = getComputedStyle(document.activeElement);
              return document.activeElement === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none';
            })()""")
            assert seen, self.evaluate("document.activeElement.outerHTML")
        raise AssertionError(f"Tab does not lead to {role} {name}")

    def count(self, role, name=None):
        return self.run("return role(...arg).count()", [role, name])

    def see(self, role, name=None, within=15):
        """Waits until it is shown."""
        self.run("await role(arg[0], arg[1]).first().waitFor({timeout: arg[2]})", [role, name, within * 1000], within + 30)

    def miss(self, role, name=None, within=15):
        """Waits until it is not shown any more."""
        self.run("await until(async () => await role(arg[0], arg[1]).count() === 0, `no ${JSON.stringify(arg)}`, arg[2])",
                 [role, name, within * 1000], within + 30)

    def read(self, text, within=15):
        """Waits until the page shows this text."""
        self.run("await until(async () => (await page.locator('body').innerText()).includes(arg[0]), `the page says ${arg[0]}`, arg[1])",
                 [text, within * 1000], within + 30)

    def press(self, *keys):
        for key in keys:
            self.run("await page.keyboard.press(arg)", key)

    def screenshot(self, name, full=True):
        """Written to the build folder."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.run("await page.screenshot({path: arg[0], fullPage: arg[1]})", [str(path), full])
        return path

    def axe_violations(self):
        """What axe-core finds wrong for those who do not see, or not well, as lines."""
        return self.run("return axe()")

    def errors(self):
        """What the browser's console was told at level error or warning, and exceptions that nobody caught; once."""
        return self.run("return errors.splice(0)")
