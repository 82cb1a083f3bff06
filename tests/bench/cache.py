#!/usr/bin/python3 -B
"""The cache's hits beside nginx's: static files and copies (proxy_cache), the same files, in the same run.

    tests/bench/cache.py [--server build/release/tests/bench/bench_cache] [--hardlined build/release/hardlined] [--rounds 3]

First without a tunnel: the cache's HTTP server and nginx with one worker, each on a port of loopback, under the same wrk
(small files) and curl (large ones). The server has one core, the load the other. Then through the tunnel: a pair of
daemons whose service is nginx, and one whose service is the cache. Rounds are interleaved; medians are printed, with the
ratio to nginx, and the CPU time that the serving process took for each request, or for each gigabyte.

Needs tools/deps bench, two cores, and root or user namespaces. Takes about three minutes.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from identity import make_identity  # noqa: E402
from net import Network, wait_until  # noqa: E402
from pair import isolate  # noqa: E402

SIZES = {"1 KiB": 1 << 10, "100 KiB": 100 << 10, "100 MB": 100 * 10**6}
SMALL = ("1 KiB", "100 KiB")
CONNECTIONS = 32
SECONDS = 4  # of each load
SERVING, LOAD = 0, 1  # cores
UPSTREAM, STATIC, PROXY = 8080, 8081, 8082  # nginx: behind the caches; the files; its own copies of them
FILES, COPIES = 8091, 8092  # ours
TICK = os.sysconf("SC_CLK_TCK")

NGINX = """
daemon off; master_process off; pid {name}.pid; error_log stderr error; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush {nopush}; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path {name}.tmp; fastcgi_temp_path {name}.tmp; uwsgi_temp_path {name}.tmp; scgi_temp_path {name}.tmp;
  proxy_temp_path {name}.tmp; proxy_cache_path {name}.cache keys_zone=copies:10m max_size=1g inactive=1d;
  default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; {body} }}
}}
"""
STATIC_BODY = "root {files};"
PROXY_BODY = "location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_cache copies; proxy_cache_valid 200 1d; }}"


def cpu_seconds(pid):
    """User and system time of a process and its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Bench:
    def __init__(self, options, folder, host):
        self.options, self.folder, self.host = options, folder, host
        self.files = folder / "files"
        self.files.mkdir()
        for name, size in SIZES.items():
            (self.files / self.path(name)[1:]).write_bytes(os.urandom(size))

    @staticmethod
    def path(size):
        return f"/{size.replace(' ', '')}.bin"

    def start(self, name, argv, port, core):
        log = open(self.folder / f"{name}.log", "ab")
        process = self.host.popen(["taskset", "-c", str(core), *argv], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.host.listens(port) or process.poll() is not None, f"{name} listens")
        assert process.poll() is None, (self.folder / f"{name}.log").read_text()
        return process

    def start_nginx(self, name, port, body, core=SERVING, nopush="on"):
        config = self.folder / f"{name}.conf"
        config.write_text(NGINX.format(name=name, port=port, body=body, nopush=nopush))
        return self.start(name, ["nginx", "-p", self.folder, "-c", config], port, core)

    def requests(self, url, header=()):
        """Requests a second."""
        words = [word for line in header for word in ("-H", line)]
        done = self.host.run(["taskset", "-c", str(LOAD), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *words, url])
        assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])

    def bulk(self, url, header=()):
        """Octets a second of one download after the other."""
        words = [word for line in header for word in ("-H", line)]
        urls = [word for _ in range(10) for word in (url, "-o", "/dev/null")]
        done = self.host.run(["taskset", "-c", str(LOAD), "curl", "-sS", "-f", *words, "-w", "%{size_download} %{time_total}\n", *urls])
        pairs = [line.split() for line in done.stdout.split("\n") if line]
        assert all(int(size) == SIZES["100 MB"] for size, _ in pairs), done.stdout
        return sum(int(size) for size, _ in pairs) / sum(float(time) for _, time in pairs)

    def measure(self, pid, size, url, header=()):
        """The rate, and the CPU seconds of `pid` for each unit of it."""
        small = size in SMALL
        before, began = cpu_seconds(pid), os.times().elapsed
        rate = self.requests(url, header) if small else self.bulk(url, header)
        used = cpu_seconds(pid) - before
        amount = rate * (os.times().elapsed - began) if small else 10 * SIZES[size]
        return rate, used / amount


