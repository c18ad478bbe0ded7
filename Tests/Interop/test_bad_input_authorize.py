"""The authorization endpoint and what is wrong with requests to it: each with the one right answer.

Before the redirect URI is proven, an error is a page. After it, an error goes to the application with `error`, `state` and
`iss`.
"""
from urllib.parse import quote, urlencode

import pytest

from support.application import (SCOPE, assert_error_page, assert_error_redirect, authorization_url, pkce)
from support.browser import Browser
from support.people import APP, JANE, OTHER_APP, PUBLIC_APP, Client
from support.raw import host, path, send

CHALLENGE = pkce()[1]


def ask(provider, client=APP, **parameters):
    return Browser(provider).open(authorization_url(provider, client, **parameters))


def ask_raw(provider, query):
    return Browser(provider).open(provider.url("/auth?") + query)


PAGES = {
    "unknown client": {"client_id": "nobody"},
    "no client": {"client_id": None},
    "empty client": {"client_id": ""},
    "another client's redirect URI": {"redirect_uri": OTHER_APP.redirect_uri},
    "no redirect URI": {"redirect_uri": None},
    "empty redirect URI": {"redirect_uri": ""},
}


@pytest.mark.parametrize("parameters", PAGES.values(), ids=PAGES)
def test_before_the_redirect_uri_is_proven_errors_are_pages(provider, parameters):
    assert_error_page(ask(provider, **parameters))


REDIRECTS = {
    "no response type": ({"response_type": None}, "invalid_request"),
    "empty response type": ({"response_type": ""}, "invalid_request"),
    "response type that is not enabled": ({"response_type": "token", "nonce": "n"}, "unsupported_response_type"),
    "hybrid response type that is not enabled": ({"response_type": "code id_token", "nonce": "n"}, "unsupported_response_type"),
    "unknown response type": ({"response_type": "coffee"}, "unsupported_response_type"),
    "unknown scope": ({"scope": "openid world:domination"}, "invalid_scope"),
    "scope with a byte that RFC 6749 forbids": ({"scope": 'openid "'}, "invalid_scope"),
    "audience of a stranger": ({"scope": f"openid audience:server:client_id:{OTHER_APP.id}"}, "invalid_scope"),
    "audience of nobody": ({"scope": "openid audience:server:client_id:nobody"}, "invalid_scope"),
    "request object": ({"request": "e30.e30."}, "request_not_supported"),
    "request object by reference": ({"request_uri": "https://example.com/r"}, "request_uri_not_supported"),
    "unknown challenge method": ({"code_challenge": CHALLENGE["code_challenge"], "code_challenge_method": "S512"}, "invalid_request"),
    "challenge too short": ({"code_challenge": "a" * 42, "code_challenge_method": "S256"}, "invalid_request"),
    "challenge too long": ({"code_challenge": "a" * 129, "code_challenge_method": "S256"}, "invalid_request"),
    "challenge of other characters": ({"code_challenge": "a" * 42 + "+", "code_challenge_method": "S256"}, "invalid_request"),
    "plain challenge, which is off": ({"code_challenge": "a" * 43, "code_challenge_method": "plain"}, "invalid_request"),
    "challenge without a method, which means plain": ({"code_challenge": "a" * 43}, "invalid_request"),
    "challenge method alone": ({"code_challenge_method": "S256"}, "invalid_request"),
    "unknown connector": ({"connector_id": "nowhere"}, "invalid_request"),
    "prompt none with others": ({"prompt": "none login"}, "invalid_request"),
    "unknown prompt": ({"prompt": "dance"}, "invalid_request"),
    "max_age that is no number": ({"max_age": "soon"}, "invalid_request"),
    "negative max_age": ({"max_age": "-1"}, "invalid_request"),
    "id_token_hint that is no token": ({"id_token_hint": "nonsense"}, "invalid_request"),
    "claims that are no JSON": ({"claims": "{"}, "invalid_request"),
    "unknown response mode": ({"response_mode": "pigeon"}, "invalid_request"),
}


@pytest.mark.parametrize("parameters, error", REDIRECTS.values(), ids=REDIRECTS)
def test_after_it_errors_go_to_the_application(provider, parameters, error):
    assert_error_redirect(provider, ask(provider, **parameters), error)


@pytest.mark.parametrize("name", ["scope", "response_type", "state", "nonce", "code_challenge", "connector_id"])
def test_a_repeated_parameter_is_refused_at_the_application(provider, name):
    url = authorization_url(provider, nonce="n", connector_id="local", **CHALLENGE)
    answer = Browser(provider).open(url + f"&{name}=once-more")
    assert answer.parameters["error"] == "invalid_request"
    assert answer.parameters["iss"] == provider.issuer


