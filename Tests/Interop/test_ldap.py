"""People of a directory log in: what a connector of Dex's type `ldap` says of them, on a real slapd."""
import base64, json

import pytest

from support.application import refresh, userinfo
from support.company import GROUPS, GUID, PASSWORD, PEOPLE, SID, SID_TEXT, dn
from support.directory import SUFFIX
from support.keys import payload
from support.launch import running
from support.ldap import changes, claims, connector, form, log_in, password_grant, settings, tokens

NESTED = f"ou=nested,{GROUPS}"


def searches(company) -> dict[str, dict]:
    """Connectors by what is particular about them."""
    def config(**further):
        return settings(company.host, **further)

    def user(**further):
        return config(userSearch=further)

    def groups(**further):
        return config(groupSearch=further)
    return {
        "dn-id": user(idAttr="DN"),
        "number-id": user(idAttr="employeeNumber"),
        "by-mail": user(username="mail"),
        "by-mail-or-uid": user(username=["mail", "uid"]),
        "suffix": user(emailAttr=None, emailSuffix="corp.example.com", nameAttr="uid"),
        "open": config(bindDN=None, bindPW=None, userSearch={"baseDN": f"ou=open,{SUFFIX}"}, groupSearch=None),
        "one-level": user(baseDN=SUFFIX, scope="one"),
        "filtered": user(filter="(&(objectClass=inetOrgPerson)(employeeNumber=17))"),
        "no-groups": config(groupSearch=None),
        "prompt": config(usernamePrompt="Staff number"),
        "legacy-matcher": groups(userMatchers=None, userAttr="DN", groupAttr="member"),
        "two-matchers": groups(filter="", userMatchers=[{"userAttr": "uid", "groupAttr": "memberUid"}, {"userAttr": "DN", "groupAttr": "member"}]),
        "posix": groups(filter="(objectClass=posixGroup)", userMatchers=[{"userAttr": "uid", "groupAttr": "memberUid"}]),
        "member-of": groups(userMatchers=[{"userAttr": "memberOf", "groupAttr": "entryDN"}]),
        "nested": groups(baseDN=NESTED, userMatchers=[{"userAttr": "DN", "groupAttr": "member", "recursionGroupAttr": "member"}]),
        "not-nested": groups(baseDN=NESTED),
        "no-such-base": groups(baseDN=f"ou=nowhere,{SUFFIX}"),
    }


@pytest.fixture(scope="module")
def provider(company):
    further = [connector(config, id) for id, config in searches(company).items()]
    base = changes(settings(company.host))
    with running(**base | {"connectors": base["connectors"] + further}) as server:
        yield server


def groups(provider, connector_id, login="jane"):
    return claims(provider, tokens(provider, login, connector_id=connector_id)).get("groups")


def subject(user_id: str, connector_id: str) -> str:
    """dex.md §4: a protobuf of both."""
    fields = b"".join(bytes([tag, len(raw)]) + raw for tag, raw in ((10, user_id.encode()), (18, connector_id.encode())))
    return base64.urlsafe_b64encode(fields).rstrip(b"=").decode()


def test_a_person_logs_in_and_the_claims_come_from_the_directory(provider):
    known = claims(provider, tokens(provider, "jane"))
    assert (known["name"], known["email"], known["email_verified"]) == ("Jane Doe", "jane@example.org", True)
    assert known["preferred_username"] == "jane"
    assert sorted(known["groups"]) == ["authors", "editors", "staff", "vips"]
    assert known["sub"] == subject("jane", "ldap")


def test_userinfo_and_the_password_grant_say_the_same(provider):
    response = password_grant(provider, "jane")
    known = claims(provider, response)
    assert known["sub"] == subject("jane", "ldap") and sorted(known["groups"]) == ["authors", "editors", "staff", "vips"]
    told = userinfo(provider, response.json()["access_token"]).json()
    assert {name: told[name] for name in ("sub", "email", "name", "groups")} == {name: known[name] for name in ("sub", "email", "name", "groups")}


@pytest.mark.parametrize("connector_id, login, claim, value", [
    ("dn-id", "jane", "sub", subject(dn("jane"), "dn-id")),
    ("number-id", "jane", "sub", subject("17", "number-id")),
    ("by-mail", "jane@example.org", "email", "jane@example.org"),
    ("by-mail", "JANE@example.org", "email", "jane@example.org"),
    ("by-mail-or-uid", "jane@example.org", "name", "Jane Doe"),
    ("by-mail-or-uid", "jane", "name", "Jane Doe"),
    ("suffix", "jane", "email", "jane@corp.example.com"),
    ("open", "open", "email", "open@example.org"),
    ("filtered", "jane", "name", "Jane Doe"),
    ("ldap", "many", "email", "first@example.org"),
    ("ldap", "lots", "preferred_username", "many"),
])
def test_who_is_found_and_what_is_taken_of_the_entry(provider, connector_id, login, claim, value):
    assert claims(provider, tokens(provider, login, connector_id=connector_id))[claim] == value


