"""What happens when a code or a refresh token is used twice, in parallel, or by somebody else."""
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.application import assert_oauth_error, basic, get_code, introspect, pkce, redeem, refresh, tokens, userinfo
from support.people import APP, JOHN, OTHER_APP, PUBLIC_APP


def at_once(count, work):
    """The results of `work` called by `count` threads that begin at the same moment."""
    gate = threading.Barrier(count)

    def call(_):
        gate.wait()
        return work()
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def assert_dead(provider, given, client=APP):
    assert userinfo(provider, given["access_token"]).status_code == 401
    assert introspect(provider, given["access_token"]) == {"active": False}
    if "refresh_token" in given:
        assert_oauth_error(refresh(provider, given["refresh_token"], client), 400, "invalid_grant")


def assert_alive(provider, given):
    assert userinfo(provider, given["access_token"]).status_code == 200
    assert introspect(provider, given["access_token"])["active"] is True


@pytest.mark.parametrize("database", [False, True], ids=["memory", "SQLite"])
@pytest.mark.parametrize("client", [APP, PUBLIC_APP], ids=["confidential", "public"])
def test_of_fifty_redemptions_at_once_one_wins_and_its_tokens_die(start, database, client):
    """RFC 6749 §4.1.2: a code used twice was stolen, and nobody knows who came first."""
    provider = start(database=database)
    verifier, challenge = pkce()
    code = get_code(provider, client, **challenge)
    answers = at_once(50, lambda: redeem(provider, code, client, code_verifier=verifier))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1, [answer.status_code for answer in answers]
    for answer in answers:
        if answer not in won:
            assert_oauth_error(answer, 400, "invalid_grant")
    assert_dead(provider, won[0].json(), client)


def test_a_code_used_again_kills_its_tokens_and_only_those(provider):
    other = tokens(provider, person=JOHN)
    code = get_code(provider)
    given = redeem(provider, code).json()
    assert_alive(provider, given)
    rotated = refresh(provider, given["refresh_token"]).json()
    assert_oauth_error(redeem(provider, code), 400, "invalid_grant")
    assert_dead(provider, given)
    assert_dead(provider, rotated)
    assert_alive(provider, other)


def test_a_stolen_code_in_the_wrong_hands_kills_nothing(provider):
    """Who cannot redeem it must not be able to log anyone out with it."""
    code = get_code(provider)
    given = redeem(provider, code).json()
    assert_oauth_error(redeem(provider, code, OTHER_APP, redirect_uri=APP.redirect_uri), 400, "invalid_grant")
    assert_alive(provider, given)


