"""A browser without a window on a host, driven by its developer tools' protocol over a pair of pipes."""

import json
import os
import select
import shutil
import subprocess
import time

import pytest

CHROMIUM = shutil.which("chromium")


class Chromium:
    """One page; its scripts run at evaluate(), and what it asked the network for is in `answers`."""

    def __init__(self, host, profile):
        if not CHROMIUM:
            pytest.skip("chromium is not installed")
        commands, self.commands = os.pipe()
        self.said, said = os.pipe()
        # Chromium reads commands at descriptor 3 and writes to 4.
        self.process = host.popen(
            ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{said}', "bash", CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=[commands, said], stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(said)
        self.unread = b""
        self.last = 0
        self.answers = []  # (URL, status, headers in lower case) of each answer from the network
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Network.enable")
        self.call("Page.enable")

    def _receive(self, deadline):
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.said], [], [], max(0, deadline - time.monotonic()))
            assert ready, "chromium does not answer"
            piece = os.read(self.said, 65536)
            assert piece, "chromium has ended"
            self.unread += piece
        message, _, self.unread = self.unread.partition(b"\0")
        message = json.loads(message)
        if message.get("method") == "Network.responseReceived":
            answer = message["params"]["response"]
            self.answers.append((answer["url"], answer["status"], {k.lower(): v for k, v in answer["headers"].items()}))
        return message

    def call(self, method, timeout=60, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self.last:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, url, timeout=60):
        """Opens a page, and returns when it has loaded."""
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + timeout
        while self._receive(deadline).get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression, timeout=60):
        """The value of an expression in the page, awaited where it is a promise."""
        answer = self.call("Runtime.evaluate", timeout, expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def close(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait(20)
        os.close(self.commands)
        os.close(self.said)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
