"""Userinfo as a signed JWT (OpenID Connect Core §5.3.2), and claims asked for one by one (§5.5)."""
import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.oidc.core import UserInfo
from joserfc import jwt

from support.application import assert_error_redirect, authorization_url, refresh, tokens, userinfo
from support.browser import Browser
from support.command import dextra, write
from support.configuration import configuration
from support.keys import ALGORITHMS, header, key_set, payload, verified
from support.launch import running
from support.people import APP, JANE, JANE_SUB, JOHN, Client
from support.ports import free_port

SIGNED_APP = Client("signed-app", "signed-secret-5b1e9c07", "https://signed.example.com/callback", {"userinfoSignedResponseAlg": "RS256"})
# What tells of the token and not of the person.
OF_THE_TOKEN = {"iss", "sub", "aud", "exp", "iat", "jti", "auth_time", "amr", "at_hash", "c_hash", "nonce"}


@pytest.fixture(scope="module")
def provider():
    with running(clients=(APP, SIGNED_APP)) as server:
        yield server


def signed(provider, response, algorithm="RS256"):
    """The claims of a signed answer, by joserfc."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].split(";")[0] == "application/jwt"
    assert header(response.text)["alg"] == algorithm
    return jwt.decode(response.text, key_set(provider), algorithms=ALGORITHMS).claims


def test_the_answer_is_a_jwt_by_the_published_keys(provider):
    given = tokens(provider, SIGNED_APP)
    claims = signed(provider, userinfo(provider, given["access_token"]))
    assert (claims["iss"], claims["aud"]) == (provider.issuer, SIGNED_APP.id)
    assert claims["sub"] == verified(provider, given["id_token"], SIGNED_APP)["sub"] == JANE_SUB
    assert claims["email"] == JANE.email and sorted(claims["groups"]) == sorted(JANE.groups)


def test_the_answer_passes_for_no_token(provider):
    """Whoever gets it must not be able to use it as an access or ID token."""
    given = tokens(provider, SIGNED_APP)
    answer = userinfo(provider, given["access_token"]).text
    assert not {"scope", "client_id", "nonce", "at_hash", "jti", "exp"} & set(payload(answer))
    assert userinfo(provider, answer).status_code == 401


def test_the_answer_comes_again_and_again_and_to_a_post_as_well(provider):
    given = tokens(provider, SIGNED_APP)
    answers = [userinfo(provider, given["access_token"]) for _ in range(3)]
    answers.append(provider.post("/userinfo", {"access_token": given["access_token"]}))
    assert {signed(provider, answer)["sub"] for answer in answers} == {JANE_SUB}


def test_other_clients_get_json_as_before(provider):
    answer = userinfo(provider, tokens(provider, APP)["access_token"])
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    assert answer.json()["sub"] == JANE_SUB


def test_a_refused_token_is_refused_in_the_same_way(provider):
    answer = userinfo(provider, "nonsense")
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_the_algorithm_is_that_of_the_signer(start, algorithm):
    client = Client(SIGNED_APP.id, SIGNED_APP.secret, SIGNED_APP.redirect_uri, {"userinfoSignedResponseAlg": algorithm})
    provider = start(clients=(client,), signer={"type": "local", "config": {"algorithm": algorithm}})
    assert signed(provider, userinfo(provider, tokens(provider, client)["access_token"]), algorithm)["sub"] == JANE_SUB


def test_an_algorithm_that_the_signer_does_not_have_is_a_mistake_in_the_configuration(tmp_path):
    """A client that registered for ES256 must refuse RS256: such a configuration can never work."""
    client = Client(SIGNED_APP.id, SIGNED_APP.secret, SIGNED_APP.redirect_uri, {"userinfoSignedResponseAlg": "ES256"})
    result = dextra("check", write(tmp_path, json.dumps(configuration(free_port(), clients=(client,)))))
    assert result.code != 0, result.text
    assert "userinfoSignedResponseAlg" in result.text


# The claims parameter

def asking(provider, claims, person=JANE, **parameters):
    """The whole flow with the scope openid and the claims asked for: what ID token and userinfo say of the person."""
    given = tokens(provider, APP, person, scope="openid", claims=json.dumps(claims), **parameters)
    return of_the_person(provider, given)


def of_the_person(provider, given):
    return tuple({name: value for name, value in claims.items() if name not in OF_THE_TOKEN}
                 for claims in (verified(provider, given["id_token"], APP), userinfo(provider, given["access_token"]).json()))


def test_discovery_tells_of_the_parameter(provider):
    assert provider.discovery["claims_parameter_supported"] is True


def test_without_the_parameter_openid_brings_nothing(provider):
    """The counter-check: the claims below are not there anyway."""
    assert of_the_person(provider, tokens(provider, scope="openid")) == ({}, {})


def test_what_is_asked_for_comes_and_nothing_else(provider):
    """Userinfo answers from the access token, so that both places may carry what either was asked for."""
    in_token, in_userinfo = asking(provider, {"userinfo": {"email": None}, "id_token": {"name": {"essential": True}}})
    assert in_token["name"] == JANE.name
    assert in_userinfo["email"] == JANE.email
    assert set(in_token) | set(in_userinfo) == {"email", "name"}


@pytest.mark.parametrize("place", ["userinfo", "id_token"])
@pytest.mark.parametrize("name, value", [
    ("email", JANE.email), ("email_verified", True), ("name", JANE.name), ("preferred_username", JANE.username), ("groups", list(JANE.groups)),
])
def test_each_claim_can_be_asked_for_alone(provider, place, name, value):
    both = dict(zip(("id_token", "userinfo"), asking(provider, {place: {name: None}})))
    assert both[place] == {name: value}


def test_authlib_reads_the_standard_claims(provider):
    _, in_userinfo = asking(provider, {"userinfo": {"name": None, "email": {"essential": False}, "preferred_username": {"value": "x"}}})
    person = UserInfo(in_userinfo)
    assert (person.name, person.email, person.preferred_username) == (JANE.name, JANE.email, JANE.username)


def test_what_was_asked_for_comes_after_a_refresh_too(provider):
    claims = json.dumps({"id_token": {"name": None}, "userinfo": {"name": None}})
    given = tokens(provider, scope="openid offline_access", claims=claims)
    again = refresh(provider, given["refresh_token"]).json()
    assert of_the_person(provider, again) == ({"name": JANE.name}, {"name": JANE.name})


@pytest.mark.parametrize("claims", [
    {}, {"id_token": {}}, {"userinfo": {"shoe_size": {"essential": True}}}, {"verified_claims": {"x": 1}}, {"userinfo": {"acr": None}},
    {"id_token": {"acr": {"values": ["urn:mace:incommon:iap:silver"]}}}, {"userinfo": {"name#ja-Kana-JP": None, "sub": None}},
], ids=str)
def test_what_is_not_known_is_passed_over(provider, claims):
    """§5.5.1: an essential claim that is not there is no error either. Members that are not understood are ignored."""
    assert asking(provider, claims) == ({}, {})


def test_claims_come_in_the_signed_answer_too(provider):
    given = tokens(provider, SIGNED_APP, scope="openid", claims='{"userinfo":{"name":null}}')
    assert set(signed(provider, userinfo(provider, given["access_token"]))) == {"iss", "aud", "sub", "name"}


# What is refused, at the application

@pytest.mark.parametrize("text", [
    "nonsense", "{", "[]", "null", "1", '"text"', '{"userinfo":[]}', '{"userinfo":"email"}', '{"id_token":1}', '{"userinfo":{"email":true}}',
    '{"userinfo":{"email":"x"}}', '{"id_token":{"name":["essential"]}}', '{"userinfo":{"email":null}} {}', "[" * 10_000,
], ids=lambda text: text[:30])
def test_nonsense_is_refused(provider, text):
    answer = Browser(provider).open(authorization_url(provider, scope="openid", claims=text))
    assert_error_redirect(provider, answer, "invalid_request")


@pytest.mark.parametrize("request_of", [{"value": "urn:mace:incommon:iap:silver"}, {"values": ["1", "2"]}], ids=str)
@pytest.mark.parametrize("place", ["id_token", "userinfo"])
def test_an_essential_acr_with_a_value_cannot_be_met(provider, place, request_of):
    """§5.5.1.1, by the error of OpenID Connect Core Unmet Authentication Requirements 1.0."""
    claims = json.dumps({place: {"acr": {"essential": True} | request_of}})
    answer = Browser(provider).open(authorization_url(provider, scope="openid", claims=claims))
    assert_error_redirect(provider, answer, "unmet_authentication_requirements")


def test_nobody_else_is_answered_for_than_the_sub_that_was_asked_for(provider):
    """§3.1.2.2: with a `sub` of a specific value there must be no ID token or access token for somebody else."""
    claims = json.dumps({"id_token": {"sub": {"value": JANE_SUB}}})
    assert Browser(provider).log_in(authorization_url(provider, scope="openid", claims=claims), JANE).code
    answer = Browser(provider).log_in(authorization_url(provider, scope="openid", claims=claims), JOHN)
    assert_error_redirect(provider, answer, "login_required")


def test_nonsense_in_a_post_is_refused_as_well(provider):
    """§3.1.2.1: the parameters may come in a form."""
    url = authorization_url(provider, scope="openid", claims="nonsense")
    answer = Browser(provider).open(url.partition("?")[0], dict(parse_qsl(urlsplit(url).query)))
    assert_error_redirect(provider, answer, "invalid_request")
