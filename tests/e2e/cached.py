"""A cached service on one host, what a browser on another host is answered, and raw octets for what no browser says."""

import hashlib
import http.client
import os
import re
import threading

from net import wait_until
from oldpeer import compact
from origin import blocks
from tunnel import dial, read_line


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def cache(self):
        """What its X-Cache says: "hit", "stale" or "miss"."""
        return self.headers["X-Cache"]

    @property
    def kind(self):
        return self.headers["Content-Type"].split(";")[0]


class Site:
    """`server` publishes the folder `folder`, in front of `origin` or alone; `client` opens it. Nothing runs yet.

    `settings` are keys of [Cache]."""

    def __init__(self, world, server_host, client_host, origin="", **settings):
        self.server_host, self.client_host = server_host, client_host
        self.server, self.client = world.daemon(server_host), world.daemon(client_host)
        self.folder = server_host.folder / "copies"
        self.service = None
        self.publish(origin, **settings)
        self.client.identities.append(self.service)

    def publish(self, origin="", service=None, **settings):
        """Writes the service file, with the identity that it had."""
        self.service = self.server.publish("demo", origin, self.service, Service=service or {},
                                           Cache={"directory": self.folder} | settings)

    def start(self, **options):
        self.server.start(**options)
        self.client.start()
        return self

    def put(self, name, content=b"", modified=None):
        """A file in the folder, as somebody puts it there by hand."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if modified is not None:
            os.utime(file, (modified, modified))
        return file

    def files(self):
        """The names of all files in the folder, those that are in the making left out."""
        found = {str(file.relative_to(self.folder)) for file in self.folder.rglob("*") if file.is_file()}
        return {name for name in found if not name.startswith(".hardline-new/")}

    def leftovers(self):
        """What is in the making, or was left behind by a killed process."""
        return list((self.folder / ".hardline-new").glob("*"))

    def in_the_making(self):
        """Octets of the copies that are being fetched."""
        return sum(file.stat().st_size for file in self.leftovers())

    @property
    def host_name(self):
        return f"{self.service.label}.localhost:7009"

    def connect(self, timeout=60):
        """A browser's connection, for several requests: ask() takes it."""
        with self.client_host.inside():
            connection = http.client.HTTPConnection("127.0.0.1", 7009, timeout=timeout)
            connection.connect()
        connection.auto_open = False  # a request on a connection that was closed is an error
        return connection

    def begin(self, target, headers=None, method="GET", connection=None, body=None):
        """Sends a request and returns http.client's answer, of which only the head has been read."""
        connection = connection or self.connect()
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": self.host_name, **(headers or {})}.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", len(body))
        connection.endheaders(body)
        return connection.getresponse()

    def ask(self, target, headers=None, method="GET", connection=None, body=None):
        with self.begin(target, headers, method, connection, body) as answer:
            return Answer(answer.status, answer.headers, answer.read())

    def get(self, target, **headers):
        """`headers` with underscores: if_none_match='"1"'. The status must be 200."""
        answer = self.ask(target, {name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status == 200, (answer.status, answer.body[:500])
        return answer

    def fill(self, target, **headers):
        """get(), and waits until the copy is in place: it is synced first, and whoever comes meanwhile joins those it is for."""
        answer = self.get(target, **headers)
        wait_until(lambda: not self.leftovers(), "the copy is in place")
        return answer

    def digest(self, target):
        """SHA-256 of what is answered, which is not kept: for large files."""
        sha, buffer = hashlib.sha256(), bytearray(1 << 18)
        with self.begin(target) as answer:
            assert answer.status == 200, answer.read()
            while count := answer.readinto(buffer):
                sha.update(memoryview(buffer)[:count])
        return sha.hexdigest()

    def tunnel(self):
        """A tunnel to the service, past the client's daemon, which would not carry every request."""
        tunnel = dial(self.client_host, self.server_host.address, self.service.keyhash)
        tunnel.sendall(compact({"password": self.service.password}))
        assert "error" not in read_line(tunnel)
        return tunnel

    def say(self, octets):
        """All that the service says to `octets` until it closes."""
        with self.tunnel() as tunnel:
            try:
                tunnel.sendall(octets)
            except OSError:
                pass  # it had enough
            return read_all(tunnel)

    def status_of(self, octets):
        """The one status that `octets` are answered with."""
        said = self.say(octets)
        statuses = re.findall(rb"(?m)^HTTP/1\.[01] (\d{3}) ", said)
        assert said.startswith(b"HTTP/1.") and len(statuses) == 1, said[:2000]
        return int(statuses[0])


def request(target, *lines):
    """A request's octets; the answer ends with the connection."""
    target = target if isinstance(target, bytes) else target.encode()
    return b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n" % (target, b"".join(line.encode() + b"\r\n" for line in lines))


def read_all(stream):
    said = b""
    try:
        while piece := stream.recv(65536):
            said += piece
    except ConnectionError:
        pass
    return said


def check_stale(answer, content):
    """A copy that nobody could be asked about, and that says so."""
    assert answer.status == 200 and answer.text == content
    assert answer.cache == "stale"
    assert answer.headers["Warning"].startswith("110 ")
    assert int(answer.headers["Age"]) >= 0


SLOW = 1_600_000  # octets of a film.bin that takes four seconds from Nginx's /slow/


def begin_slow(site):
    """A client that has the first octets of /slow/film.bin: rest() takes it."""
    answer = site.begin("/slow/film.bin")
    assert answer.status == 200 and answer.read(1000) == next(blocks(1000))
    return answer


def rest(answer, have=1000):
    """The checksum of all of an answer, of whose beginning so much was read before."""
    return hashlib.sha256(next(blocks(have)) + answer.read()).hexdigest()


def in_parallel(count, job):
    """What job(0), job(1), … returned, each in a thread of its own. An error of any is raised."""
    results, errors = [None] * count, []

    def work(number):
        try:
            results[number] = job(number)
        except BaseException as error:  # shown by the test that waits
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
