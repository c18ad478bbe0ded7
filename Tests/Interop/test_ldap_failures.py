"""A directory that is down, slow, cut off or crowded: people of other connectors notice nothing, and all heals by itself."""
import concurrent.futures, threading, time

import pytest

from support.application import refresh
from support.company import COMPANY, PASSWORD
from support.directory import Directory
from support.ldap import changes, claims, log_in, password_grant, person, settings, tokens
from support.people import JANE
from support.proxy import Proxy
from support.waiting import until

#: What the token endpoint answers when a directory cannot be asked: try again later.
DOWN = 503


@pytest.fixture
def own(tmp_path):
    """A directory that a test may kill."""
    directory = Directory(tmp_path / "slapd", COMPANY)
    with directory:
        yield directory


@pytest.fixture
def proxy(company):
    with Proxy(company.port) as proxy:
        yield proxy


def assert_down(provider):
    """Page and token endpoint say that it is not the person's fault, and nothing about where the directory is."""
    answer = log_in(provider, "jane")
    # 500 is Dex's.
    assert answer.location is None and answer.status in (500, DOWN), f"{answer.status}: {answer.page.text}"
    assert "127.0.0.1:1" not in answer.page.text and "slapd" not in answer.page.text
    response = password_grant(provider, "jane")
    assert response.status_code == DOWN, response.text
    assert "127.0.0.1" not in response.text


def test_a_server_that_is_killed_and_comes_back(start, own):
    provider = start(**changes(settings(own.host)))
    assert person(provider, "jane")["name"] == "Jane Doe"
    own.kill()
    assert_down(provider)
    assert_down(provider)
    own.start()
    assert person(provider, "jane")["name"] == "Jane Doe"
    assert claims(provider, tokens(provider, "john"))["name"] == "John Roe"


def test_a_server_that_is_restarted_between_two_logins_is_not_noticed(start, own):
    """Connections that were kept warm are dead then."""
    provider = start(**changes(settings(own.host)))
    person(provider, "jane")
    for end in (own.stop, own.kill):
        end()
        own.start()
        assert person(provider, "jane")["name"] == "Jane Doe"


def test_connections_that_were_cut_are_not_noticed(start, proxy):
    provider = start(**changes(settings(proxy.host)))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: person(provider, "jane"), range(16)))
    proxy.cut()
    for _ in range(10):
        assert person(provider, "jane")["name"] == "Jane Doe"


def test_a_directory_that_is_down_at_the_start_is_waited_for(start, own):
    own.kill()
    provider = start(**changes(settings(own.host)))
    assert provider.get("/.well-known/openid-configuration").status_code == 200
    assert_down(provider)
    own.start()
    assert person(provider, "jane")["name"] == "Jane Doe"


@pytest.mark.parametrize("database", [False, True])
def test_a_refresh_token_outlives_a_directory_that_is_down(start, own, database):
    provider = start(database=database, **changes(settings(own.host)))
    given = tokens(provider, "jane")
    own.kill()
    for _ in range(3):
        response = refresh(provider, given["refresh_token"])
        assert response.status_code == DOWN, response.text
        assert response.json()["error"] != "invalid_grant"
    own.start()
    again = refresh(provider, given["refresh_token"])
    assert claims(provider, again)["sub"] == claims(provider, given)["sub"]
    assert claims(provider, refresh(provider, again.json()["refresh_token"]))["email"] == "jane@example.org"


# Slow

def healed(provider, attempt=None, seconds: float = 10):
    """What the first attempt that is not told to come later gets. A server that has let people wait is left alone for a moment."""
    def answered():
        response = (attempt or (lambda: password_grant(provider, "jane")))()
        # An answer of 400 and more is false by itself.
        return None if response.status_code == DOWN else [response]
    return claims(provider, until(answered, seconds)[0])


LIMITS = {"timeout": "2s", "connectTimeout": "2s"}


def test_a_stalled_server_delays_nobody_else(start, company, proxy):
    """60 people wait for one directory: those of another one, those with passwords here and discovery are as quick as ever."""
    # Long enough that who were delayed by it would show, on a slow machine too.
    provider = start(**changes(settings(proxy.host, timeout="8s", connectTimeout="8s"), settings(company.host)))
    person(provider, "jane")
    proxy.stall()
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(password_grant, provider, "jane") for _ in range(60)]
        proxy.wait_until_held()
        begun = time.perf_counter()
        for _ in range(20):
            assert provider.get("/.well-known/openid-configuration").status_code == 200
        assert claims(provider, tokens(provider, "john", connector_id="ldap-2"))["name"] == "John Roe"
        assert claims(provider, tokens(provider, JANE.email, JANE.password, connector_id="local"))["email"] == JANE.email
        assert time.perf_counter() - begun < 2
        assert not all(future.done() for future in waiting), "nobody waited: the test shows nothing"
        answers = [future.result() for future in waiting]
    assert {answer.status_code for answer in answers} == {DOWN}
    proxy.flow()
    assert healed(provider)["name"] == "Jane Doe"


def test_nobody_waits_longer_for_a_stalled_server_than_the_limits_say(start, proxy):
    provider = start(**changes(settings(proxy.host, **LIMITS)))
    person(provider, "jane")
    proxy.stall()
    for _ in range(2):
        begun = time.perf_counter()
        assert password_grant(provider, "jane").status_code == DOWN
        assert time.perf_counter() - begun < 9
    proxy.flow()
    assert healed(provider)["name"] == "Jane Doe"


