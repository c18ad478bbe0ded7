"""SAML: what an identity provider may say, and everything that somebody else could make of it."""
import base64, re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import yaml
from lxml import etree

from support.application import assert_error_page, authorization_url, redeem, refresh, userinfo
from support.browser import Browser
from support.keys import payload, verified
from support.people import APP, JANE
from support.ports import free_port
from support.saml import (A, DS, ENVELOPED, EXCLUSIVE, IDP, NAMES, P, KeyPair, Response, encrypt, post_response, request_of, sign)
from support.server import ROOT, Dextra

SSO = "https://idp.example.com/sso"
MORE, XENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: KeyPair.make(folder, name) for name in ("idp", "attacker", "decryption")} | {
        "ec": KeyPair.make(folder, "ec", curve=True), "expired": KeyPair.make(folder, "expired", days=(-9, -1))}


def example() -> dict:
    """The connector of the documentation's page."""
    block = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/connectors/saml.md").read_text(), re.S)[1]
    return yaml.safe_load(block)["connectors"][0]


def connector(port: int, certificate, **changes) -> dict:
    """The example, moved to where the test is."""
    entry = example()
    text = yaml.safe_dump(entry["config"]).replace("https://sso.example.com/dex", f"http://127.0.0.1:{port}/dex")
    config = yaml.safe_load(text) | {"ca": str(certificate)} | changes
    return entry | {"config": {name: value for name, value in config.items() if value is not None}}


@pytest.fixture(scope="module")
def site(tmp_path_factory, keys):
    """Dextra with the connector of the documentation, and a database."""
    from support.launch import launch
    port = free_port()
    server = launch(tmp_path_factory.mktemp("saml"), port=port, database=True, enablePasswordDB=False, staticPasswords=None,
                    oauth2={"skipApprovalScreen": True, "passwordConnector": None}, connectors=[connector(port, keys["idp"].certificate)])
    try:
        yield server
        server.stop()
    finally:
        if server.running:
            server.kill()


def begin(provider: Dextra, **parameters):
    """A browser that has come to the identity provider, and the answer that would be right."""
    browser = Browser(provider)
    request = request_of(browser.open(authorization_url(provider, connector_id="company", **parameters)), SSO)
    config = provider.configuration["connectors"][0]["config"]
    response = Response(request.id, config["redirectURI"], config.get("entityIssuer", config["redirectURI"]))
    return browser, request, response


def log_in(provider: Dextra, keys, what: str = "assertion", **changes) -> dict:
    browser, request, response = begin(provider)
    code = post_response(browser, response.but(**changes).signed(keys["idp"], what), request.relay_state).code
    answer = redeem(provider, code)
    assert answer.status_code == 200, answer.text
    return answer.json()


# Logins

@pytest.mark.parametrize("what", ["assertion", "response", "both"])
def test_a_person_of_the_identity_provider_logs_in(site, keys, what):
    given = log_in(site, keys, what)
    claims = verified(site, given["id_token"], APP)
    assert claims["name"] == "Jane Doe" and claims["email"] == "jane@example.com" and claims["email_verified"] is True
    # Of staff and everybody, the configuration allows and so tells the first.
    assert claims["groups"] == ["staff"]
    # Dex's: two fields of protobuf.
    assert base64.urlsafe_b64decode(claims["sub"] + "==") == b"\n\x0bjane-at-idp\x12\x07company"
    assert userinfo(site, given["access_token"]).json()["email"] == "jane@example.com"
    again = refresh(site, given["refresh_token"])
    assert again.status_code == 200
    assert payload(again.json()["id_token"])["groups"] == ["staff"]


