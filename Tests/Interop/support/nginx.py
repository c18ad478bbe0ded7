"""nginx on a free port, with a server block of the test's."""
import contextlib, os, shutil, tempfile
from pathlib import Path

from .ports import free_port
from .program import program


@contextlib.contextmanager
def nginx(server: str, files: dict[str, str] | None = None, *, http: str = "", modules: tuple[str, ...] = (), port: int | None = None):
    """Runs nginx with what stands in `server`, and with what `http` says for all servers; `{folder}` in them is where `files` are.
    Gives its port."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder, port = Path(name), port or free_port()
        folder.chmod(0o755)
        for file, text in (files or {}).items():
            (folder / file).write_text(text)
        for kind in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (folder / kind).mkdir()
            if os.geteuid() == 0:
                shutil.chown(folder / kind, "www-data")
        user = "user www-data;" if os.geteuid() == 0 else ""
        loaded = " ".join(f"load_module /usr/lib/nginx/modules/{module}.so;" for module in modules)
        (folder / "nginx.conf").write_text(f"""
            {loaded} {user} daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/log info;
            events {{}}
            http {{
                access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; {http}
                server {{ listen 127.0.0.1:{port} default_server; {server.replace("{folder}", name).replace("{port}", str(port))} }}
            }}""")
        with program(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")], port, folder):
            yield port