def test_a_stalled_refresh_is_no_lost_login(start, proxy):
    provider = start(**changes(settings(proxy.host, **LIMITS)))
    given = tokens(provider, "jane")
    proxy.stall()
    assert refresh(provider, given["refresh_token"]).status_code == DOWN
    proxy.flow()
    assert healed(provider, lambda: refresh(provider, given["refresh_token"]))["name"] == "Jane Doe"


def test_the_program_stops_while_it_waits_for_a_directory(start, proxy):
    """Whoever waits gets an answer, long before the directory's ten seconds are over."""
    provider = start(**changes(settings(proxy.host)))
    person(provider, "jane")
    proxy.stall()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(password_grant, provider, "jane")
        proxy.wait_until_held()
        begun = time.perf_counter()
        provider.stop()
        assert time.perf_counter() - begun < 6
        assert waiting.result().status_code == DOWN
    assert "this provider ends" in provider.log


# Several servers

def test_the_second_server_is_asked_when_the_first_is_down(start, own, company):
    own.kill()
    provider = start(**changes(settings(f"{own.host}, {company.host}")))
    assert person(provider, "jane")["name"] == "Jane Doe"


def test_the_second_server_takes_over_while_people_log_in(start, own, company):
    provider = start(**changes(settings([own.host, company.host])))
    given = tokens(provider, "jane")
    assert "vips" not in claims(provider, given)["groups"]
    own.kill()
    # Only the second one has this group.
    assert "vips" in person(provider, "jane")["groups"]
    assert "vips" in claims(provider, refresh(provider, given["refresh_token"]))["groups"]
    assert password_grant(provider, "jane", "a wrong password").status_code in (400, 401)


def test_the_second_server_is_asked_when_the_first_stalls(start, company, proxy):
    provider = start(**changes(settings([proxy.host, company.host], **LIMITS)))
    proxy.stall()
    assert person(provider, "jane")["name"] == "Jane Doe"
    # And who comes next does not wait for the first one again.
    begun = time.perf_counter()
    assert person(provider, "jane")["name"] == "Jane Doe"
    assert time.perf_counter() - begun < 1.5


def test_a_wrong_password_is_not_tried_at_every_server(start, own, company):
    """Each try counts towards a lockout."""
    provider = start(**changes(settings([own.host, company.host])))
    marks = {directory: directory.mark() for directory in (own, company)}
    assert password_grant(provider, "jane", "a wrong password").status_code in (400, 401)
    binds = [line for directory, mark in marks.items() for line in directory.since(mark) if 'BIND dn="uid=jane' in line]
    assert len(binds) == 1, binds


def test_no_server_left_is_down(start, own):
    with Directory(own.folder.parent / "second", COMPANY) as second:
        provider = start(**changes(settings([own.host, second.host])))
        assert person(provider, "jane")["name"] == "Jane Doe"
        own.kill()
    assert_down(provider)
    own.start()
    assert person(provider, "jane")["name"] == "Jane Doe"


# Many

def test_200_people_log_in_at_once(start, company):
    provider = start(**changes(settings(company.host)))
    names = ["jane", "john", "many", "müller"] * 50
    ready = threading.Barrier(len(names))

    def one(name):
        ready.wait()
        return name, person(provider, name)["preferred_username"]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        found = list(pool.map(one, names))
    assert all(name == known for name, known in found)


def test_200_wrong_and_right_passwords_at_once_are_not_mixed_up(start, company):
    """A connection on which one person has just logged in is not another's proof."""
    provider = start(**changes(settings(company.host)))
    cases = [("jane", PASSWORD, 200), ("jane", "not " + PASSWORD, 401), ("john", PASSWORD, 200), ("nobody", PASSWORD, 401)] * 50

    def one(case):
        name, password, expected = case
        response = password_grant(provider, name, password)
        if response.status_code == 200:
            assert claims(provider, response)["preferred_username"] == name
        return expected == 200, response.status_code == 200
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        assert all(expected == found for expected, found in pool.map(one, cases))


def test_connections_are_kept_and_few(start, company):
    """A login is one search on one warm connection and one bind on another: no connection of its own."""
    provider = start(**changes(settings(company.host, poolSize=4)))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: person(provider, "jane"), range(32)))
    mark = company.mark()
    for _ in range(10):
        person(provider, "jane")
    told = company.since(mark)
    assert len([line for line in told if "ACCEPT" in line]) == 0, told
    assert len([line for line in told if 'mech=SIMPLE' in line and "uid=jane" in line]) == 10
    # The service's own connection stays bound: nobody searches as the person who logged in.
    assert not [line for line in told if "cn=dextra" in line]


def test_nobody_searches_on_a_persons_connection(start, company):
    provider = start(**changes(settings(company.host, poolSize=1)))
    mark = company.mark()
    for name in ("jane", "john", "jane"):
        person(provider, name)
    people, searches = set(), set()
    for line in company.since(mark):
        connection = line.partition("conn=")[2].partition(" ")[0]
        if "mech=SIMPLE" in line and "uid=" in line:
            people.add(connection)
        if " SRCH " in line:
            searches.add(connection)
    assert people and searches and not people & searches
