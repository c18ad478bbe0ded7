"""Hashes of passwords that would take minutes to days to check: nobody's login may stop the program, or its end."""
import contextlib, json, sqlite3, threading, time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from support.application import token
from support.command import dextra
from support.configuration import configuration
from support.people import JANE, bcrypt
from support.ports import free_port
from support.waiting import until

# Of cost 4, which is quick to make; the cost that it says is another one.
CHEAP = bcrypt("correct horse battery", 4)
COSTS = [17, 20, 31]


def costing(cost: int) -> str:
    return CHEAP.replace("$04$", f"${cost:02}$")


def log_in(server, email: str, password: str = "correct horse battery"):
    return token(server, grant_type="password", username=email, password=password, scope="openid")


@pytest.mark.parametrize("cost", COSTS)
def test_a_static_password_of_a_cost_over_16_is_a_problem_of_the_configuration_with_its_place(tmp_path, cost):
    file = tmp_path / "config.yaml"
    people = {"staticPasswords": [JANE.entry(4) | {"hash": costing(cost)}]}
    file.write_text(json.dumps(configuration(1, **people), indent=1))
    refused = dextra("check", file)
    assert refused.code != 0
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if '"hash"' in text)
    assert f"config.yaml:{line}:" in refused.text and f"cost {cost}" in refused.text, refused.text
    assert costing(cost) not in refused.text, "the hash is told"


@pytest.mark.parametrize("cost", ["3", "17", "20", "31"])
def test_no_command_makes_such_a_hash(tmp_path, cost):
    for arguments in (["hash"], ["user", "add", "ann@example.com", "--name", "Ann", "--database", tmp_path / "dextra.db"]):
        refused = dextra(*arguments, "--password-stdin", "--cost", cost, input="correct horse battery\n")
        assert refused.code != 0 and "$2b$" not in refused.stdout, refused.text


@pytest.fixture
def stored(start):
    """A server whose database holds people with hashes of each cost, as another program may have written them."""
    server = start(database=True)
    database = server.configuration["storage"]["config"]["file"]
    for cost in COSTS:
        added = dextra("user", "add", f"u{cost}@example.com", "--name", "U", "--cost", "4", "--password-stdin", "--database", database,
                       input="correct horse battery\n")
        assert added.code == 0, added.text
    with sqlite3.connect(database) as rows:
        [(table, column)] = [(table, name) for (table,) in rows.execute("select name from sqlite_master where type = 'table'").fetchall()
                             for (_, name, *_) in rows.execute(f"pragma table_info({table})") if name == "password_hash"]
        for cost in COSTS:
            changed = rows.execute(f"update {table} set {column} = ? where email = ?", (costing(cost), f"u{cost}@example.com"))
            assert changed.rowcount == 1
    return server


def test_logins_with_stored_hashes_of_such_costs_are_refused_at_once_and_stop_nobody(stored):
    with ThreadPoolExecutor(16) as crowd:
        began = time.monotonic()
        answers = [crowd.submit(log_in, stored, f"u{cost}@example.com") for cost in COSTS for _ in range(5)]
        good = log_in(stored, JANE.email, JANE.password)
        assert good.status_code == 200, good.text
        assert requests.get(stored.url("/.well-known/openid-configuration"), timeout=5).status_code == 200
        refused = [answer.result() for answer in answers]
        took = time.monotonic() - began
    assert {answer.status_code for answer in refused} <= {500, 503}, [a.text for a in refused]
    assert took < 15, f"{took:.1f} s"
    for cost in COSTS:
        stored.running.wait_for_log(rf"cost is {cost}", seconds=5)


def test_the_end_does_not_wait_for_hashes_that_are_being_made(start):
    # The highest cost that is accepted: some seconds each, so that those who come after the first few would wait for minutes.
    telemetry = free_port()
    server = start(telemetry={"http": f"127.0.0.1:{telemetry}"}, staticPasswords=[JANE.entry(4) | {"hash": costing(16)}])
    server.telemetry = telemetry
    crowd = [threading.Thread(target=attempt, args=[server], daemon=True) for _ in range(40)]
    [thread.start() for thread in crowd]
    until(lambda: queued(server) > 20)
    began = time.monotonic()
    server.stop()
    took = time.monotonic() - began
    # Two seconds for who may still be served, and the time to cut connections off.
    assert took < 15, f"{took:.1f} s"
    [thread.join() for thread in crowd]


def queued(server) -> float:
    """How many wait for a thread that hashes."""
    metrics = requests.get(f"http://127.0.0.1:{server.telemetry}/metrics", timeout=30).text
    return next(float(line.split()[-1]) for line in metrics.splitlines()
                if line.startswith("dextra_queue_depth{") and 'pool="passwords"' in line)


def attempt(server):
    with contextlib.suppress(requests.RequestException):
        log_in(server, JANE.email, "wrong")
