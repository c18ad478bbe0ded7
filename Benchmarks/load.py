"""Load from the load core, by wrk."""
import json, os, subprocess, tempfile
from pathlib import Path

from machine import busy_seconds, processor_seconds

SCRIPT = Path(__file__).with_name("load.lua")


def fields(values: dict[str, str]) -> str:
    """A request's fields as a line of the kind `fields`."""
    return "\t".join(f"{name}: {value}" for name, value in values.items())


def command(url: str, seconds: float, connections: int, threads: int, kind: str, lines: list[str], folder: str,
            authorization: str | None, pause_ms: float = 0) -> dict:
    """Arguments for `subprocess`."""
    Path(folder, "lines").write_text("".join(line + "\n" for line in lines))
    environment = os.environ | {"RESULT": f"{folder}/result", "PAUSE_MS": str(pause_ms)} | ({"AUTHORIZATION": authorization} if authorization else {})
    return {"args": ["wrk", f"-t{threads}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "-s", str(SCRIPT), url,
                     "--", kind, f"{folder}/lines"], "env": environment, "stdout": subprocess.DEVNULL}


def result(folder: str) -> dict:
    found = json.loads(Path(folder, "result").read_text())
    succeeded = found["requests"] - found["refused"]
    return {"per_second": succeeded / (found["microseconds"] / 1e6), "count": succeeded, "failed": found["refused"] + found["broken"],
            "p50_ms": found["p50"] / 1e3, "p99_ms": found["p99"] / 1e3}


def run(url: str, seconds: float, *, connections: int = 16, threads: int = 1, kind: str = "get", lines: list[str] = [],
        authorization: str | None = None, server: int | None = None, pause_ms: float = 0) -> dict:
    """Load for some seconds, with a pause on average between an answer and the next request of its connection. With the process id of the
    server also what each request cost it, and how busy others kept the cores."""
    with tempfile.TemporaryDirectory() as folder:
        busy, used, own = busy_seconds(), processor_seconds(server) if server else 0, sum(os.times()[2:4])
        subprocess.run(**command(url, seconds, connections, threads, kind, lines, folder, authorization, pause_ms), check=True, timeout=seconds + 90)
        sample = result(folder)
        if server:
            used = processor_seconds(server) - used
            others = busy_seconds() - busy - used - (sum(os.times()[2:4]) - own)
            sample |= {"cpu_us": used / max(1, sample["count"]) * 1e6, "others": max(0, others) / seconds}
        return sample
