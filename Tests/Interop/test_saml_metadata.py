"""SAML: the identity provider's metadata by URL, and files that cannot be used yet."""
import re, time

import pytest

from support.application import assert_error_page, authorization_url
from support.browser import Browser
from support.certificates import Authority
from support.metadata_server import MetadataServer, metadata
from support.ports import free_port
from support.saml import IDP, KeyPair, Response, instant, post_response, request_of

SSO = "https://idp.example.com/sso"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: KeyPair.make(folder, name) for name in ("idp", "new", "federation", "attacker")} | {
        "expired": KeyPair.make(folder, "expired", days=(-9, -1))}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def publisher(authority):
    server = MetadataServer(authority.issue("metadata")).start()
    yield server
    server.stop()


@pytest.fixture
def plain():
    server = MetadataServer().start()
    yield server
    server.stop()


@pytest.fixture
def site(start):
    """`site(**config)`: Dextra with a SAML connector, and another one."""
    def make(**config):
        port = free_port()
        config = {"redirectURI": f"http://127.0.0.1:{port}/dex/callback", "usernameAttr": "name", "emailAttr": "email"} | config
        return start(port=port, connectors=[{"type": "saml", "id": "company", "name": "The company", "config": config},
                                            {"type": "mockCallback", "id": "mock", "name": "Mock"}])
    return make


def begin(site):
    browser = Browser(site)
    answer = browser.open(authorization_url(site, connector_id="company"))
    if answer.status != 200:
        return browser, None, answer
    request = request_of(answer, SSO)
    acs = site.configuration["connectors"][0]["config"]["redirectURI"]
    return browser, request, Response(request.id, acs, acs)


def log_in(site, pair, **changes):
    browser, request, response = begin(site)
    assert request, response.response.text
    return post_response(browser, response.but(**changes).signed(pair), request.relay_state)


def unusable(site, reason: str):
    """The person sees that it cannot be reached, the log says why, and the other connector works."""
    after = len(site.running.lines)
    _, request, answer = begin(site)
    assert request is None
    assert_error_page(answer, 500)
    assert re.search(reason, site.running.wait_for_log("failed login attempt", after=after)), site.log
    assert Browser(site).open(authorization_url(site, connector_id="mock")).code


def test_everything_comes_from_the_metadata_at_an_address(site, keys, authority, publisher):
    publisher.publish(metadata(SSO, keys["idp"]))
    there = site(idpMetadataURL=publisher.url, rootCAs=[str(authority.file)])
    assert log_in(there, keys["idp"]).code
    assert_error_page(log_in(there, keys["idp"], issuer="https://elsewhere.example/metadata"), 403)
    assert_error_page(log_in(there, keys["attacker"]), 403)
    count = publisher.requests
    assert log_in(there, keys["idp"]).code and publisher.requests == count, "it is kept"
    # A new key is published; a reload asks at once.
    publisher.publish(metadata(SSO, keys["new"]))
    assert log_in(there, keys["idp"]).code
    there.reload()
    there_soon(there, keys["new"])
    assert_error_page(log_in(there, keys["idp"]), 403)


