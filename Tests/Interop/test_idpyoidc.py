"""idpyoidc's relying party, successor of pyoidc."""
import pytest
from idpyoidc.client.rp_handler import RPHandler

from support.application import SCOPE
from support.browser import Browser
from support.people import APP, JANE, JANE_SUB

SERVICES = {
    "discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"},
    "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
    "access_token": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
    "refresh_access_token": {"class": "idpyoidc.client.oidc.refresh_access_token.RefreshAccessToken"},
    "userinfo": {"class": "idpyoidc.client.oidc.userinfo.UserInfo"},
}


def handler(provider, tmp_path, **changes):
    configuration = {
        "client_type": "oidc", "issuer": provider.issuer, "client_id": APP.id, "client_secret": APP.secret, "redirect_uris": [APP.redirect_uri],
        "response_types_supported": ["code"], "services": SERVICES,
        "token_endpoint_auth_methods_supported": ["client_secret_basic"], "client_authn_methods": ["client_secret_basic"],
        "add_ons": {"pkce": {"function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                             "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"}}},
    }
    keys = {"private_path": str(tmp_path / "private.json"), "key_defs": [{"type": "RSA", "use": ["sig"]}], "read_only": False}
    return RPHandler(base_url="http://127.0.0.1:5555", client_configs={provider.issuer: configuration | changes},
                     key_conf=keys, httpc_params={"verify": True, "timeout": 30})


def begin(provider, handler, **parameters):
    return handler.begin(provider.issuer, req_args={"scope": SCOPE.split()} | parameters)


def finish(provider, handler, parameters):
    result = handler.finalize(provider.issuer, parameters)
    assert "error" not in result, result
    provider.keep_out_of_log(result["token"])
    return result


def agreed(provider, url):
    """idpyoidc asks with `prompt=consent` when it wants `offline_access` (OpenID Connect Core §11)."""
    assert "prompt=consent" in url
    browser = Browser(provider)
    return browser.approve(browser.log_in(url, JANE))


def test_the_code_flow_with_pkce_ends_with_userinfo(provider, tmp_path):
    rp = handler(provider, tmp_path)
    url = begin(provider, rp)
    result = finish(provider, rp, agreed(provider, url).parameters)
    assert result["userinfo"]["sub"] == JANE_SUB and result["userinfo"]["email"] == JANE.email
    assert result["id_token"]["sub"] == JANE_SUB


def test_the_parameters_may_come_by_form_post(provider, tmp_path):
    rp = handler(provider, tmp_path)
    url = begin(provider, rp, response_mode="form_post")
    answer = agreed(provider, url)
    assert answer.location is None and answer.status == 200
    assert answer.response.headers["Cache-Control"] == "no-store"
    [form] = answer.page.forms
    assert (form.method, form.action) == ("post", APP.redirect_uri)
    provider.keep_out_of_log(form.fields["code"])
    assert form.fields["iss"] == provider.issuer
    assert finish(provider, rp, form.fields)["id_token"]["sub"] == JANE_SUB


def test_idpyoidc_refreshes(provider, tmp_path):
    rp = handler(provider, tmp_path)
    url = begin(provider, rp)
    result = finish(provider, rp, agreed(provider, url).parameters)
    tokens = rp.refresh_access_token(result["state"])
    assert "error" not in tokens, tokens
    provider.keep_out_of_log(tokens["access_token"])
    assert tokens["access_token"] != result["token"]


def test_an_answer_with_another_state_is_refused(provider, tmp_path):
    rp = handler(provider, tmp_path)
    url = begin(provider, rp)
    parameters = agreed(provider, url).parameters
    with pytest.raises(KeyError):
        rp.get_client_from_session_key(parameters["state"] + "x")
