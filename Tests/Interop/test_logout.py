"""RP-initiated logout: what applications ask for, what people are asked, and what strangers cannot do."""
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest, requests, yaml

from support.application import assert_oauth_error, authorization_url, introspect, redeem, refresh, tokens
from support.applications import Application
from support.browser import Browser, Page
from support.chromium import chromium
from support.people import APP, JANE, JOHN, OTHER_APP, Client
from support.server import ROOT, Dextra

HOME = "http://127.0.0.1:5555/bye?from=dextra"
LEAVING = Client(APP.id, APP.secret, APP.redirect_uri, {"postLogoutRedirectURIs": [HOME]})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    from support.launch import launch
    server = launch(tmp_path_factory.mktemp("logout"), database=True, clients=(LEAVING, OTHER_APP))
    try:
        yield server
        server.stop()
    finally:
        if server.running:
            server.kill()


class Person:
    """A browser in which somebody has logged in to an application."""

    def __init__(self, site: Dextra, person=JANE, client=LEAVING):
        self.site, self.client = site, client
        self.browser = Browser(site)
        self.log_in(person, client)

    def log_in(self, person=JANE, client=LEAVING):
        answer = self.browser.log_in(authorization_url(self.site, client), person)
        self.tokens = redeem(self.site, answer.code, client).json()

    @property
    def hint(self) -> str:
        return self.tokens["id_token"]

    @property
    def is_logged_in(self) -> bool:
        """Whether the refresh token is still good. It is not used up."""
        return introspect(self.site, self.tokens["refresh_token"], self.client)["active"]

    def ask(self, browser: Browser | None = None, **parameters):
        return go(browser or self.browser, self.site.discovery["end_session_endpoint"] + "?" + urlencode(parameters))


def go(browser: Browser, url: str, form: dict | None = None, origin: str | None = None):
    """Where it leads: a page, or an address elsewhere. A POST from another site carries no cookies."""
    home = urlsplit(browser.provider.issuer)[:2]
    session = requests.Session() if form is not None and origin == "elsewhere" else browser.session
    for _ in range(8):
        response = session.request("GET" if form is None else "POST", url, data=form, allow_redirects=False, timeout=30)
        location = response.headers.get("Location")
        if location is None:
            return response
        assert response.status_code in (302, 303)
        url, form, session = urljoin(url, location), None, browser.session
        if urlsplit(url)[:2] != home:
            response.target = url
            return response
    raise AssertionError("redirected in circles")


def is_question(response) -> bool:
    return response.status_code == 200 and 'name="request"' in response.text


def agree(browser: Browser, response):
    form = next(form for form in Page(response.text).forms if "request" in form.fields)
    assert form.method == "post"
    return go(browser, urljoin(response.url, form.action), form.fields)


def test_a_client_logs_a_person_out(site):
    jane = Person(site)
    elsewhere = Person(site, client=OTHER_APP)
    second_device = Person(site)
    answer = jane.ask(id_token_hint=jane.hint, post_logout_redirect_uri=HOME, state="näh & ja")
    assert answer.target.startswith(HOME + "&state=") and dict(parse_qsl(urlsplit(answer.target).query))["state"] == "näh & ja"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not jane.is_logged_in and not second_device.is_logged_in
    assert elsewhere.is_logged_in
    assert_oauth_error(refresh(site, jane.tokens["refresh_token"]), 400, "invalid_grant")
    assert introspect(site, jane.tokens["access_token"]) == {"active": False}
    # Once more is no mistake (§4).
    assert jane.ask(id_token_hint=jane.hint, post_logout_redirect_uri=HOME).target == HOME


@pytest.mark.parametrize("origin", ["here", "elsewhere"])
def test_by_post(site, origin):
    jane = Person(site)
    answer = go(jane.browser, site.url("/logout"), {"id_token_hint": jane.hint, "post_logout_redirect_uri": HOME, "state": "s"}, origin)
    assert answer.target == HOME + "&state=s"
    assert not jane.is_logged_in


@pytest.mark.parametrize("language, words", [
    ("en", "You are signed out"), ("de", "Sie sind abgemeldet"), ("fr", "Vous êtes déconnecté"), ("es", "Ha cerrado la sesión"),
    ("ja", "サインアウトしました"), ("zh", "您已退出登录")])
def test_without_an_address_a_page_is_the_end(site, language, words):
    jane = Person(site)
    page = jane.ask(id_token_hint=jane.hint, ui_locales=f"xx {language}")
    assert page.status_code == 200 and words in page.text and "script" not in page.text
    assert f'lang="{language}' in page.text
    assert not jane.is_logged_in


