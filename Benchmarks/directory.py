"""What a login by LDAP costs beside the directory's own work: slapd, and a loop in C that does the least that such a login can."""
import shutil, socket, statistics, subprocess, sys, tempfile, time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import measurements
from machine import to_server_core, wait_for_quiet
from server import BASIC, Client, Server

# The tests' slapd. Standard library only.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests/Interop"))

ROUNDS, LOGINS, LOOP_SECONDS, STALLED = 7, 200, 1, 1000
USER = "jane"


def missing() -> str | None:
    """What of it is not installed here."""
    from support.directory import SLAPD
    if not SLAPD:
        return "slapd"
    if not shutil.which("gcc") or not Path("/usr/include/ldap.h").exists():
        return "gcc or libldap2-dev"
    return None


def login_times(patience: float) -> dict[str, list[float]]:
    """Milliseconds by what was measured, one login at a time, a value for each round: `loop`, the whole `login`, and the same login
    by a connector that knows its one person by heart (`mock`). ES256 and a store in memory keep what is not LDAP small."""
    from support.company import COMPANY, PASSWORD, PEOPLE
    from support.directory import SERVICE, SERVICE_PASSWORD, Directory
    from support.ldap_settings import settings
    found: dict[str, list[float]] = {"loop": [], "login": [], "mock": []}
    with tempfile.TemporaryDirectory(prefix="dextra-ldap-") as name:
        folder = Path(name)
        loop = folder / "ldap_loop"
        subprocess.run(["gcc", "-O2", "-o", loop, Path(__file__).with_name("ldap_loop.c"), "-lldap", "-llber"], check=True)
        # slapd stays on the core of the load, which waits meanwhile; the loop takes the server's place.
        with Directory(folder / "slapd", COMPANY, log=False) as directory:
            filter = f"(&(objectClass=inetOrgPerson)(uid={USER}))"
            arguments = [loop, directory.url, SERVICE, SERVICE_PASSWORD, PEOPLE, filter, PASSWORD, str(LOOP_SECONDS)]
            ldap = {"type": "ldap", "id": "ldap", "name": "LDAP", "config": settings(directory.host, groupSearch=None)}
            mock = {"type": "mockPassword", "id": "mock", "name": "Mock", "config": {"username": USER, "password": PASSWORD}}
            with _server(ldap) as by_ldap, _server(mock) as by_mock:
                for _ in range(ROUNDS):
                    # A login passes from thread to thread: each time, anybody else on the core can come in between.
                    patience = wait_for_quiet(patience)
                    done = subprocess.run(arguments, text=True, capture_output=True, check=True, timeout=60, preexec_fn=to_server_core)
                    found["loop"].append(float(done.stdout) / 1e3)
                    found["login"].append(_logins(by_ldap, PASSWORD))
                    found["mock"].append(_logins(by_mock, PASSWORD))
    return found


def _server(connector: dict) -> Server:
    return Server(in_memory=True, algorithm="ES256", changes={
        "connectors": [connector], "oauth2": {"skipApprovalScreen": True, "passwordConnector": connector["id"]}})


def _logins(server: Server, password: str, count: int = LOGINS) -> float:
    """The median time of a password grant, in milliseconds."""
    client, times = Client(server), []
    url, form = server.url("token_endpoint"), {"grant_type": "password", "username": USER, "password": password, "scope": "openid email"}
    for _ in range(count):
        begun = time.perf_counter()
        status, _, body = client.request("POST", url, form, BASIC)
        times.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"login by LDAP: {status} {body[:300]!r}")
    return statistics.median(times) * 1e3


def discovery_while_a_directory_stalls(seconds: float) -> dict[str, float]:
    """How long discovery takes unhurried clients, in milliseconds: at rest, and while so many logins have been sent to a connector
    whose directory takes connections and says nothing."""
    from support.company import COMPANY, PASSWORD
    from support.directory import Directory
    from support.ldap_settings import settings
    from support.proxy import Proxy
    with tempfile.TemporaryDirectory(prefix="dextra-ldap-") as name, Directory(Path(name, "slapd"), COMPANY, log=False) as directory, \
            Proxy(directory.port) as proxy:
        patience = f"{int(3 * seconds) + 10}s"
        ldap = {"type": "ldap", "id": "ldap", "name": "LDAP", "config": settings(proxy.host, timeout=patience, connectTimeout=patience)}
        with _server(ldap) as server:
            _logins(server, PASSWORD, 20)
            idle = measurements.unhurried(server, seconds)
            proxy.stall()
            waiting = [_sent_login(server, PASSWORD) for _ in range(STALLED)]
            proxy.wait_until_held()
            # Until all have been read and wait in line.
            measurements.unhurried(server, 2)
            stalled = measurements.unhurried(server, seconds)
            answered = sum(_has_answer(connection) for connection in waiting)
            [connection.close() for connection in waiting]
            proxy.cut()
            proxy.flow()
    return {"idle_p99_ms": idle["p99_ms"], "stalled_p99_ms": stalled["p99_ms"], "refused": answered}


def _sent_login(server: Server, password: str) -> socket.socket:
    parts = urlsplit(server.url("token_endpoint"))
    body = urlencode({"grant_type": "password", "username": USER, "password": password, "scope": "openid"})
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    connection.sendall((f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {BASIC}\r\n"
                        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
    return connection


def _has_answer(connection: socket.socket) -> bool:
    """Whether it was told to come later, instead of waiting."""
    connection.setblocking(False)
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return False
