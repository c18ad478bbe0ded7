"""An expired password is changed on a page of ours, at slapd with its overlay ppolicy and at Samba's Active Directory."""
import pytest

from support.active_directory import CAN_RUN, SUFFIX as DOMAIN, ActiveDirectory, user, user_dn
from support.application import SCOPE, authorization_url, redeem, refresh
from support.applications import Application
from support.browser import Browser
from support.chromium import chromium
from support.company import BASE, PASSWORD, dn, person, unit
from support.directory import SUFFIX, Directory
from support.launch import running
from support.ldap import changes, claims, connector, form, log_in, password_grant, settings
from support.ldif import entry
from support.people import APP, Client

NEW = "a completely new password"
POLICY, GRACE = (f"cn={name},ou=policies,{SUFFIX}" for name in ("usual", "grace"))


def policy(name: str, **further) -> str:
    return entry(f"cn={name},ou=policies,{SUFFIX}", objectClass=["pwdPolicy", "organizationalRole"], cn=name, pwdAttribute="userPassword",
                 pwdMustChange="TRUE", pwdMaxAge="2592000", pwdAllowUserChange="TRUE", pwdMinLength="12", pwdCheckQuality="1", pwdInHistory="3",
                 pwdLockout="TRUE", pwdMaxFailure="5", **further)


OLD = "20200101000000Z"
PEOPLE = "".join(
    [person(f"must-change-{name}", pwdReset="TRUE") for name in ("a", "b", "c", "d", "chromium", "noscript", "foreign", "switched-off", "log", "logout")]
    + [person(f"grace-{name}", pwdChangedTime=OLD, pwdPolicySubentry=GRACE) for name in ("a", "b", "c")]
    + [person(f"expired-{name}", pwdChangedTime=OLD) for name in ("a", "b")])


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    overlays = f'overlay ppolicy\nppolicy_default "{POLICY}"\nppolicy_hash_cleartext\n'
    with Directory(tmp_path_factory.mktemp("policed") / "slapd",
                   BASE + unit("policies") + policy("usual") + policy("grace", pwdGraceAuthnLimit="3") + PEOPLE, overlays=overlays,
                   service_writes_passwords=True) as directory:
        yield directory


@pytest.fixture(scope="module")
def application():
    with Application().listening() as application:
        yield application


@pytest.fixture(scope="module")
def client(application):
    return Client("browser-app", "browser-secret-9f8e7d6c", application.url + "/callback")


@pytest.fixture(scope="module")
def provider(directory, client):
    config = settings(directory.host)
    base = changes(config, oauth2={"skipApprovalScreen": True})
    further = [connector(config | {"passwordChange": rule}, rule) for rule in ("service", "never")]
    with running(**base | {"connectors": base["connectors"] + further, "clients": (APP, client)}) as server:
        server.keep_out_of_log(NEW)
        yield server


def to_the_form(provider, name: str, password: str = PASSWORD, **options):
    """A person in front of the form for a new password."""
    provider.keep_out_of_log(password)
    browser, answer = form(provider, **options)
    answer = browser.submit(answer, login=name, password=password)
    assert answer.status == 200 and "/password?state=" in answer.response.url, answer.response.text[:600]
    return browser, answer


def change(browser, answer, old: str = PASSWORD, new: str = NEW, again: str | None = None):
    browser.provider.keep_out_of_log(old, new)
    return browser.submit(answer, old_password=old, new_password=new, new_password_again=new if again is None else again)


def test_somebody_whose_password_was_reset_chooses_another_and_is_logged_in(provider):
    browser, answer = to_the_form(provider, "must-change-a")
    assert "must-change-a" in answer.page.text
    answer = change(browser, answer)
    assert claims(provider, redeem(provider, answer.code))["preferred_username"] == "must-change-a"
    # The old one is worth nothing now, the new one everything.
    assert log_in(provider, "must-change-a").status == 401
    assert log_in(provider, "must-change-a", NEW).code


def test_who_came_by_another_password_can_log_out(provider):
    """Without an ID token's word the browser's cookie alone says who is to be logged out."""
    browser, answer = to_the_form(provider, "must-change-logout")
    given = redeem(provider, change(browser, answer).code).json()
    question = browser.open(provider.discovery["end_session_endpoint"])
    assert browser.submit(question).status == 200
    assert refresh(provider, given["refresh_token"]).status_code == 400


