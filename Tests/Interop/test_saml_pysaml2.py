"""SAML with pysaml2 as identity provider: requests as it reads them, responses as it makes them, metadata both ways."""
import pytest
from lxml import etree
from saml2 import BINDING_HTTP_REDIRECT

from support.application import authorization_url, redeem
from support.applications import Application
from support.browser import Browser
from support.chromium import chromium
from support.keys import verified
from support.people import APP, Client
from support.ports import free_port
from support.saml import DS, NAMES, KeyPair, post_response, request_of, sign
from support.saml_idp import IdentityProvider
from support.server import Dextra


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: KeyPair.make(folder, name) for name in ("idp", "ours", "decryption", "attacker")} | {
        "curve": KeyPair.make(folder, "curve", curve=True)}


@pytest.fixture
def pair(start, keys, tmp_path):
    """`pair(**keys)`: Dextra and an identity provider that know each other."""
    def make(clients=None, host="127.0.0.1", **changes) -> tuple[Dextra, IdentityProvider]:
        port = free_port()
        idp = IdentityProvider(f"http://{host}:{free_port()}", keys["idp"], tmp_path)
        config = {"ssoURL": idp.sso, "ca": str(keys["idp"].certificate), "redirectURI": f"http://127.0.0.1:{port}/dex/callback",
                  "entityIssuer": f"http://127.0.0.1:{port}/dex/saml/company/metadata", "ssoIssuer": idp.entity_id,
                  "usernameAttr": "name", "emailAttr": "email", "groupsAttr": "groups"} | changes
        if "idpMetadataFile" in changes:
            path = tmp_path / "idp.xml"
            path.write_text(changes["idpMetadataFile"](idp))
            config["idpMetadataFile"] = str(path)
        site = start(port=port, connectors=[{"type": "saml", "id": "company", "name": "The company",
                                             "config": {k: v for k, v in config.items() if v is not None}}],
                     **({"clients": clients} if clients else {}))
        answer = site.get("/saml/company/metadata")
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/samlmetadata+xml"
        return site, idp.know(answer.text)
    return make


def log_in(site, idp, binding=None, **options) -> dict:
    browser = Browser(site)
    request = request_of(browser.open(authorization_url(site, connector_id="company")), idp.sso)
    response = idp.answer(request.parameters, *([binding] if binding else []), **options)
    answer = redeem(site, post_response(browser, response, request.relay_state).code)
    claims = verified(site, answer.json()["id_token"], APP)
    assert (claims["name"], claims["email"], set(claims["groups"])) == ("Jane Doe", "jane@example.com", {"staff", "everybody"})
    return claims


@pytest.mark.parametrize("signed", [(True, False), (False, True), (True, True)])
def test_a_login(pair, signed):
    site, idp = pair()
    log_in(site, idp, sign_assertion=signed[0], sign_response=signed[1])


def test_a_login_by_redirect(pair):
    site, idp = pair(requestBinding="HTTP-Redirect")
    log_in(site, idp, BINDING_HTTP_REDIRECT)


@pytest.mark.parametrize("binding", ["HTTP-POST", "HTTP-Redirect"])
def test_a_login_without_relay_state(pair, keys, binding):
    site, idp = pair(requestBinding=binding, sendRelayState=False, signingKeyFile=str(keys["ours"].key),
                     signingCertFile=str(keys["ours"].certificate))
    log_in(site, idp, *([BINDING_HTTP_REDIRECT] if binding == "HTTP-Redirect" else []))


@pytest.mark.parametrize("key", ["ours", "curve"])
def test_requests_are_signed_by_post(pair, keys, key):
    site, idp = pair(signingKeyFile=str(keys[key].key), signingCertFile=str(keys[key].certificate))
    request = request_of(Browser(site).open(authorization_url(site, connector_id="company")), idp.sso)
    assert request.root.find("ds:Signature", NAMES) is not None
    assert idp.server.sec.correctly_signed_authn_request(request.xml, must=True)
    log_in(site, idp)
    # The metadata says so, and is signed with the same key.
    metadata = etree.fromstring(site.get("/saml/company/metadata").content)
    assert metadata.find("{*}SPSSODescriptor").get("AuthnRequestsSigned") == "true"
    assert metadata.find("ds:Signature", NAMES) is not None


def test_requests_are_signed_by_redirect(pair, keys):
    site, idp = pair(requestBinding="HTTP-Redirect", signingKeyFile=str(keys["ours"].key), signingCertFile=str(keys["ours"].certificate))
    browser = Browser(site)
    request = request_of(browser.open(authorization_url(site, connector_id="company")), idp.sso)
    from saml2.sigver import verify_redirect_signature
    certificate = keys["ours"].certificate_text
    assert verify_redirect_signature(dict(request.parameters), idp.server.sec.sec_backend, certificate)
    assert not verify_redirect_signature(request.parameters | {"RelayState": "another"}, idp.server.sec.sec_backend, certificate)
    log_in(site, idp, BINDING_HTTP_REDIRECT)


def test_triple_des_is_refused(pair, keys):
    """What pysaml2 encrypts with. The key is in our metadata, which says nothing of algorithms."""
    site, idp = pair(decryptionKeyFile=str(keys["decryption"].key), decryptionCertFile=str(keys["decryption"].certificate))
    browser = Browser(site)
    request = request_of(browser.open(authorization_url(site, connector_id="company")), idp.sso)
    response = idp.answer(request.parameters, encrypt_assertion=True)
    assert "EncryptedAssertion" in response and "tripledes-cbc" in response
    assert post_response(browser, response, request.relay_state).status == 403
    assert "AES-GCM or AES-CBC" in site.running.wait_for_log("failed login attempt")


@pytest.mark.parametrize("binding", ["HTTP-POST", "HTTP-Redirect"])
def test_everything_is_taken_from_the_metadata(pair, binding):
    site, idp = pair(ssoURL=None, ca=None, ssoIssuer=None, requestBinding=binding, idpMetadataFile=lambda idp: idp.metadata)
    log_in(site, idp, *([BINDING_HTTP_REDIRECT] if binding == "HTTP-Redirect" else []))


def signed_metadata(idp, pair):
    root = etree.fromstring(idp.metadata)
    root.set("ID", "_metadata")
    return sign(etree.tostring(root), pair, "_metadata", kind="urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor")


def test_metadata_may_have_to_be_signed(pair, keys):
    site, idp = pair(ssoURL=None, ca=None, ssoIssuer=None, idpMetadataCA=str(keys["ours"].certificate),
                     idpMetadataFile=lambda idp: signed_metadata(idp, keys["ours"]))
    log_in(site, idp)


def test_a_browser_goes_there_and_back(pair):
    """The cookie is `SameSite=Lax`, and Chromium does not send it with the identity provider's POST: `localhost` is another site
    than 127.0.0.1."""
    application = Application()
    client = Client("site", "site-secret-1234567890", application.url + "/callback")
    site, idp = pair(clients=(client,), host="localhost")
    with idp.listening(), application.listening():
        for number, javascript in enumerate((True, False), 1):
            with chromium(javascript=javascript) as browser:
                browser.open(authorization_url(site, client, connector_id="company"))
                if not javascript:
                    browser.wait(lambda b: b.find_all("form [type=submit]"))[0].click()
                    browser.wait(lambda b: "SAMLResponse" in b.driver.page_source)
                    browser.wait(lambda b: b.find_all("form [type=submit]"))[0].click()
                arrival = application.wait_for_arrival(number)
                site.keep_out_of_log(arrival["code"])
                claims = verified(site, redeem(site, arrival["code"], client).json()["id_token"], client)
                assert claims["email"] == "jane@example.com"
