"""Identities made and named without the daemon, by what docs/protocol.md says of them."""

import base64
import hashlib
import pathlib
import ssl
import subprocess
import time

KEYS = {
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-newkey", "rsa:2048"],
    "ed25519": ["-newkey", "ed25519"],
}


def keyhash_of_der(der):
    return hashlib.blake2b(der, digest_size=32).digest()[:20].hex()


def rolling_code(keyhash, unix_time=None):
    day = int(time.time() if unix_time is None else unix_time) // 86400
    return hashlib.blake2b(bytes.fromhex(keyhash) + day.to_bytes(8, "little"), digest_size=32).digest()[:20].hex()


class Identity:
    """NAME.cert, NAME.cert.private and NAME.cert.hash."""

    def __init__(self, certfile, password):
        self.certfile = pathlib.Path(certfile)
        self.keyfile = pathlib.Path(f"{certfile}.private")
        self.password = password
        self.keyhash = keyhash_of_der(ssl.PEM_cert_to_DER_cert(self.certfile.read_text()))
        self.label = f"{password}-{self.keyhash}" if password else self.keyhash

    def url(self, path="/", port=7009):
        return f"http://{self.label}.localhost:{port}{path}"


def make_identity(certfile, password="abcdefgh23456", key="ec"):
    certfile = pathlib.Path(certfile)
    certfile.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-nodes", *KEYS[key], "-subj", "/CN=test", "-days", "30",
                    "-out", certfile, "-keyout", f"{certfile}.private"], check=True, capture_output=True)
    identity = Identity(certfile, password)
    pathlib.Path(f"{certfile}.hash").write_text(identity.label + "\n")
    return identity


def read_identity(certfile):
    """What the daemon made, its .hash file held against its certificate."""
    label = pathlib.Path(f"{certfile}.hash").read_text().strip()
    password, _, keyhash = label.rpartition("-")
    identity = Identity(certfile, password)
    assert identity.keyhash == keyhash
    return identity


def random_password(source):
    return base64.b32encode(source(8)).decode().lower().rstrip("=")
