"""A service that is not HTTP, to publish: it speaks first, and then does what the first line says.

As a program: `tcpservice.py --port 7000 [--name NAME]`. In tests, `TcpService` runs it on a host. It greets with `ready NAME`, then:

    echo        sends back what comes, and after its end the line `that was all`
    bytes N     sends the bytes of origin.blocks(N), whatever comes
    sink        takes everything, and answers with the length and the checksum, as JSON
    reset N     sends N bytes, and then cuts the connection instead of ending it
    hold        says nothing, until the other side ends
"""

import argparse
import hashlib
import json
import socket
import socketserver
import time

from origin import BLOCK, blocks


class Handler(socketserver.StreamRequestHandler):
    name = ""

    def handle(self):
        self.wfile.write(f"ready {self.name}\n".encode())
        verb, *arguments = self.rfile.readline().decode().split() or ["hold"]
        getattr(self, verb)(*arguments)

    def echo(self):
        while data := self.rfile.read1(BLOCK):
            self.wfile.write(data)
        self.wfile.write(b"that was all\n")

    def bytes(self, length):
        for block in blocks(int(length)):
            self.wfile.write(block)

    def sink(self):
        sha, length = hashlib.sha256(), 0
        while data := self.rfile.read1(BLOCK):
            sha.update(data)
            length += len(data)
        self.wfile.write(json.dumps({"length": length, "sha256": sha.hexdigest()}).encode() + b"\n")

    def reset(self, length):
        for block in blocks(int(length)):
            self.wfile.write(block)
        self.rfile.read(1)  # whoever has all of it says so
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def hold(self):
        self.rfile.read()


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def shutdown_request(self, request):
        self.close_request(request)  # a cut is not preceded by an end

    def handle_error(self, request, client_address):
        pass  # a client that goes away is no news


class TcpService:
    def __init__(self, host, port=7000, name="tcp"):
        self.host, self.port, self.name = host, port, name
        self.address = f"127.0.0.1:{port}"
        self.process = host.popen(["/usr/bin/python3", "-B", __file__, "--port", port, "--name", name])
        deadline = time.monotonic() + 10
        while not host.listens(port):
            assert time.monotonic() < deadline and self.process.poll() is None, "the service does not start"
            time.sleep(0.02)

    @property
    def greeting(self):
        return f"ready {self.name}\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", default="tcp")
    given = parser.parse_args()
    Handler.name = given.name
    Server(("127.0.0.1", given.port), Handler).serve_forever()
