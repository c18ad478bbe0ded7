"""The reverse proxy of the edge, in front of backends."""
import contextlib, os, subprocess, tempfile
from pathlib import Path

from .launch import launch
from .ports import free_port

OPEN = {"name": "open", "path": "/*", "anonymous": True}


class EdgeProxy:
    def __init__(self, port: int, server, scheme: str = "http"):
        self.port, self._process = port, server.running.process
        self.keep_out_of_log = server.keep_out_of_log
        self.host = f"127.0.0.1:{port}"
        self.url = f"{scheme}://{self.host}"

    @property
    def memory(self) -> int:
        """The most memory that the process has had so far, in bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024


@contextlib.contextmanager
def edge_proxy(*upstreams: dict, policies: list | None = None, tls: tuple[Path, Path] | None = None, **edge):
    """Dextra with `edge.upstreams`; everybody may ask for everything unless `policies` say otherwise. With `login`, people come back here."""
    port = free_port()
    if "login" in edge:
        edge["login"] = {"allowedRedirectHosts": [f"127.0.0.1:{port}"]} | edge["login"]
    listen = {"https" if tls else "http": f"127.0.0.1:{port}"}
    if tls:
        listen |= {"tlsCert": str(tls[0]), "tlsKey": str(tls[1])}
    with tempfile.TemporaryDirectory(prefix="dextra-") as folder:
        server = launch(Path(folder), edge={
            "listen": listen, "upstreams": list(upstreams), "policies": policies or [OPEN]} | edge)
        try:
            yield EdgeProxy(port, server, "https" if tls else "http")
            server.stop()
        finally:
            if server.running:
                server.kill()
