"""What all connectors have in common: claim rules, the choice by e-mail domain, metrics, reload."""
from urllib.parse import urljoin

import jwt
import requests

from support.application import authorization_url, redeem, refresh
from support.browser import Browser
from support.people import JANE
from support.ports import free_port

MOCK = {"type": "mockCallback", "id": "mock", "name": "Company Directory"}
FORM = {"type": "mockPassword", "id": "form", "name": "Partners", "config": {"username": "ann", "password": "ann's password"}}


def claims(answer: dict) -> dict:
    return jwt.decode(answer["id_token"], options={"verify_signature": False})


def mock_tokens(provider) -> dict:
    response = redeem(provider, Browser(provider).open(authorization_url(provider, connector_id="mock")).code)
    assert response.status_code == 200, response.text
    return response.json()


RULES = [
    {"claim": "preferred_username", "from": "email"},
    {"claim": "preferred_username", "match": "*@*", "to": "$1"},
    {"claim": "name", "join": ["name", "email"], "with": " – "},
    {"claim": "email_verified", "value": False},
    {"claim": "groups", "add": ["team-a", "team-b-temp", "authors"]},
    {"claim": "groups", "drop": ["*-temp"]},
    {"claim": "groups", "match": "team-*", "to": "$1"},
    {"claim": "groups", "prefix": "corp:"},
]


def test_claims_are_what_the_rules_make_of_them_at_login_and_at_refresh(start):
    provider = start(connectors=[MOCK | {"claims": RULES}])
    given = mock_tokens(provider)
    again = refresh(provider, given["refresh_token"]).json()
    for answer in (given, again):
        found = claims(answer)
        assert found["preferred_username"] == "kilgore"
        assert found["name"] == "Kilgore Trout – kilgore@kilgore.trout"
        assert found["email_verified"] is False
        assert found["groups"] == ["corp:authors", "corp:a"]
        assert found["sub"] == claims(given)["sub"]


def test_the_subject_is_the_same_with_and_without_rules(start):
    assert claims(mock_tokens(start(connectors=[MOCK | {"claims": RULES}])))["sub"] == claims(mock_tokens(start(connectors=[MOCK])))["sub"]


def test_an_address_leads_to_the_connector_of_its_domain(start):
    provider = start(connectors=[MOCK | {"emailDomains": ["corp.example"]}])
    browser = Browser(provider)
    page = browser.open(authorization_url(provider))
    [form] = [form for form in page.page.forms if "login_hint" in form.fields]
    assert form.method == "get"

    # A browser sends such a form as a query; nothing of the request is lost on the way.
    def type_in(address):
        return browser.session.get(urljoin(page.response.url, form.action), params=form.fields | {"login_hint": address},
                                   allow_redirects=False, timeout=30)
    elsewhere = type_in("ann@other.example")
    assert elsewhere.status_code == 200 and 'value="ann@other.example"' in elsewhere.text
    answer = browser.open(type_in("ann@corp.example").url)
    assert answer.parameters["state"] == "a state"
    assert claims(redeem(provider, answer.code).json())["name"] == "Kilgore Trout"
    # An application that knows the address spares the person the question.
    assert Browser(provider).open(authorization_url(provider, login_hint="ann@CORP.example")).code


def test_without_domains_nobody_is_asked_for_an_address(start):
    provider = start(connectors=[MOCK])
    assert "login_hint" not in Browser(provider).open(authorization_url(provider)).response.text


def test_connectors_come_and_go_with_a_reload_and_logins_go_on(start):
    provider = start(connectors=[MOCK, FORM])
    browser, leaving = Browser(provider), Browser(provider)
    form = browser.open(authorization_url(provider, connector_id="local"))
    gone = leaving.open(authorization_url(provider, connector_id="form"))
    given = mock_tokens(provider)
    provider.configuration["connectors"] = [MOCK | {"name": "Renamed"}, FORM | {"id": "new", "name": "Newcomers"}]
    provider.reload()
    # Those that stay: begun logins and refresh tokens are good.
    assert browser.submit(form, login=JANE.email, password=JANE.password).code
    assert refresh(provider, given["refresh_token"]).status_code == 200
    # One that has gone: its login ends with a page.
    assert leaving.submit(gone, login="ann", password="ann's password").status == 400
    page = Browser(provider).open(authorization_url(provider)).page
    assert "Renamed" in page.text and "Newcomers" in page.text and "Partners" not in page.text
    answer = Browser(provider)
    assert answer.submit(answer.open(authorization_url(provider, connector_id="new")), login="ann", password="ann's password").code


def test_a_removed_connector_s_refresh_tokens_are_refused(start):
    provider = start(connectors=[MOCK])
    given = mock_tokens(provider)
    provider.configuration["connectors"] = []
    provider.reload()
    assert refresh(provider, given["refresh_token"]).status_code == 400


def test_logins_and_waiting_are_counted_by_connector(start):
    port = free_port()
    provider = start(connectors=[FORM], telemetry={"http": f"127.0.0.1:{port}"})
    browser = Browser(provider)
    page = browser.open(authorization_url(provider, connector_id="form"))
    browser.submit(browser.submit(page, login="ann", password="wrong"), login="ann", password="ann's password")
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    assert 'dextra_logins_total{connector="form",outcome="success"} 1' in text
    assert 'dextra_logins_total{connector="form",outcome="wrong_credentials"} 1' in text
    assert 'dextra_connector_duration_seconds_count{connector="form",operation="login"} 2' in text
