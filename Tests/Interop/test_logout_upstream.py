"""Logout at the provider behind the connector oidc: another Dextra, oidc-provider-mock, and Canaille."""
import contextlib, warnings
from urllib.parse import urlencode

import pytest, requests

from support.application import assert_oauth_error, authorization_url, introspect, redeem, refresh
from support.people import APP, JANE, JOHN, Client
from support.peers import canaille
from support.ports import free_port
from support.server import Dextra
from support.traveler import Traveler

HOME = "http://127.0.0.1:5555/bye"
LEAVING = Client(APP.id, APP.secret, APP.redirect_uri, {"postLogoutRedirectURIs": [HOME]})


def behind(start, issuer: str, client: str, secret: str, port: int, **further) -> Dextra:
    """Dextra with a connector to that provider."""
    callback = f"http://127.0.0.1:{port}/dex/callback"
    config = {"issuer": issuer, "clientID": client, "clientSecret": secret, "redirectURI": callback, "scopes": ["profile", "email"],
              "insecureSkipEmailVerified": True} | further
    return start(port=port, database=True, clients=(LEAVING,), enablePasswordDB=None, staticPasswords=None,
                 oauth2={"passwordConnector": None},
                 connectors=[{"type": "oidc", "id": "upstream", "name": "Another provider", "config": config}])


def logout(site: Dextra, traveler: Traveler, hint: str | None, **further):
    parameters = {"post_logout_redirect_uri": HOME, "state": "the end"} | further | ({"id_token_hint": hint} if hint else {})
    return traveler.open(site.discovery["end_session_endpoint"] + "?" + urlencode(parameters))


def redeemed(site, answer) -> dict:
    assert hasattr(answer, "arrival"), f"{answer.url} {answer.status_code}: {answer.text[:600]}\n{site.log}"
    site.keep_out_of_log(answer.arrival["code"])
    return redeem(site, answer.arrival["code"], LEAVING).json()


@pytest.fixture
def chain(start):
    """`chain()`: a Dextra behind another one, which is at `localhost` so that their cookies stay apart."""
    def make(registered: bool = True, **further) -> tuple[Dextra, Dextra]:
        up, down = free_port(), free_port()
        issuer = f"http://localhost:{up}/idp"
        addresses = {"postLogoutRedirectURIs": [f"http://127.0.0.1:{down}/dex/logout/callback"]} if registered else {}
        upstream = start(port=up, issuer=issuer, clients=(Client("dextra", "upstream-secret-1", f"http://127.0.0.1:{down}/dex/callback", addresses),))
        return upstream, behind(start, issuer, "dextra", "upstream-secret-1", down, **further)
    return make


def log_in(site, traveler, person=JANE) -> dict:
    page = traveler.open(authorization_url(site))
    answer = traveler.submit(page, login=person.email, password=person.password)
    if not hasattr(answer, "arrival"):
        answer = traveler.submit(answer, approval="approve")
    return redeemed(site, answer)


def test_another_dextra(chain):
    upstream, site = chain(scopes=["profile", "email", "offline_access"])
    traveler = Traveler()
    tokens = log_in(site, traveler)
    assert refresh(site, tokens["refresh_token"], LEAVING).status_code == 200
    traveler.visited.clear()
    answer = logout(site, traveler, tokens["id_token"])
    assert answer.target == HOME + "?state=the%20end"
    [there] = traveler.visits(upstream.issuer + "/logout")
    given = Traveler.parameters(there)
    assert given["client_id"] == "dextra" and given["id_token_hint"].count(".") == 2
    assert given["post_logout_redirect_uri"] == site.issuer + "/logout/callback" and len(given["state"]) == 32
    upstream.keep_out_of_log(given["id_token_hint"])
    site.keep_out_of_log(given["id_token_hint"])
    # What we had there is over.
    assert "refresh_grants=1" in upstream.running.wait_for_log("logged out")
    # The browser remembers nobody any more, and a second logout does not go there again.
    traveler.visited.clear()
    assert logout(site, traveler, tokens["id_token"]).target.startswith(HOME)
    assert not traveler.visits(upstream.issuer)


def test_by_post_and_without_a_hint(chain):
    upstream, site = chain()
    traveler = Traveler()
    log_in(site, traveler)
    page = logout(site, traveler, None, client_id=APP.id)
    assert not traveler.visits(upstream.issuer + "/logout")
    answer = traveler.submit(page)
    assert answer.target.startswith(HOME) and traveler.visits(upstream.issuer + "/logout")