def say(title, first, results, order):
    print(f"\n{title}")
    for size in SIZES:
        small = size in SMALL
        base = statistics.median(rate for rate, _ in results[first, size])
        for name in order:
            rate = statistics.median(rate for rate, _ in results[name, size])
            cpu = statistics.median(cpu for _, cpu in results[name, size])
            shown = f"{rate:9.0f} /s" if small else f"{rate / 1e6:6.0f} MB/s"
            cost = f"{cpu * 1e6:6.1f} µs a request" if small else f"{cpu * 1e9:6.2f} s a GB"
            print(f"  {size:8} {name:24} {shown:>12} ({rate / base:4.2f})   CPU {cost}")


def alone(bench):
    servers = {
        "nginx, files": (bench.start_nginx("static", STATIC, STATIC_BODY.format(files=bench.files)), STATIC),
        "hardlined, files": (bench.start("files", [bench.options.server, "--directory", bench.files, "--port", str(FILES)], FILES,
                                         SERVING), FILES),
        # With tcp_nopush its copies of 100 KiB come at 1,440 a second.
        "nginx, copies": (bench.start_nginx("proxy", PROXY, PROXY_BODY.format(upstream=UPSTREAM), nopush="off"), PROXY),
        "hardlined, copies": (bench.start("copies", [bench.options.server, "--directory", bench.folder / "copies", "--port",
                                                     str(COPIES), "--upstream", str(UPSTREAM)], COPIES, SERVING), COPIES),
    }
    results = {}
    for round_number in range(bench.options.rounds + 1):  # the first fills the copies, and does not count
        for size in SIZES:
            for name, (process, port) in servers.items():
                url = f"http://127.0.0.1:{port}{bench.path(size)}"
                if round_number == 0:
                    bench.host.run(["curl", "-sSf", "-o", "/dev/null", url])
                else:
                    results.setdefault((name, size), []).append(bench.measure(process.pid, size, url))
    say("Without a tunnel, ratio to nginx's files", "nginx, files", results, servers)


def through_the_tunnel(bench):
    services = bench.folder / "services"
    services.mkdir()
    hosts = {}
    for name, origin in (("nginx", f"service=127.0.0.1\nport={STATIC}\n"), ("cache", "")):
        identity = make_identity(services / f"{name}.cert")
        cache = "" if origin else f"[Cache]\ndirectory={bench.files}\n"
        (services / f"{name}.ini").write_text(f"[Service]\n{origin}certfile={name}.cert\n{cache}")
        hosts[name] = f"{identity.label}.localhost"
    (bench.folder / "none").mkdir()
    common = ["--log-level", "warn", "--no-dht", "--no-portmap"]
    server = bench.start("server", [bench.options.hardlined, "--servicedir", services, "--statedir", bench.folder / "server.state",
                                    "--p2pport", "7008", "--localport", "0", *common], 7008, SERVING)
    bench.start("client", [bench.options.hardlined, "--servicedir", bench.folder / "none", "--statedir",
                           bench.folder / "client.state", "--p2pport", "7018", "--localport", "7009", *common], 7009, LOAD)
    results = {}
    for round_number in range(bench.options.rounds + 1):
        for size in SIZES:
            for name, host in hosts.items():
                url, header = f"http://127.0.0.1:7009{bench.path(size)}", [f"Host: {host}"]
                if round_number == 0:
                    bench.host.run(["curl", "-sSf", "-o", "/dev/null", "-H", header[0], url])
                else:
                    results.setdefault((name, size), []).append(bench.measure(server.pid, size, url, header))
    say("Through the tunnel, ratio to nginx as the origin; CPU of the serving daemon alone", "nginx", results, hosts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    build = HERE.parents[1] / "build/release"
    parser.add_argument("--server", default=build / "tests/bench/bench_cache", type=pathlib.Path)
    parser.add_argument("--hardlined", default=build / "hardlined", type=pathlib.Path)
    parser.add_argument("--rounds", default=3, type=int)
    options = parser.parse_args()
    for program in (options.server, options.hardlined):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is not there: cmake --build --preset release --target hardlined bench_cache")
    if not os.environ.get("HARDLINE_ISOLATED"):
        isolate()

    # Not /tmp, which may be in memory: the files are read as a server's are, from the disk's cache.
    with tempfile.TemporaryDirectory(prefix="hardline-bench.", dir="/var/tmp") as folder, \
            Network(pathlib.Path(folder) / "hosts") as network:
        bench = Bench(options, pathlib.Path(folder), network.host("bench"))
        bench.start_nginx("upstream", UPSTREAM, STATIC_BODY.format(files=bench.files), LOAD)
        alone(bench)
        through_the_tunnel(bench)


if __name__ == "__main__":
    main()