@pytest.mark.parametrize("parameters", [{}, {"client_id": APP.id}, {"id_token_hint": "nonsense"}, {"state": "only"}])
def test_without_a_valid_hint_the_person_is_asked(site, parameters):
    jane = Person(site)
    page = jane.ask(**parameters)
    assert is_question(page) and "script" not in page.text
    assert (f"The {APP.id}" in page.text) == ("client_id" in parameters)
    assert jane.is_logged_in
    assert "You are signed out" in agree(jane.browser, page).text
    assert not jane.is_logged_in


def test_a_client_that_only_gives_its_name_gets_the_person_back(site):
    jane = Person(site)
    page = jane.ask(client_id=APP.id, post_logout_redirect_uri=HOME, state="1")
    assert is_question(page)
    assert agree(jane.browser, page).target == HOME + "&state=1"


def test_a_hint_of_somebody_else_than_who_is_here_leads_to_a_question(site):
    john, jane = Person(site, JOHN), Person(site)
    page = jane.ask(id_token_hint=john.hint, post_logout_redirect_uri=HOME)
    assert is_question(page)
    assert jane.is_logged_in and john.is_logged_in


# Strangers

@pytest.mark.parametrize("address", [
    "https://evil.example/", HOME + "x", HOME.upper(), "//evil.example", "/\\evil.example", HOME + "#", APP.redirect_uri, "javascript:alert(1)",
    HOME + "\r\nX: y"])
def test_no_other_address_is_gone_to(site, address):
    jane = Person(site)
    for answer in (jane.ask(id_token_hint=jane.hint, post_logout_redirect_uri=address),
                   jane.ask(client_id=APP.id, post_logout_redirect_uri=address), jane.ask(post_logout_redirect_uri=address),
                   jane.ask(client_id=OTHER_APP.id, post_logout_redirect_uri=HOME)):
        assert not hasattr(answer, "target") and answer.status_code == 400, answer.text[:300]
        assert "evil" not in str(answer.headers)


def test_a_hint_of_another_client_changes_nothing(site):
    other = Person(site, client=OTHER_APP)
    answer = other.ask(id_token_hint=other.hint, client_id=APP.id, post_logout_redirect_uri=HOME)
    assert answer.status_code == 400 and not hasattr(answer, "target")
    assert other.is_logged_in


def test_a_hint_of_another_issuer_is_none(site, start):
    foreign = tokens(start(clients=(LEAVING,)), LEAVING)["id_token"]
    jane = Person(site)
    assert is_question(jane.ask(id_token_hint=foreign, client_id=APP.id, post_logout_redirect_uri=HOME))
    assert jane.ask(id_token_hint=foreign, post_logout_redirect_uri=HOME).status_code == 400
    assert jane.is_logged_in


def test_an_access_token_is_no_hint(site):
    jane = Person(site)
    assert is_question(jane.ask(id_token_hint=jane.tokens["access_token"]))
    assert jane.is_logged_in


def test_nobody_else_can_answer_the_question(site):
    """A page of a stranger knows a question of the stranger's own browser, and posts it from the person's."""
    jane, stranger = Person(site), Browser(site)
    question = jane.ask(stranger, client_id=APP.id)
    form = next(form for form in Page(question.text).forms if "request" in form.fields)
    target = urljoin(question.url, form.action)
    for session in (jane.browser.session, requests.Session()):
        answer = session.post(target, data=form.fields, allow_redirects=False, timeout=30)
        assert answer.status_code == 400 and "Location" not in answer.headers
    for fields in ({}, {"request": "x"}, {"request": jane.browser.session.cookies["dextra-logins"]}):
        assert jane.browser.session.post(target, data=fields, timeout=30).status_code == 400
    # And an address cannot answer at all.
    assert jane.browser.session.get(target, params=form.fields, timeout=30).status_code == 405
    assert jane.is_logged_in


def test_the_cookie_says_nothing_in_another_browser(site):
    jane, john = Person(site), Person(site, JOHN)
    john.browser.session.cookies.set("dextra-logins", jane.browser.session.cookies["dextra-logins"], domain="127.0.0.1", path="/dex")
    page = jane.ask(john.browser)
    agree(john.browser, page)
    assert jane.is_logged_in


def test_the_cookies_are_for_us_only(site):
    jane = Person(site)
    cookie = next(c for c in jane.browser.session.cookies if c.name == "dextra-logins")
    assert cookie.path == "/dex" and cookie.expires is None
    assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "Lax"
    assert JANE.user_id not in cookie.value
    jane.ask(id_token_hint=jane.hint)
    assert "dextra-logins" not in jane.browser.session.cookies


