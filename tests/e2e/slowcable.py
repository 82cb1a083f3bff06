"""A cable between two network namespaces on which every frame takes a while (kernels without netem have no other).

    slowcable.py NAMESPACE INTERFACE NAMESPACE INTERFACE MILLISECONDS

Makes a TAP device at either end (Linux' networking/tuntap.rst) and carries frames between them, each that many milliseconds
late and in order. The devices go when it ends. Needs /dev/net/tun.
"""

import collections
import ctypes
import fcntl
import os
import selectors
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
CLONE_NEWNET = 0x40000000
FRAME = 65536
WAITING = 10000  # frames held in either direction; a flood beyond that is lost, as in a router's queue


def tap(namespace, interface):
    """A descriptor for the frames of a new device."""
    with open(f"/run/netns/{namespace}") as there:
        if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", interface.encode(), IFF_TAP | IFF_NO_PI))
    return descriptor


def carry(ends, delay):
    other = dict(zip(ends, reversed(ends)))
    on_the_way = {end: collections.deque(maxlen=WAITING) for end in ends}  # (when it arrives, frame), by where it goes
    selector = selectors.DefaultSelector()
    for end in ends:
        selector.register(end, selectors.EVENT_READ)
    while True:
        arrivals = [queue[0][0] for queue in on_the_way.values() if queue]
        for key, _ in selector.select(max(0.0, min(arrivals) - time.monotonic()) if arrivals else None):
            try:
                while True:
                    frame = os.read(key.fd, FRAME)
                    on_the_way[other[key.fd]].append((time.monotonic() + delay, frame))
            except BlockingIOError:
                pass
        for end, queue in on_the_way.items():
            while queue and queue[0][0] <= time.monotonic():
                try:
                    os.write(end, queue.popleft()[1])
                except OSError:
                    pass  # an end that is down, or full: a frame lost


def lay(namespace, interface, far_namespace, far_interface, milliseconds):
    """Starts it; returns the process once both devices are there."""
    words = [namespace, interface, far_namespace, far_interface, str(milliseconds)]
    process = subprocess.Popen(["/usr/bin/python3", "-B", __file__, *words], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n", "no slow cable: is there /dev/net/tun?"
    return process


def main():
    namespace, interface, far_namespace, far_interface, milliseconds = sys.argv[1:]
    ends = [tap(namespace, interface), tap(far_namespace, far_interface)]
    print("ready", flush=True)
    carry(ends, float(milliseconds) / 1000)


if __name__ == "__main__":
    main()
