"""The connector `oauth` against other people's running software."""
import pytest
import requests

from support.application import redeem
from support.peers import canaille, oidc_provider_mock, walk
from support.recorded.oauth import Identity
from support.recorded.world import assert_identity, assert_page, world

MAPPING = {"userIDKey": "sub", "claimMapping": {"userNameKey": "name"}}


def config(made, client_id, client_secret, **addresses):
    return MAPPING | {"clientID": client_id, "clientSecret": client_secret, "redirectURI": made.callback} | addresses


def sign_in(made, *inputs):
    browser, answer = made.depart("peer")
    assert answer.location, answer.page.text[:400]
    return browser.open(walk(answer.location, *inputs))


def tokens(made, *inputs):
    response = redeem(made.server, sign_in(made, *inputs).code)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("authentication", ["client_secret_basic", "client_secret_post"])
def test_oidc_provider_mock(authentication):
    users = {"jane-17": {"name": "Jane Doe", "preferred_username": "jane", "email": "jane@example.com", "email_verified": True,
                         "groups": ["authors", "staff"]}}
    with world() as made, oidc_provider_mock(users, ("dextra", authentication), made.callback) as (url, client, secret):
        made.start({"peer": ("oauth", config(
            made, client, secret, authorizationURL=url + "/oauth2/authorize", tokenURL=url + "/oauth2/token", userInfoURL=url + "/userinfo",
            scopes=["openid", "profile", "email"]))})
        made.server.keep_out_of_log(secret)
        wanted = Identity("jane-17", "Jane Doe", "jane@example.com", "jane", groups=frozenset({"authors", "staff"}))
        assert_identity(made.claims(tokens(made, {"sub": "jane-17"})), "peer", wanted)
        # A second person, of whom it knows no more than a name.
        assert made.claims(tokens(made, {"sub": "somebody"}))["email"] == "somebody"
        # What it knows of Jane changes, and the next sign-in shows it.
        requests.put(f"{url}/users/jane-17", json={"name": "Jane Roe"}, timeout=30).raise_for_status()
        claims = made.claims(tokens(made, {"sub": "jane-17"}))
        assert claims["name"] == "Jane Roe" and "groups" not in claims and claims["email_verified"] is False
        # It says no without the state that it was given, so nobody knows whose sign-in this was.
        assert_page(made, sign_in(made, {"action": "deny"}), 400, 403)


def test_canaille():
    with world() as made, canaille(made.callback, "client_secret_basic") as (url, client, secret):
        made.start({"peer": ("oauth", config(
            made, client, secret, authorizationURL=url + "/oauth/authorize", tokenURL=url + "/oauth/token",
            userInfoURL=url + "/oauth/userinfo", scopes=["openid", "profile", "email", "groups"]))})
        made.server.keep_out_of_log(secret)
        claims = made.claims(tokens(made, {"login": "jane"}, {"password": "correct horse battery"}, {"answer": "accept"}))
        # It says neither a preferred user name nor whether the address was verified.
        assert_identity(claims, "peer", Identity("jane", "Jane Doe", "jane@example.com", "", False, frozenset({"authors", "staff"})))


def test_a_secret_that_the_peer_does_not_accept():
    with world() as made, oidc_provider_mock({"jane": {}}, ("dextra", "client_secret_basic"), made.callback) as (url, client, _):
        made.start({"peer": ("oauth", config(
            made, client, "a secret of somebody else", authorizationURL=url + "/oauth2/authorize", tokenURL=url + "/oauth2/token",
            userInfoURL=url + "/userinfo", scopes=["openid"]))})
        made.server.keep_out_of_log("a secret of somebody else")
        assert_page(made, sign_in(made, {"sub": "jane"}), 500, 502, 503)
