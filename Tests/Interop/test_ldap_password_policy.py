"""Accounts that a password policy (slapd's overlay ppolicy) keeps out, though the password is right."""
import pytest

from support.company import COMPANY, PASSWORD, dn, person as entry, unit
from support.directory import SUFFIX, Directory
from support.launch import running
from support.ldap import changes, claims, log_in, password_grant, settings, tokens
from support.ldif import entry as plain

POLICY = f"cn=usual,ou=policies,{SUFFIX}"
POLICIES = unit("policies") + plain(
    POLICY, objectClass=["pwdPolicy", "organizationalRole"], cn="usual", pwdAttribute="userPassword", pwdLockout="TRUE", pwdMaxFailure="3",
    pwdLockoutDuration="3600", pwdMustChange="TRUE", pwdMaxAge="2592000", pwdAllowUserChange="TRUE")
PEOPLE = (
    entry("locked", pwdAccountLockedTime="000001010000Z")
    + entry("careless")
    + entry("must-change", pwdReset="TRUE")
    + entry("expired", pwdChangedTime="20200101000000Z")
    + entry("disabled", userAccountControl="514"))


@pytest.fixture(scope="module")
def policed(tmp_path_factory):
    overlays = f'overlay ppolicy\nppolicy_default "{POLICY}"\nppolicy_use_lockout\n'
    with Directory(tmp_path_factory.mktemp("policed") / "slapd", COMPANY + POLICIES + PEOPLE, overlays=overlays) as directory:
        yield directory


@pytest.fixture(scope="module")
def provider(policed):
    with running(**changes(settings(policed.host))) as server:
        yield server


def test_a_policy_does_not_disturb_those_whose_account_is_in_order(provider):
    assert claims(provider, tokens(provider, "jane"))["name"] == "Jane Doe"


@pytest.mark.parametrize("name", ["locked", "must-change", "expired", "disabled"])
def test_who_may_not_log_in_does_not(provider, name):
    answer = log_in(provider, name)
    # A password that can be changed is asked for: test_ldap_password_change.py.
    assert answer.location is None and answer.status == 200 if name == "must-change" else answer.status in (401, 403), answer.page.text
    response = password_grant(provider, name)
    assert response.status_code in (400, 401, 403) and "id_token" not in response.text


@pytest.mark.parametrize("name, word", [("must-change", "password"), ("expired", "password"), ("disabled", "disabled")])
def test_who_has_proven_who_they_are_is_told_why(provider, name, word):
    right, wrong = log_in(provider, name), log_in(provider, name, "a wrong password")
    assert word in right.page.text.lower() and right.page.text != wrong.page.text
    # And strangers are told nothing.
    nobody = log_in(provider, "nobody", "a wrong password")
    assert wrong.status == nobody.status == 401


def test_a_lock_is_not_shown_to_those_who_guess(provider):
    """slapd says `locked` to whoever asks. Told on, it would say who has an account."""
    wrong, nobody = log_in(provider, "locked", "a wrong password"), log_in(provider, "nobody", "a wrong password")
    assert wrong.status == nobody.status == 401
    assert "lock" not in wrong.page.text.lower()


def test_a_lock_that_begins_is_one_for_the_right_password_as_well(provider, policed):
    for _ in range(3):
        assert log_in(provider, "careless", "a wrong password").status == 401
    answer = log_in(provider, "careless")
    assert answer.location is None and answer.status in (401, 403)
    policed.replace(dn("careless"), pwdAccountLockedTime=None)
    assert claims(provider, tokens(provider, "careless"))["preferred_username"] == "careless"


def test_one_wrong_password_is_one_failure(provider, policed):
    """A retry of the program's own would lock people out sooner."""
    before = policed.search(dn("john"), "(uid=john)", "pwdFailureTime").count("pwdFailureTime")
    assert password_grant(provider, "john", "a wrong password").status_code in (400, 401)
    assert policed.search(dn("john"), "(uid=john)", "pwdFailureTime").count("pwdFailureTime") == before + 1
