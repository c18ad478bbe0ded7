"""Crowd and Keystone: a name and a password typed into our form, checked elsewhere."""
import threading, time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.application import assert_oauth_error, authorization_url, get_code, redeem, refresh, token
from support.browser import Browser
from support.people import JANE
from support.recorded.oauth import Identity
from support.recorded.upstream import Fault
from support.recorded.world import PASSWORD, assert_identity, assert_page, dex_sub, groups_of, world

TYPES = list(PASSWORD)


@pytest.fixture(scope="module")
def shop():
    with world(*PASSWORD.values()) as made:
        crowd, keystone = made.recordings["atlassian-crowd"], made.recordings["keystone"]
        yield made.start({
            "atlassian-crowd": ("atlassian-crowd", crowd.config(preferredUsernameField="name", usernamePrompt="Crowd name")),
            "crowd-stranger": ("atlassian-crowd", crowd.config(groups=["those-of-others"])),
            "crowd-member": ("atlassian-crowd", crowd.config(groups=["crowd-0000", "those-of-others"])),
            "crowd-wrong-application": ("atlassian-crowd", crowd.config(clientSecret="not the application's")),
            "keystone": ("keystone", keystone.config()),
            "keystone-by-name": ("keystone", keystone.config(domain="Default")),
            "keystone-elsewhere": ("keystone", keystone.config(domain="Elsewhere")),
        })


@pytest.fixture(params=TYPES)
def kind(request):
    return request.param


def form(shop, connector, **parameters):
    browser = Browser(shop.server)
    answer = browser.open(authorization_url(shop.server, connector_id=connector, **parameters))
    assert answer.status == 200, answer.response.text[:400]
    return browser, answer


def log_in(shop, connector, name="jane", password=None, **parameters):
    up = next(r for t, r in shop.recordings.items() if t in connector or t.rpartition("-")[2] in connector)
    password = up.passwords["jane"] if password is None else password
    shop.server.keep_out_of_log(password)
    browser, answer = form(shop, connector, **parameters)
    return browser.submit(answer, login=name, password=password)


def tokens(shop, connector, **parameters):
    response = redeem(shop.server, log_in(shop, connector, **parameters).code)
    assert response.status_code == 200, response.text
    return response.json()


def identity(shop, kind) -> Identity:
    up = shop.recordings[kind]
    if kind == "keystone":
        return Identity(up.users["jane"]["id"], "jane", "jane@example.com", groups=frozenset(up.groups["jane"]))
    return Identity("32769:8a1e", "jane", "jane@example.com", "jane", groups=frozenset(up.groups["jane"]))


def test_sign_in_gives_the_identity_that_dex_would_give(shop, kind):
    assert_identity(shop.claims(tokens(shop, kind)), kind, identity(shop, kind))


def test_the_form_says_what_is_asked_for(shop):
    assert "Crowd name" in form(shop, "atlassian-crowd")[1].page.text
    assert "username" in form(shop, "keystone")[1].page.text.lower()


@pytest.mark.parametrize("name, password", [("jane", "wrong"), ("nobody", "wrong"), ("nobody", None), ("jane", " ")])
def test_a_wrong_password_and_an_unknown_name_are_told_alike(shop, kind, name, password):
    refused = log_in(shop, kind, name, password)
    assert refused.status == 401
    assert refused.page.forms, "no second try"
    known = log_in(shop, kind, "jane", "wrong")
    assert refused.page.text.strip().replace(name, "") == known.page.text.strip().replace("jane", "")


def test_an_empty_password_is_not_sent(shop, kind):
    with shop.recordings[kind].watching() as seen:
        assert log_in(shop, kind, "jane", "").status in (400, 401)
    assert seen == []


@pytest.mark.parametrize("name", ["jane&username=admin", "jane/../admin", "jane?x=1", 'jane"}', "jane#", "jane%26", "ja\u0000ne", "jäne"])
def test_names_are_names_and_not_parts_of_addresses(shop, kind, name):
    up = shop.recordings[kind]
    with up.watching() as seen:
        refused = log_in(shop, kind, name)
    assert refused.status in (400, 401), refused.page.text[:200]
    for request in seen:
        assert "admin" not in (request.query.get("username", ""), request.path.rpartition("/")[2])


