"""One Envoy with many listeners, each with the filters of some manifests, and Dextra asked the same questions."""
import contextlib, json, random, socket
from dataclasses import dataclass, field
from pathlib import Path

from . import envoy, pilot
from .command import dextra


@dataclass(frozen=True)
class Question:
    """A request, as Envoy gets it and as Dextra is told of it."""
    method: str
    host: str
    target: str
    headers: tuple[tuple[str, str], ...]
    source: str
    client: str | None
    peer: str | None
    port: int = 0

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {self.host}", *(f"{name}: {value}" for name, value in self.headers)]
        if self.client:
            lines.append(f"X-Forwarded-For: {self.client}")
        if self.peer:
            lines.append(f"x-test-peer: {self.peer}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def json(self) -> str:
        return json.dumps({
            "method": self.method, "url": f"http://{self.host}{self.target}", "headers": self.headers, "peerAddress": self.source,
            "clientAddress": self.client or self.source, "peerPrincipal": self.peer, "destinationAddress": "127.0.0.1",
            "destinationPort": self.port})


class Connections:
    """Kept open, one for each pair of source address and port."""
    def __init__(self):
        self.open: dict[tuple[str, int], socket.socket] = {}

    def ask(self, question: Question) -> tuple[int, dict[str, str]]:
        key = question.source, question.port
        if key not in self.open:
            self.open[key] = socket.create_connection(("127.0.0.1", question.port), 20, source_address=(question.source, 0))
        self.open[key].sendall(question.raw())
        return self.read(key)

    def read(self, key) -> tuple[int, dict[str, str]]:
        buffer = b""
        while b"\r\n\r\n" not in buffer:
            buffer += self.received(key)
        head, _, body = buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        missing = int(headers.get("content-length", 0)) - len(body)
        while missing > 0:
            missing -= len(self.received(key))
        if headers.get("connection") == "close":
            self.open.pop(key).close()
        return int(first.split()[1]), headers

    def received(self, key) -> bytes:
        data = self.open[key].recv(65536)
        assert data, "Envoy closed the connection"
        return data

    def close(self):
        for each in self.open.values():
            each.close()


@dataclass
class Judge:
    connections: Connections = field(default_factory=Connections)

    def allows(self, question: Question) -> bool:
        return self.connections.ask(question)[0] == 200


@contextlib.contextmanager
def judge(cases: list[tuple[list[dict], list[int], dict]], folder: Path):
    """Envoy for manifests, the two ports on which each of them holds, and settings of the connection manager there."""
    result = Judge()
    listeners = []
    for manifests, ports, further in cases:
        routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 200}, "response_headers_to_add": [
            {"header": {"key": "x-path", "value": "%REQ(:PATH)%"}, "keep_empty_value": True}]}]
        listener = envoy.listener(f"listener-{ports[0]}", ports[0], pilot.filters(manifests), routes, use_remote_address=True, xff_num_trusted_hops=1,
                                  **further)
        listener["additional_addresses"] = [{"address": envoy.address(ports[1])}]
        listeners.append(listener)
    with envoy.envoy({"static_resources": {"listeners": listeners}}, cases[-1][1][1], folder):
        try:
            yield result
        finally:
            result.connections.close()


def dextra_says(manifests: Path, questions: list[Question], normalization: str = "BASE", *further) -> list[dict]:
    done = dextra("policy", "explain", "--policy", manifests, "--normalization", normalization, "--batch", *further,
                  input="".join(question.json() + "\n" for question in questions))
    assert done.code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def pick(generator: random.Random, *weighted):
    """One of (weight, value)."""
    return generator.choices([value for _, value in weighted], [weight for weight, _ in weighted])[0]
