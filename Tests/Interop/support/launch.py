"""Starting servers for tests."""
import contextlib, tempfile
from pathlib import Path

from .configuration import configuration
from .ports import free_port
from .server import Dextra


def launch(folder: Path, *, database: bool = False, environment: dict | None = None, ca: Path | None = None, **changes) -> Dextra:
    """A server on a free port. With `database` its state outlives a restart. `changes` are merged into the configuration."""
    port = changes.pop("port", None) or free_port()
    file = str(folder / "dextra.db") if database else None
    return Dextra(configuration(port, file, **changes), folder, environment, ca).start()


@contextlib.contextmanager
def running(**options):
    """A server for as long as the block lasts. What it logged is checked at the end, unless the block has failed already."""
    with tempfile.TemporaryDirectory(prefix="dextra-") as folder:
        server = launch(Path(folder), **options)
        try:
            yield server
            server.stop()
        finally:
            if server.running:
                server.kill()
