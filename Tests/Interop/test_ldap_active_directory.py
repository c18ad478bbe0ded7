"""Active Directory's dialect, at Samba: binary ids, groups in groups, accounts that may not log in, referrals at the root."""
import uuid

import pytest

from support.active_directory import ADMINISTRATOR, CAN_RUN, PASSWORD as ADMINISTRATORS, SUFFIX, ActiveDirectory, group, user, user_dn
from support.application import assert_oauth_error, refresh
from support.launch import running
from support.ldap import changes, claims, connector, log_in, password_grant, settings, tokens
from test_ldap_injection import user_id

pytestmark = pytest.mark.skipif(not CAN_RUN, reason="needs Samba's domain controller (Debian: samba) and root")

PASSWORD = "A person's 1st password"


@pytest.fixture(scope="module")
def domain(tmp_path_factory):
    with ActiveDirectory(tmp_path_factory.mktemp("domain")) as domain:
        domain.add(
            user("jane", PASSWORD) + user("john", PASSWORD) + user("disabled", PASSWORD, control=514)
            # 2020-01-01 in tenths of microseconds since 1601.
            + user("expired", PASSWORD, accountExpires="132223104000000000") + user("newcomer", PASSWORD, pwdLastSet="0")
            + user("careless", PASSWORD) + user("leaver", PASSWORD)
            + group("team", user_dn("jane")) + group("department", user_dn("team"), user_dn("john")) + group("company", user_dn("department")))
        domain.change(f"dn: {SUFFIX}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 3\n-\n\n")
        yield domain


@pytest.fixture(scope="module")
def provider(domain):
    def config(id_attribute="objectGUID", **matcher):
        return settings(
            domain.address, insecureNoSSL=None, rootCA=str(domain.authority.file), bindDN=ADMINISTRATOR, bindPW=ADMINISTRATORS,
            # At the root, where the server adds referrals to its other parts.
            userSearch={"baseDN": SUFFIX, "filter": "(objectCategory=person)", "username": ["sAMAccountName", "userPrincipalName"],
                        "idAttr": id_attribute, "nameAttr": "displayName", "preferredUsernameAttr": "sAMAccountName"},
            groupSearch={"baseDN": SUFFIX, "scope": "sub", "filter": "(objectClass=group)",
                         "userMatchers": [{"userAttr": "DN", "groupAttr": "member"} | matcher]})
    base = changes(config())
    further = [connector(config("objectSid", inChain=True), "chain"), connector(config(recursionGroupAttr="member"), "walk")]
    with running(**base | {"connectors": base["connectors"] + further}) as server:
        yield server


@pytest.mark.parametrize("login", ["jane", "JANE", "jane@ad.example.org"])
def test_people_log_in_by_either_name(provider, domain, login):
    known = claims(provider, tokens(provider, login, PASSWORD))
    assert (known["name"], known["email"], known["preferred_username"]) == ("Jane", "jane@example.org", "jane")
    assert known["groups"] == ["team"]
    assert user_id(known) == str(uuid.UUID(bytes_le=domain.value(user_dn("jane"), "objectGUID")))


@pytest.mark.parametrize("connector_id", ["chain", "walk"])
def test_groups_in_groups_by_the_server_and_step_by_step(provider, connector_id):
    known = claims(provider, tokens(provider, "jane", PASSWORD, connector_id=connector_id))
    assert sorted(known["groups"]) == ["company", "department", "team"]
    if connector_id == "chain":
        assert user_id(known).startswith("S-1-5-21-")


@pytest.mark.parametrize("name, word", [("disabled", "disabled"), ("expired", "expired"), ("newcomer", "password")])
def test_who_may_not_log_in_is_told_why_and_strangers_are_not(provider, name, word):
    right, wrong = log_in(provider, name, PASSWORD), log_in(provider, name, "A wrong 1st password")
    # A password that can be changed is asked for: test_ldap_password_change.py.
    assert right.location is None and right.status in ((200,) if name == "newcomer" else (401, 403))
    assert word in right.page.text.lower()
    assert wrong.location is None and wrong.status == 401
    assert password_grant(provider, name, PASSWORD).status_code in (400, 401, 403)


def test_a_lockout_counts_one_failure_for_each_login(provider, domain):
    for _ in range(2):
        assert log_in(provider, "careless", "A wrong 1st password").status == 401
    assert claims(provider, tokens(provider, "careless", PASSWORD))
    for _ in range(3):
        assert log_in(provider, "careless", "A wrong 1st password").status == 401
    assert log_in(provider, "careless", PASSWORD).location is None


def test_somebody_who_is_disabled_is_refused_at_the_next_refresh(provider, domain):
    given = tokens(provider, "leaver", PASSWORD)
    given = refresh(provider, given["refresh_token"]).json()
    domain.change(f"dn: {user_dn('leaver')}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n-\n\n")
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")