def test_a_password_is_in_no_address(provider):
    browser, answer = to_the_form(provider, "must-change-b")
    change(browser, answer, new="short")
    change(browser, answer)
    for response in browser.history:
        for text in (PASSWORD, PASSWORD.replace(" ", "+"), "password%27", NEW, NEW.replace(" ", "+"), "short"):
            assert text not in response.url + response.headers.get("Location", "")


def test_what_the_policy_refuses_is_shown(provider):
    browser, answer = to_the_form(provider, "must-change-c")
    for old, new, again, status, words in (
            (PASSWORD, "too short", "too short", 422, "too short"), (PASSWORD, NEW, NEW + "x", 422, "not the same"),
            (PASSWORD, PASSWORD, PASSWORD, 422, "is the current one"), ("a wrong password", NEW, NEW, 401, "current password is not right")):
        answer = change(browser, answer, old, new, again)
        assert answer.status == status and "password-error" in answer.page.ids
        assert words in answer.page.text
        assert all(value == "" for name, value in answer.page.forms[0].fields.items() if "password" in name)
    assert change(browser, answer).code


def test_a_password_of_the_past_is_refused(provider, directory):
    browser, answer = to_the_form(provider, "must-change-d")
    assert change(browser, answer).code
    directory.replace(dn("must-change-d"), pwdReset="TRUE")
    browser, answer = to_the_form(provider, "must-change-d", NEW)
    answer = change(browser, answer, NEW, PASSWORD)
    assert answer.status == 422 and "used this password before" in answer.page.text
    assert change(browser, answer, NEW, "yet another new password").code


def test_a_grace_login_is_used_for_the_change(provider):
    browser, answer = to_the_form(provider, "grace-a")
    assert claims(provider, redeem(provider, change(browser, answer).code))["preferred_username"] == "grace-a"
    assert log_in(provider, "grace-a", NEW).code


def test_the_last_grace_login_is_a_login(provider):
    """Another one, for the change, there would not be."""
    for _ in range(2):
        to_the_form(provider, "grace-b")
    assert log_in(provider, "grace-b").code
    assert log_in(provider, "grace-b").status == 403


def test_whom_the_directory_no_longer_lets_in_only_the_service_account_can_help_and_only_if_told_to(provider):
    answer = log_in(provider, "expired-a")
    assert answer.status == 403 and "expired" in answer.page.text and not answer.page.forms
    browser, answer = to_the_form(provider, "expired-a", connector_id="service")
    # With the policy's rules all the same.
    answer = change(browser, answer, new="too short")
    assert answer.status == 422 and "too short" in answer.page.text
    answer = change(browser, answer, old="a wrong password")
    assert answer.status == 401
    assert change(browser, answer).code
    assert log_in(provider, "expired-a", NEW).code


def test_where_the_person_changes_it_the_service_account_does_not_help_out(provider, directory):
    """Not even when the directory stops letting somebody in who is at the form already."""
    browser, answer = to_the_form(provider, "grace-c")
    directory.replace(dn("grace-c"), pwdPolicySubentry=POLICY)
    assert change(browser, answer).status == 422
    directory.replace(dn("grace-c"), pwdPolicySubentry=GRACE)
    to_the_form(provider, "grace-c")


def test_where_it_is_switched_off_there_is_no_form(provider):
    answer = log_in(provider, "must-change-switched-off", connector_id="never")
    assert answer.status == 403 and "expired" in answer.page.text and not answer.page.forms


def test_a_program_is_not_let_in(provider):
    response = password_grant(provider, "must-change-switched-off")
    assert response.status_code in (400, 401, 403) and "id_token" not in response.text


