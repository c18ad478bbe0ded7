"""Authlib, as web applications use it."""
import time

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc import jwk

from support.application import SCOPE
from support.browser import Browser
from support.keys import verified
from support.people import APP, JANE, JANE_SUB, PUBLIC_APP, Client


def session(provider, client, **options):
    return OAuth2Session(client.id, client.secret, redirect_uri=client.redirect_uri, scope=SCOPE, code_challenge_method="S256",
                         token_endpoint_auth_method=options.pop("method", "client_secret_basic"), **options)


def log_in(provider, app):
    """The code flow with PKCE, as the documentation of Authlib does it."""
    verifier = "a verifier that is long enough for RFC 7636".replace(" ", "-")
    url, state = app.create_authorization_url(provider.discovery["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6_WzA2Mj")
    answer = Browser(provider).log_in(url, JANE)
    tokens = app.fetch_token(provider.discovery["token_endpoint"], authorization_response=answer.location, state=state, code_verifier=verifier)
    provider.keep_out_of_log(verifier, *(tokens.get(k) for k in ("access_token", "refresh_token", "id_token")))
    return tokens


def test_a_confidential_client_logs_a_person_in(provider):
    tokens = log_in(provider, session(provider, APP))
    claims = verified(provider, tokens["id_token"], APP)
    assert claims["sub"] == JANE_SUB
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["email"] == JANE.email and claims["email_verified"] is True
    assert claims["name"] == JANE.name and claims["preferred_username"] == JANE.username
    assert sorted(claims["groups"]) == sorted(JANE.groups)
    assert tokens["token_type"].lower() == "bearer"


def test_the_secret_may_be_sent_in_the_form(provider):
    tokens = log_in(provider, session(provider, APP, method="client_secret_post"))
    assert verified(provider, tokens["id_token"], APP)["sub"] == JANE_SUB


def test_a_public_client_needs_no_secret_but_pkce(provider):
    tokens = log_in(provider, session(provider, PUBLIC_APP, method="none"))
    assert verified(provider, tokens["id_token"], PUBLIC_APP)["sub"] == JANE_SUB


def test_userinfo_answers_with_the_same_person(provider):
    app = session(provider, APP)
    tokens = log_in(provider, app)
    answer = app.get(provider.discovery["userinfo_endpoint"])
    assert answer.status_code == 200
    assert answer.json()["sub"] == verified(provider, tokens["id_token"], APP)["sub"]
    assert answer.json()["email"] == JANE.email


def test_an_expired_token_is_refreshed_on_use(provider):
    updates = []
    app = session(provider, APP, token_endpoint=provider.discovery["token_endpoint"],
                  update_token=lambda token, **_: updates.append(token))
    tokens = log_in(provider, app)
    app.token = dict(tokens) | {"expires_at": int(time.time()) - 1}
    assert app.get(provider.discovery["userinfo_endpoint"]).status_code == 200
    assert len(updates) == 1
    provider.keep_out_of_log(updates[0]["access_token"], updates[0]["refresh_token"])
    assert updates[0]["refresh_token"] != tokens["refresh_token"]
    before, after = (verified(provider, t["id_token"], APP) for t in (tokens, updates[0]))
    for name in ("iss", "sub", "aud", "auth_time", "nonce"):
        assert after.get(name) == before.get(name), name


# Clients that sign instead of sending a secret

MARKS = {"use": "sig", "kid": "one"}
PRIVATE = {"RS256": jwk.RSAKey.generate_key(2048, MARKS), "ES256": jwk.ECKey.generate_key("P-256", MARKS)}


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_a_client_proves_itself_with_private_key_jwt(start, algorithm):
    client = Client("signing-app", "", "http://127.0.0.1:5555/callback",
                    {"tokenEndpointAuthMethod": "private_key_jwt", "jwks": {"keys": [PRIVATE[algorithm].as_dict(private=False)]}})
    provider = start(staticClients=[client.entry()])
    app = session(provider, client, method="private_key_jwt")
    app.client_secret = PRIVATE[algorithm]
    app.register_client_auth_method(PrivateKeyJWT(provider.discovery["token_endpoint"], alg=algorithm, headers={"kid": "one"}))
    assert verified(provider, log_in(provider, app)["id_token"], client)["sub"] == JANE_SUB


def test_a_client_proves_itself_with_client_secret_jwt(start):
    client = Client("mac-app", "a secret of at least thirty-two bytes", "http://127.0.0.1:5555/callback",
                    {"tokenEndpointAuthMethod": "client_secret_jwt"})
    provider = start(staticClients=[client.entry()])
    app = session(provider, client, method="client_secret_jwt")
    app.register_client_auth_method(ClientSecretJWT(provider.discovery["token_endpoint"]))
    assert verified(provider, log_in(provider, app)["id_token"], client)["sub"] == JANE_SUB
