#!/usr/bin/python3 -B
"""A pair of daemons beside a stunnel pair and an HAProxy TLS pair, on the same origin, in the same run.

    tests/bench/pair.py [--hardlined build/release/hardlined] [--rounds 3] [--only stunnel,haproxy]

Two hosts in network namespaces, a virtual cable between them: the origin (nginx) and each pair's server end on one, each
pair's client end and the load on the other. Rounds are interleaved, so that a noisy moment hits everybody; medians are
printed, absolute and as a ratio to the stunnel pair. All have EC P-256 certificates, and TLS 1.3 with AES-128-GCM where
that can be set. Everything else is as the programs come: stunnel and HAProxy resume TLS sessions on new connections.

Needs tools/deps bench, and root or user namespaces. Takes two to three minutes.
"""

import argparse
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from identity import make_identity  # noqa: E402
from net import Network, wait_until  # noqa: E402

ORIGIN = 8080
OPEN = 200  # idle connections while memory is read
BULK = 1 << 30
SUITE = "TLS_AES_128_GCM_SHA256"
SECONDS = 3  # of each load

NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr error; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server {{ listen {port}; root {root}; }}
}}
"""
STUNNEL = """
foreground = yes
pid =
syslog = no
debug = err
ciphersuites = {suite}
sslVersionMin = TLSv1.3
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[tunnel]
"""
HAPROXY = """
global
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
listen tunnel
"""


class Subject:
    """A pair under test. The client end is at 127.0.0.1:`port` of the client's host."""

    name = ""
    port = 0
    host_header = None

    def __init__(self, bench):
        self.bench = bench
        self.server = self.client = None
        self.folder = bench.folder / self.name
        self.folder.mkdir()

    def end_process(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(15)

    def start_process(self, host, argv, port):
        log = open(self.folder / "log", "ab")
        process = host.popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: host.listens(port) or process.poll() is not None, f"{self.name} listens: {self.folder / 'log'}")
        assert process.poll() is None, f"{self.name} ended: {(self.folder / 'log').read_text()}"
        return process

    def start(self):
        self.server = self.start_server(self.bench.server)
        self.client = self.start_client(self.bench.client)

    def restart_client(self):
        self.end_process(self.client)
        self.client = self.start_client(self.bench.client)

    def header(self):
        return ["-H", f"Host: {self.host_header}"] if self.host_header else []

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


class Hardline(Subject):
    name = "hardline"
    port = 7009

    def __init__(self, bench):
        super().__init__(bench)
        (self.folder / "services").mkdir()
        identity = make_identity(self.folder / "services" / "bench.cert")
        self.host_header = f"{identity.label}.localhost"
        (self.folder / "services" / "bench.ini").write_text(f"[Service]\nservice=127.0.0.1\nport={ORIGIN}\ncertfile=bench.cert\n")
        (self.folder / "none").mkdir()

    def command(self, services, state, local_port):
        return [self.bench.hardlined, "--servicedir", self.folder / services, "--statedir", self.folder / state,
                "--p2pport", 7008, "--localport", local_port, "--log-level", "warn", "--no-dht", "--no-portmap"]

    def start_server(self, host):
        return self.start_process(host, self.command("services", "server", 0), 7008)

    def start_client(self, host):
        return self.start_process(host, self.command("none", "client", 7009), 7009)


class Stunnel(Subject):
    name = "stunnel"
    port = 7101

    def start_end(self, host, name, options, port):
        config = self.folder / f"{name}.conf"
        config.write_text(STUNNEL.format(suite=SUITE) + "".join(f"{key} = {value}\n" for key, value in options.items()))
        return self.start_process(host, ["stunnel4", config], port)

    def start_server(self, host):
        pem = self.bench.certificate
        return self.start_end(host, "server", {"accept": f"{host.address}:7001", "connect": f"127.0.0.1:{ORIGIN}", "cert": pem}, 7001)

    def start_client(self, host):
        return self.start_end(host, "client", {"client": "yes", "accept": f"127.0.0.1:{self.port}",
                                               "connect": f"{self.bench.server.address}:7001"}, self.port)


class Haproxy(Subject):
    name = "haproxy"
    port = 7102

    def start_end(self, host, name, lines, port):
        config = self.folder / f"{name}.cfg"
        config.write_text(HAPROXY + "".join(f"  {line}\n" for line in lines))
        return self.start_process(host, ["haproxy", "-db", "-f", config], port)

    def start_server(self, host):
        return self.start_end(host, "server", [
            f"bind {host.address}:7002 ssl crt {self.bench.certificate} ssl-min-ver TLSv1.3 ciphersuites {SUITE}",
            f"server origin 127.0.0.1:{ORIGIN}"], 7002)

    def start_client(self, host):
        return self.start_end(host, "client", [
            f"bind 127.0.0.1:{self.port}",
            f"server tunnel {self.bench.server.address}:7002 ssl verify none ssl-min-ver TLSv1.3 ciphersuites {SUITE}"], self.port)


SUBJECTS = {subject.name: subject for subject in (Hardline, Stunnel, Haproxy)}


