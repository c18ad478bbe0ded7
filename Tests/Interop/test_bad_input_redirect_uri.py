"""Redirect URIs are compared as strings: what comes close is refused, and no answer ever leads there."""
import pytest

from support.application import assert_error_page, assert_oauth_error, authorization_url, get_code, pkce, redeem
from support.browser import Browser
from support.launch import running
from support.people import APP, JANE, Client

REGISTERED = "https://app.example.com/callback?tenant=1"
WEB = Client("web", "web-secret-77aa11bb", REGISTERED)

TRICKS = {
    "added path": "https://app.example.com/callback/evil?tenant=1",
    "longer last segment": "https://app.example.com/callback2?tenant=1",
    "a prefix of it": "https://app.example.com/call",
    "no query": "https://app.example.com/callback",
    "added parameter": REGISTERED + "&next=https://evil.example.com",
    "other parameter": "https://app.example.com/callback?tenant=2",
    "parameter first": "https://app.example.com/callback?x=1&tenant=1",
    "fragment": REGISTERED + "#",
    "fragment with text": REGISTERED + "#code=1",
    "user info": "https://app.example.com@evil.example.com/callback?tenant=1",
    "user info before the host": "https://user@app.example.com/callback?tenant=1",
    "longer host": "https://app.example.com.evil.example.com/callback?tenant=1",
    "host as prefix": "https://app.example.comevil/callback?tenant=1",
    "sub-domain": "https://evil.app.example.com/callback?tenant=1",
    "port": "https://app.example.com:443/callback?tenant=1",
    "other port": "https://app.example.com:8443/callback?tenant=1",
    "http": "http://app.example.com/callback?tenant=1",
    "scheme in capitals": "HTTPS://app.example.com/callback?tenant=1",
    "host in capitals": "https://APP.example.com/callback?tenant=1",
    "path in capitals": "https://app.example.com/Callback?tenant=1",
    "trailing slash": "https://app.example.com/callback/?tenant=1",
    "double slash": "https://app.example.com//callback?tenant=1",
    "encoded slash": "https://app.example.com%2fcallback?tenant=1",
    "encoded letter": "https://app.example.com/%63allback?tenant=1",
    "dot segment": "https://app.example.com/./callback?tenant=1",
    "encoded dot segment": "https://app.example.com/%2e/callback?tenant=1",
    "path traversal": "https://app.example.com/x/../callback?tenant=1",
    "encoded traversal": "https://app.example.com/callback/%2e%2e/evil?tenant=1",
    "backslash": "https://app.example.com\\@evil.example.com/callback?tenant=1",
    "tab": "https://app.example.com/\tcallback?tenant=1",
    "leading space": " " + REGISTERED,
    "trailing space": REGISTERED + " ",
    "line break": REGISTERED + "\r\nSet-Cookie: a=b",
    "NUL byte": REGISTERED + "\0",
    "javascript": "javascript:alert(1)//app.example.com/callback?tenant=1",
    "data": "data:text/html,<script>alert(1)</script>",
    "scheme-relative": "//evil.example.com/callback?tenant=1",
    "relative": "/callback?tenant=1",
    "wildcard": "https://*.example.com/callback?tenant=1",
    "look-alike": "https://аpp.example.com/callback?tenant=1",
    "IPv6 of nowhere": "https://[::1]/callback?tenant=1",
    "fragment with a combining mark": REGISTERED + "#\u0301",
    "fragment with a joiner": REGISTERED + "#\u200d",
    "semicolon's double": "https://app.example.com/callback?tenant=1\u037e",
    "very long": REGISTERED + "&" + "a" * 5000,
}


@pytest.fixture(scope="module")
def web():
    with running(clients=(WEB, APP)) as server:
        yield server


@pytest.mark.parametrize("uri", TRICKS.values(), ids=TRICKS)
@pytest.mark.parametrize("mode", [{}, {"response_mode": "form_post"}, {"response_type": "bogus"}, {"prompt": "none"}], ids=str)
def test_a_redirect_uri_that_only_looks_like_it_gets_a_page(web, uri, mode):
    answer = Browser(web).open(authorization_url(web, WEB, redirect_uri=uri, **mode))
    assert answer.location is None, f"sent to {answer.location}"
    assert answer.status in (400, 414, 431), answer.response.text[:300]
    assert "Location" not in answer.response.headers


def test_the_registered_one_works_and_keeps_its_query(web):
    answer = Browser(web).log_in(authorization_url(web, WEB), JANE)
    assert answer.location.startswith(REGISTERED + "&")
    assert answer.parameters["tenant"] == "1" and answer.code


