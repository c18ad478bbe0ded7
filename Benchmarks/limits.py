"""What one core of this machine could do at most: the parts of the work that no provider can leave out."""
import contextlib, ctypes, os, re, subprocess, sys, tempfile, time
from pathlib import Path

import load
from machine import to_server_core
from server import free_port, wait_for_200


def signatures(algorithm: str, pattern: str) -> tuple[float, float]:
    """Signatures and verifications per second, by OpenSSL."""
    text = subprocess.run(["openssl", "speed", "-seconds", "1", algorithm], text=True, capture_output=True, check=True, timeout=120,
                          preexec_fn=to_server_core).stdout
    sign, verify = re.search(pattern, text, re.M)[0].split()[-2:]
    return float(sign), float(verify)


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


def exchange(document: bytes, seconds: float) -> float:
    """Answers per second, by nginx."""
    with nginx(document) as url:
        return load.run(url, seconds)["per_second"]


class Limits:
    """The parts, each measured right before and right after what is compared with it: the speed of a shared machine changes
    from one minute to the next."""
    FRESH_SECONDS = 3

    def __init__(self, document: bytes, seconds: float):
        self.measures = {
            "exchange": lambda: {"exchange": exchange(document, seconds)},
            "rsa2048": lambda: dict(zip(("rsa2048_sign", "rsa2048_verify"), signatures("rsa2048", r"^rsa\s+2048 bits.*"))),
            "p256": lambda: dict(zip(("p256_sign", "p256_verify"), signatures("ecdsap256", r"^.*ecdsa \(nistp256\).*"))),
            "bcrypt": lambda: {"bcrypt": password_checks(10, 2)},
        }
        self.latest: dict[str, tuple[float, dict[str, float]]] = {}
        self.seen: dict[str, list[float]] = {}

    def now(self, parts: tuple[str, ...], fresh: float = 0) -> dict[str, float]:
        found = {}
        for part in parts:
            at, values = self.latest.get(part, (0, {}))
            if time.monotonic() - at >= fresh:
                values = self.measures[part]()
                for name, value in values.items():
                    self.seen.setdefault(name, []).append(value)
                self.latest[part] = (time.monotonic(), values)
            found |= values
        return found

    def around(self, name: str, measure) -> tuple[dict, float]:
        """The sample that `measure` gives, and what was possible meanwhile, per second."""
        parts, ideal = IDEALS[name]
        before = self.now(parts, self.FRESH_SECONDS)
        sample = measure()
        after = self.now(parts)
        costs = {part: (1 / before[part] + 1 / after[part]) / 2 for part in before}
        return sample, 1 / ideal(costs, sample)


# Seconds for the indispensable parts, one after another on one core. Disks are left out. An answer with tokens carries two
# signatures: the ID token's and the access token's.
IDEALS = {
    "discovery": (("exchange",), lambda cost, sample: cost["exchange"]),
    "jwks": (("exchange",), lambda cost, sample: cost["exchange"]),
    "userinfo_repeated": (("exchange", "rsa2048"), lambda cost, sample: cost["exchange"] + cost["rsa2048_verify"]),
    "userinfo_distinct": (("exchange", "rsa2048"), lambda cost, sample: cost["exchange"] + cost["rsa2048_verify"]),
    "userinfo_new": (("exchange", "rsa2048"), lambda cost, sample: cost["exchange"] + cost["rsa2048_verify"]),
    "refresh_rs256": (("rsa2048",), lambda cost, sample: 2 * cost["rsa2048_sign"]),
    "refresh_es256": (("p256",), lambda cost, sample: 2 * cost["p256_sign"]),
    "password": (("bcrypt",), lambda cost, sample: cost["bcrypt"]),
    "code_flow": (("exchange", "bcrypt", "rsa2048"),
                  lambda cost, sample: sample["requests"] * cost["exchange"] + cost["bcrypt"] + 2 * cost["rsa2048_sign"]),
    "edge_token": (("edge_exchange",), lambda cost, sample: cost["edge_exchange"]),
    "edge_cookie": (("edge_exchange",), lambda cost, sample: cost["edge_exchange"]),
    "edge_grpc": (("edge_exchange",), lambda cost, sample: cost["edge_exchange"]),
    "edge_new_token": (("edge_exchange", "rsa2048"), lambda cost, sample: cost["edge_exchange"] + cost["rsa2048_verify"]),
    "edge_assertion": (("edge_exchange", "p256"), lambda cost, sample: cost["edge_exchange"] + cost["p256_sign"]),
}
