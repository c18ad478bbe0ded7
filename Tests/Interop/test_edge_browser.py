"""A person at a real browser logs in at the edge, through proxies that ask it about each request."""
import pytest
from selenium.webdriver.common.keys import Keys

from support.chromium import SIZES, chromium
from support.edge_login import ONE_INGRESS, edge
from support.edge_proxies import PROXIES
from support.people import JANE, JOHN
from support.told_backend import backend


@pytest.fixture(scope="module")
def site():
    with edge(edge=ONE_INGRESS) as server, backend() as port:
        server.backend_port = port
        yield server


@pytest.fixture(scope="module", params=["nginx", "envoy", "envoy-grpc"])
def front(request, site):
    """The address of a proxy in front of a backend."""
    with PROXIES[request.param](site, site.backend_port) as port:
        yield f"http://127.0.0.1:{port}"


def form_is_there(browser):
    return browser.shows("input[name=password]")


def backend_answers(browser):
    return JANE.email in browser.text


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_browser_logs_in_and_out(front, javascript):
    with chromium(javascript=javascript) as browser:
        browser.open(front + "/pipeline?a=b&c=%26d")
        browser.wait(form_is_there)
        browser.log_in(JANE.email, JANE.password)
        browser.wait(backend_answers)
        assert browser.url == front + "/pipeline?a=b&c=%26d"
        browser.open(front + "/other")
        browser.wait(backend_answers)
        browser.open(front + "/oauth2/sign_out?rd=/public")
        browser.wait(lambda b: b.url == front + "/public")
        assert JANE.email not in browser.text
        browser.open(front + "/pipeline")
        browser.wait(form_is_there)


def test_the_keyboard_is_enough(front):
    with chromium() as browser:
        browser.open(front + "/pipeline")
        browser.wait(form_is_there)
        assert browser.focused.get_attribute("name") == "login"
        browser.focused.send_keys(JANE.email + Keys.TAB)
        assert browser.focused.get_attribute("name") == "password"
        browser.focused.send_keys(JANE.password + Keys.ENTER)
        browser.wait(backend_answers)
        assert browser.url == front + "/pipeline"


def test_a_browser_logs_in_in_two_tabs(front):
    with chromium() as browser:
        tabs = []
        for number in range(2):
            if number:
                browser.driver.switch_to.new_window("tab")
            tabs.append(browser.driver.current_window_handle)
            browser.open(front + f"/tab/{number}")
            browser.wait(form_is_there)
        for number in (0, 1):
            browser.driver.switch_to.window(tabs[number])
            browser.log_in(JANE.email, JANE.password)
            browser.wait(backend_answers)
            assert browser.url == front + f"/tab/{number}"
        assert not [c for c in browser.driver.get_cookies() if "_login_" in c["name"]]


def test_somebody_who_may_not_is_told_so_and_may_log_in_as_somebody_else(front):
    with chromium() as browser:
        browser.open(front + "/pipeline")
        browser.wait(form_is_there)
        browser.log_in(JOHN.email, JOHN.password)
        browser.wait(lambda b: "access is denied" in b.text or "403" in b.text)
        assert browser.url == front + "/pipeline"
        browser.open(front + "/oauth2/sign_out?rd=/pipeline")
        browser.wait(form_is_there)
        browser.log_in(JANE.email, JANE.password)
        browser.wait(backend_answers)


@pytest.mark.parametrize("proxy", ["nginx", "envoy", "envoy-grpc"])
def test_a_browser_whose_session_has_expired_is_led_to_the_login(proxy):
    with (edge(edge=ONE_INGRESS | {"session": {"lifetime": "3s"}}) as server, backend() as port, PROXIES[proxy](server, port) as front,
          chromium() as browser):
        page = f"http://127.0.0.1:{front}/pipeline"
        browser.open(page)
        browser.wait(form_is_there)
        browser.log_in(JANE.email, JANE.password)
        browser.wait(backend_answers)

        def leads_to_the_form(browser):
            browser.open(page)
            return form_is_there(browser)
        browser.wait(leads_to_the_form)
        browser.log_in(JANE.email, JANE.password)
        browser.wait(backend_answers)
        assert browser.url == page


@pytest.mark.parametrize("size, scheme", [(size, scheme) for size in SIZES for scheme in ("light", "dark")])
def test_the_pages_look_as_all_others_do(size, scheme):
    with edge(frontend={"theme": "auto"}) as server, chromium(size, scheme) as browser:
        for name, path in (("edge-failure", "/oauth2/callback?code=a&state=b"), ("edge-sign-in", "/oauth2/sign_in?rd=/models")):
            browser.open(server.edge + path)
            browser.screenshot(f"{name}-{size}-{scheme}")
            assert not browser.scrolls_sideways and (browser.background > 127) == (scheme == "light")
            assert [text for text in browser.complaints() if "status of 403" not in text] == []
        browser.find("button").click()
        browser.wait(form_is_there)