def test_the_password_travels_in_the_body_only(shop, kind):
    up = shop.recordings[kind]
    with up.watching() as seen:
        log_in(shop, kind)
    assert sum(up.passwords["jane"] in r.body.decode("utf-8", "replace") or up.passwords["jane"] in str(r.json) for r in seen) == 1
    assert not any(up.passwords["jane"] in str((r.path, r.query, r.headers)) for r in seen)


def test_the_password_grant_is_not_for_a_connector_that_was_not_chosen(shop):
    with shop.recordings["atlassian-crowd"].watching() as seen:
        refused = token(shop.server, grant_type="password", username="jane", password="of jane at crowd", scope="openid")
    assert_oauth_error(refused, 400, "invalid_grant")
    assert seen == []


def test_the_password_grant(kind):
    with world(PASSWORD[kind]) as made:
        up = made.recordings[kind]
        made.start({kind: (kind, up.config())}, oauth2={"passwordConnector": kind})
        form = {"grant_type": "password", "username": "jane", "scope": "openid profile email groups offline_access"}
        given = token(made.server, password=up.passwords["jane"], **form)
        assert given.status_code == 200, given.text
        found = made.claims(given.json())
        assert found["sub"] == dex_sub(identity(made, kind).user_id, kind)
        assert set(found["groups"]) == identity(made, kind).groups
        assert refresh(made.server, given.json()["refresh_token"]).status_code == 200
        assert_oauth_error(token(made.server, password="wrong", **form), 400, "invalid_grant")
        with up.failing(Fault.status(503)):
            refused = token(made.server, password=up.passwords["jane"], **form)
            assert refused.status_code in (400, 500, 502, 503), refused.text
        assert token(made.server, password=up.passwords["jane"], **form).status_code == 200