def there_soon(there, pair):
    """The reload reads metadata in the background."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if log_in(there, pair).location:
            return
    raise AssertionError(there.log)


def test_an_address_that_is_down_is_a_warning_and_heals(site, keys, authority):
    publisher = MetadataServer(authority.issue("later"))
    there = site(idpMetadataURL=publisher.url, rootCAs=[str(authority.file)])
    try:
        line = there.running.wait_for_log("a connector cannot be used yet")
        assert "connector_id=company" in line and f"127.0.0.1:{publisher.port}: connection refused" in line
        unusable(there, "idpMetadataURL")
        # Our own metadata can be given all the same: the other side may want it first.
        assert "SPSSODescriptor" in there.get("/saml/company/metadata").text
        publisher.publish(metadata(SSO, keys["idp"]))
        publisher.start()
        assert log_in(there, keys["idp"]).code
    finally:
        publisher.stop()


def test_an_address_that_goes_down_later_changes_nothing(site, keys, authority, publisher):
    publisher.publish(metadata(SSO, keys["idp"], attributes=f' validUntil="{instant(3600)}" cacheDuration="PT1H"'))
    there = site(idpMetadataURL=publisher.url, rootCAs=[str(authority.file)])
    assert log_in(there, keys["idp"]).code
    publisher.stop()
    there.reload()
    line = there.running.wait_for_log("could not renew what it uses")
    assert "connector_id=company" in line and f"127.0.0.1:{publisher.port}: connection refused" in line
    assert log_in(there, keys["idp"]).code


@pytest.mark.parametrize("publish, status, reason", [
    (lambda k: metadata(SSO, k["idp"], attributes=f' validUntil="{instant(-5)}"'), 200, "has expired: it was valid until"),
    (lambda k: metadata(SSO, k["idp"], attributes=' validUntil="soon"'), 200, "validUntil is not a time"),
    (lambda k: metadata(SSO), 200, "no certificate"),
    (lambda k: "<html/>", 200, "describes no identity provider"),
    (lambda k: "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + metadata(SSO, k["idp"]), 200, "DOCTYPE"),
    (lambda k: metadata(SSO, k["idp"]) + " " * (1 << 20), 200, "more than 1048576 bytes"),
    (lambda k: metadata(SSO, k["idp"]), 404, "status 404"),
    (lambda k: metadata(SSO, k["idp"]), 302, "status 302"),
], ids=["expired", "no time", "no key", "html", "doctype", "too long", "404", "redirect"])
def test_what_cannot_be_used_is_named_and_heals(site, keys, authority, publisher, publish, status, reason):
    publisher.publish(publish(keys))
    publisher.status = status
    there = site(idpMetadataURL=publisher.url, rootCAs=[str(authority.file)])
    assert re.search(reason, there.running.wait_for_log("a connector cannot be used yet"))
    unusable(there, reason)
    publisher.status = 200
    publisher.publish(metadata(SSO, keys["idp"]))
    assert log_in(there, keys["idp"]).code


def test_a_certificate_that_nobody_knows_is_refused(site, keys, publisher):
    publisher.publish(metadata(SSO, keys["idp"]))
    unusable(site(idpMetadataURL=publisher.url), "certificate")
    assert publisher.requests == 0


def test_without_tls_the_metadata_must_be_signed(site, keys, plain):
    plain.publish(metadata(SSO, keys["attacker"]))
    there = site(idpMetadataURL=plain.url, idpMetadataCA=str(keys["federation"].certificate))
    unusable(there, "the metadata has none")
    plain.publish(metadata(SSO, keys["attacker"], signer=keys["attacker"]))
    unusable(there, "by none of the configured certificates")
    signed = metadata(SSO, keys["idp"], signer=keys["federation"])
    plain.publish(signed.replace(keys["idp"].certificate_text, keys["attacker"].certificate_text, 1))
    unusable(there, "changed after signing")
    plain.publish(signed)
    assert log_in(there, keys["idp"]).code


# Files

def test_files_that_cannot_be_used_are_warnings_and_heal(site, keys, tmp_path):
    certificate = tmp_path / "idp.pem"
    there = site(ssoURL=SSO, ca=str(certificate))
    assert re.search(r"config.yaml:\d+:\d+: .*ca: .*cannot be read", there.log)
    assert "ca: the file" in there.running.wait_for_log("a connector cannot be used yet")
    unusable(there, "cannot be read")
    certificate.write_text("nothing")
    unusable(there, "ca: not a text of nothing but certificates")
    certificate.write_bytes(keys["idp"].certificate.read_bytes())
    assert log_in(there, keys["idp"]).code
    # What is broken later changes nothing.
    certificate.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
    there.reload()
    there.running.wait_for_log("could not renew what it uses")
    assert log_in(there, keys["idp"]).code
    # A new one is taken at a reload.
    certificate.write_bytes(keys["new"].certificate.read_bytes())
    after = len(there.running.lines)
    there.reload()
    there.running.wait_for_log("a connector works now", after=after)
    assert log_in(there, keys["new"]).code
    assert_error_page(log_in(there, keys["idp"]), 403)


@pytest.mark.parametrize("config, reason", [
    (lambda k, f: {"ca": str(k["expired"].certificate)}, "none of the 1 configured certificates is valid now"),
    (lambda k, f: {"ca": str(k["idp"].certificate), "signingKeyFile": f("x")}, "signingKeyFile: "),
    (lambda k, f: {"ca": str(k["idp"].certificate), "signingKeyFile": str(k["new"].key), "signingCertFile": str(k["idp"].certificate)},
     "the certificate is of another key"),
    (lambda k, f: {"ca": str(k["idp"].certificate), "decryptionKeyFile": "/none"}, "decryptionKeyFile: the file /none cannot be read"),
    (lambda k, f: {"ssoURL": None, "idpMetadataFile": f("<x/>")}, "idpMetadataFile: it describes no identity provider"),
    (lambda k, f: {"ssoURL": None, "idpMetadataFile": f(metadata(SSO, k["idp"], attributes=f' validUntil="{instant(-1)}"'))}, "has expired"),
], ids=["expired", "no key", "another key", "missing", "no metadata", "old metadata"])
def test_whatever_is_wrong_with_a_file_others_go_on(site, keys, tmp_path, config, reason):
    def file(text):
        path = tmp_path / "file"
        path.write_text(text)
        return str(path)
    config = {name: value for name, value in ({"ssoURL": SSO} | config(keys, file)).items() if value is not None}
    there = site(**config)
    assert reason in there.running.wait_for_log("a connector cannot be used yet")
    assert Browser(there).open(authorization_url(there, connector_id="mock")).code
