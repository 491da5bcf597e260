"""A loopback port that passes HTTP on to the server and shows it a token.

The conformance suite cannot send a header of our choice, and the server lets nobody in without a
token. The token is added here, on the tester's side, so that the product needs no way around it.
Everything else goes through as it came: the names and origins that the suite makes up, bodies, and
streams of events as they arrive.
"""

import socket
import threading

HEAD_BYTES_MAX = 64 * 1024
CHUNK = 64 * 1024


class Relay:
    """Listens on a free port until the process ends."""

    def __init__(self, to: int, token: str):
        self._to = to
        self._header = b"Authorization: Bearer " + token.encode() + b"\r\n"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self._to))
        except OSError:
            client.close()
            return
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        source = client.makefile("rb")
        try:
            while self._request(source, server):
                pass
        except (OSError, ValueError):
            pass
        # The answer to the last request may still be on its way.
        _quietly(server.shutdown, socket.SHUT_WR)

    def _request(self, source, server):
        """Passes one request on; false when the client has no more."""
        first = source.readline(HEAD_BYTES_MAX)
        if not first:
            return False
        head, length, is_chunked, shows_token = [first], 0, False, False
        while True:
            line = source.readline(HEAD_BYTES_MAX)
            if not line:
                return False
            if line == b"\r\n":
                break
            head.append(line)
            name, _, value = line.partition(b":")
            name, value = name.strip().lower(), value.strip().lower()
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                is_chunked = b"chunked" in value
            elif name == b"authorization":
                shows_token = True
        if not shows_token:
            head.append(self._header)
        server.sendall(b"".join(head) + b"\r\n")
        if is_chunked:
            _pass_chunks(source, server)
        elif length:
            server.sendall(source.read(length))
        return True


def _pass_chunks(source, server):
    while True:
        size = source.readline(HEAD_BYTES_MAX)
        server.sendall(size)
        left = int(size.split(b";")[0], 16)
        # After the last chunk there may be trailers; an empty line ends both.
        if left == 0:
            line = None
            while line not in (b"\r\n", b""):
                line = source.readline(HEAD_BYTES_MAX)
                server.sendall(line)
            return
        server.sendall(source.read(left + 2))


def _pump(source, sink):
    """Passes bytes on as they come, until either side is gone."""
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
    except OSError:
        pass
    _quietly(sink.shutdown, socket.SHUT_RDWR)
    source.close()
    sink.close()


def _quietly(what, *args):
    try:
        what(*args)
    except OSError:
        pass
