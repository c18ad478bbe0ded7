"""A person at a real browser: every page, in light and dark, wide and narrow, by mouse and by keyboard, with and without
JavaScript. Screenshots go to build/screenshots.
"""
import json

import pytest
from selenium.webdriver.common.keys import Keys

from support.application import authorization_url, redeem
from support.applications import Application
from support.chromium import SIZES, chromium
from support.keys import verified
from support.launch import running
from support.people import JANE, JANE_SUB, Client
from support.ports import free_port
from support.server import Process

MOCK = {"type": "mockCallback", "id": "mock", "name": "Company Directory"}


@pytest.fixture(scope="module")
def application():
    with Application().listening() as application:
        yield application


@pytest.fixture(scope="module")
def client(application):
    return Client("browser-app", "browser-secret-9f8e7d6c", application.url + "/callback")


@pytest.fixture(scope="module")
def site(client):
    """One connector, consent asked: what a person meets first."""
    with running(clients=(client,), oauth2={"skipApprovalScreen": False}) as server:
        server.keep_out_of_log(JANE.password)
        yield server


@pytest.fixture(scope="module")
def choice(client):
    with running(clients=(client,), connectors=[MOCK]) as server:
        server.keep_out_of_log(JANE.password)
        yield server


APPROVE, REFUSE = (f"form:has([name=approval][value={verdict}]) [type=submit], [name=approval][value={verdict}][type=submit]"
                   for verdict in ("approve", "rejected"))
LOOKS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]


def check_look(browser, name, size, scheme):
    browser.screenshot(f"{name}-{size}-{scheme}")
    assert not browser.scrolls_sideways
    assert (browser.background > 127) == (scheme == "light")


def check_page(browser):
    assert browser.complaints() == []
    assert browser.find("html").get_attribute("lang")
    assert browser.driver.title
    assert len(browser.find_all("h1, h2")) >= 1
    for element in browser.find_all("input:not([type=hidden]):not([type=submit])"):
        label = browser.find_all(f"label[for='{element.get_attribute('id')}']") if element.get_attribute("id") else []
        assert label or element.get_attribute("aria-label"), "a field without a name for those who cannot see it"


@pytest.mark.parametrize("size, scheme", LOOKS)
def test_a_person_logs_in_and_approves(site, application, client, size, scheme):
    with chromium(size, scheme) as browser:
        state = f"{size} & {scheme}"
        before = len(application.arrivals)
        browser.open(authorization_url(site, client, state=state))
        check_look(browser, "login", size, scheme)
        check_page(browser)
        assert browser.find("input[name=password]").get_attribute("type") == "password"

        browser.log_in(JANE.email, "wrong password")
        browser.wait(lambda b: b.shows("#login-error"))
        check_look(browser, "login-refused", size, scheme)
        assert browser.find("input[name=login]").get_attribute("value") == JANE.email
        assert browser.find("input[name=password]").get_attribute("value") == ""

        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.shows(APPROVE))
        check_look(browser, "approval", size, scheme)
        assert f"The {client.id}" in browser.text, "people must see whom they let in"
        browser.find(APPROVE).click()
        browser.wait(lambda b: b.shows("#arrived"))
        assert browser.complaints() == []
        arrival = application.wait_for_arrival(before + 1)
        assert arrival["state"] == state and arrival["iss"] == site.issuer
        site.keep_out_of_log(arrival["code"])
        assert verified(site, redeem(site, arrival["code"], client).json()["id_token"], client)["sub"] == JANE_SUB


@pytest.mark.parametrize("size, scheme", LOOKS)
def test_a_person_chooses_where_to_log_in(choice, application, client, size, scheme):
    with chromium(size, scheme) as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(choice, client))
        check_look(browser, "choice", size, scheme)
        check_page(browser)
        names = [link.text for link in browser.find_all("a[href*='/auth/']")]
        assert any(MOCK["name"] in name for name in names) and any("Email" in name for name in names)
        next(link for link in browser.find_all("a[href*='/auth/']") if "Email" in link.text).click()
        browser.wait(lambda b: b.shows("input[name=password]"))
        # There is a way back to the choice.
        assert browser.find_all("a[href*='/auth?']")
        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.shows("#arrived"))
        assert application.wait_for_arrival(before + 1)["code"]


def test_the_mock_connector_needs_one_click(choice, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(choice, client))
        browser.find("a[href*='/auth/mock']").click()
        browser.wait(lambda b: b.shows("#arrived"))
        given = redeem(choice, application.wait_for_arrival(before + 1)["code"], client).json()
        assert verified(choice, given["id_token"], client)["email"] == "kilgore@kilgore.trout"


