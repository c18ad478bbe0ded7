"""Programs in Go, built from Debian's source packages, without a network."""
import os, subprocess
from pathlib import Path


def build(source: Path, folder: Path) -> Path:
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOPROXY": "off",
                                "GOCACHE": str(folder / "cache")}
    program = folder / source.parent.name
    subprocess.run(["go", "build", "-o", str(program), str(source)], env=environment, check=True, timeout=600)
    return program
