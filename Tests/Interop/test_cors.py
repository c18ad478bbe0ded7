"""Browser applications on other origins: what the browser lets them read."""
import pytest
import requests

from support.application import authorization_url, refresh, tokens
from support.launch import running
from support.people import APP

ORIGIN = "https://app.example.com"
OPEN_TO_BROWSERS = ["/.well-known/openid-configuration", "/keys", "/userinfo", "/token", "/token/introspect"]
NOT_FOR_THEM = ["/auth", "/auth/local", "/auth/local/login?state=x", "/approval?req=x", "/device"]


@pytest.fixture(scope="module")
def open_provider():
    with running(web={"allowedOrigins": [ORIGIN]}) as server:
        yield server


def preflight(provider, route, origin=ORIGIN, method="POST", headers="authorization, content-type"):

    return requests.options(provider.url(route), timeout=30, headers={
        "Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers})


@pytest.mark.parametrize("route", OPEN_TO_BROWSERS)
def test_a_known_origin_may_ask_and_read(open_provider, route):
    asked = preflight(open_provider, route)
    assert asked.status_code in (200, 204)
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"].lower()
    answer = open_provider.get(route, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, "errors must be readable too"
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", ["https://evil.example.com", "https://app.example.com.evil.example.com", "http://app.example.com",
                                    "https://app.example.com:8443", "null", "https://APP.example.com.", "", "*"])
@pytest.mark.parametrize("route", OPEN_TO_BROWSERS)
def test_an_unknown_origin_may_not(open_provider, route, origin):
    assert "Access-Control-Allow-Origin" not in preflight(open_provider, route, origin).headers
    assert "Access-Control-Allow-Origin" not in open_provider.get(route, headers={"Origin": origin}).headers


@pytest.mark.parametrize("route", NOT_FOR_THEM)
def test_pages_are_never_readable_from_elsewhere(open_provider, route):
    assert "Access-Control-Allow-Origin" not in preflight(open_provider, route).headers
    assert "Access-Control-Allow-Origin" not in open_provider.get(route, headers={"Origin": ORIGIN}).headers


def test_cookies_are_never_sent_along(open_provider):
    for route in OPEN_TO_BROWSERS:
        assert "Access-Control-Allow-Credentials" not in open_provider.get(route, headers={"Origin": ORIGIN}).headers


def test_without_allowed_origins_there_are_no_cors_headers(provider):
    for route in OPEN_TO_BROWSERS:
        assert not [name for name in provider.get(route, headers={"Origin": ORIGIN}).headers if name.startswith("Access-Control")]


def test_a_star_allows_every_origin(start):
    provider = start(web={"allowedOrigins": ["*"]})
    assert provider.get("/keys", headers={"Origin": "https://anything.example"}).headers["Access-Control-Allow-Origin"] in (
        "*", "https://anything.example")


def test_more_request_headers_can_be_allowed(start):
    provider = start(web={"allowedOrigins": [ORIGIN], "allowedHeaders": ["Authorization", "X-Requested-With"]})
    allowed = preflight(provider, "/token", headers="x-requested-with").headers["Access-Control-Allow-Headers"].lower()
    assert "x-requested-with" in allowed


def test_a_refresh_from_a_browser_app_is_readable(open_provider):
    given = tokens(open_provider)
    assert refresh(open_provider, given["refresh_token"], APP).status_code == 200


PAGE_HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store"}


@pytest.mark.parametrize("header, words", PAGE_HEADERS.items(), ids=PAGE_HEADERS)
def test_every_page_is_protected(provider, header, words):
    for route in (authorization_url(provider).removeprefix(provider.issuer), "/auth?client_id=nobody", "/approval?req=x"):
        response = provider.get(route)
        if "Location" in response.headers:
            response = provider.get(response.headers["Location"].removeprefix("/dex").removeprefix(provider.issuer))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            assert words in response.headers[header]


def test_the_policy_of_pages_allows_no_script_and_nothing_from_elsewhere(provider):
    response = provider.get("/auth?client_id=nobody")
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";") if part.strip())
    assert policy["default-src"] == "'none'" and policy["base-uri"] == "'none'"
    for sources in policy.values():
        assert "unsafe-inline" not in sources and "unsafe-eval" not in sources and "*" not in sources.split()
