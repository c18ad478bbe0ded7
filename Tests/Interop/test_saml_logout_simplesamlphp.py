"""Single logout with SimpleSAMLphp, which has a session of its own: begun here, and begun there."""
from urllib.parse import quote, urlencode, urljoin

import pytest

from support.application import authorization_url, introspect, redeem
from support.people import APP, Client
from support.ports import free_port
from support.saml import KeyPair
from support.simplesamlphp import SimpleSAMLphp
from support.traveler import Traveler

HOME = "http://127.0.0.1:5555/bye"
LEAVING = Client(APP.id, APP.secret, APP.redirect_uri, {"postLogoutRedirectURIs": [HOME]})


@pytest.fixture
def pair(start, tmp_path):
    keys = {name: KeyPair.make(tmp_path, name) for name in ("idp", "ours")}
    idp, port = SimpleSAMLphp(tmp_path, keys["idp"]), free_port()
    issuer = f"http://127.0.0.1:{port}/dex"
    slo = idp.url + "/saml2/idp/SingleLogoutService.php"
    config = {"ssoURL": idp.sso, "sloURL": slo, "ca": str(keys["idp"].certificate), "redirectURI": issuer + "/callback",
              "entityIssuer": issuer + "/saml/company/metadata", "ssoIssuer": idp.entity_id, "usernameAttr": "name", "emailAttr": "email",
              "requestBinding": "HTTP-Redirect", "signingKeyFile": str(keys["ours"].key), "signingCertFile": str(keys["ours"].certificate)}
    site = start(port=port, clients=(LEAVING,), connectors=[{"type": "saml", "id": "company", "name": "The company", "config": config}])
    idp.configure(config["entityIssuer"], config["redirectURI"], further=(
        f"'SingleLogoutService' => '{issuer}/saml/company/logout', 'validate.authnrequest' => true, 'validate.logout' => true, "
        f"'redirect.validate' => true, 'redirect.sign' => true, 'sign.logout' => true, 'certData' => '{keys['ours'].certificate_text}',"))
    with idp.running():
        yield site, idp, slo


def log_in(site, traveler) -> tuple[dict, bool]:
    """The tokens, and whether a password was asked for."""
    page = traveler.open(authorization_url(site, LEAVING, connector_id="company"))
    asked = 'name="password"' in page.text
    if asked:
        page = traveler.submit(page, username="jane", password="secret")
    for _ in range(3):
        if hasattr(page, "arrival"):
            break
        page = traveler.submit(page)
    site.keep_out_of_log(page.arrival["code"])
    return redeem(site, page.arrival["code"], LEAVING).json(), asked


def test_a_logout_here_ends_the_session_there(pair):
    site, idp, slo = pair
    traveler = Traveler()
    assert log_in(site, traveler)[1]
    # Without a logout nobody is asked again.
    tokens, asked = log_in(site, traveler)
    assert not asked
    answer = traveler.open(site.url("/logout?") + urlencode(
        {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": HOME, "state": "s"}))
    assert getattr(answer, "target", None) == HOME + "?state=s", f"{answer.url} {answer.status_code} {answer.text[:2000]}\n{site.log}"
    assert traveler.visits(slo + "?SAMLRequest=") and traveler.visits(site.url("/saml/company/logout?SAMLResponse="))
    assert "a logout at the other site failed" not in site.log
    assert log_in(site, traveler)[1]


def test_a_logout_there_ends_what_is_here(pair):
    site, idp, slo = pair
    traveler = Traveler()
    tokens, _ = log_in(site, traveler)
    assert introspect(site, tokens["refresh_token"], LEAVING)["active"]
    end = idp.url + "/logout.php"
    page = traveler.open(slo + "?ReturnTo=" + quote(end, safe=""))
    assert traveler.visits(site.url("/saml/company/logout?SAMLRequest=")), f"{page.url} {page.text[:3000]}"
    assert traveler.visits(slo + "?SAMLResponse="), f"{page.url} {page.text[:3000]}\n{site.log}"
    site.running.wait_for_log("logged out")
    assert not introspect(site, tokens["refresh_token"], LEAVING)["active"]
    assert "dextra-logins" not in traveler.session.cookies
