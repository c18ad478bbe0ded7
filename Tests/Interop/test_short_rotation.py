"""Keys that rotate every 20 seconds: a verifier that keeps the key set for as long as it may, and no longer, verifies every token."""
import re, time

from joserfc import jwk

from support.application import token, userinfo
from support.keys import header, verified
from support.people import APP, JANE, JANE_SUB

PERIOD, LIFETIME = 20, 15
AT_MOST = 65


class Verifier:
    """Fetches the key set when its `max-age` (RFC 9111 §5.2.2.1) has passed, whatever `kid` it meets."""

    def __init__(self, provider):
        self.provider, self.fetches, self.fresh_until, self.keys = provider, 0, 0.0, None

    def verified(self, given):
        if time.monotonic() >= self.fresh_until:
            # The age counts from the request on: the server may have answered at once.
            asked = time.monotonic()
            response = self.provider.get("/keys")
            self.keys = jwk.KeySet.import_key_set(response.json())
            self.fresh_until = asked + self.max_age(response)
            self.fetches += 1
        known = {key.kid for key in self.keys.keys}
        kid = header(given)["kid"]
        assert kid in known, f"{kid} signs, but the key set that was fetched {self.fetches} times and is still fresh has only {known}"
        return verified(self.provider, given, APP, self.keys)

    @staticmethod
    def max_age(response):
        return int(re.search(r"max-age=(\d+)", response.headers["Cache-Control"])[1])


def test_a_verifier_with_a_cache_never_meets_an_unknown_key(start):
    # Cheap passwords: a token is asked for all the time.
    provider = start(database=True, cost=4, signer={"type": "local", "config": {"keysRotationPeriod": f"{PERIOD}s", "algorithm": "ES256"}},
                     expiry={"idTokens": f"{LIFETIME}s"})
    assert Verifier.max_age(provider.get("/keys")) < PERIOD
    # They begin to fetch at different moments, so that their copies expire at different moments.
    verifiers, signers, count, begin = [], [], 0, time.monotonic()
    # Until the third key signs: two changes.
    while len(signers) < 3 and time.monotonic() - begin < AT_MOST:
        if len(verifiers) <= time.monotonic() - begin and len(verifiers) < 5:
            verifiers.append(Verifier(provider))
        answer = token(provider, grant_type="password", username=JANE.email, password=JANE.password, scope="openid")
        assert answer.status_code == 200, answer.text
        given = answer.json()
        assert given["expires_in"] == LIFETIME
        for verifier in verifiers:
            assert verifier.verified(given["id_token"])["sub"] == JANE_SUB
        # What is good at verifiers is good here.
        assert userinfo(provider, given["access_token"]).status_code == 200
        kid = header(given["id_token"])["kid"]
        if kid not in signers[-1:]:
            assert kid not in signers, "a key that was replaced signs again"
            signers.append(kid)
        count += 1
    assert len(signers) >= 2, f"only {signers} signed {count} tokens in {AT_MOST} s"
    assert all(verifier.fetches >= 2 for verifier in verifiers)
    # The old keys stay for as long as their tokens live, after a restart too.
    for _ in range(2):
        assert set(signers[-2:]) <= {key["kid"] for key in provider.jwks["keys"]}
        provider.restart()
