"""The command line, run to its end."""
import json, os, subprocess
from dataclasses import dataclass
from pathlib import Path

from .server import BINARY


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


def dextra(*arguments: object, input: str | None = None, environment: dict[str, str] | None = None) -> Result:
    """`dextra ARGUMENTS`; without `input` there is no stdin to read from, as in a pipeline."""
    stdin = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([BINARY, *map(str, arguments)], text=True, capture_output=True, timeout=60,
                          env=os.environ | (environment or {}), **stdin)
    return Result(done.returncode, done.stdout, done.stderr)


def write(folder: Path, text: str, name: str = "config.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file
