"""A web service to publish, and the bytes it sends and counts.

As a program it serves (`origin.py serve --port 8080`, `--unix PATH`) or writes the bytes of `/bytes/N`
(`origin.py bytes N`). In tests, `Origin` runs it on a host.

    /               a page with a script and an image of its own      /bytes/N         N bytes, of checksum checksum(N)
    /sink           takes an upload, answers length and checksum      /chunked/N       N chunks, chunked
    /headers        the request as it arrived, as JSON                /slow/SECONDS    answers that late
    /drip/N         a line every 100 ms, N of them                    /silent          closes without an answer
    /websocket      echoes messages (RFC 6455)                        /name            the name it was given
    /cookie/VALUE   sets the cookie `kept`                            /seen            all requests so far, as JSON
    /events         one event, and the end                            /worker          leaves a service worker that answers /name
    /to?URL         sends the request on (307)
"""

import argparse
import base64
import hashlib
import http.server
import json
import pathlib
import socket
import socketserver
import struct
import sys
import threading
import time
import zlib

BLOCK = 1 << 20


def blocks(length):
    """Pseudo-random bytes in which nothing can be lost, doubled or moved without the checksum telling."""
    noise = hashlib.shake_128(b"hardline").digest(BLOCK - 8)
    for number in range(0, length, BLOCK):
        yield (struct.pack("<Q", number) + noise)[: length - number]


def checksum(length):
    sha = hashlib.sha256()
    for block in blocks(length):
        sha.update(block)
    return sha.hexdigest()


PAGE = """<!doctype html>
<html><head><title>loading</title></head>
<body data-image="missing"><h1>Hello through the tunnel</h1>
<img src="/picture.png" onload="document.body.dataset.image = this.naturalWidth">
<script src="/script.js"></script></body></html>
"""
SCRIPT = "document.title = 'the script ran';\n"
WORKER_PAGE = """<!doctype html>
<title>loading</title>
<script>navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(() => { document.title = 'ready'; });</script>
"""
WORKER = """self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname !== '/name') return;
  event.respondWith(fetch('/headers').then((answer) => new Response(`the worker of NAME is told ${answer.status}`)));
});
"""