def test_the_request_is_what_dex_sends(site):
    _, request, _ = begin(site)
    root = request.root
    config = site.configuration["connectors"][0]["config"]
    assert root.tag == f"{{{P}}}AuthnRequest" and root.get("Version") == "2.0" and root.get("Destination") == SSO
    assert root.get("AssertionConsumerServiceURL") == config["redirectURI"]
    assert root.get("ProtocolBinding") == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    assert root.find("a:Issuer", NAMES).text == config["entityIssuer"]
    policy = root.find("p:NameIDPolicy", NAMES)
    assert policy.get("AllowCreate") == "true" and policy.get("Format") == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@pytest.mark.parametrize("pair, method, digest", [
    ("idp", MORE + "rsa-sha384", MORE + "sha384"), ("idp", MORE + "rsa-sha512", XENC + "sha512"),
    ("ec", MORE + "ecdsa-sha256", XENC + "sha256")])
def test_all_good_algorithms_are_taken(start, keys, pair, method, digest):
    port = free_port()
    site = start(port=port, connectors=[connector(port, keys[pair].certificate)])
    browser, request, response = begin(site)
    signed = response.signed(keys[pair], method=method, digest=digest)
    assert post_response(browser, signed, request.relay_state).code


def test_several_certificates_for_a_rotation(start, keys, tmp_path):
    both = tmp_path / "both.pem"
    both.write_text(keys["attacker"].certificate.read_text() + "\n" + keys["idp"].certificate.read_text())
    port = free_port()
    site = start(port=port, connectors=[connector(port, both)])
    for pair in ("idp", "attacker"):
        browser, request, response = begin(site)
        assert post_response(browser, response.signed(keys[pair]), request.relay_state).code


def test_ca_data_and_the_old_name_work_as_in_dex(start, keys):
    port = free_port()
    data = base64.b64encode(keys["idp"].certificate.read_bytes()).decode()
    site = start(port=port, connectors=[connector(port, "", ca=None, caData=data, entityIssuer=None, ssoIssuer=None)
                                        | {"type": "samlExperimental"}])
    browser, request, response = begin(site)
    assert request.root.find("a:Issuer", NAMES) is None
    assert post_response(browser, response.signed(keys["idp"]), request.relay_state).code


def test_a_person_in_very_many_groups_logs_in(start, keys):
    port = free_port()
    site = start(port=port, connectors=[connector(port, keys["idp"].certificate, allowedGroups=None, filterGroups=None)])
    groups = [f"the group of number {number}" for number in range(500)]
    browser, request, response = begin(site)
    response.attributes["groups"] = groups
    code = post_response(browser, response.signed(keys["idp"]), request.relay_state).code
    assert payload(redeem(site, code).json()["id_token"])["groups"] == groups


def test_groups_in_one_value(start, keys):
    port = free_port()
    site = start(port=port, connectors=[connector(port, keys["idp"].certificate, groupsDelim=", ", filterGroups=False)])
    browser, request, response = begin(site)
    response.attributes["groups"] = ["everybody, staff", "ignored"]
    code = post_response(browser, response.signed(keys["idp"]), request.relay_state).code
    assert payload(redeem(site, code).json()["id_token"])["groups"] == ["everybody", "staff"]


# Refusals

def refused(site: Dextra, browser: Browser, xml, relay_state: str, reason: str, status: int = 403):
    """An error page, the reason in the log, and no way on."""
    after = len(site.running.lines)
    answer = post_response(browser, xml, relay_state)
    assert_error_page(answer, status)
    if reason:
        line = site.running.wait_for_log("failed login attempt.*detail=", after=after)
        assert re.search(reason, line), line


