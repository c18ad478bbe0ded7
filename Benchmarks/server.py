"""The server to be measured, its people, and what a client does with it."""
import base64, ctypes, html, http.client, json, os, re, socket, subprocess, tempfile, threading, time
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from machine import to_server_core

BINARY = os.environ.get("DEXTRA", str(Path(__file__).resolve().parents[1] / ".build/release/dextra"))
PEOPLE, PASSWORD, SCOPE = 64, "password", "openid email offline_access"
CLIENT, SECRET, REDIRECT = "benchmark", "a-secret-of-the-benchmark", "http://127.0.0.1:5555/callback"
BASIC = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()


def free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return candidate.getsockname()[1]


def bcrypt(cost: int) -> str:
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    return crypt(PASSWORD.encode(), f"$2b${cost:02}$abcdefghijklmnopqrstuu".encode()).decode()


def configuration(port: int, database: Path | None, algorithm: str, cost: int) -> dict:
    hash = bcrypt(cost)
    return {
        "issuer": f"http://127.0.0.1:{port}/dex",
        "storage": {"type": "sqlite3", "config": {"file": str(database)}} if database else {"type": "memory"},
        "web": {"http": f"127.0.0.1:{port}"}, "logger": {"level": "error"}, "enablePasswordDB": True,
        "signer": {"type": "local", "config": {"keysRotationPeriod": "6h", "algorithm": algorithm}},
        "oauth2": {"skipApprovalScreen": True, "passwordConnector": "local"},
        "staticClients": [{"id": CLIENT, "secret": SECRET, "name": "Benchmark", "redirectURIs": [REDIRECT]}],
        "staticPasswords": [{"email": f"user{n}@example.com", "hash": hash, "username": f"user{n}",
                             "userID": f"00000000-0000-4000-8000-{n:012}"} for n in range(PEOPLE)],
    }


def wait_for_200(url: str, seconds: float, process: subprocess.Popen) -> float:
    """Asks until the answer is 200; the seconds that took."""
    parts, begun = urlsplit(url), time.perf_counter()
    message = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
    while (elapsed := time.perf_counter() - begun) < seconds:
        try:
            with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection:
                connection.sendall(message)
                if connection.recv(64).split(b" ")[1] == b"200":
                    return time.perf_counter() - begun
        except (OSError, IndexError):
            pass
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with {process.returncode}")
        time.sleep(.0002)
    raise SystemExit(f"{url} did not answer 200 within {seconds} s")


class Server:
    """`dextra serve` on the server's core, for as long as the block lasts."""

    def __init__(self, *, algorithm: str = "RS256", cost: int = 10, database: Path | None = None, in_memory: bool = False,
                 changes: dict | None = None):
        self.folder = tempfile.TemporaryDirectory(prefix="dextra-bench-")
        port = free_port()
        file = None if in_memory else database or Path(self.folder.name, "dextra.db")
        settings = configuration(port, file, algorithm, cost) | (changes or {})
        self.issuer = settings["issuer"]
        # The address of a connector's way back must be written out, and is known only now.
        for connector in (c for c in settings.get("connectors", []) if c["type"] == "oauth"):
            connector.get("config", {}).update(redirectURI=self.issuer + "/callback")
        self.configuration = Path(self.folder.name, "config.yaml")
        self.configuration.write_text(json.dumps(settings))
        self.discovery_url = self.issuer + "/.well-known/openid-configuration"

    def __enter__(self) -> "Server":
        self.process = subprocess.Popen([BINARY, "serve", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=to_server_core)
        try:
            self.seconds_to_first_200 = wait_for_200(self.discovery_url, 60, self.process)
            self.discovery = json.loads(Client(self).request("GET", self.discovery_url)[2])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    @property
    def pid(self) -> int:
        return self.process.pid

    def url(self, endpoint: str) -> str:
        return self.discovery[endpoint]


class Client:
    """One connection that is kept open, with cookies."""

    def __init__(self, server: Server):
        self.server, self.cookies = server, {}
        parts = urlsplit(server.issuer)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def request(self, method: str, url: str, form: dict | None = None, authorization: str | None = None):
        parts = urlsplit(url)
        headers = {"Authorization": authorization} if authorization else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, parts.path + ("?" + parts.query if parts.query else ""),
                                urlencode(form) if form is not None else None, headers)
        response = self.connection.getresponse()
        body = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, response.headers, body

    def password_form(self, n: int) -> dict:
        return {"grant_type": "password", "username": f"user{n % PEOPLE}@example.com", "password": PASSWORD, "scope": SCOPE}

    def tokens(self, n: int) -> dict:
        """By the password grant."""
        status, _, body = self.request("POST", self.server.url("token_endpoint"), self.password_form(n), BASIC)
        if status != 200:
            raise SystemExit(f"password grant: {status} {body[:300]!r}")
        return json.loads(body)

    def code_flow(self, n: int) -> int:
        """From the application's link to its tokens, as a browser and the application would go. Returns the number of requests."""
        self.cookies, form = {}, None
        url = self.server.url("authorization_endpoint") + "?" + urlencode(
            {"client_id": CLIENT, "redirect_uri": REDIRECT, "response_type": "code", "scope": SCOPE, "state": f"s{n}"})
        for count in range(1, 12):
            status, headers, body = self.request("GET" if form is None else "POST", url, form)
            if status in (302, 303):
                url, form = urljoin(url, headers["Location"]), None
                if url.startswith(REDIRECT):
                    break
            elif status == 200:
                page = body.decode()
                action = re.search(r'<form[^>]*\saction="([^"]*)"', page)
                url = urljoin(url, html.unescape(action[1])) if action else url
                form = {"login": f"user{n % PEOPLE}@example.com", "password": PASSWORD}
            else:
                raise SystemExit(f"code flow: {url} answered {status}: {body[:300]!r}")
        code = parse_qs(urlsplit(url).query)["code"][0]
        status, _, body = self.request("POST", self.server.url("token_endpoint"), {
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}, BASIC)
        if status != 200 or b"id_token" not in body:
            raise SystemExit(f"code flow: the token endpoint answered {status}: {body[:300]!r}")
        return count + 1


def together(count: int, work):
    """Runs work(0) … work(count - 1) in threads; what goes wrong in one is raised here."""
    problems = []

    def guarded(n):
        try:
            work(n)
        except BaseException as problem:
            problems.append(problem)
    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    if problems:
        raise problems[0]
