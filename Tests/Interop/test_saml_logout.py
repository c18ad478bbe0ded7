"""SAML single logout: what an identity provider may say of a logout, what strangers may not, and pysaml2 both ways."""
import base64, zlib
from urllib.parse import quote, urlencode, urlsplit

import pytest, requests
from lxml import etree
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID

from support.application import authorization_url, introspect, redeem
from support.browser import Browser
from support.people import APP, OTHER_APP, Client
from support.ports import free_port
from support.saml import A, NAMES, KeyPair, P, Response, post_response, request_of
from support.saml_idp import IdentityProvider
from support.saml_logout import MORE, LogoutRequest, message_of, signed_query
from support.server import Dextra

IDP = "https://idp.example.com/metadata"
SLO = "https://idp.example.com/slo?tenant=1"
HOME = "http://127.0.0.1:5555/bye"
LEAVING = Client(APP.id, APP.secret, APP.redirect_uri, {"postLogoutRedirectURIs": [HOME]})


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: KeyPair.make(folder, name) for name in ("idp", "ours", "attacker")} | {"curve": KeyPair.make(folder, "curve", curve=True)}


def config(port: int, keys, **changes) -> dict:
    issuer = f"http://127.0.0.1:{port}/dex"
    made = {"ssoURL": "https://idp.example.com/sso", "ca": str(keys["idp"].certificate), "redirectURI": issuer + "/callback",
            "entityIssuer": issuer + "/saml/company/metadata", "ssoIssuer": IDP, "usernameAttr": "name", "emailAttr": "email",
            "sloURL": SLO} | changes
    return {"type": "saml", "id": "company", "name": "The company", "config": {k: v for k, v in made.items() if v is not None}}


@pytest.fixture(scope="module")
def site(tmp_path_factory, keys):
    from support.launch import launch
    port = free_port()
    both = tmp_path_factory.mktemp("trusted") / "both.pem"
    both.write_text(keys["idp"].certificate.read_text() + keys["curve"].certificate.read_text())
    server = launch(tmp_path_factory.mktemp("slo"), port=port, database=True, clients=(LEAVING, OTHER_APP), enablePasswordDB=False,
                    staticPasswords=None, oauth2={"passwordConnector": None},
                    connectors=[config(port, keys, ca=str(both)), config(port, keys) | {"id": "other"}])
    try:
        yield server
        server.stop()
    finally:
        if server.running:
            server.kill()


class Login:
    """Somebody who has logged in at the identity provider and is at an application."""

    def __init__(self, site, keys, name="jane-at-idp", session: str | None = "session-1", client=LEAVING, browser=None, connector="company"):
        self.site, self.client, self.browser = site, client, browser or Browser(site)
        request = request_of(self.browser.open(authorization_url(site, client, connector_id=connector)), "https://idp.example.com/sso")
        made = site.configuration["connectors"][0]["config"]
        response = Response(request.id, made["redirectURI"], made["entityIssuer"], name_id=name)
        assertion = response.assertion
        if session:
            assertion = assertion.replace("<a:AuthnStatement ", f'<a:AuthnStatement SessionIndex="{session}" ')
        from support.saml import sign
        xml = response.around(sign(assertion, keys["idp"], response.assertion_id))
        self.tokens = redeem(site, post_response(self.browser, xml, request.relay_state).code, client).json()

    @property
    def is_in(self) -> bool:
        return introspect(self.site, self.tokens["refresh_token"], self.client)["active"]


def address(site, connector="company") -> str:
    return site.url(f"/saml/{connector}/logout")


def request(site, **changes) -> LogoutRequest:
    return LogoutRequest(address(site), IDP).but(**changes)


def send(site, message, browser=None) -> requests.Response:
    """A query by GET, fields by POST."""
    session = browser.session if browser else requests.Session()
    if isinstance(message, str):
        return session.get(address(site) + "?" + message, allow_redirects=False, timeout=30)
    return session.post(address(site), data=message, allow_redirects=False, timeout=30)


def is_done(site, answer, id: str, relay_state: str | None = "rs") -> bool:
    """Whether it is the LogoutResponse to that request."""
    if answer.status_code != 303:
        return False
    location = answer.headers["Location"]
    assert location.startswith(SLO + "&SAMLResponse=")
    xml, parameters = message_of(location)
    root = etree.fromstring(xml.encode())
    assert root.tag == f"{{{P}}}LogoutResponse" and root.get("InResponseTo") == id and root.get("Destination") == SLO
    assert root.find("a:Issuer", NAMES).text == site.issuer + "/saml/company/metadata"
    assert root.find("p:Status/p:StatusCode", NAMES).get("Value").endswith(":Success")
    assert parameters.get("RelayState") == relay_state
    return True


