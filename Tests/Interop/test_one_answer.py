"""A sign-in has one answer: at a shared computer the Back button leads to a page, and not to somebody's next login."""
import sqlite3, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urljoin

import pytest

from support.application import assert_error_page, authorization_url, redeem
from support.browser import Answer, Browser
from support.people import APP, JANE, JOHN
from support.ports import free_port
from support.server import Dextra

CONSENT = {"skipApprovalScreen": False, "responseTypes": ["code", "id_token", "token"]}
TYPES = ["code", "id_token", "id_token token", "code id_token", "code id_token token"]


class Posts(Browser):
    """Keeps what was posted, to post it again."""

    def __init__(self, provider, **headers):
        super().__init__(provider, **headers)
        self.posts: list[tuple[str, dict]] = []

    def open(self, url, form=None, **options):
        if form is not None:
            self.posts.append((url, dict(form)))
        return super().open(url, form, **options)

    def again(self, index: int, **changes: str) -> Answer:
        url, form = self.posts[index]
        return Browser.open(self, url, form | changes)


def assert_finished(answer: Answer):
    assert_error_page(answer)
    assert "finished" in answer.page.text
    assert "go back to the application and start there" in answer.page.text


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    from support.launch import launch
    server = launch(tmp_path_factory.mktemp("answers"), database=True, cost=4, oauth2=CONSENT)
    try:
        yield server
        server.stop()
    finally:
        if server.running:
            server.kill()


def signed_in(site, response_type="code", verdict="approve") -> Posts:
    browser = Posts(site)
    consent = browser.log_in(authorization_url(site, response_type=response_type, nonce="n"), JANE)
    answer = browser.approve(consent, verdict)
    assert ("error" in answer.parameters) == (verdict != "approve"), answer.parameters
    return browser


@pytest.mark.parametrize("response_type", TYPES)
@pytest.mark.parametrize("verdict", ["approve", "rejected"])
def test_the_consent_form_posted_again_gives_nothing(site, response_type, verdict):
    browser = signed_in(site, response_type, verdict)
    for again in ("approve", "rejected"):
        assert_finished(browser.again(-1, approval=again))


@pytest.mark.parametrize("response_type", ["code", "id_token"])
@pytest.mark.parametrize("person", [JANE, JOHN], ids=["the same person", "somebody else"])
def test_the_login_form_posted_again_gives_nothing(site, response_type, person):
    browser = signed_in(site, response_type)
    assert_finished(browser.again(0, login=person.email, password=person.password))
    assert_finished(browser.again(0, login=person.email, password="wrong"))


def test_the_pages_themselves_are_over(site):
    browser = signed_in(site)
    for url, _ in browser.posts:
        assert_finished(browser.open(url))


def test_the_page_speaks_the_reader_s_language(site):
    browser = signed_in(site)
    browser.session.headers["Accept-Language"] = "de"
    answer = browser.again(-1)
    assert_error_page(answer)
    assert "schon abgeschlossen" in answer.page.text


def test_without_consent_too(start):
    provider = start(cost=4)
    browser = Posts(provider)
    code = browser.log_in(authorization_url(provider), JANE).code
    assert_finished(browser.again(0))
    assert_finished(browser.again(0, login=JOHN.email, password=JOHN.password))
    # What was given before stays good: a visitor of the page has stolen nothing.
    assert redeem(provider, code).status_code == 200


def test_two_consent_pages_of_one_sign_in_give_one_answer(site):
    """Login, Back, login: two pages ask for consent, and both are of one sign-in."""
    browser = Posts(site)
    first = browser.log_in(authorization_url(site), JANE)
    second = browser.again(0, login=JOHN.email, password=JOHN.password)
    assert browser.approve(second).code
    assert_finished(browser.approve(first))


def test_what_was_not_answered_goes_on(site):
    """A wrong password, a reload, Back before the end: no sign-in is lost."""
    browser = Posts(site)
    form = browser.open(authorization_url(site))
    assert browser.submit(form, login=JANE.email, password="wrong").status == 401
    browser.submit(form, login=JOHN.email, password=JOHN.password)
    consent = browser.submit(form, login=JANE.email, password=JANE.password)
    assert browser.open(consent.response.url).status == 200
    assert browser.approve(consent).code


def test_a_new_request_in_the_same_browser_is_a_new_sign_in(site):
    browser = signed_in(site)
    for _ in range(2):
        assert browser.approve(browser.log_in(authorization_url(site), JOHN)).code


def test_of_many_at_once_one_has_the_answer(site):
    browser = Posts(site)
    consent = browser.log_in(authorization_url(site), JANE)
    form = next(form for form in consent.page.forms if Browser._takes(form, "approval", "approve"))
    target = urljoin(consent.response.url, form.action) if form.action else consent.response.url
    gate = threading.Barrier(16)

    def approve(_):
        other = Browser(site)
        other.session.cookies.update(browser.session.cookies)
        gate.wait()
        return other.open(target, form.fields | {"approval": "approve"})
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(approve, range(16)))
    assert sum(answer.location is not None for answer in answers) == 1
    for answer in answers:
        if answer.location is None:
            assert_finished(answer)


@pytest.mark.parametrize("way", ["kill -9", "restart"])
def test_it_stays_used_up(start, way):
    provider = start(database=True, cost=4, oauth2=CONSENT)
    browsers = [signed_in(provider, response_type) for response_type in ("code", "id_token")] + [signed_in(provider, verdict="rejected")]
    if way == "restart":
        provider.restart()
    else:
        provider.kill()
        provider.start()
    for browser in browsers:
        assert_finished(browser.again(-1))
        assert_finished(browser.again(0))


def test_another_process_on_the_same_database_knows(start, tmp_path):
    first = start(database=True, cost=4, oauth2=CONSENT)
    (tmp_path / "second").mkdir()
    port = free_port()
    second = Dextra(first.configuration | {"web": {"http": f"127.0.0.1:{port}"}}, tmp_path / "second").start()
    second.url = lambda path: f"http://127.0.0.1:{port}/dex{path}"
    try:
        browser = signed_in(first)
        for url, form in browser.posts:
            url = url.replace(first.url(""), second.url(""))
            assert url.startswith(second.url(""))
            assert_finished(Browser.open(browser, url, form))
        second.stop()
    finally:
        if second.running:
            second.kill()


def test_a_store_that_cannot_write_gives_no_code_and_uses_nothing_up(start):
    provider = start(database=True, cost=4, oauth2=CONSENT)
    browser = Posts(provider)
    consent = browser.log_in(authorization_url(provider), JANE)
    with closing(sqlite3.connect(provider.folder / "dextra.db")) as database:
        database.execute("ALTER TABLE authorization_codes RENAME TO elsewhere")
        refused = browser.approve(consent)
        assert refused.parameters["error"] == "server_error" and "code" not in refused.parameters
        assert "doing=" in provider.running.wait_for_log("storage failed")
        database.execute("ALTER TABLE elsewhere RENAME TO authorization_codes")
    assert browser.approve(consent).code
    assert_finished(browser.approve(consent))
