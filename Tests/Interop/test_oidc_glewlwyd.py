"""The connector `oidc` with Glewlwyd as provider."""
import pytest

from support.application import assert_error_page, authorization_url, redeem, refresh
from support.browser import Browser
from support.glewlwyd import PASSWORD, Glewlwyd
from support.keys import payload, verified
from support.people import APP
from support.ports import free_port

SECRET = "secret-of-Dextra-9f31c0aa"


@pytest.fixture
def pair(start, tmp_path):
    """`pair(**config)`: Dextra and Glewlwyd that know each other."""
    glewlwyd = Glewlwyd(tmp_path)

    def make(secret=SECRET, authentication="client_secret_basic", **config):
        port = free_port()
        callback = f"http://127.0.0.1:{port}/dex/callback"
        glewlwyd.configure("dextra", SECRET, callback, authentication=authentication)
        site = start(port=port, connectors=[{"type": "oidc", "id": "glewlwyd", "name": "Glewlwyd", "config": {
            "issuer": glewlwyd.issuer, "clientID": "dextra", "clientSecret": secret, "redirectURI": callback, "scopes": ["openid"],
            "insecureSkipEmailVerified": True} | config}])
        site.keep_out_of_log(SECRET, secret, PASSWORD)
        return site, glewlwyd
    with glewlwyd.running():
        yield make


def sign_in(site, glewlwyd):
    browser = Browser(site)
    departure = browser.open(authorization_url(site, connector_id="glewlwyd"))
    assert departure.location and departure.location.startswith(glewlwyd.issuer + "/auth?")
    return browser.open(glewlwyd.log_in(departure.location))


@pytest.mark.parametrize("options", [dict(), dict(getUserInfo=True), dict(authentication="client_secret_post", basicAuthUnsupported=True)],
                         ids=["header", "user info", "form"])
def test_a_login_and_a_refresh(pair, options):
    site, glewlwyd = pair(**options)
    given = redeem(site, sign_in(site, glewlwyd).code).json()
    claims = verified(site, given["id_token"], APP)
    assert (claims["name"], claims["email"], claims["email_verified"]) == ("Jane Doe", "jane@example.com", True)
    again = refresh(site, given["refresh_token"])
    assert again.status_code == 200, again.text
    assert payload(again.json()["id_token"])["sub"] == claims["sub"]


def test_a_secret_that_it_does_not_accept(pair):
    site, glewlwyd = pair(secret="a secret of somebody else")
    answer = sign_in(site, glewlwyd)
    assert_error_page(answer, 403)
    assert "did not take its code: unauthorized_client" in site.running.wait_for_log("failed login attempt")