@pytest.mark.parametrize("database", [False, True], ids=["memory", "SQLite"])
def test_a_rotated_refresh_token_used_again_is_refused(start, database):
    provider = start(database=database)
    first = tokens(provider)
    second = refresh(provider, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert_oauth_error(refresh(provider, first["refresh_token"]), 400, "invalid_grant")


def test_reuse_of_an_old_refresh_token_kills_the_family(provider):
    """RFC 9700 §4.14.2: thief and owner cannot be told apart, so both log in again."""
    first = tokens(provider)
    second = refresh(provider, first["refresh_token"]).json()
    third = refresh(provider, second["refresh_token"]).json()
    bystander = tokens(provider, person=JOHN)
    assert refresh(provider, first["refresh_token"]).status_code == 400
    assert_dead(provider, third)
    assert_alive(provider, bystander)


def test_a_guess_at_a_refresh_token_kills_nothing(provider):
    given = tokens(provider)
    text = given["refresh_token"]
    # Other characters for certain: a guess that happens to be the token is none.
    other = "".join("B" if character == "A" else "A" for character in text[-6:])
    for guess in (text[:-6] + other, text[:-2] + other[-2:], text[:-1] + other[-1], "A" * len(text)):
        assert guess != text
        assert refresh(provider, guess).status_code == 400
    assert refresh(provider, given["refresh_token"]).status_code == 200


def test_of_parallel_refreshes_without_grace_one_wins(start):
    provider = start(database=True)
    given = tokens(provider)
    answers = at_once(20, lambda: refresh(provider, given["refresh_token"]))
    assert sum(answer.status_code == 200 for answer in answers) == 1


def test_within_the_reuse_interval_a_lost_answer_can_be_had_again(start):
    provider = start(expiry={"refreshTokens": {"reuseInterval": "1h"}})
    first = tokens(provider)
    answers = at_once(20, lambda: refresh(provider, first["refresh_token"]))
    assert {answer.status_code for answer in answers} == {200}
    current = refresh(provider, answers[-1].json()["refresh_token"])
    assert current.status_code == 200
    assert_alive(provider, current.json())


def test_without_rotation_the_token_stays(start):
    provider = start(expiry={"refreshTokens": {"disableRotation": True}})
    first = tokens(provider)
    for _ in range(3):
        assert refresh(provider, first["refresh_token"]).json()["refresh_token"] == first["refresh_token"]


@pytest.mark.parametrize("limit", ["absoluteLifetime", "validIfNotUsedFor"])
def test_a_refresh_token_that_is_too_old_is_refused(start, limit):
    provider = start(expiry={"refreshTokens": {limit: "1ns"}})
    assert_oauth_error(refresh(provider, tokens(provider)["refresh_token"]), 400, "invalid_grant")


def test_a_second_device_does_not_log_out_the_first(provider):
    """Dex keeps one refresh token for a person and client, so that it does."""
    first, second = tokens(provider), tokens(provider)
    assert refresh(provider, first["refresh_token"]).status_code == 200
    assert refresh(provider, second["refresh_token"]).status_code == 200


def test_tokens_outlive_a_restart(start):
    provider = start(database=True)
    given = tokens(provider)
    provider.restart()
    assert_alive(provider, given)
    assert refresh(provider, given["refresh_token"]).status_code == 200


def test_a_code_does_not_come_back_with_a_restart(start):
    provider = start(database=True)
    code = get_code(provider)
    given = redeem(provider, code).json()
    provider.restart()
    assert_oauth_error(redeem(provider, code), 400, "invalid_grant")
    assert_dead(provider, given)


# Revocation, RFC 7009

def revoke(provider, value, client=APP, **form):
    return provider.post("/token/revoke", {"token": value} | form, headers=basic(client))


def test_a_revoked_refresh_token_takes_its_access_tokens_along(provider):
    given, other = tokens(provider), tokens(provider)
    assert revoke(provider, given["refresh_token"]).status_code == 200
    assert_dead(provider, given)
    assert_alive(provider, other)


def test_a_revoked_access_token_is_dead_and_the_rest_lives(provider):
    given = tokens(provider)
    assert revoke(provider, given["access_token"], token_type_hint="access_token").status_code == 200
    assert userinfo(provider, given["access_token"]).status_code == 401
    assert_alive(provider, refresh(provider, given["refresh_token"]).json())


def test_another_client_s_token_stays_as_it_is(provider):
    given = tokens(provider)
    for value in (given["refresh_token"], given["access_token"]):
        assert revoke(provider, value, OTHER_APP).status_code in (200, 400)
    assert_alive(provider, given)
    assert refresh(provider, given["refresh_token"]).status_code == 200


@pytest.mark.parametrize("value", ["nonsense", "a.b.c", "a" * 1000])
def test_revoking_what_is_unknown_succeeds(provider, value):
    assert revoke(provider, value).status_code == 200


def test_revocation_needs_a_token_and_a_client(provider):
    assert_oauth_error(provider.post("/token/revoke", headers=basic(APP)), 400, "invalid_request")
    assert_oauth_error(provider.post("/token/revoke", {"token": "x"}), 401, "invalid_client")


def test_a_revocation_outlives_a_restart(start):
    provider = start(database=True)
    given = tokens(provider)
    revoke(provider, given["refresh_token"])
    provider.restart()
    assert_dead(provider, given)


def test_a_person_who_is_gone_cannot_refresh(start):
    provider = start(database=True)
    given = tokens(provider)
    provider.configuration["staticPasswords"] = [JOHN.entry()]
    provider.restart()
    assert_oauth_error(refresh(provider, given["refresh_token"]), 400, "invalid_grant")
