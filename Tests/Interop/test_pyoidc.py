"""pyoidc (`oic`), the relying party behind many Python and SATOSA installations."""
import pytest
from oic.oauth2.message import ErrorResponse
from oic.oic import Client as RelyingParty
from oic.oic.message import AuthorizationResponse, RegistrationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

from support.application import SCOPE
from support.browser import Browser
from support.people import APP, JANE, JANE_SUB


@pytest.fixture
def relying_party(provider):
    client = RelyingParty(client_id=APP.id, client_authn_method=CLIENT_AUTHN_METHOD)
    # Compares the issuer of the document with the one it asked, and fetches the keys.
    client.provider_config(provider.issuer)
    client.store_registration_info(RegistrationResponse(client_id=APP.id, client_secret=APP.secret))
    client.redirect_uris = [APP.redirect_uri]
    return client


def log_in(provider, client, state):
    request = client.construct_AuthorizationRequest(request_args={
        "client_id": APP.id, "response_type": "code", "scope": SCOPE.split(), "redirect_uri": APP.redirect_uri,
        "state": state, "nonce": "nonce-of-pyoidc"})
    answer = Browser(provider).log_in(request.request(client.authorization_endpoint), JANE)
    response = client.parse_response(AuthorizationResponse, info=answer.location.partition("?")[2], sformat="urlencoded")
    assert response["state"] == state
    tokens = client.do_access_token_request(state=state, request_args={"code": response["code"], "redirect_uri": APP.redirect_uri},
                                            authn_method="client_secret_basic")
    assert not isinstance(tokens, ErrorResponse), tokens
    provider.keep_out_of_log(response["code"], tokens["access_token"], tokens["refresh_token"])
    return tokens


def test_pyoidc_accepts_the_id_token(provider, relying_party):
    claims = log_in(provider, relying_party, "state-1")["id_token"]
    assert claims["sub"] == JANE_SUB
    assert claims["nonce"] == "nonce-of-pyoidc"
    assert claims["at_hash"]


def test_userinfo_is_of_the_same_subject(provider, relying_party):
    log_in(provider, relying_party, "state-2")
    # pyoidc compares `sub` with the one of the ID token.
    person = relying_party.do_user_info_request(state="state-2", method="GET")
    assert person["sub"] == JANE_SUB and person["email"] == JANE.email


def test_userinfo_takes_a_form_as_well(provider, relying_party):
    log_in(provider, relying_party, "state-3")
    person = relying_party.do_user_info_request(state="state-3", method="POST")
    assert person["sub"] == JANE_SUB


def test_pyoidc_refreshes(provider, relying_party):
    first = log_in(provider, relying_party, "state-4")
    second = relying_party.do_access_token_refresh(state="state-4", authn_method="client_secret_basic",
                                                   request_args={"refresh_token": first["refresh_token"]})
    assert not isinstance(second, ErrorResponse), second
    provider.keep_out_of_log(second["access_token"], second["refresh_token"])
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
