"""SAML with SimpleSAMLphp as identity provider: a person types a password there."""
import base64
from urllib.parse import urljoin

import pytest
import requests

from support.application import authorization_url, redeem
from support.browser import Browser, Page
from support.keys import verified
from support.people import APP
from support.ports import free_port
from support.saml import KeyPair, post_response, request_of
from support.simplesamlphp import SimpleSAMLphp


def answer_of(idp: SimpleSAMLphp, request, by_redirect: bool) -> dict[str, str]:
    """Through its pages, to the form that brings the response to us."""
    session = requests.Session()
    if by_redirect:
        page = session.get(idp.sso, params=request.parameters, timeout=60)
    else:
        page = session.post(idp.sso, data=request.parameters, timeout=60)
    assert page.status_code == 200, page.text[:1000]
    form = next((form for form in Page(page.text).forms if "username" in form.fields), None)
    assert form, page.text[:3000]
    page = session.post(urljoin(page.url, form.action), data=form.fields | {"username": "jane", "password": "secret"}, timeout=60)
    form = next((form for form in Page(page.text).forms if "SAMLResponse" in form.fields), None)
    assert form, page.text[:3000]
    return form.fields


@pytest.mark.parametrize("case", ["post", "redirect", "signed request", "encrypted", "encrypted name", "assertion only", "no relay state"])
def test_a_person_logs_in(start, tmp_path, case):
    keys = {name: KeyPair.make(tmp_path, name) for name in ("idp", "ours")}
    idp, port = SimpleSAMLphp(tmp_path, keys["idp"]), free_port()
    issuer = f"http://127.0.0.1:{port}/dex"
    config = {"ssoURL": idp.sso, "ca": str(keys["idp"].certificate), "redirectURI": issuer + "/callback",
              "entityIssuer": issuer + "/saml/company/metadata", "ssoIssuer": idp.entity_id, "usernameAttr": "name",
              "emailAttr": "email", "groupsAttr": "groups"}
    further = ""
    if case == "redirect":
        config["requestBinding"] = "HTTP-Redirect"
    if case == "no relay state":
        config["sendRelayState"] = False
    if case == "signed request":
        config |= {"requestBinding": "HTTP-Redirect", "signingKeyFile": str(keys["ours"].key), "signingCertFile": str(keys["ours"].certificate)}
        further = f"'validate.authnrequest' => true, 'certData' => '{keys['ours'].certificate_text}',"
    if case == "encrypted name":
        further = f"'nameid.encryption' => true, 'certData' => '{keys['ours'].certificate_text}',"
    if case.startswith("encrypted"):
        config |= {"decryptionKeyFile": str(keys["ours"].key)}
    if case == "assertion only":
        further = "'saml20.sign.response' => false,"
    site = start(port=port, connectors=[{"type": "saml", "id": "company", "name": "The company", "config": config}])
    idp.configure(config["entityIssuer"], config["redirectURI"], encrypt_to=keys["ours"] if case == "encrypted" else None, further=further)
    with idp.running():
        browser = Browser(site)
        request = request_of(browser.open(authorization_url(site, connector_id="company")), idp.sso)
        fields = answer_of(idp, request, "requestBinding" in config)
        assert ("EncryptedID" in base64.b64decode(fields["SAMLResponse"]).decode()) == (case == "encrypted name")
        assert ("EncryptedAssertion" in base64.b64decode(fields["SAMLResponse"]).decode()) == (case == "encrypted")
        code = post_response(browser, base64.b64decode(fields["SAMLResponse"]), fields.get("RelayState", "")).code
        claims = verified(site, redeem(site, code).json()["id_token"], APP)
        assert (claims["name"], claims["email"], claims["groups"]) == ("Jane Doe", "jane@example.com", ["staff", "everybody"])
        assert base64.urlsafe_b64decode(claims["sub"] + "==") == b"\n\x0bjane-at-idp\x12\x07company"
