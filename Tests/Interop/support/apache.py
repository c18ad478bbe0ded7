"""Apache on a port of the test's, with a configuration of the test's."""
import contextlib, os, shutil, tempfile
from pathlib import Path

from .program import program

MODULES = Path("/usr/lib/apache2/modules")


@contextlib.contextmanager
def apache(port: int, modules: list[str], configuration: str, files: dict[str, str] | None = None):
    """Runs Apache; `{folder}` in the configuration is where `files` are. Gives the folder: its log is `log`. All in it is readable by
    the account that Apache's children run as."""
    with tempfile.TemporaryDirectory(prefix="apache-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file, text in (files or {}).items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        account = ["User www-data", "Group www-data"] if os.geteuid() == 0 else []
        (folder / "apache.conf").write_text("\n".join([
            f"ServerRoot {folder}", "ServerName 127.0.0.1", f"Listen 127.0.0.1:{port}", f"PidFile {folder}/pid", f"ErrorLog {folder}/log",
            "LogLevel info", f"Mutex file:{folder} default", f"DefaultRuntimeDir {folder}", *account,
            *(f"LoadModule {module}_module {MODULES}/mod_{module}.so" for module in ["mpm_event", "authn_core", "authz_core", *modules]),
            configuration.replace("{folder}", name)]) + "\n")
        if account:
            shutil.chown(folder, "www-data", "www-data")
        with program(["/usr/sbin/apache2", "-X", "-f", str(folder / "apache.conf")], port, folder):
            yield folder
