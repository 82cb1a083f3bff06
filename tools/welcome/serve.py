"""Serves the welcome page on a Unix socket: `serve.py SOCKET`. Python alone is needed.

Ends at SIGTERM, which tools/run has the kernel send it when hardlined is gone, and removes the socket.
"""

import http.server
import pathlib
import signal
import socketserver
import sys

PAGE = pathlib.Path(__file__).parent / "index.html"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds that a kept connection may be idle

    def do_GET(self):
        if self.path.split("?")[0] != "/":
            self.send_error(404)
            return
        # The browser on another machine uses the port of its own daemon there, by default 7009.
        host = self.headers.get("Host", "").split(":")[0]
        page = PAGE.read_text()
        if host.endswith(".localhost") and host.replace("-", "").replace(".", "").isalnum():
            page = page.replace("PASSWORD-KEYHASH.localhost", host)
        body = page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):  # a Unix socket's peer has no address to log
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # a browser that goes away is no news


def main(socket):
    def end(*_):
        raise SystemExit

    signal.signal(signal.SIGTERM, end)
    path = pathlib.Path(socket)
    path.unlink(missing_ok=True)  # left by one that was killed
    try:
        Server(socket, Handler).serve_forever()
    finally:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1])
