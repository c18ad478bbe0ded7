"""requests-oauthlib and oauthlib, as scripts use them."""
import time

import pytest
from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error, TokenExpiredError
from requests_oauthlib import OAuth2Session

from support.application import SCOPE
from support.browser import Browser
from support.keys import verified
from support.people import APP, JANE, JANE_SUB


@pytest.fixture(autouse=True)
def plain_http_is_for_tests(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def remember(provider, tokens):
    provider.keep_out_of_log(*(tokens.get(k) for k in ("access_token", "refresh_token", "id_token")))
    return tokens


def log_in(provider, **options):
    app = OAuth2Session(APP.id, redirect_uri=APP.redirect_uri, scope=SCOPE.split(), pkce="S256", **options)
    url, _ = app.authorization_url(provider.discovery["authorization_endpoint"])
    answer = Browser(provider).log_in(url, JANE)
    tokens = app.fetch_token(provider.discovery["token_endpoint"], authorization_response=answer.location, client_secret=APP.secret)
    return app, remember(provider, tokens)


def test_a_script_logs_a_person_in(provider):
    app, tokens = log_in(provider)
    assert verified(provider, tokens["id_token"], APP)["sub"] == JANE_SUB
    assert app.get(provider.discovery["userinfo_endpoint"]).json()["email"] == JANE.email


def test_an_expired_token_is_refreshed_on_use(provider):
    saved = []
    app, tokens = log_in(provider, auto_refresh_url=provider.discovery["token_endpoint"], token_updater=saved.append,
                         auto_refresh_kwargs={"client_id": APP.id, "client_secret": APP.secret})
    app.token = dict(tokens) | {"expires_at": time.time() - 1}
    app.get(provider.discovery["userinfo_endpoint"], client_id=APP.id, client_secret=APP.secret).raise_for_status()
    assert remember(provider, saved[0])["refresh_token"] != tokens["refresh_token"]


def test_without_automatic_refresh_the_script_is_told(provider):
    app, tokens = log_in(provider)
    app.token = dict(tokens) | {"expires_at": time.time() - 1}
    with pytest.raises(TokenExpiredError):
        app.get(provider.discovery["userinfo_endpoint"])


def test_a_script_with_a_password_uses_the_password_grant(provider):
    provider.keep_out_of_log(JANE.password)
    app = OAuth2Session(client=LegacyApplicationClient(APP.id, scope=SCOPE.split()))
    tokens = remember(provider, app.fetch_token(provider.discovery["token_endpoint"], username=JANE.email, password=JANE.password,
                                                client_id=APP.id, client_secret=APP.secret))
    assert verified(provider, tokens["id_token"], APP)["sub"] == JANE_SUB


def test_a_wrong_password_is_an_oauth_error(provider):
    app = OAuth2Session(client=LegacyApplicationClient(APP.id, scope=["openid"]))
    with pytest.raises(OAuth2Error) as failure:
        app.fetch_token(provider.discovery["token_endpoint"], username=JANE.email, password="not it", client_id=APP.id,
                        client_secret=APP.secret)
    assert failure.value.error == "invalid_grant"