def test_the_form_is_for_the_browser_that_logged_in(provider):
    browser, answer = to_the_form(provider, "must-change-foreign")
    stranger = Browser(provider)
    for cookies in ({}, {"dextra": "A" * 22}):
        stranger.session.cookies.update(cookies)
        assert stranger.open(answer.response.url).status == 400
        fields = {"old_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
        assert stranger.open(answer.response.url, fields).status == 400
    # A form on another site sends no cookie (SameSite=Lax), and a login form's state is none of this form.
    other, login = form(provider)
    assert other.open(login.response.url.replace("/login?", "/password?"), fields).status == 400
    assert log_in(provider, "must-change-foreign", NEW).status == 401
    # Sent again after it has done its work it does nothing.
    assert change(browser, answer).code
    again = change(browser, answer, new="another new password")
    assert again.status == 400 and "finished" in again.page.text
    assert log_in(provider, "must-change-foreign", NEW).code


def test_the_log_says_what_happened(provider):
    browser, answer = to_the_form(provider, "must-change-log")
    change(browser, answer, new="too short")
    change(browser, answer)
    provider.running.wait_for_log("password not changed.*tooShort.*must-change-log")
    provider.running.wait_for_log("password changed.*must-change-log")


@pytest.mark.parametrize("name, javascript", [("chromium", True), ("noscript", False)])
def test_a_person_at_a_real_browser(provider, application, client, name, javascript):
    with chromium(javascript=javascript) as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(provider, client, connector_id="ldap", scope=SCOPE))
        browser.log_in(f"must-change-{name}", PASSWORD)
        browser.wait(lambda b: b.shows("input[name=new_password]"))
        browser.screenshot(f"new-password-{name}")
        assert browser.complaints() == [] and not browser.scrolls_sideways
        assert browser.focused.get_attribute("name") == "old_password"
        assert not browser.shows("input[name=username]")
        for element in browser.find_all("input[type=password]"):
            assert browser.find_all(f"label[for='{element.get_attribute('id')}']")

        def fill(old, new, again):
            for field, text in (("old_password", old), ("new_password", new), ("new_password_again", again)):
                browser.find(f"input[name={field}]").send_keys(text)
            browser.find("button[type=submit]").click()

        fill(PASSWORD, NEW, "something else")
        browser.wait(lambda b: b.shows("#password-error"))
        browser.screenshot(f"new-password-refused-{name}")
        assert all(element.get_attribute("value") == "" for element in browser.find_all("input[type=password]"))
        fill(PASSWORD, NEW, NEW)
        browser.wait(lambda b: b.shows("#arrived"))
        provider.keep_out_of_log(application.wait_for_arrival(before + 1)["code"])


@pytest.mark.skipif(not CAN_RUN, reason="needs Samba's domain controller (Debian: samba) and root")
class TestActiveDirectory:
    FIRST, SECOND = "A person's 1st password", "A person's 2nd password"

    @pytest.fixture(scope="class")
    def domain(self, tmp_path_factory):
        with ActiveDirectory(tmp_path_factory.mktemp("domain")) as domain:
            domain.add(user("newcomer", self.FIRST, pwdLastSet="0") + user("leaver", self.FIRST, pwdLastSet="0") + user("service", self.FIRST))
            # A password may be changed again at once.
            domain.change(f"dn: {DOMAIN}\nchangetype: modify\nreplace: minPwdAge\nminPwdAge: 0\n-\n\n")
            yield domain

    @pytest.fixture(scope="class")
    def provider(self, domain):
        # An account without any special right is enough.
        config = settings(
            domain.address, insecureNoSSL=None, rootCA=str(domain.authority.file), bindDN=user_dn("service"), bindPW=self.FIRST,
            groupSearch=None, userSearch={"baseDN": DOMAIN, "filter": "(objectCategory=person)", "username": "sAMAccountName",
                                          "idAttr": "objectGUID", "nameAttr": "displayName", "preferredUsernameAttr": "sAMAccountName"})
        with running(**changes(config)) as server:
            yield server

    def test_who_must_change_the_password_before_the_first_login_does_so(self, provider):
        provider.keep_out_of_log(self.FIRST, self.SECOND)
        browser, answer = to_the_form(provider, "newcomer", self.FIRST)
        answer = change(browser, answer, self.FIRST, "Sh0rt")
        assert answer.status == 422 and "too short" in answer.page.text
        answer = change(browser, answer, self.FIRST, "onlysmallletters")
        assert answer.status == 422 and "easy to guess" in answer.page.text
        answer = change(browser, answer, "A wrong 1st password", self.SECOND)
        assert answer.status == 401
        answer = change(browser, answer, self.FIRST, self.SECOND)
        assert claims(provider, redeem(provider, answer.code))["name"] == "Newcomer"
        assert log_in(provider, "newcomer", self.SECOND).code

    def test_who_is_shut_out_meanwhile_changes_nothing(self, provider, domain):
        def control(flags: int):
            domain.change(f"dn: {user_dn('leaver')}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: {flags}\n-\n\n")
        provider.keep_out_of_log(self.FIRST, self.SECOND)
        browser, answer = to_the_form(provider, "leaver", self.FIRST)
        control(514)
        assert change(browser, answer, self.FIRST, self.SECOND).status == 422
        control(512)
        to_the_form(provider, "leaver", self.FIRST)
