"""Free ports, one range for each pytest worker."""
import itertools, os, re, socket

# Below the range that the kernel hands out to outgoing connections (32768 and up): otherwise a client of another test may
# take the port between our look and the server's bind.
FIRST, EACH = 12_000, 1_000
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
_next = itertools.cycle(range(FIRST + _worker * EACH, FIRST + (_worker + 1) * EACH))


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    for port in itertools.islice(_next, EACH):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def listens(port: int) -> bool:
    """Whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as candidate:
        return candidate.connect_ex(("127.0.0.1", port)) == 0
