"""hardlined on a host: started, waited for, ended, and its log held against the rules for logs."""

import json
import os
import re
import signal
import subprocess
import time

from identity import make_identity
from net import wait_until
from wallclock import ahead

HARDLINED = os.environ.get("HARDLINED", "")
SANITIZED = 86  # what a program exits with that a sanitizer has ended
SANITIZERS = {
    "ASAN_OPTIONS": f"detect_stack_use_after_return=1:exitcode={SANITIZED}",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": f"exitcode={SANITIZED}",
}


def hardlined(host, *arguments, **options):
    """Runs one of the verbs on `host`."""
    return host.run([HARDLINED, *arguments], env=SANITIZERS, check=False, **options)


class Daemon:
    def __init__(self, host, name="hardline"):
        self.host = host
        self.services = host.folder / name / "services"
        self.state = host.folder / name / "state"
        self.log_file = host.folder / name / "log"
        self.services.mkdir(parents=True)
        self.identities = []
        self.expected_errors = []  # patterns of lines at level error that the test provokes
        self.reach = ["--no-dht", "--no-portmap"]  # options: how far it goes; no further than its LAN
        self.process = None

    def publish(self, name, origin, identity=None, **sections):
        """Writes a service file for `origin` ("127.0.0.1:8080", "https://localhost:8443", "unix:/path", or "" for none, where
        there is a [Cache]); its identity, made if not given.

        `sections` adds keys: Info={"listed": "no"}."""
        if identity is None:
            identity = make_identity(self.services / f"{name}.cert")
        where, colon, port = origin.rpartition(":")
        service = {"service": origin} if origin.startswith("unix:") else {"service": where, "port": port}
        content = {"Service": service | {"certfile": identity.certfile}, "Info": {"title": name}}
        for section, keys in sections.items():
            content[section] = content.get(section, {}) | keys
        text = "".join(f"[{section}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items())
                       for section, keys in content.items())
        beside = self.services / f".{name}.ini.new"
        beside.write_text(text)
        beside.rename(self.services / f"{name}.ini")
        self.identities.append(identity)
        return identity

    def start(self, *options, p2p_port=7008, local_port=7009, wrap=(), log_level="debug", wait=True, quarantine=256,
              clock=0):
        """Starts it and waits until it says that it is ready. `wrap` goes before the command, as in ["prlimit", "--nofile=64"];
        `quarantine` is how many MiB of freed memory the address sanitizer keeps from use; its clock is `clock` seconds ahead."""
        ready_before = self.log().count("is ready")
        if clock:
            wrap = [*wrap, *ahead(HARDLINED, clock)]
        self.process = self.host.popen(
            [*wrap, HARDLINED, "--servicedir", self.services, "--statedir", self.state, "--p2pport", p2p_port,
             "--localport", local_port, "--log-level", log_level, *self.reach, *options],
            env=SANITIZERS | {"ASAN_OPTIONS": f"{SANITIZERS['ASAN_OPTIONS']}:quarantine_size_mb={quarantine}"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log_file, "ab"))
        if wait:
            wait_until(lambda: self.log().count("is ready") > ready_before or self.process.poll() is not None,
                       f"hardlined on {self.host.name} is ready", 20)
            assert self.process.poll() is None, f"hardlined ended at once: {self.log()}"
        return self

    @property
    def socket(self):
        return self.state / "hardlined.sock"

    def verb(self, verb, *arguments, check=True, **options):
        """Runs one of the verbs that speak to it, as the person whose daemon it is."""
        done = hardlined(self.host, verb, "--socket", self.socket, *arguments, **options)
        assert done.returncode != SANITIZED, done.stderr
        assert not check or done.returncode == 0, f"{verb} exits with {done.returncode}: {done.stderr}"
        return done

    def pin(self, name, service):
        self.verb("pin", name, service.url())

    def ask(self, verb, *arguments):
        """What it answers to `status` or `why`, as a person reads it. `why` exits with 1 where the service is not reached."""
        done = hardlined(self.host, verb, "--socket", self.state / "hardlined.sock", *arguments)
        assert done.returncode == 0 or verb == "why" and done.returncode == 1, done.stderr
        return done.stdout

    def ask_json(self, verb, *arguments):
        return json.loads(self.ask(verb, "--json", *arguments))

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, sent=signal.SIGTERM, within=10):
        """Ends it as systemd would. Returns how long it took."""
        began = time.monotonic()
        self.process.send_signal(sent)
        status = self.wait(within)
        took = time.monotonic() - began
        assert status == 0, f"exit status {status}; its log:\n{self.log()}"
        self.check_log()
        return took

    def wait(self, within):
        """Waits for its end, and returns its exit status."""
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within} s; its log:\n{self.log()}") from None
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def end(self):
        """The end of a test: one that the test left running ends well, and none has ended by itself."""
        if self.process is not None:
            ended = self.process.poll()
            assert ended is None, f"hardlined on {self.host.name} ended by itself, with exit status {ended}:\n{self.log()}"
            self.stop()

    def check_log(self):
        log = self.log()
        assert not re.search(r"Sanitizer|runtime error:", log), log
        errors = [line for line in log.splitlines() if re.match(r"\S+ \S+ error\b", line)]
        unexpected = [line for line in errors if not any(re.search(p, line) for p in self.expected_errors)]
        assert not unexpected, "\n".join(unexpected)
        for identity in self.identities:
            assert identity.keyhash not in log, "the log holds a full KEYHASH"
            assert not identity.password or identity.password not in log, "the log holds a password"
