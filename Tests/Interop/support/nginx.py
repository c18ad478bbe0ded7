"""nginx on a free port, with a server block of the test's."""
import contextlib, os, shutil, subprocess, tempfile
from pathlib import Path

import requests

from .ports import free_port


@contextlib.contextmanager
def nginx(server: str, files: dict[str, str] | None = None):
    """Runs nginx with what stands in `server`; `{folder}` in it is where `files` are. Gives its port."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        for file, text in (files or {}).items():
            (folder / file).write_text(text)
        for kind in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (folder / kind).mkdir()
            if os.geteuid() == 0:
                shutil.chown(folder / kind, "www-data")
        user = "user www-data;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(f"""
            {user} daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log info;
            events {{}}
            http {{
                access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
                server {{ listen 127.0.0.1:{port}; {server.replace("{folder}", name).replace("{port}", str(port))} }}
            }}""")
        process = subprocess.Popen(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
                                   stderr=subprocess.PIPE, text=True)
        try:
            for _ in range(600):
                # nginx has no way to say that it listens but by answering.
                with contextlib.suppress(requests.ConnectionError):
                    requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30)
                    break
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(.05)
                    raise AssertionError(process.stderr.read() + (folder / "error.log").read_text())
            yield port
        finally:
            process.terminate()
            process.wait(30)
            process.stderr.close()