def png():
    """A picture 3 pixels wide, 2 high."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x80\xff" * 3 for _ in range(2))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    name = ""
    seen = []  # as for /headers, of all connections

    def parse_request(self):
        well = super().parse_request()
        if well:
            self.seen.append({"line": self.requestline, "headers": self.headers.items()})
        return well

    def address_string(self):  # a Unix socket's peer has no address
        return str(self.client_address)

    def log_message(self, *_):
        pass

    def reply(self, body, kind="text/plain; charset=utf-8", **headers):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def upload(self):
        """The request's body, piece by piece."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, BLOCK))
            if not piece:
                raise ConnectionError("the upload was cut")
            left -= len(piece)
            yield piece

    def do_GET(self):
        path = self.path.split("?")[0].strip("/").split("/")
        handler = getattr(self, f"get_{path[0] or 'page'}".replace(".", "_"), None)
        if handler is None:
            self.send_error(404)
        else:
            handler(*path[1:])

    do_HEAD = do_GET

    def do_POST(self):
        if self.path.startswith("/to?"):
            return self.get_to()
        sha, length = hashlib.sha256(), 0
        for piece in self.upload():
            sha.update(piece)
            length += len(piece)
        self.reply(json.dumps({"length": length, "sha256": sha.hexdigest()}), "application/json")

    do_PUT = do_PATCH = do_DELETE = do_POST

    def get_page(self):
        self.reply(PAGE.replace("loading", self.name or "loading"), "text/html; charset=utf-8")

    def get_script_js(self):
        self.reply(SCRIPT, "text/javascript")

    def get_worker(self):
        self.reply(WORKER_PAGE, "text/html; charset=utf-8")

    def get_worker_js(self):
        self.reply(WORKER.replace("NAME", self.name), "text/javascript")

    def get_events(self):
        self.reply("retry: 86400000\ndata: news\n\n", "text/event-stream")

    def get_picture_png(self):
        self.reply(png(), "image/png")

    def get_headers(self):
        self.reply(json.dumps({"line": self.requestline, "headers": self.headers.items()}), "application/json")

    def get_seen(self):
        self.reply(json.dumps(self.seen), "application/json")

    def get_name(self):
        self.reply(self.name)

    def get_to(self):
        self.send_response(307)
        self.send_header("Location", self.path.partition("?")[2])
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def get_cookie(self, value):
        self.reply("kept", **{"Set-Cookie": f"kept={value}; Path=/; Max-Age=86400"})

    def get_bytes(self, length):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", length)
        self.end_headers()
        for block in blocks(int(length)):
            self.wfile.write(block)

    def get_chunked(self, count):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(int(count)):
            line = b"chunk %d\n" % number
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def get_slow(self, seconds):
        time.sleep(float(seconds))
        self.reply("at last")

    def get_drip(self, count):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for number in range(int(count)):
            self.wfile.write(b"drop %d\n" % number)
            time.sleep(0.1)

    def get_silent(self):
        self.close_connection = True

    def get_websocket(self):
        key = self.headers["Sec-WebSocket-Key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key).digest()).decode())
        self.end_headers()
        self.close_connection = True
        while True:
            opcode, payload = read_frame(self.rfile)
            self.wfile.write(frame(opcode, payload))
            if opcode == 8:
                return


def frame(opcode, payload, mask=b""):
    """A WebSocket frame (RFC 6455 section 5.2); clients mask, servers do not."""
    size = len(payload)
    flag = 0x80 if mask else 0
    if size < 126:
        head = struct.pack(">BB", 0x80 | opcode, flag | size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", 0x80 | opcode, flag | 126, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, flag | 127, size)
    return head + mask + (unmask(payload, mask) if mask else payload)


def unmask(payload, mask):
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


def read_frame(stream):
    first, second = stream.read(2)
    size = second & 0x7F
    if size == 126:
        size = struct.unpack(">H", stream.read(2))[0]
    elif size == 127:
        size = struct.unpack(">Q", stream.read(8))[0]
    mask = stream.read(4) if second & 0x80 else b""
    payload = stream.read(size)
    return first & 0x0F, unmask(payload, mask) if mask else payload


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        pass  # a client that goes away is no news


class UnixServer(Server):
    address_family = socket.AF_UNIX


class Origin:
    """The origin as a process on `host`: at 127.0.0.1:`port`, or at `unix`, a path."""

    def __init__(self, host, port=8080, unix=None, name=""):
        self.host, self.port, self.unix, self.name = host, port, unix, name
        self.address = f"unix:{unix}" if unix else f"127.0.0.1:{port}"
        self.process = None
        self.start()

    def start(self):
        where = ["--unix", self.unix] if self.unix else ["--port", self.port]
        self.process = self.host.popen(["/usr/bin/python3", "-B", __file__, "serve", "--name", self.name, *where])
        deadline = time.monotonic() + 10
        while not (pathlib.Path(self.unix).exists() if self.unix else self.host.listens(self.port)):
            assert time.monotonic() < deadline and self.process.poll() is None, "the origin does not start"
            time.sleep(0.02)

    def seen(self):
        """The requests that it had: its own word, without a tunnel."""
        where = ["--unix-socket", self.unix, "http://localhost/seen"] if self.unix else [f"http://{self.address}/seen"]
        return json.loads(self.host.run(["curl", "-sS", "--fail", *where]).stdout)[:-1]

    def stop(self):
        self.process.kill()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve")
    serve.add_argument("--address", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080)
    serve.add_argument("--unix")
    serve.add_argument("--name", default="")
    verbs.add_parser("bytes").add_argument("length", type=int)
    arguments = parser.parse_args()
    if arguments.verb == "bytes":
        for block in blocks(arguments.length):
            sys.stdout.buffer.write(block)
        return
    Handler.name = arguments.name
    server = UnixServer(arguments.unix, Handler) if arguments.unix else Server((arguments.address, arguments.port), Handler)
    server.serve_forever()


if __name__ == "__main__":
    threading.stack_size(256 * 1024)  # hundreds of connections, a thread each
    main()