@pytest.mark.parametrize("name, value", [("client_id", APP.id), ("client_id", "nobody"), ("redirect_uri", APP.redirect_uri),
                                         ("redirect_uri", "https://evil.example.com/")])
def test_a_repeated_client_or_redirect_uri_is_a_page(provider, name, value):
    assert_error_page(Browser(provider).open(authorization_url(provider) + f"&{name}={quote(value, safe='')}"))


ACCEPTED = {
    "unknown parameter": {"foo": "bar", "x": ""},
    "languages": {"ui_locales": "tlh fr-CA", "claims_locales": "xx"},
    "display": {"display": "wap"},
    "unknown acr": {"acr_values": "urn:nothing"},
    "login hint": {"login_hint": "someone@example.com"},
    "scopes without claims": {"scope": "openid address phone"},
    "no openid, which is plain OAuth": {"scope": "email"},
    "scopes in another order": {"scope": "groups email openid profile"},
    "state of odd characters": {"state": "ü ☃ <script>&\"'%25+"},
    "state of 4 KB": {"state": "s" * 4000},
    "no state": {"state": None},
    "empty nonce": {"nonce": ""},
    "claims": {"claims": '{"userinfo":{"name":{"essential":true}}}'},
}


@pytest.mark.parametrize("parameters", ACCEPTED.values(), ids=ACCEPTED)
def test_what_a_server_must_not_stumble_over(provider, parameters):
    answer = Browser(provider).log_in(authorization_url(provider, **parameters), JANE)
    assert answer.code
    assert answer.parameters.get("state", "") == (parameters.get("state", "a state") or "")


@pytest.mark.parametrize("login_hint", ["jane@example.com", '"><script>alert(1)</script>', "a" * 300])
def test_login_hint_fills_in_the_form_and_is_escaped(provider, login_hint):
    page = ask(provider, login_hint=login_hint)
    assert page.status == 200
    assert page.page.forms[0].fields["login"] in (login_hint, "")
    assert "<script>alert" not in page.response.text


def test_a_form_is_as_good_as_a_query(provider):
    form = {"client_id": APP.id, "redirect_uri": APP.redirect_uri, "response_type": "code", "scope": SCOPE, "state": "posted"}
    browser = Browser(provider)
    answer = browser.submit(browser.open(provider.url("/auth"), form), login=JANE.email, password=JANE.password)
    assert answer.parameters["state"] == "posted" and answer.code


BROKEN_QUERIES = {
    "percent sign at the end": "client_id=app%",
    "half a percent-encoding": "client_id=app%2",
    "percent and no digits": "client_id=%zz",
    "invalid UTF-8": "client_id=app&state=%ff%fe",
    "overlong UTF-8": "client_id=app&state=%c0%af",
    "a surrogate": "client_id=app&state=%ed%a0%80",
    "a NUL byte": "client_id=app&state=a%00b",
    "a NUL byte in the client": "client_id=app%00",
    "no equals sign": "client_id",
    "a thousand fields": "client_id=app&" + "&".join(f"a{i}=1" for i in range(1000)),
    "nothing": "",
}


@pytest.mark.parametrize("query", BROKEN_QUERIES.values(), ids=BROKEN_QUERIES)
def test_a_query_that_cannot_be_read_is_a_page(provider, query):
    assert_error_page(ask_raw(provider, query))


@pytest.mark.parametrize("query", ["state=%ff", "state=a%00b", "scope=%zz"])
def test_an_unreadable_query_is_a_page_even_with_a_good_redirect_uri(provider, query):
    good = urlencode({"client_id": APP.id, "redirect_uri": APP.redirect_uri, "response_type": "code", "scope": "openid"})
    assert_error_page(ask_raw(provider, good + "&" + query))


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: stolen=1", "a\nLocation: https://evil.example.com", "a\r\n\r\n<html>", "\u2028", "\t"])
@pytest.mark.parametrize("name", ["state", "nonce", "scope", "login_hint", "connector_id", "redirect_uri", "client_id"])
def test_line_breaks_never_become_headers(provider, name, value):
    browser = Browser(provider)
    browser.open(authorization_url(provider, **{name: value}))
    for response in browser.history:
        assert "stolen" not in response.headers.get("Set-Cookie", "")
        assert "evil.example.com" not in response.headers.get("Location", "").partition("?")[0]
        for header in response.headers.values():
            assert "\r" not in header and "\n" not in header


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_are_not_for_people(provider, method):
    status, headers, _ = send(provider, f"{method} {path(provider, '/auth')} HTTP/1.1\r\nHost: {host(provider)}\r\n\r\n".encode())
    assert status in (400, 405, 501), status
    assert "location" not in headers
    if status == 405:
        assert {m.strip() for m in headers["allow"].split(",")} >= {"GET", "POST"}


