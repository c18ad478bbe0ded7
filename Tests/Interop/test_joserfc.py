"""joserfc: what the tokens and keys look like to a strict verifier, with every signing algorithm."""
import time

import pytest
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from support.application import authorization_url, get_code, introspect, pkce, redeem, refresh, tokens, userinfo
from support.browser import Browser
from support.keys import ALGORITHMS, half_hash, header, key_set, payload, verified
from support.people import APP, JANE, JANE_SUB

SIGNERS = ["RS256", "ES256", "EdDSA"]


def signer(algorithm):
    return {"type": "local", "config": {"keysRotationPeriod": "6h", "algorithm": algorithm}}


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_every_token_verifies_with_the_published_keys(start, algorithm):
    provider = start(signer=signer(algorithm))
    assert provider.discovery["id_token_signing_alg_values_supported"] == [algorithm]
    verifier, challenge = pkce()
    code = get_code(provider, nonce="a nonce", **challenge)
    given = redeem(provider, code, code_verifier=verifier).json()
    assert header(given["id_token"])["alg"] == header(given["access_token"])["alg"] == algorithm
    claims = verified(provider, given["id_token"], APP)
    assert claims["sub"] == JANE_SUB
    assert claims["nonce"] == "a nonce"
    assert claims["at_hash"] == half_hash(given["access_token"], algorithm)
    assert claims["c_hash"] == half_hash(code, algorithm)
    assert verified(provider, given["access_token"], APP)["sub"] == JANE_SUB

    again = refresh(provider, given["refresh_token"]).json()
    claims = verified(provider, again["id_token"], APP)
    assert claims["at_hash"] == half_hash(again["access_token"], algorithm)
    assert "c_hash" not in claims
    # The provider must accept what it signed itself: Dex refuses its own ES256 tokens.
    assert userinfo(provider, again["access_token"]).json()["sub"] == JANE_SUB
    assert introspect(provider, again["access_token"])["active"] is True


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_the_key_set_is_public_and_complete(start, algorithm):
    provider = start(signer=signer(algorithm))
    response = provider.get("/keys")
    keys = response.json()["keys"]
    assert response.headers["Content-Type"].split(";")[0] in ("application/json", "application/jwk-set+json")
    assert "max-age=" in response.headers["Cache-Control"]
    assert len({key["kid"] for key in keys}) == len(keys) >= 1
    for key in keys:
        # RFC 7638: anybody can tell that the id belongs to the key.
        assert key["kid"] == jwk.import_key(key).thumbprint()
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}, "a private member is published"
        assert key["use"] == "sig" and key["alg"] in ALGORITHMS and key["kty"] in ("RSA", "EC", "OKP")
        if key["kty"] == "RSA":
            assert jwk.RSAKey.import_key(key).public_key.key_size >= 2048


def test_the_header_names_algorithm_and_key_and_nothing_to_fetch(provider):
    given = tokens(provider)
    known = {key["kid"] for key in provider.jwks["keys"]}
    for name in ("id_token", "access_token"):
        head = header(given[name])
        assert head["kid"] in known
        assert set(head) <= {"alg", "kid", "typ"}


def test_times_and_identifiers_are_what_the_reply_says(provider):
    before = int(time.time())
    given = tokens(provider)
    claims = payload(given["id_token"])
    assert before - 1 <= claims["iat"] <= time.time() + 1
    assert all(isinstance(claims[name], int) for name in ("iat", "exp"))
    assert 0 <= claims["exp"] - claims["iat"] - given["expires_in"] <= 2
    assert claims["jti"] != payload(given["access_token"])["jti"]
    assert claims["aud"] == APP.id, "a single audience is a string"
    assert "azp" not in claims
    assert before - 1 <= claims["auth_time"] <= time.time() + 1


def test_nobody_gets_the_same_token_twice(provider):
    many = [tokens(provider) for _ in range(3)]
    for name in ("id_token", "access_token", "refresh_token"):
        assert len({given[name] for given in many}) == 3


@pytest.mark.parametrize("scope, present, absent", [
    ("openid", {"sub"}, {"email", "email_verified", "name", "preferred_username", "groups"}),
    ("openid email", {"email", "email_verified"}, {"name", "groups"}),
    ("openid profile", {"name", "preferred_username"}, {"email", "groups"}),
    ("openid groups", {"groups"}, {"email", "name"}),
    ("openid federated:id", {"federated_claims"}, {"email", "name", "groups"}),
])
def test_claims_follow_the_scope(provider, scope, present, absent):
    claims = verified(provider, tokens(provider, scope=scope)["id_token"], APP)
    assert present <= set(claims) and not absent & set(claims)
    if "federated_claims" in present:
        assert claims["federated_claims"] == {"connector_id": "local", "user_id": JANE.user_id}


def test_without_offline_access_there_is_no_refresh_token(provider):
    assert "refresh_token" not in tokens(provider, scope="openid email")


def test_tampered_tokens_do_not_verify_here_either(provider):
    """The counter-check: these tests would notice."""
    token = tokens(provider)["id_token"]
    head, body, signature = token.split(".")
    with pytest.raises(JoseError):
        jwt.decode(f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{signature}", key_set(provider), algorithms=ALGORITHMS)


def test_another_audience_needs_the_trust_of_its_owner(start):
    peer = {"id": "peer", "secret": "peer-secret-1d2c3b4a", "name": "Peer", "redirectURIs": ["https://peer.example.com/cb"]}
    provider = start(staticClients=[APP.entry(), peer | {"trustedPeers": [APP.id]}, peer | {"id": "stranger"}])
    claims = payload(tokens(provider, scope="openid audience:server:client_id:peer")["id_token"])
    assert sorted(claims["aud"]) == sorted(["peer", APP.id]) or claims["aud"] == ["peer", APP.id]
    assert claims["azp"] == APP.id
    answer = Browser(provider).open(authorization_url(provider, scope="openid audience:server:client_id:stranger"))
    assert answer.parameters["error"] == "invalid_scope"