# What the identity provider may say

@pytest.mark.parametrize("key", ["idp", "curve"])
@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_logout_there_ends_what_is_here(site, keys, binding, key):
    if binding == "post" and key == "curve":
        options = {"method": MORE + "ecdsa-sha256"}
    else:
        options = {}
    jane, elsewhere, john = Login(site, keys), Login(site, keys, client=OTHER_APP), Login(site, keys, name="john")
    message = request(site)
    answer = send(site, message.posted(keys[key], **options) if binding == "post" else message.redirected(keys[key]))
    assert is_done(site, answer, message.id), answer.text
    assert not jane.is_in and not elsewhere.is_in and john.is_in
    assert introspect(site, jane.tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize("algorithm", ["rsa-sha384", "rsa-sha512"])
def test_all_good_algorithms_are_taken(site, keys, algorithm):
    message = request(site)
    assert is_done(site, send(site, message.redirected(keys["idp"], algorithm=MORE + algorithm)), message.id)


def test_only_the_named_sessions_end(site, keys):
    one, two, nameless = Login(site, keys), Login(site, keys, session="session-2"), Login(site, keys, session=None)
    message = request(site, sessions=("session-2", "session-3"))
    assert is_done(site, send(site, message.redirected(keys["idp"], None)), message.id, None)
    # One that has no index could be of any session.
    assert one.is_in and not two.is_in and not nameless.is_in


def test_another_connector_knows_other_people(site, keys):
    other = Login(site, keys, connector="other")
    message = request(site)
    assert is_done(site, send(site, message.redirected(keys["idp"])), message.id)
    assert other.is_in


def test_the_browser_forgets_who_was_there(site, keys):
    browser = Browser(site)
    Login(site, keys, browser=browser)
    message = request(site)
    assert is_done(site, send(site, message.redirected(keys["idp"]), browser), message.id)
    assert "dextra-logins" not in browser.session.cookies


def test_nobody_was_there(site, keys):
    message = request(site, name_id="nobody")
    assert is_done(site, send(site, message.redirected(keys["idp"])), message.id)


def test_without_an_address_for_answers_a_page_is_the_end(start, keys):
    port = free_port()
    site = start(port=port, clients=(LEAVING,), connectors=[config(port, keys, sloURL=None)])
    answer = send(site, request(site).redirected(keys["idp"]))
    assert answer.status_code == 200 and "You are signed out" in answer.text


# What nobody may say

class Bad:
    """Messages that must not be taken, by what is wrong with them, and what the log says."""

    def __init__(self, site, keys):
        self.site, self.key, self.attacker = site, keys["idp"], keys["attacker"]
        self.good = request(site)

    def swapped(self, **changes) -> str:
        """The parameters of a good query, some changed."""
        parts = dict(pair.split("=", 1) for pair in self.good.redirected(self.key).split("&"))
        return "&".join(f"{name}={value}" for name, value in (parts | changes).items() if value is not None)

    @property
    def another(self) -> str:
        """The document of another good query."""
        return request(self.site, name_id="john").redirected(self.key).partition("&")[0].partition("=")[2]

    def signed(self, **changes) -> str:
        return self.good.but(**changes).redirected(self.key)

    @property
    def inside(self) -> dict[str, str]:
        signed = base64.b64decode(self.good.posted(self.key)["SAMLRequest"]).decode()
        return form(self.good.but(id="_outer").xml.replace("</p:LogoutRequest>", signed + "</p:LogoutRequest>"))

    @property
    def bomb(self) -> str:
        compressor = zlib.compressobj(wbits=-15)
        return signed_query(compressor.compress(b"<" + b"a" * 10_000_000) + compressor.flush(), self.key)


def form(document: str, **further) -> dict[str, str]:
    return {"SAMLRequest": base64.b64encode(document.encode()).decode()} | further


JANE_ID = "<a:NameID>jane-at-idp</a:NameID>"
BAD = {
    "unsigned redirect": (lambda b: b.good.redirected(None), "not signed"),
    "unsigned post": (lambda b: b.good.posted(None), "has none"),
    "another key by redirect": (lambda b: b.good.redirected(b.attacker), "by none of the configured"),
    "another key by post": (lambda b: b.good.posted(b.attacker), "by none of the configured"),
    "changed document": (lambda b: b.swapped(SAMLRequest=b.another), "by none of the configured"),
    "changed RelayState": (lambda b: b.swapped(RelayState="x"), "by none of the configured"),
    "no RelayState": (lambda b: b.swapped(RelayState=None), "by none of the configured"),
    "another algorithm": (lambda b: b.swapped(SigAlg=quote(MORE + "rsa-sha512", safe="")), "by none of the configured"),
    "unknown algorithm": (lambda b: b.swapped(SigAlg=quote("http://www.w3.org/2000/09/xmldsig#hmac-sha1", safe="")), "not accepted"),
    "SHA-1": (lambda b: b.good.redirected(b.key, algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"), "not accepted"),
    "no algorithm": (lambda b: b.swapped(SigAlg=None), "not signed"),
    "no signature": (lambda b: b.swapped(Signature=""), "by none of the configured"),
    "signature no base64": (lambda b: b.swapped(Signature="!!!"), "not base64"),
    "twice": (lambda b: b.swapped() + "&SAMLRequest=" + b.another, "there twice"),
    "both kinds": (lambda b: b.swapped() + "&SAMLResponse=x", "not one SAMLRequest"),
    "nothing": (lambda b: "", "not one SAMLRequest"),
    "another encoding": (lambda b: b.swapped() + "&SAMLEncoding=none", "another way"),
    "no DEFLATE": (lambda b: signed_query(b"<x/>", b.key), "not base64 of DEFLATE"),
    "a bomb": (lambda b: b.bomb, "too long"),
    "a request as a response": (lambda b: b.good.redirected(b.key, parameter="SAMLResponse"), "not of the kind"),
    "another destination": (lambda b: b.signed(destination=b.site.url("/saml/other/logout")), "Destination"),
    "no destination": (lambda b: b.signed(destination=None), "Destination"),
    "another issuer": (lambda b: b.signed(issuer="https://evil.example"), "another issuer"),
    "no issuer": (lambda b: b.signed(issuer=None), "does not name its issuer"),
    "expired": (lambda b: b.signed(until=-31), "expired"),
    "old": (lambda b: b.signed(issued=-340), "expired"),
    "of the future": (lambda b: b.signed(issued=60), "future"),
    "no name": (lambda b: b.signed(names=""), "not one name"),
    "two names": (lambda b: b.signed(names=JANE_ID + "<a:NameID>x</a:NameID>"), "not one name"),
    "another version": (lambda b: b.signed(version="1.1"), "not a message of SAML 2.0"),
    "another kind": (lambda b: b.signed(kind="AuthnRequest"), "not of the kind"),
    "a signed one inside": (lambda b: b.inside, "has none"),
    "no XML": (lambda b: form("x"), "not well-formed"),
    "a document type": (lambda b: form("<!DOCTYPE x>" + b.good.xml), "DOCTYPE"),
    "no base64": (lambda b: {"SAMLRequest": "%"}, "base64"),
    "a signature of a query by post": (lambda b: form(b.good.xml, SigAlg="x", Signature="x"), "has none"),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_refused_and_changes_nothing(site, keys, case):
    jane = Login(site, keys)
    make, reason = BAD[case]
    message = make(Bad(site, keys))
    after = len(site.running.lines)
    answer = send(site, message, jane.browser)
    assert answer.status_code == 403 and "Location" not in answer.headers, answer.text
    assert reason in site.running.wait_for_log("a logout at the other site failed", after=after)
    assert jane.is_in and "dextra-logins" in jane.browser.session.cookies


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_each_request_is_good_once(site, keys, binding):
    message, mark = request(site), len(site.running.lines)
    sent = message.posted(keys["idp"]) if binding == "post" else message.redirected(keys["idp"])
    assert is_done(site, send(site, sent), message.id)
    jane = Login(site, keys)
    # The other binding carries the same request.
    for again in (sent, message.redirected(keys["idp"]), message.posted(keys["idp"])):
        assert send(site, again).status_code == 403
    site.running.wait_for_log("used before", after=mark)
    assert jane.is_in


def test_signatures_are_needed_whatever_the_configuration_says(start, keys):
    port = free_port()
    site = start(port=port, clients=(LEAVING,), connectors=[config(port, keys, insecureSkipSignatureValidation=True)])
    jane = Login(site, keys)
    for message in (request(site).redirected(None), request(site).posted(None)):
        assert send(site, message).status_code == 403
    assert jane.is_in


def test_other_connectors_have_no_such_address(start, keys):
    site = start(clients=(LEAVING,))
    for connector in ("local", "nobody"):
        assert requests.get(site.url(f"/saml/{connector}/logout"), timeout=30).status_code == 400


# A logout that begins here

def leave(login, **further):
    """The address that the browser is sent to."""
    query = urlencode({"id_token_hint": login.tokens["id_token"], "post_logout_redirect_uri": HOME, "state": "s"} | further)
    answer = login.browser.session.get(login.site.url("/logout?" + query), allow_redirects=False, timeout=30)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def arrive(login, url: str):
    """Where it ends, from an address of ours."""
    for _ in range(4):
        answer = login.browser.session.get(url, allow_redirects=False, timeout=30)
        if "Location" not in answer.headers:
            return answer
        url = answer.headers["Location"]
        if not url.startswith("http"):
            url = "{0.scheme}://{0.netloc}".format(urlsplit(login.site.issuer)) + url
        if url.startswith(HOME):
            return url
    raise AssertionError("redirected in circles")


def response_to(site, url, keys, pair="idp", status="Success", in_response_to=None, relay_state=None, **changes) -> str:
    xml, parameters = message_of(url)
    id = in_response_to or etree.fromstring(xml.encode()).get("ID")
    document = request(site, names="", kind="LogoutResponse", **changes).xml
    document = document.replace(" Version=", f' InResponseTo="{id}" Version=').replace(
        "</p:LogoutResponse>", f'<p:Status><p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></p:Status></p:LogoutResponse>')
    compressor = zlib.compressobj(wbits=-15)
    return signed_query(compressor.compress(document.encode()) + compressor.flush(), keys[pair] if pair else None,
                        parameters["RelayState"] if relay_state is None else relay_state, parameter="SAMLResponse")


def test_a_logout_here_ends_the_session_there(site, keys):
    jane = Login(site, keys)
    url = leave(jane)
    assert url.startswith(SLO + "&SAMLRequest=") and not jane.is_in
    xml, parameters = message_of(url)
    root = etree.fromstring(xml.encode())
    assert root.tag == f"{{{P}}}LogoutRequest" and root.get("Destination") == SLO
    assert root.find("a:NameID", NAMES).text == "jane-at-idp" and root.find("p:SessionIndex", NAMES).text == "session-1"
    assert len(parameters["RelayState"]) == 32
    assert arrive(jane, address(site) + "?" + response_to(site, url, keys)) == HOME + "?state=s"
    assert "dextra-logins" not in jane.browser.session.cookies and "dextra-logout" not in jane.browser.session.cookies


def test_an_end_that_is_partial_is_logged(site, keys):
    jane = Login(site, keys)
    after = len(site.running.lines)
    assert arrive(jane, address(site) + "?" + response_to(site, leave(jane), keys, status="Responder")) == HOME + "?state=s"
    assert "not ended every session" in site.running.wait_for_log("a logout at the other site failed", after=after)


@pytest.mark.parametrize("changes", [{"pair": None}, {"pair": "attacker"}, {"in_response_to": "_x"}, {"relay_state": "0" * 32},
                                     {"issuer": "https://evil.example"}, {"destination": "https://evil.example"}])
def test_a_response_of_a_stranger_leads_nowhere(site, keys, changes):
    jane = Login(site, keys)
    answer = arrive(jane, address(site) + "?" + response_to(site, leave(jane), keys, **changes))
    assert not isinstance(answer, str) and answer.status_code == 403


def test_it_can_be_switched_off(start, keys):
    port = free_port()
    site = start(port=port, clients=(LEAVING,), connectors=[config(port, keys, upstreamLogout=False)])
    assert leave(Login(site, keys)) == HOME + "?state=s"
    # A logout there still ends what is here.
    jane, message = Login(site, keys), request(site)
    assert is_done(site, send(site, message.redirected(keys["idp"])), message.id)
    assert not jane.is_in


# pysaml2

@pytest.fixture
def pair(start, keys, tmp_path):
    def make(**changes) -> tuple[Dextra, IdentityProvider]:
        port = free_port()
        idp = IdentityProvider(f"http://127.0.0.1:{free_port()}", keys["idp"], tmp_path)
        metadata = tmp_path / "idp.xml"
        metadata.write_text(idp.metadata)
        entry = config(port, keys, ssoURL=None, ca=None, ssoIssuer=None, sloURL=None, idpMetadataFile=str(metadata),
                       signingKeyFile=str(keys["ours"].key), signingCertFile=str(keys["ours"].certificate), **changes)
        site = start(port=port, database=True, clients=(LEAVING,), connectors=[entry])
        return site, idp.know(site.get("/saml/company/metadata").text)
    return make


class PeerLogin(Login):
    def __init__(self, site, idp):
        self.site, self.client, self.browser = site, LEAVING, Browser(site)
        asked = request_of(self.browser.open(authorization_url(site, LEAVING, connector_id="company")), idp.sso)
        response = idp.answer(asked.parameters)
        self.session = etree.fromstring(response.encode()).find(".//a:AuthnStatement", NAMES).get("SessionIndex")
        self.tokens = redeem(site, post_response(self.browser, response, asked.relay_state).code, LEAVING).json()


@pytest.mark.parametrize("binding", [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST])
@pytest.mark.parametrize("by_session", [False, True])
def test_pysaml2_begins(pair, binding, by_session):
    site, idp = pair()
    jane, other = PeerLogin(site, idp), PeerLogin(site, idp)
    assert jane.session
    entity = site.issuer + "/saml/company/metadata"
    [target] = [service["location"] for service in idp.server.metadata.single_logout_service(entity, binding, "spsso")]
    id, message = idp.server.create_logout_request(
        target, entity, name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text="jane-at-idp"), sign=binding == BINDING_HTTP_POST,
        sign_alg=MORE + "rsa-sha256", digest_alg="http://www.w3.org/2001/04/xmlenc#sha256",
        session_indexes=[jane.session] if by_session else None)
    made = idp.server.apply_binding(binding, str(message), target, "relay", sign=True, sigalg=MORE + "rsa-sha256")
    if binding == BINDING_HTTP_POST:
        answer = send(site, {"SAMLRequest": base64.b64encode(str(message).encode()).decode(), "RelayState": "relay"})
    else:
        answer = requests.get(dict(made["headers"])["Location"], allow_redirects=False, timeout=30)
    assert answer.status_code == 303, answer.text + site.log
    assert not jane.is_in and other.is_in == by_session
    _, parameters = message_of(answer.headers["Location"])
    assert answer.headers["Location"].startswith(idp.slo) and parameters["RelayState"] == "relay"
    response = idp.server.parse_logout_request_response(parameters["SAMLResponse"], BINDING_HTTP_REDIRECT)
    assert response.status_ok() and response.in_response_to == id
    from saml2.sigver import verify_redirect_signature
    assert verify_redirect_signature(dict(parameters), idp.server.sec.sec_backend, idp_knows(site))


def idp_knows(site) -> str:
    """Our certificate, as our metadata shows it."""
    root = etree.fromstring(site.get("/saml/company/metadata").content)
    return root.find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate").text


@pytest.mark.parametrize("binding", [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST])
def test_pysaml2_is_told(pair, binding):
    site, idp = pair()
    jane = PeerLogin(site, idp)
    url = leave(jane)
    assert url.startswith(idp.slo + "?SAMLRequest=")
    _, parameters = message_of(url)
    # With its signature, by the key of our metadata.
    told = idp.server.parse_logout_request(parameters["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=parameters["RelayState"],
                                           sigalg=parameters["SigAlg"], signature=parameters["Signature"])
    assert told.message.name_id.text == "jane-at-idp" and told.message.name_id.format == NAMEID_FORMAT_PERSISTENT
    assert [index.text for index in told.message.session_index] == [jane.session]
    response = idp.server.create_logout_response(
        told.message, [binding], sign=binding == BINDING_HTTP_POST, sign_alg=MORE + "rsa-sha256",
        digest_alg="http://www.w3.org/2001/04/xmlenc#sha256")
    [target] = [s["location"] for s in idp.server.metadata.single_logout_service(site.issuer + "/saml/company/metadata", binding, "spsso")]
    if binding == BINDING_HTTP_POST:
        # From another site, and so without cookies.
        answer = requests.post(target, data={"SAMLResponse": base64.b64encode(str(response).encode()).decode(),
                                             "RelayState": parameters["RelayState"]}, allow_redirects=False, timeout=30)
        assert answer.status_code == 303, answer.text + site.log
        assert arrive(jane, site.url("")[:-len("/dex")] + answer.headers["Location"]) == HOME + "?state=s"
    else:
        made = idp.server.apply_binding(binding, str(response), target, parameters["RelayState"], response=True, sign=True,
                                        sigalg=MORE + "rsa-sha256")
        assert arrive(jane, dict(made["headers"])["Location"]) == HOME + "?state=s"
