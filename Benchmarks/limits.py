"""What one core of this machine could do at most: the parts of the work that no provider can leave out."""
import contextlib, ctypes, os, re, subprocess, sys, tempfile, time
from pathlib import Path

import load
from machine import to_server_core
from server import free_port, wait_for_200


def signatures() -> dict[str, float]:
    """Operations per second, by OpenSSL."""
    text = subprocess.run(["openssl", "speed", "-seconds", "1", "rsa2048", "ecdsap256"], text=True, capture_output=True, check=True,
                          timeout=120, preexec_fn=to_server_core).stdout
    rates = {}
    for name, pattern in (("rsa2048", r"^rsa\s+2048 bits.*"), ("p256", r"^.*ecdsa \(nistp256\).*")):
        sign, verify = re.search(pattern, text, re.M)[0].split()[-2:]
        rates |= {f"{name}_sign": float(sign), f"{name}_verify": float(verify)}
    return rates


def password_checks(cost: int, seconds: float = 1.5) -> float:
    """Per second, by libcrypt, in a process of its own on the server's core."""
    code = f"import limits; print(limits.count_password_checks({cost}, {seconds}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, text=True, capture_output=True, check=True,
                          timeout=60, preexec_fn=to_server_core)
    return float(done.stdout)


def count_password_checks(cost: int, seconds: float) -> float:
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    setting = f"$2b${cost:02}$abcdefghijklmnopqrstuu".encode()
    begun, count = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begun) < seconds:
        crypt(b"password", setting)
        count += 1
    return count / elapsed


@contextlib.contextmanager
def nginx(body: bytes):
    """One nginx worker on the server's core that serves these bytes as JSON."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        (folder / "document").write_bytes(body)
        account = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(f"""
            {account} worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;
            events {{ worker_connections 512; }}
            http {{
              access_log off; default_type application/json; open_file_cache max=4; tcp_nodelay on; keepalive_requests 1000000000;
              client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
              uwsgi_temp_path {folder}; scgi_temp_path {folder};
              server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} }}
            }}""")
        server = subprocess.Popen(["nginx", "-p", name, "-c", f"{name}/nginx.conf"], stderr=subprocess.DEVNULL, preexec_fn=to_server_core)
        try:
            url = f"http://127.0.0.1:{port}/document"
            wait_for_200(url, 10, server)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def measure(discovery: bytes, seconds: float) -> dict[str, float]:
    rates = signatures() | {"bcrypt": password_checks(10)}
    with nginx(discovery) as url:
        sample = load.run(url, seconds)
    return rates | {"exchange": sample["per_second"]}


def ideal(limits: dict[str, float], requests_of_a_flow: int) -> dict[str, float]:
    """Per second, when the indispensable parts are done one after another on one core. Disks are left out."""
    exchange, rsa, rsa_check, ec, bcrypt = (1 / limits[name] for name in ("exchange", "rsa2048_sign", "rsa2048_verify", "p256_sign", "bcrypt"))
    return {
        "discovery": 1 / exchange,
        "jwks": 1 / exchange,
        "userinfo_repeated": 1 / (exchange + rsa_check),
        "userinfo_distinct": 1 / (exchange + rsa_check),
        # An answer with tokens carries two signatures: the ID token's and the access token's.
        "refresh_rs256": 1 / (2 * rsa),
        "refresh_es256": 1 / (2 * ec),
        "password": 1 / bcrypt,
        "code_flow": 1 / (requests_of_a_flow * exchange + bcrypt + 2 * rsa),
    }
