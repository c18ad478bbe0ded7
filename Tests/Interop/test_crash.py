"""kill -9 in the middle of a storm: what was acknowledged holds."""
import threading, time

import pytest
import requests

from support.application import refresh, tokens, userinfo
from support.people import JANE, Person

PEOPLE = tuple(Person(f"person{n}@example.com", "one password for all", f"person{n}", f"11111111-2222-3333-4444-{n:012}") for n in range(8))


@pytest.mark.parametrize("rounds", [3])
def test_every_acknowledged_refresh_survives_kill_9(start, rounds):
    provider = start(database=True, people=(JANE, *PEOPLE), cost=4)
    held = [tokens(provider, person=person) for person in PEOPLE]
    for _ in range(rounds):
        problems, killed, enough = [], threading.Event(), threading.Semaphore(0)
        # A refresh whose answer was cut off may have happened or not: such a chain is begun anew.
        torn: set[int] = set()

        def storm(n):
            while True:
                try:
                    response = refresh(provider, held[n]["refresh_token"])
                except requests.RequestException as problem:
                    torn.add(n)
                    if not killed.is_set():
                        problems.append(f"{n}: {problem} before the kill")
                    return
                if response.status_code != 200:
                    problems.append(f"{n}: {response.status_code} {response.text}")
                    return
                held[n] = response.json()
                enough.release()
        threads = [threading.Thread(target=storm, args=(n,)) for n in range(len(PEOPLE))]
        [thread.start() for thread in threads]
        deadline = time.monotonic() + 60
        for _ in range(200):
            if problems or not enough.acquire(timeout=max(0, deadline - time.monotonic())):
                break
        killed.set()
        provider.kill()
        [thread.join() for thread in threads]
        assert not problems
        provider.start()
        for n, given in enumerate(held):
            assert userinfo(provider, given["access_token"]).status_code == 200, f"{n}: an acknowledged access token is dead"
            if n in torn:
                held[n] = tokens(provider, person=PEOPLE[n])
            else:
                response = refresh(provider, given["refresh_token"])
                assert response.status_code == 200, f"{n}: an acknowledged refresh token is dead: {response.text}"
                held[n] = response.json()


def test_the_key_is_the_same_after_a_kill(start):
    provider = start(database=True)
    before = provider.jwks
    provider.kill()
    provider.start()
    assert provider.jwks == before
