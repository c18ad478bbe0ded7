"""A server that has no way to say that it listens but by answering."""
import contextlib, subprocess
from pathlib import Path

import requests


@contextlib.contextmanager
def program(command: list[str], port: int, folder: Path, environment: dict[str, str] | None = None):
    """Runs it for as long as the block lasts. What it says goes to `log` in the folder."""
    log = folder / "log"
    with log.open("a") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environment)
    try:
        for _ in range(600):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30)
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(.05)
                raise AssertionError(log.read_text())
        yield process
    finally:
        process.terminate()
        process.wait(30)
