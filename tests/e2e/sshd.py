"""A real sshd on a host, with keys and a configuration of its own, and the client that is let in."""

import pathlib
import shutil
import subprocess

import pytest

from net import wait_until


def may_serve():
    """sshd gives up its rights to the user `sshd`, which a user namespace of one user does not have."""
    return sum(int(line.split()[2]) for line in open("/proc/self/uid_map")) > 1


class Sshd:
    def __init__(self, host, client_host, port=2222):
        sshd = shutil.which("sshd")  # it wants to be called by its whole path
        if not sshd or not shutil.which("ssh"):
            pytest.skip("sshd or ssh is not installed")
        if not may_serve():
            pytest.skip("sshd needs a root that can become another user")
        self.client_host = client_host
        self.address = f"127.0.0.1:{port}"
        self.key, self.known = client_host.folder / "id", client_host.folder / "known_hosts"
        for key in (host.folder / "host_key", self.key):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        config = host.folder / "sshd_config"
        config.write_text(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host.folder}/host_key\nPidFile none\nUsePAM no\n"
                          f"AuthorizedKeysFile {self.key}.pub\nStrictModes no\nPermitRootLogin prohibit-password\n"
                          "PasswordAuthentication no\nSubsystem sftp internal-sftp\n")
        # On /run, which is the test's own.
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        host.popen([sshd, "-D", "-e", "-f", config], stderr=open(host.folder / "sshd.log", "wb"))
        wait_until(lambda: host.listens(port), "sshd listens")
        key = (host.folder / "host_key.pub").read_text()
        self.known.write_text(f"* {key}")  # whatever name it is reached by, it is this one

    def command(self, *words):
        """ssh, as a person with one key and one host in mind calls it."""
        return ["ssh", "-F", "none", "-i", self.key, "-o", f"UserKnownHostsFile={self.known}", "-o", "GlobalKnownHostsFile=none",
                "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", *words]
