"""A connector of type `ldap` in a running program: reloads, referrals, what it takes when nobody uses it."""
import concurrent.futures, os

import pytest

from support.application import refresh
from support.company import BASE, COMPANY, PEOPLE, dn, group, person as entry
from support.directory import SERVICE_PASSWORD, SUFFIX, Directory
from support.ldap import changes, claims, connector, log_in, password_grant, person, settings, tokens
from support.ldif import entry as plain


def test_a_reload_takes_another_server_and_lets_the_old_one_go(tmp_path, start, company):
    with Directory(tmp_path / "old", COMPANY) as old:
        provider = start(**changes(settings(old.host)))
        given = tokens(provider, "jane")
        assert "vips" not in claims(provider, given)["groups"]
        mark = old.mark()
        provider.configuration["connectors"] = [connector(settings(company.host))]
        provider.reload()
        # Only the new one has this group; whoever was logged in stays so.
        assert "vips" in person(provider, "jane")["groups"]
        assert "vips" in claims(provider, refresh(provider, given["refresh_token"]))["groups"]
        assert not [line for line in old.since(mark) if "SRCH" in line or " BIND dn" in line]


def test_a_reload_takes_a_new_password_of_the_service(start, company):
    provider = start(**changes(settings(company.host, bindPW="the password of yesterday")))
    assert password_grant(provider, "jane").status_code >= 400
    provider.configuration["connectors"] = [connector(settings(company.host))]
    provider.reload()
    assert person(provider, "jane")["name"] == "Jane Doe"


def test_a_wrong_password_of_the_service_is_no_wrong_password_of_a_person(start, company):
    """Otherwise a typing error in the configuration would look to everybody as if it were theirs."""
    provider = start(**changes(settings(company.host, bindPW="not the service's")))
    answer = log_in(provider, "jane")
    assert answer.location is None and answer.status in (500, 502, 503)
    assert password_grant(provider, "jane").status_code not in (200, 401)
    provider.running.wait_for_log("cn=dextra")
    assert "not the service's" not in provider.log


def test_the_passwords_of_the_service_may_come_from_the_environment_and_from_a_file(tmp_path, start, company):
    provider = start(environment={"SERVICE_PASSWORD": SERVICE_PASSWORD}, **changes(settings(company.host, bindPW="$SERVICE_PASSWORD")))
    assert person(provider, "jane")["name"] == "Jane Doe"
    file = tmp_path / "password"
    file.write_text(SERVICE_PASSWORD + "\n")
    provider = start(**changes(settings(company.host, bindPW=None, bindPWFile=str(file))))
    assert person(provider, "jane")["name"] == "Jane Doe"


# Referrals

OPEN = f"ou=open,{SUFFIX}"


@pytest.fixture
def referring(tmp_path, company):
    """A directory that says of some people: ask the company's server."""
    referral = plain(f"ou=elsewhere,{PEOPLE}", objectClass=["referral", "extensibleObject"], ou="elsewhere",
                     ref=f"ldap://127.0.0.1:{company.port}/{OPEN}??sub")
    with Directory(tmp_path / "referring", BASE + entry("ann", name="Ann") + group("hers", dn("ann")) + referral) as directory:
        yield directory


def test_referrals_are_not_followed(start, company, referring):
    """Whoever may write a referral would get the service's password."""
    provider = start(**changes(settings(referring.host)))
    mark = company.mark()
    assert person(provider, "ann")["groups"] == ["hers"]
    assert log_in(provider, "open").status == 401
    assert company.since(mark) == []


def test_referrals_are_followed_when_that_is_configured_and_without_a_password(start, company, referring):
    provider = start(**changes(settings(referring.host, followReferrals=True)))
    mark = company.mark()
    assert person(provider, "ann")["name"] == "Ann"
    told = company.since(mark)
    assert [line for line in told if f'SRCH base="{OPEN}"' in line]
    assert {line.partition(" BIND ")[2] for line in told if " BIND dn=" in line} == {'dn="" method=128'}


# Cost

def threads(provider) -> int:
    return len(os.listdir(f"/proc/{provider.running.process.pid}/task"))


def test_connectors_that_nobody_uses_cost_no_threads_and_no_connections(start, company):
    mark = company.mark()
    one = start(**changes(settings(company.host)))
    many = start(**changes(*[settings(company.host) for _ in range(30)]))
    for provider in (one, many):
        assert provider.get("/.well-known/openid-configuration").status_code == 200
    assert threads(many) <= threads(one) + 2
    assert company.since(mark) == []


def test_a_pool_has_no_more_threads_than_it_may(start, company):
    provider = start(**changes(settings(company.host, poolSize=3)))
    before = threads(provider)
    mark = company.mark()
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda _: person(provider, "jane"), range(60)))
    assert len([line for line in company.since(mark) if "ACCEPT" in line]) <= 2 * 3
    assert threads(provider) <= before + 3 + 4