@pytest.mark.parametrize("connector_id, login", [
    ("by-mail", "jane"), ("by-mail", "lonely@example.org"), ("one-level", "jane"), ("filtered", "john"), ("ldap", "nobody"), ("open", "jane"),
    ("ldap", "confusing@example.org"),
])
def test_who_is_not_found_where_the_configuration_looks(provider, connector_id, login):
    answer = log_in(provider, login, connector_id=connector_id)
    assert answer.location is None and answer.status == 401


@pytest.mark.parametrize("connector_id, expected", [
    ("no-groups", None),
    ("legacy-matcher", ["authors", "editors", "staff", "vips"]),
    ("posix", ["audio", "wheel"]),
    ("member-of", ["editors", "vips"]),
    ("two-matchers", ["audio", "authors", "editors", "staff", "vips", "wheel"]),
    ("not-nested", ["team"]),
    # Through a loop, each once.
    ("nested", ["company", "department", "team"]),
    ("no-such-base", None),
])
def test_groups(provider, connector_id, expected):
    found = groups(provider, connector_id)
    assert (found and sorted(found)) == expected


def test_groups_are_read_only_when_the_scope_is_asked_for(provider, company):
    mark = company.mark()
    known = claims(provider, tokens(provider, "jane", scope="openid profile email"))
    assert "groups" not in known
    assert not [line for line in company.since(mark) if f'SRCH base="{GROUPS}"' in line]


def test_a_person_who_is_there_twice_does_not_log_in(provider):
    """Dex: an error and not a wrong password, for who is right cannot be decided."""
    answer = log_in(provider, "twin@example.org", connector_id="by-mail")
    assert answer.location is None and answer.status in (500, 502, 503)
    assert "twin" not in answer.page.text


def test_a_missing_e_mail_address_is_told_in_the_log(provider):
    mark = len(provider.running.lines)
    answer = log_in(provider, "nomail")
    assert answer.location is None and answer.status in (403, 500)
    assert "mail" in provider.running.wait_for_log("failed login attempt", after=mark)


def test_the_form_asks_as_the_configuration_says(provider):
    assert "Staff number" in form(provider, "prompt")[1].response.text
    assert "Username" in form(provider)[1].response.text


# Who is told what

def test_an_unknown_user_and_a_wrong_password_look_alike(provider):
    def page(login, password):
        answer = log_in(provider, login, password)
        text = answer.response.text.replace(login, "LOGIN")
        browser_state = {field for form in answer.page.forms for field in form.fields.values() if len(field) > 12}
        for value in browser_state | set(answer.response.url.split("=")[1:]):
            text = text.replace(value, "STATE")
        return answer.status, text, sorted(answer.response.headers)
    assert page("jane", "a wrong password") == page("nobody", "a wrong password")
    assert page("jane", "a wrong password")[0] == 401
    wrong, unknown = (password_grant(provider, login, "a wrong password") for login in ("jane", "nobody"))
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code in (400, 401) and wrong.json()["error"] in ("access_denied", "invalid_grant")


@pytest.mark.parametrize("login", ["jane", "nobody"])
def test_an_empty_password_never_reaches_the_server(provider, company, login):
    """A bind with a name and no password succeeds at many servers, as nobody (RFC 4513 §5.1.2)."""
    mark = company.mark()
    assert password_grant(provider, login, "").status_code in (400, 401)
    assert log_in(provider, login, "").location is None
    told = company.since(mark)
    assert not [line for line in told if " BIND dn=" in line and f"uid={login}" in line]
    assert not [line for line in told if "anonymous" in line]
    # A wrong one does: the log would have shown it.
    mark = company.mark()
    assert password_grant(provider, "jane", "a wrong password").status_code in (400, 401)
    assert [line for line in company.since(mark) if " BIND dn=" in line and "uid=jane" in line]


def test_a_password_that_begins_with_nul_never_reaches_the_server(provider, company):
    """As text of C it is an empty one."""
    mark = company.mark()
    assert password_grant(provider, "jane", "\0" + PASSWORD).status_code in (400, 401)
    assert log_in(provider, "jane", "\0").location is None
    assert log_in(provider, "jane", PASSWORD + "\0more").location is None
    assert not [line for line in company.since(mark) if "mech=SIMPLE" in line and "uid=jane" in line]


def test_passwords_are_compared_byte_by_byte(provider):
    for password in (PASSWORD + " ", " " + PASSWORD, PASSWORD.upper(), PASSWORD[:-1]):
        assert log_in(provider, "jane", password).location is None, repr(password)


def test_the_people_of_one_connector_are_not_those_of_another(provider):
    subjects = {claims(provider, tokens(provider, "jane", connector_id=id))["sub"] for id in ("ldap", "by-mail-or-uid", "no-groups")}
    assert len(subjects) == 3