@pytest.mark.parametrize("route", ["/auth/local", "/auth/local/login?state=unknown", "/auth/local/login", "/approval?req=unknown",
                                   "/approval", "/callback?state=unknown", "/callback"])
def test_a_step_without_the_one_before_it_is_a_page(provider, route):
    response = provider.get(route)
    assert response.status_code in (400, 401), response.text
    assert "Location" not in response.headers


@pytest.mark.parametrize("route", ["/auth/", "//auth", "/auth/local/", "/auth/nowhere", "/AUTH", "/auth/%6cocal/login/", "/nothing", "/token/",
                                   "/.well-known/openid-configuration/", "/..%2fdex/keys", "/../dex/keys", "/%00", "/static/../../etc/passwd",
                                   "/static/..%2f..%2fetc%2fpasswd"])
def test_paths_are_exact(provider, route):
    status, headers, body = send(provider, f"GET {path(provider, route)} HTTP/1.1\r\nHost: {host(provider)}\r\n\r\n".encode())
    assert status in (400, 404), (status, body[:200])
    assert "location" not in headers and b"root:" not in body


def test_a_login_state_is_bound_to_the_browser_that_began(provider):
    """Login CSRF: a link to the attacker's own half-finished login must not work in the victim's browser."""
    attacker, victim = Browser(provider), Browser(provider)
    form = attacker.open(authorization_url(provider)).response.url
    answer = victim.open(form, {"login": JANE.email, "password": JANE.password})
    assert answer.location is None or "error" in answer.parameters


@pytest.mark.parametrize("mutilate", [lambda s: s[:-1], lambda s: s[1:], lambda s: s[:-1] + ("A" if s[-1] != "A" else "B"), lambda s: s + "A",
                                      lambda s: "", lambda s: s.swapcase(), lambda s: s[: len(s) // 2]], ids=range(7))
def test_a_login_state_that_was_touched_is_refused(provider, mutilate):
    browser = Browser(provider)
    url = browser.open(authorization_url(provider)).response.url
    head, _, state = url.rpartition("state=")
    answer = browser.open(head + "state=" + mutilate(state), {"login": JANE.email, "password": JANE.password})
    assert_error_page(answer)


def test_public_clients_must_use_pkce(provider):
    """RFC 9700 §2.1.1; Dex leaves it to them."""
    assert_error_redirect(provider, ask(provider, PUBLIC_APP), "invalid_request", PUBLIC_APP)
    assert ask(provider, PUBLIC_APP, **CHALLENGE).status == 200


@pytest.mark.parametrize("enforce, confidential, public", [(True, False, False), (False, True, True)])
def test_pkce_can_be_asked_of_everybody_or_nobody(start, enforce, confidential, public):
    provider = start(oauth2={"pkce": {"enforce": enforce}})
    for client, accepted in ((APP, confidential), (PUBLIC_APP, public)):
        answer = ask(provider, client)
        if accepted:
            assert answer.status == 200
        else:
            assert_error_redirect(provider, answer, "invalid_request", client)


def test_the_document_lists_the_challenge_methods_that_are_on(provider, start):
    assert provider.discovery["code_challenge_methods_supported"] == ["S256"]
    both = start(oauth2={"pkce": {"codeChallengeMethodsSupported": ["S256", "plain"]}})
    assert both.discovery["code_challenge_methods_supported"] == ["S256", "plain"]


def test_the_form_does_not_say_whether_a_user_exists(provider):
    """Same status, same bytes but for the name that was typed."""
    pages = []
    for login in (JANE.email, "nobody@example.com"):
        browser = Browser(provider)
        answer = browser.open(authorization_url(provider))
        answer = browser.submit(answer, login=login, password="not the password")
        pages.append((answer.status, answer.response.text.replace(login, "LOGIN").replace(quote(login), "LOGIN")
                      .replace(answer.response.url.rpartition("state=")[2], "STATE")))
    assert pages[0] == pages[1]
    assert pages[0][0] == 401


@pytest.mark.parametrize("password", ["", "a" * 73, "nul\0byte", "ü" * 40, "a" * 100_000], ids=["empty", "73 bytes", "NUL", "80 bytes", "100 KB"])
def test_an_impossible_password_is_wrong_and_nothing_else(provider, password):
    browser = Browser(provider)
    answer = browser.open(authorization_url(provider))
    answer = browser.submit(answer, login=JANE.email, password=password)
    assert answer.status in (400, 401, 413)
    assert answer.location is None
