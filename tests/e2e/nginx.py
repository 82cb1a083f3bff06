"""A real web server as an origin: nginx on a host, with a folder of files and a log that tests count requests in.

Every folder name below changes what a file in `files` is answered with: `/no-store/a.txt` is the file `a.txt`.

    /no-store/  /private/  /cookie/  /language/  /no-cache/   say so in their headers (language: Vary: Accept-Language)
    /encoding/                                                the same file for all, and Vary: Accept-Encoding
    /etag/      an ETag alone          /date/     Last-Modified alone       /bare/  neither
    /gzip/      compressed             /chunked/  without Content-Length    /slow/  400 kB/s
    /moved  /permanent  /found         redirects to /page.html: 301, 308, 302; /away is one to another site
    /error  /gone  /nothing            500, 410, 204
"""

import json
import os
import subprocess
import time

from net import wait_until
from origin import blocks

CONF = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  log_format requests escape=json '{{"method":"$request_method","target":"$request_uri","status":$status,"sent":$body_bytes_sent,'
    '"host":"$http_host","cookie":"$http_cookie","authorization":"$http_authorization","range":"$http_range",'
    '"if_none_match":"$http_if_none_match","if_modified_since":"$http_if_modified_since"}}';
  access_log {folder}/access.log requests;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_timeout 5;
  server {{
    listen {listen};
    {tls}
    root {files};
    location /no-store/ {{ alias {files}/; add_header Cache-Control no-store; }}
    location /private/ {{ alias {files}/; add_header Cache-Control "private, max-age=600"; }}
    location /no-cache/ {{ alias {files}/; add_header Cache-Control no-cache; }}
    location /cookie/ {{ alias {files}/; add_header Set-Cookie "visitor=1; Path=/"; }}
    location /language/ {{ alias {files}/; add_header Vary Accept-Language; }}
    location /encoding/ {{ alias {files}/; add_header Vary Accept-Encoding; }}
    location /etag/ {{ alias {files}/; if_modified_since off; add_header Last-Modified ""; }}
    location /date/ {{ alias {files}/; etag off; }}
    location /bare/ {{ alias {files}/; etag off; if_modified_since off; add_header Last-Modified ""; }}
    location /gzip/ {{ alias {files}/; gzip on; gzip_types *; gzip_min_length 0; gzip_vary on; gzip_http_version 1.0; }}
    location /chunked/ {{ alias {files}/; ssi on; ssi_types *; }}
    location /slow/ {{ alias {files}/; limit_rate 400k; }}
    location = /moved {{ return 301 /page.html; }}
    location = /permanent {{ return 308 /page.html; }}
    location = /found {{ return 302 /page.html; }}
    location = /away {{ return 301 http://elsewhere.example/; }}
    location = /error {{ return 500 "broken"; }}
    location = /gone {{ return 410; }}
    location = /nothing {{ return 204; }}
    {locations}
  }}
}}
"""


class Authority:
    """A certificate for `name` that vouches for itself: trusted where `SSL_CERT_FILE` names its file."""

    def __init__(self, folder, name="localhost"):
        self.certfile = folder / f"{name}.pem"
        self.keyfile = folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2",
                        "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                        "-out", self.certfile, "-keyout", self.keyfile], check=True, capture_output=True)


class Nginx:
    """nginx at 127.0.0.1:`port` of `host`, with https where it is given an Authority."""

    def __init__(self, host, port=8080, authority=None, locations=""):
        self.host, self.port, self.authority, self.locations = host, port, authority, locations
        self.folder = host.folder / f"nginx-{port}"
        self.files = self.folder / "files"
        self.files.mkdir(parents=True)
        self.access_log = self.folder / "access.log"
        self.process = None
        self.written = 0
        self.began = int(time.time()) - 86400
        self.start()

    @property
    def address(self):
        """As a service file has it."""
        return f"https://localhost:{self.port}" if self.authority else f"127.0.0.1:{self.port}"

    def put(self, path, content):
        """Writes a file in one step. Each has a time of its own, of yesterday, by which nginx tells versions from each other."""
        self.written += 1
        file = self.files / path
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(file.name + ".new")
        beside.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(beside, (self.began + self.written, self.began + self.written))
        beside.rename(file)
        return file

    def put_bytes(self, path, size):
        """Content of checksum origin.checksum(size)."""
        return self.put(path, b"".join(blocks(size)))

    def remove(self, path):
        (self.files / path).unlink()

    def start(self):
        tls = self.authority and f"ssl_certificate {self.authority.certfile}; ssl_certificate_key {self.authority.keyfile};"
        conf = self.folder / "nginx.conf"
        conf.write_text(CONF.format(folder=self.folder, files=self.files, tls=tls or "", locations=self.locations,
                                    listen=f"127.0.0.1:{self.port}{' ssl' if tls else ''}"))
        log = self.folder / "error.log"
        self.process = self.host.popen(["/usr/sbin/nginx", "-p", self.folder, "-c", conf, "-e", log])
        wait_until(lambda: self.host.listens(self.port) or self.process.poll() is not None, "nginx listens")
        assert self.process.poll() is None, log.read_text()

    def stop(self):
        """At once: its connections end, whatever is on its way."""
        self.process.kill()
        self.process.wait()

    def reload(self, locations=""):
        """Serves by other `locations` from now on."""
        self.locations = locations
        self.stop()
        self.start()

    def requests(self, target=None):
        """Those that were answered, each as a dictionary; logged when an answer has been sent."""
        lines = self.access_log.read_text().splitlines()
        return [found for found in map(json.loads, lines) if target is None or found["target"] == target]

    def wait_requests(self, count, target=None):
        """Waits for as many; more are an error."""
        wait_until(lambda: len(self.requests(target)) >= count, f"{count} requests have reached the origin")
        found = self.requests(target)
        assert len(found) == count, found
        return found