def test_two_people_of_one_browser(chain):
    upstream, site = chain()
    traveler = Traveler()
    jane, john = log_in(site, traveler), log_in(site, traveler, JOHN)
    traveler.visited.clear()
    assert logout(site, traveler, jane["id_token"]).target.startswith(HOME)
    assert len(traveler.visits(upstream.issuer + "/logout")) == 1
    assert not introspect(site, jane["refresh_token"], LEAVING)["active"]
    assert introspect(site, john["refresh_token"], LEAVING)["active"]
    # Whoever does not say who is meant means everybody in this browser.
    traveler.visited.clear()
    tokens = log_in(site, traveler)
    assert traveler.submit(logout(site, traveler, None, client_id=APP.id)).target.startswith(HOME)
    assert len(traveler.visits(upstream.issuer + "/logout")) == 2
    assert not introspect(site, tokens["refresh_token"], LEAVING)["active"]
    assert not introspect(site, john["refresh_token"], LEAVING)["active"]


def test_the_way_back_must_be_registered_there(chain):
    """Here it is over all the same."""
    upstream, site = chain(registered=False)
    traveler = Traveler()
    tokens = log_in(site, traveler)
    answer = logout(site, traveler, tokens["id_token"])
    assert answer.status_code == 400 and answer.url.startswith(upstream.issuer)
    assert_oauth_error(refresh(site, tokens["refresh_token"], LEAVING), 400, "invalid_grant")


def test_a_provider_that_is_down_holds_nobody(chain):
    upstream, site = chain()
    traveler = Traveler()
    tokens = log_in(site, traveler)
    # What it says of itself is forgotten with the process, and then it cannot be asked.
    site.stop()
    upstream.kill()
    site.start()
    assert logout(site, traveler, tokens["id_token"]).target.startswith(HOME)
    site.running.wait_for_log("a logout at the other site failed")


def test_it_can_be_switched_off(chain):
    upstream, site = chain(upstreamLogout=False)
    traveler = Traveler()
    tokens = log_in(site, traveler)
    assert logout(site, traveler, tokens["id_token"]).target.startswith(HOME)
    assert not traveler.visits(upstream.issuer + "/logout")


def test_a_stranger_cannot_end_the_way_back(chain):
    """The state of a logout belongs to the browser that began it."""
    upstream, site = chain()
    traveler, stranger = Traveler(), Traveler()
    tokens = log_in(site, traveler)
    logout(site, traveler, tokens["id_token"])
    [back] = traveler.visits(site.issuer + "/logout/callback")
    assert stranger.open(back).status_code == 400
    # And it is good once.
    assert traveler.open(back).status_code == 400


def test_an_id_token_that_is_too_long_for_a_cookie(start):
    """Its `sub` stands in for it; the cookie stays small."""
    many = [f"group number {number}" for number in range(200)]
    with mock() as issuer:
        requests.put(issuer + "/users/ada", json={"name": "Ada", "email": "ada@example.com", "email_verified": True, "groups": many}, timeout=30)
        site = behind(start, issuer, "dextra", "a secret of the mock", free_port(), getUserInfo=True)
        traveler = Traveler()
        answer = traveler.submit(traveler.open(authorization_url(site)), sub="ada")
        tokens = redeemed(site, answer)
        assert len(traveler.session.cookies.get("dextra-logins", path="/dex")) < 3900
        page = logout(site, traveler, tokens["id_token"])
        given = Traveler.parameters(traveler.visited[-1])
        assert page.url.startswith(issuer) and (given.get("logout_hint") == "ada" or "id_token_hint" in given)


@contextlib.contextmanager
def mock():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock
    with oidc_provider_mock.run_server_in_thread(0) as server:
        yield f"http://localhost:{server.server_port}"


def test_oidc_provider_mock(start):
    with mock() as issuer:
        requests.put(issuer + "/users/ada", json={"name": "Ada", "email": "ada@example.com"}, timeout=30)
        site = behind(start, issuer, "dextra", "a secret of the mock", free_port(), getUserInfo=True)
        traveler = Traveler()
        answer = traveler.submit(traveler.open(authorization_url(site)), sub="ada")
        tokens = redeemed(site, answer)
        page = logout(site, traveler, tokens["id_token"])
        assert page.url.startswith(issuer), page.url
        assert traveler.submit(page).target.startswith(HOME)


def test_canaille(start):
    """A provider with a session of its own: after the logout it asks for the password again."""
    port = free_port()
    callback = f"http://127.0.0.1:{port}/dex/callback"
    with canaille(callback, "client_secret_basic", after_logout=callback.replace("/callback", "/logout/callback")) as (url, client, secret):
        site = behind(start, url, client, secret, port)
        traveler = Traveler()
        page = traveler.open(authorization_url(site))
        page = traveler.submit(page, login="jane")
        page = traveler.submit(page, password="correct horse battery")
        tokens = redeemed(site, traveler.submit(page, answer="accept"))
        # A second login needs no password there.
        again = traveler.open(authorization_url(site))
        if not hasattr(again, "arrival"):
            again = traveler.submit(again, answer="accept")
        tokens = redeemed(site, again)
        answer = logout(site, traveler, tokens["id_token"])
        if not hasattr(answer, "arrival"):
            answer = traveler.submit(answer, answer="logout")
        assert answer.target.startswith(HOME)
        page = traveler.open(authorization_url(site))
        assert page.status_code == 200 and 'name="login"' in page.text