FIELDS = [
    (dict(destination="https://elsewhere.example/acs"), "Destination"),
    (dict(in_response_to="_another"), "InResponseTo"),
    (dict(in_response_to=None), "InResponseTo"),
    (dict(confirmed_request="_another"), "InResponseTo"),
    (dict(confirmed_request=None), "InResponseTo"),
    (dict(confirmed_recipient="https://elsewhere.example/acs"), "Recipient"),
    (dict(confirmed_recipient=None), "Recipient"),
    (dict(confirmed_until=-60), "expired"),
    (dict(confirmed_until=None), "no end"),
    (dict(confirmed_from=120), "not valid yet"),
    (dict(valid_until=-60), "expired"),
    (dict(valid_from=120), "not valid yet"),
    (dict(session_until=-60), "expired"),
    (dict(audiences=["https://elsewhere.example"]), "another audience"),
    (dict(audiences=[]), "no audience"),
    (dict(has_conditions=False), "no conditions"),
    (dict(conditions='<a:Condition xmlns:x="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x:y"/>'), "not understood"),
    (dict(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"), "no bearer"),
    (dict(issuer="https://elsewhere.example/metadata"), "another issuer"),
    (dict(status="urn:oasis:names:tc:SAML:2.0:status:Responder"), "Responder"),
    (dict(name_id=""), "NameID"),
    (dict(name_id="<b>jane</b>"), "NameID"),
    (dict(attributes={"name": ["Jane"], "groups": ["staff"]}), "no attribute email .*name, groups"),
    (dict(attributes={"email": ["jane@example.com"], "groups": ["staff"]}), "no attribute name"),
    (dict(attributes={"name": ["Jane"], "email": [""], "groups": ["staff"]}), "no attribute email"),
    (dict(attributes={"name": ["Jane"], "email": ["jane@example.com"]}), "no attribute groups"),
    (dict(attributes={"name": ["Jane"], "email": ["jane@example.com"], "groups": ["guests"]}), "none of the allowedGroups"),
]


@pytest.mark.parametrize("what", ["assertion", "response"])
@pytest.mark.parametrize("changes, reason", FIELDS, ids=[f"{number}-{'-'.join(c)}" for number, (c, _) in enumerate(FIELDS)])
def test_a_response_that_is_not_for_us_and_now_is_refused(site, keys, what, changes, reason):
    browser, request, response = begin(site)
    refused(site, browser, response.but(**changes).signed(keys["idp"], what), request.relay_state, reason)
    # Nothing has changed: the same browser can still log in with what is right.
    assert post_response(browser, response.signed(keys["idp"], what), request.relay_state).code


def test_the_clocks_may_be_a_little_apart(site, keys):
    assert log_in(site, keys, valid_from=20, confirmed_from=20, valid_until=300)
    assert log_in(site, keys, valid_until=-20, confirmed_until=-20)


BAD_SIGNATURES = {
    "wrong key, with the certificate of that key in KeyInfo": (dict(pair="attacker"), "none of the configured certificates"),
    "SHA-1": (dict(method=DS + "rsa-sha1"), "SHA-1"),
    "SHA-1 digest": (dict(digest=DS + "sha1"), "SHA-1"),
    "HMAC by the certificate": (dict(method=MORE + "hmac-sha256", hmac=True), "SignatureMethod is not"),
    "no enveloped transform": (dict(transforms=(EXCLUSIVE,)), "transforms"),
    "three transforms": (dict(transforms=(ENVELOPED, EXCLUSIVE, EXCLUSIVE)), "transforms"),
    "inclusive": (dict(transforms=(ENVELOPED, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")), "not one of those"),
    "XPath": (dict(transforms=(f'<ds:Transform xmlns:ds="{DS}" Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
                               "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>",)), "not one of those"),
    "object": (dict(extra=f"<ds:Object><x/></ds:Object>"), "does not consist"),
}


@pytest.mark.parametrize("what", ["assertion", "response"])
@pytest.mark.parametrize("name", BAD_SIGNATURES)
def test_a_signature_that_proves_nothing_is_refused(site, keys, what, name):
    options, reason = BAD_SIGNATURES[name]
    browser, request, response = begin(site)
    options = dict(options)
    pair = keys[options.pop("pair", "idp")]
    refused(site, browser, response.signed(pair, what, **options), request.relay_state, reason)
    assert post_response(browser, response.signed(keys["idp"], what), request.relay_state).code


def test_unsigned_is_refused(site, keys):
    browser, request, response = begin(site)
    refused(site, browser, response.signed(keys["idp"], None), request.relay_state, "neither the response nor the assertion")


def test_an_altered_response_is_refused(site, keys):
    browser, request, response = begin(site)
    for what in ("assertion", "response"):
        signed = response.signed(keys["idp"], what)
        for old, new in (("jane-at-idp", "john-at-idp"), ("jane@example.com", "john@example.com"), (">staff<", ">admins<")):
            assert old in signed
            refused(site, browser, signed.replace(old, new), request.relay_state, "changed after signing")


def test_an_expired_certificate_is_worth_nothing(start, keys):
    port = free_port()
    site = start(port=port, connectors=[connector(port, keys["expired"].certificate)])
    browser, request, response = begin(site)
    refused(site, browser, response.signed(keys["expired"]), request.relay_state, "none of the 1 configured certificates is valid now")


def test_sha1_only_where_it_is_configured(start, keys):
    port = free_port()
    site = start(port=port, connectors=[connector(port, keys["idp"].certificate, insecureAllowSHA1=True)])
    assert "can be forged" in site.log
    browser, request, response = begin(site)
    assert post_response(browser, response.signed(keys["idp"], method=DS + "rsa-sha1", digest=DS + "sha1"), request.relay_state).code


def test_without_validation_everything_is_taken_and_the_start_warns(start, keys):
    port = free_port()
    site = start(port=port, connectors=[connector(port, "", ca=None, insecureSkipSignatureValidation=True)])
    assert "ANYBODY CAN LOG IN AS ANYBODY" in site.log
    browser, request, response = begin(site)
    assert post_response(browser, response.signed(keys["idp"], None), request.relay_state).code
    # Everything else is checked all the same.
    browser, request, response = begin(site)
    refused(site, browser, response.but(audiences=["x"]).signed(keys["idp"], None), request.relay_state, "another audience")


# Without RelayState

@pytest.fixture(scope="module")
def without(tmp_path_factory, keys):
    from support.launch import launch
    port = free_port()
    server = launch(tmp_path_factory.mktemp("without"), port=port, connectors=[connector(
        port, keys["idp"].certificate, sendRelayState=False, decryptionKeyFile=str(keys["decryption"].key))])
    try:
        yield server
        server.stop()
    finally:
        if server.running:
            server.kill()


@pytest.mark.parametrize("what", ["assertion", "response", "both", "encrypted"])
def test_the_sign_in_may_travel_as_the_id_of_the_request(without, keys, what):
    browser, request, response = begin(without)
    assert "RelayState" not in request.parameters and len(request.id) > 200
    if what == "encrypted":
        xml = response.around(encrypt(sign(response.assertion, keys["idp"], response.assertion_id), keys["decryption"].certificate))
    else:
        xml = response.signed(keys["idp"], what)
    assert payload(redeem(without, post_response(browser, xml, "").code).json()["id_token"])["email"] == "jane@example.com"
    # Not twice, and not elsewhere. The page says that the sign-in is over, the log what was shown again.
    refused(without, browser, xml, "", "used before", 400)


def test_many_tabs_at_once_without_relay_state(without, keys):
    browser, *first = begin(without)
    tabs = [first] + [(request_of(browser.open(authorization_url(without, connector_id="company")), SSO), None) for _ in range(20)]
    for request, _ in tabs:
        response = Response(request.id, first[1].recipient, first[1].audience)
        assert post_response(browser, response.signed(keys["idp"]), "").code


def test_without_relay_state_it_is_bound_to_its_browser_and_its_request(without, keys):
    browser, request, response = begin(without)
    stranger, others, theirs = begin(without)
    assert_error_page(post_response(stranger, response.signed(keys["idp"]), ""), 400)
    # An answer to one sign-in cannot be shown for another, not even beside its state.
    refused(without, stranger, response.but(assertion_id="_second").signed(keys["idp"]), others.id[1:], "InResponseTo")
    for what in ("assertion", "response"):
        crossed = response.but(assertion_id="_third", in_response_to=others.id)
        refused(without, stranger, crossed.signed(keys["idp"], what), "", "InResponseTo")
    for id in ("_made-up", None, "", "_" + request.id[1:-2] + "AA"):
        changed = response.but(in_response_to=id, confirmed_request=id) if id != "" else response.but(in_response_to="x")
        assert_error_page(post_response(browser, changed.signed(keys["idp"]), ""), 400)
    for body in (b"", b"=", b"<p:Response", BOMB.encode()):
        assert_error_page(post_response(browser, body, ""), 400)


# Encryption

@pytest.fixture(scope="module")
def encrypted_site(tmp_path_factory, keys):
    from support.launch import launch
    port = free_port()
    server = launch(tmp_path_factory.mktemp("encrypted"), port=port, connectors=[connector(
        port, keys["idp"].certificate, decryptionKeyFile=str(keys["decryption"].key),
        decryptionCertFile=str(keys["decryption"].certificate))])
    try:
        yield server
        server.stop()
    finally:
        if server.running:
            server.kill()


ENC11 = "http://www.w3.org/2009/xmlenc11#"


@pytest.mark.parametrize("what", ["assertion", "response"])
@pytest.mark.parametrize("options", [
    dict(), dict(method=ENC11 + "aes128-gcm", session="aes-128"), dict(method=XENC + "aes256-cbc"), dict(beside=True), dict(inherit=True)], ids=str)
def test_encrypted_assertions(encrypted_site, keys, what, options):
    site = encrypted_site
    browser, request, response = begin(site)
    assertion = response.assertion if what == "response" else sign(response.assertion, keys["idp"], response.assertion_id)
    xml = response.around(encrypt(assertion, keys["decryption"].certificate, **options))
    assert "jane-at-idp" not in xml
    if what == "response":
        xml = sign(xml, keys["idp"], response.response_id)
    code = post_response(browser, xml, request.relay_state).code
    assert payload(redeem(site, code).json()["id_token"])["email"] == "jane@example.com"


BAD_ENCRYPTIONS = {
    "RSA with PKCS#1 v1.5": (dict(key_method=XENC + "rsa-1_5"), "RSA-OAEP"),
    "Triple DES": (dict(method=XENC + "tripledes-cbc", session="des-192"), "AES-GCM or AES-CBC"),
    "for somebody else": (dict(certificate="attacker"), "one of the configured keys"),
    "nobody's word": (dict(signer=None), "neither the response nor the assertion"),
    "somebody else's word": (dict(signer="attacker"), "none of the configured certificates"),
}


@pytest.mark.parametrize("name", BAD_ENCRYPTIONS)
def test_an_encrypted_assertion_proves_nothing_by_itself(encrypted_site, keys, name):
    """Everybody knows the key that it is encrypted with: it is in the metadata."""
    options, reason = BAD_ENCRYPTIONS[name]
    options = dict(options)
    certificate, signer = keys[options.pop("certificate", "decryption")].certificate, options.pop("signer", "idp")
    browser, request, response = begin(encrypted_site)
    assertion = sign(response.assertion, keys[signer], response.assertion_id) if signer else response.assertion
    refused(encrypted_site, browser, response.around(encrypt(assertion, certificate, **options)), request.relay_state, reason)


def test_an_encrypted_assertion_without_a_key_of_ours(site, keys):
    browser, request, response = begin(site)
    xml = response.around(encrypt(sign(response.assertion, keys["idp"], response.assertion_id), keys["decryption"].certificate))
    refused(site, browser, xml, request.relay_state, "no decryptionKeyFile")


# Encrypted names

def hidden(name: str, certificate, **options) -> str:
    return encrypt(f'<a:NameID xmlns:a="{A}">{name}</a:NameID>', certificate, kind="EncryptedID", **options)


@pytest.mark.parametrize("what", ["assertion", "response", "encrypted"])
@pytest.mark.parametrize("options", [
    dict(), dict(method=XENC + "aes128-cbc", session="aes-128"), dict(beside=True), dict(inherit=True)], ids=str)
def test_an_encrypted_name(encrypted_site, keys, what, options):
    site = encrypted_site
    browser, request, response = begin(site)
    response = response.but(subject=hidden("jane-at-idp", keys["decryption"].certificate, **options))
    if what == "encrypted":
        xml = response.around(encrypt(sign(response.assertion, keys["idp"], response.assertion_id), keys["decryption"].certificate))
    else:
        xml = response.signed(keys["idp"], what)
        assert "jane-at-idp" not in xml
    claims = payload(redeem(site, post_response(browser, xml, request.relay_state).code).json()["id_token"])
    assert base64.urlsafe_b64decode(claims["sub"] + "==") == b"\n\x0bjane-at-idp\x12\x07company"


BAD_NAMES = {
    "RSA with PKCS#1 v1.5": (lambda key: hidden("jane-at-idp", key, key_method=XENC + "rsa-1_5"), "RSA-OAEP"),
    "two names": (lambda key: "<a:NameID>john-at-idp</a:NameID>" + hidden("jane-at-idp", key), "several names"),
    "two encrypted names": (lambda key: hidden("john-at-idp", key) + hidden("jane-at-idp", key), "2 EncryptedID"),
    "no name inside": (lambda key: encrypt(f'<a:BaseID xmlns:a="{A}"/>', key, kind="EncryptedID"), "not a name"),
    "a name of no namespace inside": (lambda key: encrypt("<NameID>jane-at-idp</NameID>", key, kind="EncryptedID"), "not a name"),
    "an empty name inside": (lambda key: hidden("", key), "no name"),
    "a document with a type inside": (lambda key: encrypt("x", key, kind="EncryptedID", binary="<!DOCTYPE x><NameID>x</NameID>"), "DOCTYPE|well-formed"),
    "nothing inside": (lambda key: "<a:EncryptedID/>", "not exactly one EncryptedData")}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_an_encrypted_name_that_is_none_is_refused(encrypted_site, keys, name):
    make, reason = BAD_NAMES[name]
    browser, request, response = begin(encrypted_site)
    response = response.but(subject=make(keys["decryption"].certificate))
    refused(encrypted_site, browser, response.signed(keys["idp"]), request.relay_state, reason)


def test_an_encrypted_name_put_into_a_signed_assertion_is_refused(encrypted_site, keys):
    browser, request, response = begin(encrypted_site)
    for what in ("assertion", "response"):
        signed = response.signed(keys["idp"], what)
        plain = "<a:NameID>jane-at-idp</a:NameID>"
        assert plain in signed
        refused(encrypted_site, browser, signed.replace(plain, hidden("admin-at-idp", keys["decryption"].certificate)), request.relay_state,
                "changed after signing")


def test_an_encrypted_name_without_a_key_of_ours(site, keys):
    browser, request, response = begin(site)
    response = response.but(subject=hidden("jane-at-idp", keys["decryption"].certificate))
    refused(site, browser, response.signed(keys["idp"]), request.relay_state, "no decryptionKeyFile")


# Signature wrapping (Somorovsky et al., "On Breaking SAML", 2012; numbered as the SAML Raider extension does)

def wrapped(variant: int, response: Response, keys) -> bytes:
    """A signed response in which the evil part stands where a careless reader looks."""
    def evil_of(element, id):
        copy = etree.fromstring(etree.tostring(element))
        copy.set("ID", id)
        for inner in copy.findall(".//a:Assertion", NAMES):
            inner.set("ID", "_evil-too")
        for signature in copy.findall(".//ds:Signature", NAMES):
            signature.getparent().remove(signature)
        name = copy.find(".//a:NameID", NAMES)
        name.text = "admin-at-idp"
        return copy
    root = etree.fromstring(response.signed(keys["idp"], "response" if variant <= 2 else "assertion"))
    if variant <= 2:
        signature = root.find("ds:Signature", NAMES)
        evil = evil_of(root, "_evil")
        root.remove(signature)
        if variant == 1:
            # The original response below the signature that stands in the evil one.
            signature.append(root)
            evil.insert(1, signature)
        else:
            # The signature beside the original response, both in the evil one.
            evil.insert(1, signature)
            evil.insert(1, root)
        return etree.tostring(evil)
    assertion = root.find("a:Assertion", NAMES)
    signature = assertion.find("ds:Signature", NAMES)
    evil = evil_of(assertion, "_evil")
    if variant == 3:
        assertion.addprevious(evil)
    elif variant == 4:
        root.replace(assertion, evil)
        evil.append(assertion)
    elif variant == 5:
        assertion.remove(signature)
        root.append(assertion)
        assertion.addprevious(evil)
        evil.insert(1, signature)
    elif variant == 6:
        root.replace(assertion, evil)
        assertion.remove(signature)
        signature.append(assertion)
        evil.insert(1, signature)
    elif variant == 7:
        extensions = etree.Element(f"{{{P}}}Extensions")
        root.replace(assertion, extensions)
        extensions.append(assertion)
        extensions.addnext(evil)
    elif variant == 8:
        root.replace(assertion, evil)
        assertion.remove(signature)
        thing = etree.SubElement(signature, f"{{{DS}}}Object")
        thing.append(assertion)
        evil.insert(1, signature)
    return etree.tostring(root)


@pytest.mark.parametrize("same_id", [False, True])
@pytest.mark.parametrize("variant", range(1, 9))
def test_signature_wrapping_is_refused(site, keys, variant, same_id):
    browser, request, response = begin(site)
    xml = wrapped(variant, response, keys)
    if same_id:
        xml = xml.replace(b'"_evil"', b'"%s"' % (response.response_id if variant <= 2 else response.assertion_id).encode())
    assert b"admin-at-idp" in xml and b"jane-at-idp" in xml
    refused(site, browser, xml, request.relay_state, "same ID" if same_id else "instead of one|not acceptable")
    assert post_response(browser, response.signed(keys["idp"]), request.relay_state).code


def test_two_assertions_are_refused_even_in_a_signed_response(site, keys):
    browser, request, response = begin(site)
    both = response.around(response.assertion + response.but(assertion_id="_second", name_id="admin-at-idp").assertion)
    refused(site, browser, sign(both, keys["idp"], response.response_id), request.relay_state, "2 assertions instead of one")


# XML

BOMB = '<!DOCTYPE r [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 50}">' for old, new in zip("abcdefghi", "bcdefghij")) + "]>"


@pytest.mark.parametrize("prefix, name", [
    (BOMB, "&j;"), ("<!DOCTYPE r>", "jane"), ('<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">', "jane"),
    ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    ('<!DOCTYPE r [<!ATTLIST r ID ID #IMPLIED>]>', "jane"), ("", "&undeclared;"), ("", "\x01"), ("", "<unclosed>"),
    ("", "<x>" * 300 + "</x>" * 300)])
def test_xml_that_is_more_than_a_document_is_refused_at_once(site, keys, prefix, name):
    browser, request, response = begin(site)
    xml = prefix + response.but(name_id=name).signed(keys["idp"], None)
    refused(site, browser, xml, request.relay_state, "DOCTYPE" if prefix else "well-formed|nested")


@pytest.mark.parametrize("name", ["admin<!-- -->.evil", "admin<?x y?>.evil", "admin<![CDATA[.evil]]>"])
@pytest.mark.parametrize("what", ["assertion", "response"])
def test_a_comment_does_not_cut_a_name(site, keys, what, name):
    given = log_in(site, keys, what, name_id=name)
    assert base64.urlsafe_b64decode(payload(given["id_token"])["sub"] + "==").startswith(b"\n\x0aadmin.evil\x12")


@pytest.mark.parametrize("body", [b"", b"=", b"<p:Response/>", b"%ff", b"A" * 5000])
def test_what_is_no_response_is_refused(site, body):
    browser, request, _ = begin(site)
    answer = requests.post(site.url("/callback"), data={"SAMLResponse": body, "RelayState": request.relay_state}, timeout=30)
    assert answer.status_code == 403 and answer.headers["Content-Type"].startswith("text/html")


# Replay, and whose browser it is

def test_an_assertion_is_good_once(site, keys):
    browser, request, response = begin(site)
    signed = response.signed(keys["idp"])
    assert post_response(browser, signed, request.relay_state).code
    refused(site, browser, signed, request.relay_state, "used before", 400)
    # Nor is the sign-in, with whatever new assertion.
    fresh = response.but(assertion_id="_" + "c" * 30).signed(keys["idp"])
    answer = post_response(browser, fresh, request.relay_state)
    assert_error_page(answer, 400)
    assert "finished" in answer.page.text


def test_many_at_once_get_in_once(site, keys):
    browser, request, response = begin(site)
    signed = base64.b64encode(response.signed(keys["idp"]).encode()).decode()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: requests.post(
            site.url("/callback"), data={"SAMLResponse": signed, "RelayState": request.relay_state}, allow_redirects=False, timeout=30).status_code,
            range(16)))
    assert sorted(answers) == [303] + [403] * 15


def test_a_second_process_on_the_database_knows_what_was_used(site, keys, tmp_path):
    port = free_port()
    second = Dextra(site.configuration | {"web": {"http": f"127.0.0.1:{port}"}}, tmp_path).start()
    try:
        second.url = lambda path: f"http://127.0.0.1:{port}/dex{path}"
        browser, request, response = begin(site)
        signed = response.signed(keys["idp"])
        assert post_response(browser, signed, request.relay_state).code
        browser.provider = second
        refused(second, browser, signed, request.relay_state, "used before", 400)
        # A sign-in that began at one process ends at the other.
        browser, request, response = begin(site)
        browser.provider = second
        assert post_response(browser, response.signed(keys["idp"]), request.relay_state).code
    finally:
        second.stop()


def test_another_browser_ends_at_an_error_page(site, keys):
    """Login CSRF: somebody sends a victim's browser through a sign-in of their own."""
    browser, request, response = begin(site)
    victim, _, _ = begin(site)
    signed = response.signed(keys["idp"])
    for stranger in (victim, Browser(site)):
        stranger_answer = post_response(stranger, response.but(assertion_id="_" + "b" * 30 + str(id(stranger))).signed(keys["idp"]), request.relay_state)
        assert_error_page(stranger_answer, 400)
        assert "belongs to another browser" in stranger_answer.response.text
    # With the cookie of the victim in the POST, as a browser without SameSite would send it.
    answer = victim.open(site.url("/callback"), {"SAMLResponse": base64.b64encode(signed.encode()).decode(), "RelayState": request.relay_state})
    assert_error_page(answer, 400)


def test_the_state_of_one_step_is_worth_nothing_at_another(site, keys):
    browser, request, response = begin(site)
    # The state that the identity provider got is no proof of an identity, whoever shows it.
    for path in ("/callback", "/callback/company"):
        assert_error_page(browser.open(site.url(f"{path}?state={request.relay_state}")), 400)
    assert_error_page(browser.open(site.url(f"/approval?req={request.relay_state}")), 400)
    posted = requests.post(site.url("/callback"), allow_redirects=False, timeout=30, data={
        "SAMLResponse": base64.b64encode(response.signed(keys["idp"]).encode()).decode(), "RelayState": request.relay_state})
    answered = posted.headers["Location"].partition("state=")[2]
    # Neither is the state that comes after the response, at the consent page or another connector.
    assert_error_page(browser.open(site.url(f"/approval?req={answered}")), 400)
    assert_error_page(browser.open(site.url(f"/callback/another?state={answered}")), 400)
    assert_error_page(Browser(site).open(site.url(f"/callback/company?state={answered}")), 400)
    assert browser.open(site.url(f"/callback/company?state={answered}")).code


def test_a_response_that_nobody_asked_for_is_refused(site, keys):
    browser, _, response = begin(site)
    for state in ("", "made-up"):
        assert_error_page(post_response(browser, response.signed(keys["idp"]), state), 400)


def test_a_response_for_another_sign_in_is_refused(site, keys):
    browser, request, response = begin(site)
    _, other, _ = begin(site)
    refused(site, browser, response.signed(keys["idp"]), other.relay_state, "InResponseTo")
