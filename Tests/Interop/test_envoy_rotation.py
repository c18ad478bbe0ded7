"""Envoy verifies tokens while Dextra's keys rotate, under load: how long it may keep the key set."""
import collections, itertools, threading, time

import requests

from support.application import token
from support.envoy import cluster, envoy, filter, listener
from support.keys import header
from support.people import APP, JANE
from support.ports import free_port

#: Seconds. A new key is published half a period before it signs; Envoy must look within that time.
PERIOD, LIFETIME = 10, 6
SHORT, LONG = "2s", "300s"
CLIENTS, AT_MOST = 4, 60


def jwt_authn(provider, cache: str) -> dict:
    return filter("jwt_authn", "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication", providers={"dextra": {
        "issuer": provider.issuer, "audiences": [APP.id], "clock_skew_seconds": 1,
        "remote_jwks": {"http_uri": {"uri": provider.url("/keys"), "cluster": "dextra", "timeout": "5s"}, "cache_duration": cache,
                        "async_fetch": {}}}}, rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": "dextra"}}])


def test_no_request_fails_during_a_rotation_when_envoy_looks_often_enough(start):
    # Cheap passwords: tokens are asked for all the time.
    provider = start(cost=4, signer={"type": "local", "config": {"keysRotationPeriod": f"{PERIOD}s", "algorithm": "ES256"}},
                     expiry={"idTokens": f"{LIFETIME}s"})
    port = int(provider.issuer.split(":")[2].split("/")[0])
    ports = {SHORT: free_port(), LONG: free_port()}
    yes = [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]
    configuration = {"static_resources": {
        "listeners": [listener(f"cache-{cache}", ports[cache], [jwt_authn(provider, cache)], yes) for cache in ports],
        "clusters": [cluster("dextra", port)]}}

    living, signers, ended = collections.deque(maxlen=8), [], threading.Event()
    answers = {cache: collections.Counter() for cache in ports}

    def use(cache: str):
        with requests.Session() as session:
            for number in itertools.count():
                if ended.is_set():
                    return
                # The newest and the oldest by turns.
                given, until = living[-1 if number % 2 else 0]
                if time.time() >= until:
                    continue
                answer = session.get(f"http://127.0.0.1:{ports[cache]}/", headers={"Authorization": f"Bearer {given}"}, timeout=30)
                answers[cache][answer.status_code, answer.text] += 1

    def fresh():
        answer = token(provider, grant_type="password", username=JANE.email, password=JANE.password, scope="openid").json()
        if (kid := header(answer["access_token"])["kid"]) not in signers:
            signers.append(kid)
        # Good for a second less than it lives: the answer takes time.
        living.append((answer["access_token"], time.time() + LIFETIME - 1))

    fresh()
    begin = time.monotonic()
    with envoy(configuration, ports[SHORT]):
        clients = [threading.Thread(target=use, args=[cache]) for cache in ports for _ in range(CLIENTS // 2)]
        [client.start() for client in clients]
        try:
            # Until the third key signs, and a little longer: two changes.
            while len(signers) < 3 and time.monotonic() - begin < AT_MOST:
                fresh()
                ended.wait(.25)
            for _ in range(8):
                fresh()
                ended.wait(.25)
        finally:
            ended.set()
            [client.join() for client in clients]
    assert len(signers) >= 3, f"only {signers} signed in {AT_MOST} s"
    assert set(answers[SHORT]) == {(200, "")}, answers[SHORT]
    assert answers[SHORT][200, ""] > 500, answers[SHORT]
    # That the short time is needed: Envoy does not look again for a key that it does not know.
    assert {status for status, _ in answers[LONG]} == {200, 401}, answers[LONG]