def test_a_connector_s_step_checks_it_again(web):
    """Scripts go straight to /auth/local: no check may live in /auth alone."""
    answer = Browser(web).open(authorization_url(web, WEB, path="/auth/local", redirect_uri="https://evil.example.com/"))
    assert_error_page(answer)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:61234/callback", "http://127.0.0.1/callback"])
def test_the_port_of_a_loopback_ip_may_vary_for_native_apps(start, uri):
    """RFC 8252 §7.3: an app on the desktop takes the port that is free."""
    native = Client("native", None, "http://127.0.0.1/callback")
    provider = start(clients=(native,))
    assert Browser(provider).open(authorization_url(provider, native, redirect_uri=uri, **pkce()[1])).status == 200


@pytest.mark.parametrize("uri", ["http://localhost:61234/callback", "http://127.0.0.2:61234/callback", "http://127.0.0.1:61234/other",
                                 "https://127.0.0.1:61234/callback", "http://127.0.0.1.evil.example.com:1/callback",
                                 "http://127.0.0.1:61234@evil.example.com/callback", "http://127.0.0.1:99999/callback",
                                 "http://127.0.0.1:-1/callback", "http://2130706433:1/callback"])
def test_only_the_port_may_vary(start, uri):
    provider = start(clients=(Client("native", None, "http://127.0.0.1/callback"),))
    assert_error_page(Browser(provider).open(authorization_url(provider, Client("native", None, uri))))


@pytest.mark.parametrize("uri", ["https://other.example.com/callback", APP.redirect_uri + "/", "", "HTTP://127.0.0.1:5555/callback"])
def test_the_token_endpoint_wants_the_same_one(provider, uri):
    """RFC 6749 §4.1.3 and §5.2; Dex calls it invalid_request."""
    assert_oauth_error(redeem(provider, get_code(provider), redirect_uri=uri), 400, "invalid_grant", "invalid_request")


def test_a_code_for_one_redirect_uri_is_not_for_another_of_the_same_client(start):
    entry = APP.entry() | {"redirectURIs": [APP.redirect_uri, "https://second.example.com/cb"]}
    provider = start(staticClients=[entry])
    response = redeem(provider, get_code(provider), redirect_uri="https://second.example.com/cb")
    assert response.status_code == 400


# Unicode's equivalents: other bytes are another address, whatever looks the same (RFC 3986 §6.2.1).
EQUIVALENTS = {"Kelvin": ("K", "\u212a"), "Greek question mark": (";", "\u037e"),
               "composed": ("\u00e9", "e\u0301"), "decomposed": ("e\u0301", "\u00e9"), "Angstrom": ("\u00c5", "\u212b")}


@pytest.fixture(scope="module")
def equivalents():
    uris = [f"https://app.example.com/{known}b" for known, _ in EQUIVALENTS.values() if known.isascii()]
    local = [f"http://127.0.0.1/{known}" for known, _ in EQUIVALENTS.values() if known.isascii()]
    with running(staticClients=[WEB.entry() | {"redirectURIs": uris}, Client("native", None, "").entry() | {"redirectURIs": local},
                                Client("K8s", "k8s-secret-b5a1c9", REGISTERED).entry()]) as server:
        yield server


@pytest.mark.parametrize("known, presented", EQUIVALENTS.values(), ids=EQUIVALENTS)
def test_what_unicode_takes_for_the_same_is_another_address(equivalents, known, presented):
    if known.isascii():
        assert Browser(equivalents).open(authorization_url(equivalents, WEB, redirect_uri=f"https://app.example.com/{known}b")).status == 200
    for client, uri in ((WEB, f"https://app.example.com/{presented}b"), (Client("native", None, ""), f"http://127.0.0.1:5/{presented}")):
        assert_error_page(Browser(equivalents).open(authorization_url(equivalents, client, redirect_uri=uri, **pkce()[1])))


def test_what_unicode_takes_for_the_same_is_another_client(equivalents):
    known, double = (Client(name, "k8s-secret-b5a1c9", REGISTERED) for name in ("K8s", "\u212a8s"))
    assert Browser(equivalents).open(authorization_url(equivalents, known)).status == 200
    assert_error_page(Browser(equivalents).open(authorization_url(equivalents, double)))
    assert_oauth_error(redeem(equivalents, "x", known), 400, "invalid_grant")
    assert_oauth_error(redeem(equivalents, "x", double), 401, "invalid_client")
