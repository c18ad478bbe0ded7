"""Envoy's question and the answer to it (`envoy.service.auth.v3`), as bytes: as much of Protocol Buffers as it takes."""
PATH = "/envoy.service.auth.v3.Authorization/Check"


def _number(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + _number(value >> 7)


def field(number: int, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(value)) + value


def question(path: str = "/", host: str = "app.example.com", **headers: str) -> bytes:
    """A CheckRequest about a GET."""
    entries = b"".join(field(3, field(1, name) + field(2, value)) for name, value in headers.items())
    http = field(2, "GET") + entries + field(4, path) + field(5, host) + field(6, "https")
    return field(1, field(4, field(2, http)))


def framed(message: bytes) -> bytes:
    """As the one message of a call."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def code(answer: bytes) -> int:
    """`status.code` of a CheckResponse; 0 is a yes."""
    if not answer.startswith(b"\x0a"):
        return 0
    status = answer[2:2 + answer[1]]
    return status[1] if status.startswith(b"\x08") else 0
