"""`dextra connector test`: what somebody who sets up a directory needs to see, and never a password."""
import json

import pytest

from support.command import dextra
from support.company import GROUPS, PASSWORD, PEOPLE, dn
from support.configuration import configuration
from support.directory import SERVICE, SERVICE_PASSWORD
from support.ldap import ID, changes, claims, person, settings
from support.launch import running
from support.ports import free_port


@pytest.fixture
def examine(tmp_path):
    """Runs the command on a connector with this `config`."""
    def examine(config: dict, user: str, *arguments: str, password: str | None = None, id: str = ID):
        file = tmp_path / "config.yaml"
        file.write_text(json.dumps(configuration(5556, **changes(config))))
        given = ["--try-password"] if password is not None else []
        result = dextra("connector", "test", id, "--user", user, "--config", file, *given, *arguments,
                        input=None if password is None else password + "\n")
        for secret in (SERVICE_PASSWORD, PASSWORD, password):
            assert not secret or secret not in result.text, result.text
        return result
    return examine


def test_each_step_is_shown(company, examine):
    result = examine(settings(company.host), "jane")
    assert result.code == 0, result.text
    for part in (company.host, SERVICE, PEOPLE, "(&(objectClass=inetOrgPerson)(uid=jane))", dn("jane"),
                 f"(&(objectClass=groupOfNames)(member={dn('jane')}))", GROUPS, "authors", "staff", "jane@example.org", "Jane Doe"):
        assert part in result.stdout, f"{part!r} is missing in\n{result.text}"


def test_the_claims_are_those_of_a_login(company, examine):
    shown = examine(settings(company.host), "jane", "--output", "json").json
    with running(**changes(settings(company.host))) as provider:
        known = person(provider, "jane")
    assert shown["problem"] is None and shown["password"] is None
    for name in ("sub", "email", "email_verified", "name", "preferred_username"):
        assert shown["claims"][name] == known[name]
    assert sorted(shown["claims"]["groups"]) == sorted(known["groups"])


def test_the_filter_is_shown_as_it_is_sent(company, examine):
    shown = examine(settings(company.host), "o(pe*ra\\tor", "--output", "json").json
    mark = company.mark()
    examine(settings(company.host), "o(pe*ra\\tor")
    sent = next(line for line in company.since(mark) if "SRCH base" in line and PEOPLE in line)
    # slapd writes escapes in capitals.
    assert shown["searches"][0]["filter"].lower() in sent.lower().replace("\\5c", "\\5c")
    assert shown["searches"][0]["found"] and shown["claims"]["preferred_username"] == "o(pe*ra\\tor"


def test_a_password_is_tried_when_that_is_wanted(company, examine):
    right = examine(settings(company.host), "jane", "--output", "json", password=PASSWORD)
    assert right.code == 0 and right.json["password"] == "accepted"
    wrong = examine(settings(company.host), "jane", "--output", "json", password="a wrong password")
    assert wrong.code != 0 and wrong.json["password"] == "rejected"
    mark = company.mark()
    assert examine(settings(company.host), "jane", password="").code != 0
    assert not [line for line in company.since(mark) if 'BIND dn="uid=jane' in line]


def test_somebody_unknown_is_a_failure_with_the_search_that_found_nobody(company, examine):
    result = examine(settings(company.host), "nobody")
    assert result.code == 1
    assert "(uid=nobody)" in result.text and PEOPLE in result.text


# What is wrong → (what the configuration is changed by, words that must be in the answer)
WRONG = {
    "the password of the service": ({"bindPW": "not the service's"}, (SERVICE, "redential")),
    "the DN of the service": ({"bindDN": "cn=nobody,dc=example,dc=org"}, ("cn=nobody,dc=example,dc=org", "redential")),
    "no service at all": ({"bindDN": None, "bindPW": None}, ("anonymous",)),
    "where people are": ({"userSearch": {"baseDN": "ou=nowhere,dc=example,dc=org"}}, ("ou=nowhere,dc=example,dc=org",)),
    "the attribute of the id": ({"userSearch": {"idAttr": "uidd"}}, ("uidd",)),
    "the attribute of the e-mail address": ({"userSearch": {"emailAttr": "rfc822"}}, ("rfc822",)),
    "the attribute of a group's name": ({"groupSearch": {"nameAttr": "title"}}, ("title",)),
}


@pytest.mark.parametrize("change, words", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(company, examine, change, words):
    result = examine(settings(company.host, **change), "jane")
    assert result.code == 1, result.text
    for word in words:
        assert word in result.text, result.text


def test_a_server_that_is_not_there_is_named(examine):
    port = free_port()
    result = examine(settings(f"127.0.0.1:{port}"), "jane")
    assert result.code == 1 and f"127.0.0.1:{port}" in result.text


def test_encryption_is_shown_and_what_is_wrong_with_it(company, examine):
    encrypted = settings(company.tls_host, insecureNoSSL=None, rootCA=str(company.authority.file))
    result = examine(encrypted, "jane", "--output", "json")
    assert result.code == 0 and "TLS" in result.json["protection"]
    assert examine(settings(company.host), "jane", "--output", "json").json["protection"] is None
    for change in ({"rootCA": None}, {"host": f"127.0.0.2:{company.tls_port}"}):
        result = examine(encrypted | change, "jane")
        assert result.code == 1 and "certificate" in result.text.lower(), result.text


def test_other_connectors_and_unknown_ids_are_refused_with_a_reason(company, examine):
    for id in ("local", "missing"):
        result = examine(settings(company.host), "jane", id=id)
        assert result.code != 0 and id in result.text and "ldap" in result.text
