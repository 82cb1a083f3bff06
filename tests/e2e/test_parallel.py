"""Two hundred connections at once."""

import socket
import threading

CONNECTIONS = 200


def test_two_hundred_connections_are_open_at_once(pair):
    """All are open before the first one is done with, so that none waits for another's end."""
    request = f"GET /bytes/20000 HTTP/1.1\r\nHost: {pair.service.label}.localhost\r\n\r\n".encode()
    everybody, results = threading.Barrier(CONNECTIONS), []

    def one():
        with pair.client_host.inside():
            connection = socket.create_connection(("127.0.0.1", 7009), 60)
        stream = connection.makefile("rb")
        lengths = []
        for _ in range(2):
            connection.sendall(request)
            status, *head = iter(stream.readline, b"\r\n")
            size = next(int(line.split()[1]) for line in head if line.lower().startswith(b"content-length"))
            lengths.append((status.split()[1], size, len(stream.read(size))))
            everybody.wait(60)
        results.append(lengths)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[(b"200", 20000, 20000)] * 2] * CONNECTIONS
