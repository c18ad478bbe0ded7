"""`openssl s_server` and `s_client`: peers whose TLS is chosen to the suite."""
import contextlib, re, subprocess, threading
from pathlib import Path

from .ports import free_port

# What RFC 9325 §4.2 recommends, with ChaCha20, which is as good.
GOOD = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"]
# Key exchange by RSA, CBC, both, and DHE.
WEAK = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384",
        "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES128-SHA"]


class Peer:
    """A server of one suite. It tells what was agreed upon, or that there was nothing to agree upon."""

    def __init__(self, port: int, process: subprocess.Popen):
        self.port, self._process, self._lines, self._news, self._ended = port, process, [], threading.Condition(), False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for(self, pattern: str, seconds: float = 30) -> str:
        def found():
            return next((match for line in self._lines if (match := re.search(pattern, line))), None)
        with self._news:
            self._news.wait_for(lambda: found() or self._ended, timeout=seconds)
        assert found(), f"no {pattern!r} in\n{''.join(self._lines)}"
        return found()[0]

    def outcome(self) -> str:
        """The suite, or `refused`."""
        said = self.wait_for(r"CIPHER is \S+|no shared cipher|unsupported protocol|alert")
        return said.removeprefix("CIPHER is ") if said.startswith("CIPHER") else "refused"


@contextlib.contextmanager
def listening(certificate: Path, key: Path, *arguments: str):
    port = free_port()
    process = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        peer = Peer(port, process)
        peer.wait_for("ACCEPT")
        yield peer
    finally:
        process.kill()
        process.wait()


def connect(port: int, *arguments: str) -> str | None:
    """The suite that a server agrees to; None if it agrees to none."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", timeout=60)
    found = re.search(r"^New, \S+, Cipher is (\S+)$", done.stdout, re.M)
    return None if found is None or found[1] == "(NONE)" else found[1]
