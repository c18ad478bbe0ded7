"""A refresh asks the directory again: what has changed there since, changes here."""
import pytest

from support.application import assert_oauth_error, refresh
from support.company import COMPANY, GROUPS, PASSWORD, PEOPLE, dn, group, person as entry
from support.directory import Directory
from support.launch import running
from support.ldap import changes, claims, connector, password_grant, settings, tokens


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A directory in which each test has people of its own."""
    with Directory(tmp_path_factory.mktemp("own") / "slapd", COMPANY) as directory:
        yield directory


@pytest.fixture(scope="module")
def provider(own):
    base = changes(settings(own.host))
    by_number = connector(settings(own.host, userSearch={"idAttr": "employeeNumber"}), "number")
    by_mail = connector(settings(own.host, userSearch={"username": "mail"}), "by-mail")
    with running(**base | {"connectors": base["connectors"] + [by_number, by_mail]}) as server:
        yield server


@pytest.fixture
def anna(own, request):
    """Somebody of the test's own: her name."""
    name = "anna-" + "".join(c for c in request.node.name if c.isalnum())[:60].lower()
    own.add(entry(name, name="Anna", employeeNumber="1") + group(f"of {name}", dn(name)) + group(f"old {name}", dn(name)))
    return name


def refreshed(provider, given: dict) -> tuple[dict, dict]:
    response = refresh(provider, given["refresh_token"])
    return response.json(), claims(provider, response)


def test_a_refresh_shows_the_groups_of_now(provider, own, anna):
    given = tokens(provider, anna)
    assert sorted(claims(provider, given)["groups"]) == [f"of {anna}", f"old {anna}"]
    own.delete(f"cn=old {anna},{GROUPS}")
    given, known = refreshed(provider, given)
    assert known["groups"] == [f"of {anna}"]
    own.add(group(f"new {anna}", dn(anna)))
    given, known = refreshed(provider, given)
    assert sorted(known["groups"]) == [f"new {anna}", f"of {anna}"]
    for name in ("new", "of"):
        own.delete(f"cn={name} {anna},{GROUPS}")
    assert not refreshed(provider, given)[1].get("groups")


def test_a_refresh_shows_the_values_of_now(provider, own, anna):
    given = tokens(provider, anna)
    before = claims(provider, given)
    own.replace(dn(anna), cn="Anna Married", mail="married@example.org")
    known = refreshed(provider, given)[1]
    assert (known["name"], known["email"]) == ("Anna Married", "married@example.org")
    assert known["sub"] == before["sub"]


def test_a_refresh_asks_for_no_password(provider, own, anna):
    given = tokens(provider, anna)
    mark = own.mark()
    refreshed(provider, given)
    told = own.since(mark)
    assert [line for line in told if "SRCH" in line and anna in line]
    assert not [line for line in told if " BIND dn=" in line and anna in line]


def test_somebody_who_was_removed_is_refused(provider, own, anna):
    given = tokens(provider, anna)
    own.delete(dn(anna))
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")
    assert password_grant(provider, anna).status_code in (400, 401)


def test_somebody_who_no_longer_matches_the_filter_is_refused(provider, own, anna):
    """Many directories move those who have left."""
    given = tokens(provider, anna)
    own.change(f"dn: {dn(anna)}\nchangetype: modrdn\nnewrdn: uid={anna}\ndeleteoldrdn: 0\nnewsuperior: ou=open,dc=example,dc=org\n\n")
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")


def test_somebody_else_with_the_same_name_is_refused(provider, own, anna):
    """A name that is given out again must not bring the tokens of whoever had it before."""
    given = tokens(provider, anna, connector_id="number")
    own.delete(dn(anna))
    own.add(entry(anna, name="Another Anna", employeeNumber="2"))
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")
    assert claims(provider, tokens(provider, anna, connector_id="number"))["sub"] != claims(provider, given)["sub"]


def test_an_account_that_was_disabled_is_refused(provider, own, anna):
    given = tokens(provider, anna)
    own.replace(dn(anna), userAccountControl="514")
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")
    assert password_grant(provider, anna).status_code in (400, 401, 403)


def test_a_new_password_ends_no_login(provider, own, anna):
    """As in Dex: refresh tokens are revoked, passwords are changed."""
    given = tokens(provider, anna)
    own.replace(dn(anna), userPassword="another password of hers")
    assert refreshed(provider, given)[1]["name"] == "Anna"
    assert password_grant(provider, anna).status_code in (400, 401)
    assert password_grant(provider, anna, "another password of hers").status_code == 200


def test_the_password_grants_refresh_token_is_asked_again_as_well(provider, own, anna):
    given = password_grant(provider, anna).json()
    own.delete(f"cn=old {anna},{GROUPS}")
    given, known = refreshed(provider, given)
    assert known["groups"] == [f"of {anna}"]
    own.delete(dn(anna))
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")


def test_names_with_syntax_in_them_are_found_again(provider):
    """Dex searches them once more with escaping already done."""
    for name in ("o(pe*ra\\tor", "a,b+c=d", "müller"):
        given = tokens(provider, name)
        assert refreshed(provider, given)[1]["preferred_username"] == name


def test_an_address_that_changed_is_not_found_by_the_old_one(provider, own, anna):
    """Who logs in by e-mail is looked for again by what they typed."""
    own.replace(dn(anna), mail=f"{anna}@example.org")
    given = tokens(provider, f"{anna}@example.org", connector_id="by-mail")
    assert refreshed(provider, given)[1]["email"] == f"{anna}@example.org"
