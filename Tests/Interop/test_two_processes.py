"""Two processes on one database, as during a rolling update: no verifier may ever meet a key that it cannot know."""
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc import jwk

from support.application import get_code, introspect, redeem, refresh, token, tokens, userinfo
from support.command import dextra
from support.keys import header, verified
from support.people import APP, JANE
from support.ports import free_port
from support.server import Dextra


@pytest.fixture
def pair(start, tmp_path):
    """Two servers with one issuer, one database, two addresses: `second` is reached as if a balancer had sent us there."""
    first = start(database=True)
    port = free_port()
    (tmp_path / "second").mkdir()
    second = Dextra(first.configuration | {"web": {"http": f"127.0.0.1:{port}"}}, tmp_path / "second").start()
    second.url = lambda path: f"http://127.0.0.1:{port}/dex{path}"
    try:
        yield first, second
        second.stop()
    finally:
        if second.running:
            second.kill()


def password_tokens(server):
    answer = token(server, grant_type="password", username=JANE.email, password=JANE.password, scope="openid offline_access")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_both_publish_the_same_keys_from_the_start(pair):
    first, second = pair
    assert first.jwks == second.jwks


def test_a_token_of_one_is_good_at_the_other(pair):
    first, second = pair
    given = tokens(first)
    assert userinfo(second, given["access_token"]).status_code == 200
    assert introspect(second, given["access_token"])["active"] is True
    again = refresh(second, given["refresh_token"])
    assert again.status_code == 200
    assert userinfo(first, again.json()["access_token"]).status_code == 200


def test_a_code_of_one_is_redeemed_once_at_either(pair):
    first, second = pair
    code = get_code(first)
    gate = threading.Barrier(16)

    def attempt(n):
        gate.wait()
        return redeem(pair[n % 2], code).status_code
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(attempt, range(16)))
    assert codes.count(200) == 1 and codes.count(400) == 15


def test_a_replay_at_one_kills_the_tokens_at_the_other(pair):
    first, second = pair
    code = get_code(first)
    given = redeem(first, code).json()
    assert userinfo(second, given["access_token"]).status_code == 200
    assert redeem(second, code).status_code == 400
    assert refresh(first, given["refresh_token"]).status_code == 400
    # The other process learns of it by asking the database, within seconds: this asks until it has.
    for _ in range(2000):
        if userinfo(first, given["access_token"]).status_code == 401:
            break
    else:
        raise AssertionError("still accepted")


def test_a_verifier_with_cached_keys_never_meets_an_unknown_one(pair):
    """A verifier fetches the key set as rarely as its `max-age` allows, while keys rotate under load at both servers."""
    first, second = pair
    cached = jwk.KeySet.import_key_set(first.jwks)
    known = {key.kid for key in cached.keys}
    stop, seen, problems = threading.Event(), set(), []

    def load(server):
        while not stop.is_set():
            try:
                seen.add(header(password_tokens(server)["id_token"])["kid"])
            except AssertionError as problem:
                problems.append(problem)
                return
    threads = [threading.Thread(target=load, args=(server,)) for server in pair]
    [thread.start() for thread in threads]
    try:
        for _ in range(3):
            result = dextra("key", "rotate", "--config", first.file)
            assert result.code == 0, result.text
            for server in pair:
                given = password_tokens(server)
                verified(server, given["id_token"], APP, cached)
    finally:
        stop.set()
        [thread.join() for thread in threads]
    assert not problems
    assert seen <= known, "a key signed before verifiers could have fetched it"


def test_either_process_may_end_without_the_other_noticing(pair):
    first, second = pair
    given = tokens(first)
    first.kill()
    assert refresh(second, given["refresh_token"]).status_code == 200
    first.start()
    assert first.jwks == second.jwks