def test_the_keyboard_is_enough(site, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(site, client))
        assert browser.focused.get_attribute("name") == "login", "the first thing to type is ready for it"
        browser.focused.send_keys(JANE.email + Keys.TAB)
        assert browser.focused.get_attribute("name") == "password"
        browser.focused.send_keys(JANE.password + Keys.ENTER)
        browser.wait(lambda b: b.find_all("[name=approval]"))
        for _ in range(20):
            browser.focused.send_keys(Keys.TAB)
            pressed = browser.driver.execute_script("""
                const e = document.activeElement;
                return e.type === 'submit' && (e.value === 'approve' || !!e.closest('form')?.querySelector('[name=approval][value=approve]'))""")
            if pressed:
                outline = browser.driver.execute_script("""
                    const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'""")
                assert outline, "people must see where they are"
                browser.focused.send_keys(Keys.ENTER)
                break
        browser.wait(lambda b: b.shows("#arrived"))
        assert application.wait_for_arrival(before + 1)["code"]


def test_no_page_needs_javascript(choice, site, application, client):
    with chromium(javascript=False) as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(choice, client))
        next(link for link in browser.find_all("a[href*='/auth/']") if "Email" in link.text).click()
        browser.wait(lambda b: b.find_all("input[name=password]"))
        browser.log_in(JANE.email, JANE.password)
        assert application.wait_for_arrival(before + 1)["code"]
        browser.open(authorization_url(site, client, response_mode="form_post"))
        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.find_all("[name=approval]"))
        browser.find(APPROVE).click()
        # Without script a person presses the button that a script would have pressed.
        browser.wait(lambda b: b.find_all(f"form[action='{client.redirect_uri}'] [type=submit]"))[0].click()
        assert application.wait_for_arrival(before + 2)["code"]


def test_form_post_goes_on_by_itself_where_there_is_javascript(choice, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(choice, client, connector_id="local", response_mode="form_post", state='"><script>alert(1)</script>'))
        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.shows("#arrived"))
        assert browser.complaints() == []
        assert application.wait_for_arrival(before + 1)["state"] == '"><script>alert(1)</script>'


def test_refusing_goes_back_to_the_application_with_an_error(site, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(site, client))
        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.find_all("[name=approval][value=rejected]"))
        browser.find(REFUSE).click()
        browser.wait(lambda b: b.shows("#arrived"))
        assert application.wait_for_arrival(before + 1)["error"] == "access_denied"


@pytest.mark.parametrize("size, scheme", LOOKS)
def test_an_error_page_says_what_is_wrong(site, client, size, scheme):
    with chromium(size, scheme) as browser:
        browser.open(site.url("/auth?client_id=nobody"))
        check_look(browser, "error", size, scheme)
        assert "Bad Request" in browser.text


def test_the_back_button_after_a_login_does_no_harm(site, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(site, client))
        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.find_all("[name=approval]"))
        browser.driver.back()
        browser.wait(lambda b: b.find_all("input[name=password]"))
        browser.log_in(JANE.email, JANE.password)
        browser.wait(lambda b: b.find_all("[name=approval]"))
        browser.find(APPROVE).click()
        assert application.wait_for_arrival(before + 1)["code"]


def test_two_tabs_do_not_disturb_each_other(site, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(site, client, state="first"))
        first = browser.driver.current_window_handle
        browser.driver.switch_to.new_window("tab")
        browser.open(authorization_url(site, client, state="second"))
        second = browser.driver.current_window_handle
        for number, handle in enumerate((first, second)):
            browser.driver.switch_to.window(handle)
            browser.log_in(JANE.email, JANE.password)
            browser.wait(lambda b: b.find_all("[name=approval]"))
            browser.find(APPROVE).click()
            assert application.wait_for_arrival(before + number + 1)["state"] == ("first", "second")[number]


def test_the_example_application_of_dev_shows_who_is_logged_in():
    process = Process(["dev", "--port", str(free_port()), "--output", "json"])
    try:
        told = json.loads(process.wait_for_stdout())
        with chromium() as browser:
            browser.open(told["exampleApp"])
            browser.screenshot("example-app")
            if not browser.find_all("input[name=password]"):
                browser.find("a[href], button, [type=submit]").click()
                browser.wait(lambda b: b.find_all("input[name=password]"))
            browser.log_in(told["user"], told["password"])
            browser.wait(lambda b: b.find_all("[name=approval]") or told["user"] in b.text)
            if browser.find_all("[name=approval]"):
                browser.find(APPROVE).click()
            browser.wait(lambda b: told["user"] in b.text)
            browser.screenshot("example-app-logged-in")
            shown = browser.text
            browser.find("form button[type=submit]").click()
            browser.wait(lambda b: told["user"] in b.text and b.text != shown)
            assert browser.complaints() == []
        assert told["password"] not in process.log
        assert process.terminate() == 0
    finally:
        process.kill()