def test_malformed_requests(site):
    jane = Person(site)
    for query in ("state=1&state=2", "id_token_hint=%ff", "state=" + "s" * 1025, "request=x", "request="):
        response = jane.browser.session.get(site.url("/logout?" + query), allow_redirects=False, timeout=30)
        assert response.status_code == (200 if query == "request=" else 400), query
    assert jane.browser.session.get(site.url("/logout/callback?state=x"), timeout=30).status_code == 400
    assert jane.is_logged_in


# Libraries

def test_authlib(site):
    from authlib.integrations.base_client.sync_openid import OpenIDMixin
    jane = Person(site)

    class RelyingParty(OpenIDMixin):
        client_id = APP.id

        def load_server_metadata(self):
            return site.discovery
    made = RelyingParty().create_logout_url(post_logout_redirect_uri=HOME, id_token_hint=jane.hint, state="from-authlib")
    assert go(jane.browser, made["url"]).target == HOME + "&state=from-authlib"
    assert not jane.is_logged_in


def test_chromium_walks_through_the_question(site):
    with chromium(javascript=False) as browser:
        browser.open(authorization_url(site, OTHER_APP))
        browser.log_in(JANE.email, JANE.password)
        browser.open(site.url("/logout?client_id=" + OTHER_APP.id))
        browser.wait(lambda b: b.find_all("form [type=submit]"))
        assert "sign out" in browser.text.lower()
        browser.screenshot("logout")
        browser.find("form [type=submit]").click()
        browser.wait(lambda b: "You are signed out" in b.text)
        browser.screenshot("logged-out")
        assert browser.driver.get_cookie("dextra-logins") is None
        assert not browser.complaints()


class Leaving(Application):
    """An application whose page sends its people out by a POST."""
    form = ""

    def answer(self, handler, parameters):
        return ("text/html", self.form.encode()) if handler.path == "/form" else super().answer(handler, parameters)


def test_chromium_posts_from_another_site(start):
    """`localhost` is another site than 127.0.0.1: its POST comes without our cookies, and they are needed to be cleared."""
    application = Leaving()
    home = application.url + "/callback"
    client = Client("site", "site-secret-1234567890", home, {"postLogoutRedirectURIs": [home]})
    site = start(clients=(client,))
    with application.listening(), chromium() as browser:
        browser.open(authorization_url(site, client))
        browser.log_in(JANE.email, JANE.password)
        given = redeem(site, application.wait_for_arrival()["code"], client).json()
        site.keep_out_of_log(application.arrivals[0]["code"])
        browser.open(site.url("/"))
        assert browser.driver.get_cookie("dextra-logins")["httpOnly"]
        application.form = (f"<form method=post action='{site.url('/logout')}'><input name=id_token_hint value='{given['id_token']}'>"
                            f"<input name=post_logout_redirect_uri value='{home}'><input name=state value=over><button>Go</button></form>")
        browser.open(application.url.replace("127.0.0.1", "localhost") + "/form")
        browser.find("button").click()
        assert application.wait_for_arrival(2) == {"state": "over"}
        browser.open(site.url("/"))
        assert browser.driver.get_cookie("dextra-logins") is None
    assert not introspect(site, given["refresh_token"], client)["active"]


def test_the_example_of_the_page(start):
    block = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/logout.md").read_text(), re.S)[1]
    [entry] = yaml.safe_load(block)["staticClients"]
    client = Client(entry["id"], "a secret of the page's application", entry["redirectURIs"][0])
    site = start(staticClients=[entry], environment={entry["secretEnv"]: client.secret})
    jane = Person(site, client=client)
    [home] = entry["postLogoutRedirectURIs"]
    assert jane.ask(id_token_hint=jane.hint, post_logout_redirect_uri=home, state="abc").target == home + "?state=abc"
    assert not jane.is_logged_in


@pytest.mark.parametrize("known, presented", [("K", "\u212a"), (";", "\u037e")])
def test_what_unicode_takes_for_the_same_is_another_address(start, known, presented):
    home = f"https://app.example.com/bye?{known}"
    leaving = Client(APP.id, APP.secret, APP.redirect_uri, {"postLogoutRedirectURIs": [home]})
    provider = start(clients=(leaving,), cost=4)
    jane = Person(provider, client=leaving)
    refused = jane.ask(id_token_hint=jane.hint, post_logout_redirect_uri=home.replace(known, presented))
    assert refused.status_code == 400 and "Location" not in refused.headers
    assert jane.ask(id_token_hint=jane.hint, post_logout_redirect_uri=home).target == home