class Bench:
    def __init__(self, network, folder, hardlined):
        self.folder, self.hardlined = folder, hardlined
        lan = network.lan()
        self.server, self.client = network.host("server", lan), network.host("client", lan)
        identity = make_identity(folder / "bench.cert")
        self.certificate = folder / "both.pem"
        self.certificate.write_text(identity.certfile.read_text() + identity.keyfile.read_text())
        self.start_origin()

    def start_origin(self):
        root = self.folder / "www"
        root.mkdir()
        (root / "1k").write_bytes(b"x" * 1024)
        with open(root / "bulk", "wb") as bulk:
            bulk.truncate(BULK)
        (self.folder / "nginx.conf").write_text(NGINX.format(port=ORIGIN, root=root))
        self.server.popen(["nginx", "-p", self.folder, "-c", "nginx.conf", "-e", "stderr"])
        wait_until(lambda: self.server.listens(ORIGIN), "nginx listens")

    # What is measured. Each takes a running subject and returns a number.

    def first_byte(self, subject):
        """Milliseconds from a request to its first byte, the client's end just started."""
        subject.restart_client()
        return 1000 * self.curl(subject, "/1k", "%{time_starttransfer}")

    def bulk(self, subject):
        """MB/s of one download."""
        return self.curl(subject, "/bulk", "%{speed_download}") / 1e6

    def curl(self, subject, path, wanted):
        return float(self.client.run(["curl", "-sS", "--fail", "--max-time", "60", "-o", "/dev/null", "-w", wanted,
                                      *subject.header(), subject.url(path)]).stdout)

    def new_connections(self, subject):
        """Connections a second, one request each."""
        return self.wrk(subject, "Connection: close")

    def requests(self, subject):
        """Requests a second on kept connections."""
        return self.wrk(subject)

    def wrk(self, subject, *headers):
        given = [word for header in headers for word in ("-H", header)]
        done = self.client.run(["wrk", "-t", 1, "-c", 16, "-d", f"{SECONDS}s", *given, *subject.header(), subject.url("/1k")]).stdout
        failures = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
        assert not failures, f"{subject.name}: {done}"
        return float(re.search(r"Requests/sec:\s*([\d.]+)", done)[1])

    def memory(self, subject):
        """KiB of both ends together (proportional set size) for each of 200 idle connections, and in all."""
        def pss():
            files = (f"/proc/{process.pid}/smaps_rollup" for process in (subject.server, subject.client))
            return sum(int(re.search(r"^Pss:\s+(\d+)", open(file).read(), re.M)[1]) for file in files)

        request = f"GET /1k HTTP/1.1\r\nHost: {subject.host_header or 'x'}\r\n\r\n".encode()
        subject.restart_client()
        before = pss()
        held = []
        for _ in range(OPEN):
            with self.client.inside():
                held.append(socket.create_connection(("127.0.0.1", subject.port), 20))
            held[-1].sendall(request)
            answer = b""
            while len(answer) < 1024 or not answer.endswith(b"x" * 1024):
                data = held[-1].recv(65536)
                assert data, f"{subject.name} closes: {answer!r}"
                answer += data
        total = pss()
        for connection in held:
            connection.close()
        return (total - before) / OPEN, total


METRICS = [("bulk", "bulk download", "MB/s", 0), ("new_connections", "new connections", "/s", 0),
           ("requests", "keep-alive requests", "/s", 0), ("first_byte", "first byte, cold", "ms", 1)]


def isolate():
    """Starts this program again in namespaces of its own, which take all that it starts with them at its end."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    os.environ["HARDLINE_ISOLATED"] = "1"
    os.execvp(command[0], [*command, "sh", "-c", 'mount -t tmpfs run /run && exec "$@"', "sh", sys.executable, "-B", *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hardlined", default=HERE.parents[1] / "build/release/hardlined", type=pathlib.Path)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--only", default=",".join(SUBJECTS), help="pairs to measure, separated by commas")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    if unknown := set(names) - SUBJECTS.keys():
        parser.error(f"no such pair: {', '.join(unknown)}")
    if "hardline" in names and not os.access(arguments.hardlined, os.X_OK):
        parser.error(f"{arguments.hardlined} is not there: build it (cmake --preset release), or name it with --hardlined")
    if not os.environ.get("HARDLINE_ISOLATED"):
        isolate()

    results = {name: {} for name in names}
    with tempfile.TemporaryDirectory(prefix="hardline-bench.") as folder, Network(pathlib.Path(folder) / "hosts") as network:
        bench = Bench(network, pathlib.Path(folder), arguments.hardlined.resolve())
        subjects = [SUBJECTS[name](bench) for name in names]
        for subject in subjects:
            subject.start()
        for number in range(arguments.rounds):
            order = subjects[number % len(subjects):] + subjects[: number % len(subjects)]
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
            for metric, *_ in METRICS:
                for subject in order:
                    results[subject.name].setdefault(metric, []).append(getattr(bench, metric)(subject))
        for subject in subjects:
            each, total = bench.memory(subject)
            results[subject.name] |= {"each": [each], "total": [total / 1024]}
    print_table(names, results, arguments.rounds)


def print_table(names, results, rounds):
    print(f"medians of {rounds} rounds; in brackets the ratio to the stunnel pair\n")
    print(" " * 38 + "".join(f"{name:>20}" for name in names))
    for metric, title, unit, digits in [*METRICS, ("each", "memory per idle connection", "KiB", 1),
                                        ("total", f"memory with {OPEN} idle connections", "MiB", 1)]:
        medians = {name: statistics.median(results[name][metric]) for name in names}
        row = f"{f'{title}, {unit}':<38}"
        for name in names:
            ratio = f" ({medians[name] / medians['stunnel']:.2f})" if "stunnel" in medians else ""
            row += f"{f'{medians[name]:.{digits}f}{ratio}':>20}"
        print(row)


if __name__ == "__main__":
    main()
