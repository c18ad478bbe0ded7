"""HTTP/2 in frames, for what no client library would send."""
import socket, ssl

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


class Connection:
    """A connection that answers nothing by itself: neither SETTINGS nor PING."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, seconds: float = 30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        if tls:
            tls.set_alpn_protocols(["h2"])
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
            assert self.socket.selected_alpn_protocol() == "h2"
        self._encoder, self._decoder = hpack.Encoder(), hpack.Decoder()
        self._rest = b""
        self.send(PREFACE + frame(4))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def head(self, stream: int, headers: list[tuple[str, str]], end: bool = False):
        self.send(frame(1, self._encoder.encode(headers), 4 | (1 if end else 0), stream))

    def frames(self):
        """What comes, until the end of the connection: kind, flags, stream, payload."""
        while True:
            while len(self._rest) >= 9 and len(self._rest) >= 9 + int.from_bytes(self._rest[:3], "big"):
                length = int.from_bytes(self._rest[:3], "big")
                head, payload, self._rest = self._rest[:9], self._rest[9:9 + length], self._rest[9 + length:]
                yield head[3], head[4], int.from_bytes(head[5:9], "big"), payload
            try:
                data = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                return
            if not data:
                return
            self._rest += data

    def fields(self, payload: bytes) -> dict[str, str]:
        return {name: value for name, value in self._decoder.decode(payload)}

    def is_cut_by(self, data: bytes, times: int) -> bool:
        """Whether the server ends the connection before it has taken so many."""
        self.socket.settimeout(.01)
        for _ in range(times):
            try:
                self.socket.sendall(data)
                while self.socket.recv(65536):
                    pass
                return True
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except (ConnectionError, ssl.SSLError, OSError):
                return True
        return False