FAILURES = {
    "500": Fault.status(500, "<h1>Oops</h1>"), "503": Fault.status(503), "429": Fault.status(429, "", Retry_After="9"),
    "404": Fault.status(404, "<h1>nothing here</h1>"), "hung up": Fault.hang_up(), "truncated": Fault.truncated(),
    "cut JSON": Fault.cut_json(), "empty": Fault.status(200), "empty object": Fault.status(200, "{}"), "created": Fault.status(201, "{}"),
    "no object": Fault.status(201, "[1]"), "moved": Fault.elsewhere("https://127.0.0.1:1/"), "endless": Fault.endless(),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_server_that_fails_is_not_a_wrong_password_and_heals(shop, kind, failure):
    with shop.recordings[kind].failing(FAILURES[failure]):
        assert_page(shop, log_in(shop, kind), 500, 502, 503)
    assert log_in(shop, kind).code


def test_a_refusal_of_our_application_is_not_a_wrong_password(shop):
    """Crowd answers 401 for the application, and 400 for the person."""
    after = len(shop.server.running.lines)
    assert_page(shop, log_in(shop, "crowd-wrong-application"), 500, 502, 503)
    assert any("crowd-wrong-application" in line for line in shop.server.running.lines[after:])
    up = shop.recordings["atlassian-crowd"]
    with up.failing(Fault.status(403, "The server understood the request but refuses to authorize it.")):
        assert_page(shop, log_in(shop, "atlassian-crowd"), 500, 502, 503)


def test_crowd_groups_may_be_required(shop):
    refused = log_in(shop, "crowd-stranger")
    assert_page(shop, refused, 403)
    assert "member" in refused.page.text.lower()
    # Whatever the application asks for: it must not be the one that decides who may come in.
    assert_page(shop, log_in(shop, "crowd-stranger", scope="openid"), 403)
    assert groups_of(tokens(shop, "crowd-member")) == {"crowd-0000"}


def test_crowd_somebody_who_is_inactive_may_not_come_in(shop):
    up = shop.recordings["atlassian-crowd"]
    with up.changing():
        up.users["jane"]["active"] = False
        refused = log_in(shop, "atlassian-crowd")
        assert refused.location is None and refused.status in (401, 403), refused.status


def test_crowd_groups_come_in_pages(shop):
    assert len(identity(shop, "atlassian-crowd").groups) == 1200
    assert len(groups_of(tokens(shop, "atlassian-crowd"))) == 1200
    up = shop.recordings["atlassian-crowd"]
    with up.paging_without_end(), up.watching() as seen:
        answer = log_in(shop, "atlassian-crowd")
        assert answer.location or answer.status in (500, 502, 503)
    assert len(seen) <= 500


def test_keystone_domains_by_id_and_by_name(shop):
    up = shop.recordings["keystone"]
    with up.watching() as seen:
        assert log_in(shop, "keystone").code and log_in(shop, "keystone-by-name").code
    asked = [r.json["auth"]["identity"]["password"]["user"]["domain"] for r in seen if r.method == "POST"]
    assert asked == [{"id": "default"}, {"name": "Default"}]
    assert log_in(shop, "keystone-elsewhere").status == 401


def test_keystone_somebody_without_address(shop):
    up = shop.recordings["keystone"]
    with up.changing():
        up.users["jane"]["email"] = None
        found = shop.claims(tokens(shop, "keystone"))
        assert "email" not in found and found["email_verified"] is False


# Refresh


def test_refresh_sees_groups_that_are_gone(shop, kind):
    up = shop.recordings[kind]
    given = tokens(shop, kind)
    with up.changing():
        gone = up.groups["jane"].pop(0)
        again = refresh(shop.server, given["refresh_token"])
        assert again.status_code == 200, again.text
        assert gone in groups_of(given) and groups_of(again.json()) == set(up.groups["jane"])


def test_refresh_ends_when_the_person_is_gone(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        given = tokens(shop, kind)
        del up.users["jane"]
        refused = refresh(shop.server, given["refresh_token"])
        assert refused.status_code in (400, 401, 403), refused.text


def test_refresh_ends_when_the_account_is_disabled(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        given = tokens(shop, kind)
        up.users["jane"]["active" if kind == "atlassian-crowd" else "enabled"] = False
        refused = refresh(shop.server, given["refresh_token"])
        assert refused.status_code in (400, 401, 403), refused.text


def test_refresh_ends_with_the_required_group(shop):
    up = shop.recordings["atlassian-crowd"]
    given = tokens(shop, "crowd-member")
    with up.changing():
        up.groups["jane"].remove("crowd-0000")
        refused = refresh(shop.server, given["refresh_token"])
        assert refused.status_code in (400, 401, 403), refused.text


@pytest.mark.parametrize("failure", ["500", "503", "429", "hung up", "truncated", "cut JSON", "endless"])
def test_refresh_survives_a_server_that_is_down(shop, kind, failure):
    given = tokens(shop, kind)
    with shop.recordings[kind].failing(FAILURES[failure]):
        refused = refresh(shop.server, given["refresh_token"])
    assert refused.status_code in (500, 502, 503), refused.text
    again = refresh(shop.server, given["refresh_token"])
    assert again.status_code == 200, again.text


def test_a_server_that_does_not_answer_delays_nobody_else(shop, kind):
    up, release = shop.recordings[kind], threading.Event()
    visits = [form(shop, kind) for _ in range(12)]
    up.arrived.clear()
    with ThreadPoolExecutor(12) as pool, up.failing(Fault.held(release)):
        answers = [pool.submit(browser.submit, answer, login="jane", password=up.passwords["jane"]) for browser, answer in visits]
        try:
            assert up.arrived.wait(10)
            begun = time.monotonic()
            for _ in range(10):
                assert shop.server.get("/.well-known/openid-configuration").status_code == 200
            assert get_code(shop.server, person=JANE, connector_id="local")
            assert time.monotonic() - begun < 3
        finally:
            release.set()
    assert all(answer.result().code for answer in answers)
