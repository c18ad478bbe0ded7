"""HTTP by hand over a socket: for requests that no client library would send."""
import contextlib, http.client, socket
from urllib.parse import urlsplit

from .server import Dextra


def connect(provider: Dextra, seconds: float = 30) -> socket.socket:
    parts = urlsplit(provider.issuer)
    return socket.create_connection((parts.hostname, parts.port), timeout=seconds)


def read_response(connection: socket.socket, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """One response; raises ConnectionError when the server hung up instead."""
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    except (http.client.BadStatusLine, http.client.IncompleteRead, http.client.RemoteDisconnected) as problem:
        raise ConnectionError("the server hung up") from problem


def send(provider: Dextra, message: bytes, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Sends bytes and reads the answer."""
    with contextlib.closing(connect(provider)) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # A server may answer and close before it has read everything: what it said is what counts.
            connection.sendall(message)
        return read_response(connection, method)


def path(provider: Dextra, route: str) -> str:
    return urlsplit(provider.issuer).path + route


def host(provider: Dextra) -> str:
    return urlsplit(provider.issuer).netloc


def form_request(provider: Dextra, body: bytes, *, route: str = "/token", content_type: str | None = "application/x-www-form-urlencoded",
                 headers: dict[str, str] | None = None, method: str = "POST") -> bytes:
    lines = [f"{method} {path(provider, route)} HTTP/1.1", f"Host: {host(provider)}", f"Content-Length: {len(body)}"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
