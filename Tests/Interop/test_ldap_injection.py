"""What people type is a value and never syntax: of a filter (RFC 4515), of a DN (RFC 4514), of a string of C."""
import base64, re

import pytest

from support.company import GROUPS, GUID, ODD_NAMES, PASSWORD, SID_TEXT, dn
from support.launch import running
from support.ldap import changes, claims, connector, log_in, password_grant, settings, tokens

NOBODY = (
    "*", "j*", "jan?", "*)(uid=jane", "jane)(uid=*", "jane)(|(uid=*", "jane))(|(uid=*", "*)(&", "jane)(userPassword=*", "(uid=jane)", "jane)",
    "\\2a", "jane\\", "jane\\00", "\\6aane", "jane\0", "jane\0)(uid=*", "\0jane", "jane\0more", "jane\n", "jane\r\nuid: john",
    "jane,ou=people,dc=example,dc=org", "uid=jane", dn("jane"), "jane+uid=john", "~=jane", ">=a", ":dn:=jane", "2.5.13.5:=jane",
    "jane\u200b", "jаne", "\ud7ff\U0010ffff", "a" * 100_000,
)


@pytest.fixture(scope="module")
def provider(company):
    base = changes(settings(company.host))
    listed = [
        connector(settings(company.host, userSearch={"username": ["uid", "mail"]}), "two-names"),
        connector(settings(company.host, userSearch={"idAttr": "DN"}), "dn"),
        connector(settings(company.host, userSearch={"idAttr": "objectGUID"}), "guid"),
        connector(settings(company.host, userSearch={"idAttr": "objectSid"}), "sid"),
        connector(settings(company.host, groupSearch={"filter": "", "userMatchers": [{"userAttr": "uid", "groupAttr": "memberUid"}]}), "posix"),
    ]
    with running(**base | {"connectors": base["connectors"] + listed}) as server:
        yield server


def user_id(known: dict) -> str:
    """The connector's id out of `sub`: dex.md §4."""
    raw = base64.urlsafe_b64decode(known["sub"] + "==")
    assert raw[0] == 10 and raw[1] < 128
    return raw[2:2 + raw[1]].decode()


@pytest.mark.parametrize("connector_id", ["ldap", "two-names"])
def test_what_people_type_is_never_syntax(provider, company, connector_id):
    mark = company.mark()
    for name in NOBODY:
        answer = log_in(provider, name, connector_id=connector_id)
        assert answer.location is None and answer.status in (400, 401, 413), f"{name[:60]!r}: {answer.status}"
    # Nobody was found, so nobody's password was asked for.
    assert not [line for line in company.since(mark) if re.search(r'BIND dn="uid=', line)]


def test_the_password_grant_is_no_other(provider):
    for name in NOBODY:
        assert password_grant(provider, name).status_code in (400, 401, 413), repr(name[:60])


@pytest.mark.parametrize("name", ODD_NAMES)
def test_people_with_odd_names_log_in_and_have_their_groups(provider, name):
    """Dex escapes names twice, and these people cannot log in."""
    known = claims(provider, tokens(provider, name))
    assert known["preferred_username"] == user_id(known) == name
    assert "grüße, *all*" in known["groups"]
    assert ("staff" in known["groups"]) == (name in ("o(pe*ra\\tor", "a,b+c=d"))
    known = claims(provider, tokens(provider, name, connector_id="two-names"))
    assert known["preferred_username"] == name


@pytest.mark.parametrize("name", [name for name in ODD_NAMES if name.isascii()])
def test_values_of_an_entry_are_no_syntax_in_the_search_for_groups(provider, name):
    assert claims(provider, tokens(provider, name, connector_id="posix"))["groups"] == ["audio"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_dn_that_is_an_id_is_as_the_directory_writes_it(provider, company, name):
    mark = company.mark()
    known = claims(provider, tokens(provider, name, connector_id="dn"))
    written = re.search(r'BIND dn="([^\n]*)" mech=SIMPLE', "\n".join(l for l in company.since(mark) if "ou=people" in l))[1]
    assert user_id(known).endswith(",ou=people,dc=example,dc=org")
    assert user_id(known).casefold().replace("\\", "") [:5] == written.casefold().replace("\\", "")[:5] or not name.isascii()


def test_binary_ids_are_written_as_microsoft_writes_them(provider):
    assert user_id(claims(provider, tokens(provider, "jane", connector_id="guid"))) == str(GUID)
    assert user_id(claims(provider, tokens(provider, "jane", connector_id="sid"))) == SID_TEXT


def test_an_id_of_any_bytes_is_an_id(provider):
    """NUL, invalid UTF-8, parentheses."""
    first = claims(provider, tokens(provider, "john", connector_id="guid"))
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", user_id(first))
    assert claims(provider, tokens(provider, "john", connector_id="guid"))["sub"] == first["sub"]
