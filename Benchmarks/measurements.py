"""What is measured, one function each. All take a running server and the seconds that a GET load lasts."""
import json, sqlite3, subprocess, tempfile, time
from pathlib import Path
from urllib.parse import urlencode

import load
from machine import memory, wait_for_quiet
from server import BASIC, PEOPLE, Client, Server, together

CONCURRENT, CROWD = 8, 64


def discovery(server: Server, seconds: float) -> dict:
    return load.run(server.discovery_url, seconds, server=server.pid)


def jwks(server: Server, seconds: float) -> dict:
    return load.run(server.url("jwks_uri"), seconds, server=server.pid)


def userinfo_repeated(server: Server, seconds: float) -> dict:
    """One token over and over: what a cache of verified tokens is worth."""
    return _userinfo(server, seconds, [Client(server).tokens(0)["access_token"]])


def userinfo_distinct(server: Server, seconds: float) -> dict:
    """3,000 tokens in turn, as of that many people at work."""
    return _userinfo(server, seconds, _access_tokens(server, 3000))


def userinfo_new(server: Server, seconds: float) -> dict:
    """More tokens in turn than the server remembers: what a verification costs."""
    return _userinfo(server, seconds, _access_tokens(server, 10_000))


def _access_tokens(server: Server, count: int) -> list[str]:
    """Made by refreshing, which needs no password."""
    client = Client(server)
    chain, access = client.tokens(0)["refresh_token"], []
    for _ in range(count):
        chain, token = _refreshed(client, chain)
        access.append(token)
    return access


def _refreshed(client: Client, token: str) -> tuple[str, str]:

    status, _, body = client.request("POST", client.server.url("token_endpoint"), {"grant_type": "refresh_token", "refresh_token": token}, BASIC)
    if status != 200:
        raise SystemExit(f"refresh: {status} {body[:300]!r}")
    answer = json.loads(body)
    return answer["refresh_token"], answer["access_token"]


def _userinfo(server: Server, seconds: float, tokens: list[str]) -> dict:
    return load.run(server.url("userinfo_endpoint"), seconds, kind="bearer", lines=tokens, server=server.pid)


def refresh(server: Server, seconds: float) -> dict:
    """Eight chains of rotating tokens, each in a connection of its own."""
    chains = [Client(server).tokens(n)["refresh_token"] for n in range(CONCURRENT)]
    return load.run(server.url("token_endpoint"), 2 * seconds, connections=CONCURRENT, threads=CONCURRENT, kind="refresh", lines=chains,
                    authorization=BASIC, server=server.pid)


def password(server: Server, seconds: float) -> dict:
    return load.run(server.url("token_endpoint"), 3 * seconds, connections=CONCURRENT, kind="form", lines=_logins(server),
                    authorization=BASIC, server=server.pid)


def _logins(server: Server) -> list[str]:
    client = Client(server)
    return [urlencode(client.password_form(n)) for n in range(PEOPLE)]


def code_flow(server: Server, seconds: float) -> dict:
    latencies, end, requests = [], time.perf_counter() + 3 * seconds, [0]
    begun = time.perf_counter()

    def person(n):
        client = Client(server)
        while (start := time.perf_counter()) < end:
            requests[0] = client.code_flow(n)
            latencies.append(time.perf_counter() - start)
    together(CONCURRENT, person)
    return {"per_second": len(latencies) / (time.perf_counter() - begun), "requests": requests[0], "failed": 0} | _percentiles(latencies)


def _percentiles(latencies: list[float]) -> dict:
    ordered = sorted(latencies)
    return {"p50_ms": ordered[len(ordered) // 2] * 1e3, "p99_ms": ordered[int(.99 * (len(ordered) - 1))] * 1e3, "count": len(ordered)}


def discovery_in_a_crowd(server: Server, seconds: float) -> dict:
    """How long discovery takes 16 unhurried clients while 64 people log in at once."""
    with tempfile.TemporaryDirectory() as folder:
        crowd = subprocess.Popen(**load.command(server.url("token_endpoint"), 3 * seconds, CROWD, 1, "form", _logins(server), folder, BASIC))
        try:
            time.sleep(1)
            sample = unhurried(server, 3 * seconds - 2)
            crowd.wait(120)
            return sample | {"logins_per_second": load.result(folder)["per_second"]}
        finally:
            if crowd.poll() is None:
                crowd.kill()
                crowd.wait()


def unhurried(server: Server, seconds: float, pause: float = .05) -> dict:
    latencies, end = [], time.perf_counter() + seconds

    def visitor(n):
        client, due = Client(server), time.perf_counter() + n * pause / 16
        while due < end:
            time.sleep(max(0, due - time.perf_counter()))
            begun = time.perf_counter()
            if client.request("GET", server.discovery_url)[0] != 200:
                raise SystemExit("discovery was refused while people log in")
            latencies.append(time.perf_counter() - begun)
            due = max(due + pause, time.perf_counter())
    together(16, visitor)
    return _percentiles(latencies)


def start_times(runs: int, patience: float, existing: bool) -> list[float]:
    """Milliseconds from exec to the first 200."""
    times = []
    with tempfile.TemporaryDirectory(prefix="dextra-start-") as folder:
        database = Path(folder, "dextra.db")
        if existing:
            with Server(database=database):
                pass
        for _ in range(runs):
            if not existing:
                for file in Path(folder).iterdir():
                    file.unlink()
            patience = wait_for_quiet(patience)
            with Server(database=database) as server:
                times.append(server.seconds_to_first_200 * 1e3)
    return times


def full_database(rows: int, seconds: float, rounds: int = 3) -> dict[str, list[float]]:
    """Rates with that many refresh tokens in the database to rates with none, the two in turn. The rows are copies of one
    that the server made, written while it was stopped. People's passwords are cheap here: bcrypt cost 4."""
    ratios: dict[str, list[float]] = {"refresh": [], "password": []}
    with tempfile.TemporaryDirectory(prefix="dextra-full-") as folder:
        full = Path(folder, "full.db")
        with Server(cost=4, database=full) as server:
            Client(server).tokens(0)
        _copy_refresh_grants(full, rows)
        with Server(cost=4, database=full) as crowded, Server(cost=4, database=Path(folder, "empty.db")) as empty:
            for _ in range(rounds):
                for name, measure in (("refresh", refresh), ("password", password)):
                    ratios[name].append(measure(crowded, seconds / 2)["per_second"] / measure(empty, seconds / 2)["per_second"])
    return ratios


def _copy_refresh_grants(database: Path, rows: int):
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN")
        columns = [row[1] for row in connection.execute("PRAGMA table_info(refresh_grants)")]
        values = {"id": "lower(hex(randomblob(12)))", "user_id": "lower(hex(randomblob(16)))", "secret_hash": "randomblob(32)",
                  "created_at": "created_at - 1000 * n", "last_used_at": "last_used_at - 1000 * n"}
        connection.execute(f"""
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
            INSERT INTO refresh_grants ({", ".join(columns)})
            SELECT {", ".join(values.get(column, column) for column in columns)} FROM numbers, (SELECT * FROM refresh_grants LIMIT 1)""")
        connection.execute("COMMIT")
    connection.close()


def growth(logins: int) -> dict:
    """Memory of a fresh server and after many logins. People's passwords are cheap here: bcrypt cost 4."""
    with Server(cost=4) as server:
        time.sleep(1)
        idle = memory(server.pid)

        def person(n):
            client = Client(server)
            for count in range(n, logins, CONCURRENT):
                client.tokens(count)
        together(CONCURRENT, person)
        time.sleep(1)
        return {"idle": idle, "after": memory(server.pid)}
