"""The token endpoint and what is wrong with requests to it."""
import base64, time

import pytest

from support.application import (assert_oauth_error, basic, get_code, pkce, redeem, refresh, token, tokens)
from support.keys import payload
from support.launch import running
from support.people import APP, JANE, OTHER_APP, PUBLIC_APP, Client
from support.raw import form_request, send

VERIFIER, CHALLENGE = pkce()


# The request itself

BODIES = {
    "empty": (b"", "invalid_request"),
    "no grant type": (b"scope=openid", "invalid_request"),
    "empty grant type": (b"grant_type=", "invalid_request"),
    "unknown grant type": (b"grant_type=please", "unsupported_grant_type"),
    "grant type in capitals": (b"grant_type=AUTHORIZATION_CODE", "unsupported_grant_type"),
    "grant type with a space": (b"grant_type=authorization_code%20", "unsupported_grant_type"),
    "a grant type that is off": (b"grant_type=client_credentials&scope=openid", "unsupported_grant_type"),
    "repeated grant type": (b"grant_type=refresh_token&grant_type=refresh_token&refresh_token=x", "invalid_request"),
    "repeated code": (b"grant_type=authorization_code&code=a&code=b", "invalid_request"),
    "invalid UTF-8": (b"grant_type=%ff%fe", "invalid_request"),
    "raw invalid UTF-8": (b"grant_type=\xff\xfe", "invalid_request"),
    "NUL byte": (b"grant_type=refresh_token%00", "invalid_request"),
    "raw NUL byte": (b"grant_type=refresh_token\0", "invalid_request"),
    "half a percent-encoding": (b"grant_type=refresh_token&refresh_token=%2", "invalid_request"),
    "JSON": (b'{"grant_type":"refresh_token"}', "invalid_request"),
    "a thousand fields": (b"grant_type=refresh_token&" + b"&".join(b"a%d=1" % i for i in range(1000)), "invalid_request"),
}


@pytest.mark.parametrize("body, error", BODIES.values(), ids=BODIES)
def test_a_body_that_makes_no_sense(provider, body, error):
    status, headers, answer = send(provider, form_request(provider, body, headers=basic(APP)))
    assert status == 400
    assert f'"{error}"'.encode() in answer, answer
    assert headers["cache-control"] == "no-store" and headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", None, "", "application/xml",
                                          "application/x-www-form-urlencodedx", "nonsense"], ids=str)
def test_only_forms_are_read(provider, content_type):
    body = f"grant_type=password&username={JANE.email}&password={JANE.password}&scope=openid".replace(" ", "+").encode()
    status, headers, answer = send(provider, form_request(provider, body, content_type=content_type, headers=basic(APP)))
    assert status in (400, 415), answer
    assert b"access_token" not in answer and b"invalid_request" in answer
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-URLEncoded"])
def test_a_form_is_a_form_with_parameters_and_in_any_case(provider, content_type):
    status, _, answer = send(provider, form_request(provider, b"grant_type=please", content_type=content_type, headers=basic(APP)))
    assert status == 400 and b"unsupported_grant_type" in answer


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_only_post_is_answered(provider, method):
    status, headers, answer = send(provider, form_request(provider, b"", method=method, headers=basic(APP)), method)
    assert status in (400, 405)
    if status == 405:
        assert "POST" in headers["allow"]
    if method != "HEAD":
        assert b"invalid_request" in answer


def test_parameters_in_the_query_are_not_read(provider):
    """Query strings end up in logs."""
    response = provider.post("/token?grant_type=password&username=jane&password=x", headers=basic(APP) | {
        "Content-Type": "application/x-www-form-urlencoded"})
    assert_oauth_error(response, 400, "invalid_request")


# Who is asking

def credentials(text: str | bytes) -> dict:
    raw = text.encode() if isinstance(text, str) else text
    return {"Authorization": "Basic " + base64.b64encode(raw).decode()}


WRONG = {
    "unknown client": credentials("nobody:secret"),
    "wrong secret": credentials(f"{APP.id}:wrong"),
    "empty secret": credentials(f"{APP.id}:"),
    "secret of another": credentials(f"{APP.id}:{OTHER_APP.secret}"),
    "secret with more": credentials(f"{APP.id}:{APP.secret}x"),
    "secret cut": credentials(f"{APP.id}:{APP.secret[:-1]}"),
    "client in capitals": credentials(f"{APP.id.upper()}:{APP.secret}"),
    "empty": credentials(":"),
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_a_client_that_is_not_who_it_says_gets_401_and_a_challenge(provider, headers):
    response = provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x"}, headers=headers)
    assert_oauth_error(response, 401, "invalid_client")
    assert response.headers["WWW-Authenticate"].lower().startswith("basic ")


@pytest.mark.parametrize("form", [{"client_id": "nobody", "client_secret": "x"}, {"client_id": APP.id, "client_secret": "wrong"},
                                  {"client_id": APP.id}, {"client_id": ""}, {}, {"client_secret": APP.secret}])
def test_in_the_form_too_but_without_the_challenge(provider, form):
    response = provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x"} | form)
    assert_oauth_error(response, 401, "invalid_client")


MALFORMED = {
    "not base64": {"Authorization": "Basic !!!"},
    "no colon": credentials(APP.id),
    "bad percent-encoding": credentials("app%zz:secret"),
    "invalid UTF-8": credentials(b"\xff:\xfe"),
    "another scheme": {"Authorization": "Digest x"},
    "nothing after the scheme": {"Authorization": "Basic"},
    "empty header": {"Authorization": ""},
}


@pytest.mark.parametrize("headers", MALFORMED.values(), ids=MALFORMED)
def test_credentials_that_cannot_be_read_are_refused(provider, headers):
    response = provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x"}, headers=headers)
    assert response.status_code in (400, 401)
    assert response.json()["error"] in ("invalid_request", "invalid_client")


def test_unknown_client_and_wrong_secret_look_the_same(provider):
    answers = [provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x"}, headers=WRONG[name])
               for name in ("unknown client", "wrong secret")]
    assert answers[0].content == answers[1].content


def test_two_ways_to_authenticate_at_once_are_one_too_many(provider):
    response = provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": APP.id,
                                        "client_secret": "another secret"}, headers=basic(APP))
    assert_oauth_error(response, 400, "invalid_request")


def test_the_same_credentials_in_two_places_are_accepted_as_requests_oauthlib_sends_them(provider):
    response = provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": APP.id,
                                        "client_secret": APP.secret}, headers=basic(APP))
    assert_oauth_error(response, 400, "invalid_grant")


def test_a_client_id_in_the_form_beside_basic_must_be_the_same(provider):
    assert_oauth_error(provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": OTHER_APP.id},
                                     headers=basic(APP)), 400, "invalid_request")


def test_basic_credentials_are_form_decoded(start):
    """RFC 6749 §2.3.1: most libraries encode, so a server that compares the raw text refuses good secrets."""
    odd = Client("odd client:ü", "s:%+ é&=secret", "https://odd.example.com/cb")
    provider = start(clients=(odd,))
    assert_oauth_error(refresh(provider, "x", odd), 400, "invalid_grant")


# Codes

def test_every_check_of_a_code(provider):
    code = get_code(provider)
    wrong = {
        "unknown": "nonsense",
        "empty": "",
        "longer": code + "A",
        "shorter": code[:-1],
        "in other case": code.swapcase(),
        "absent": None,
        "very long": "a" * 4000,
    }
    for name, value in wrong.items():
        response = redeem(provider, value)
        assert response.status_code == 400, name
        assert response.json()["error"] == ("invalid_request" if name in ("absent", "empty") else "invalid_grant"), name
    assert redeem(provider, code).status_code == 200, "failed attempts with other codes must not consume this one"


def test_a_code_is_for_its_client_only(provider):
    code = get_code(provider)
    assert_oauth_error(redeem(provider, code, OTHER_APP, redirect_uri=APP.redirect_uri), 400, "invalid_grant")
    assert_oauth_error(redeem(provider, code, PUBLIC_APP, redirect_uri=APP.redirect_uri), 400, "invalid_grant")


VERIFIERS = {
    "absent": None,
    "empty": "",
    "another": "a" * 43,
    "the challenge itself": CHALLENGE["code_challenge"],
    "42 characters": VERIFIER[:42],
    "129 characters": "a" * 129,
    "with a space": VERIFIER + " ",
    "with a plus sign": VERIFIER[:-1] + "+",
}


@pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)
def test_a_wrong_verifier_is_refused(provider, verifier):
    assert_oauth_error(redeem(provider, get_code(provider, **CHALLENGE), code_verifier=verifier), 400, "invalid_grant")


def test_a_verifier_without_a_challenge_is_a_downgrade(provider):
    """RFC 9700 §4.8.2; Dex calls it invalid_request."""
    response = redeem(provider, get_code(provider), code_verifier=VERIFIER)
    assert_oauth_error(response, 400, "invalid_grant")


@pytest.mark.parametrize("method", ["plain", None])
def test_plain_challenges_work_where_they_are_on(start, method):
    provider = start(oauth2={"pkce": {"codeChallengeMethodsSupported": ["S256", "plain"]}})
    code = get_code(provider, code_challenge=VERIFIER, code_challenge_method=method)
    assert redeem(provider, code, code_verifier=VERIFIER).status_code == 200


def test_the_vector_of_rfc_7636(provider):
    code = get_code(provider, code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method="S256")
    assert redeem(provider, code, code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").status_code == 200


# Passwords

PASSWORDS = {
    "wrong password": ({"password": "wrong"}, 400, "invalid_grant"),
    "unknown user": ({"username": "nobody@example.com"}, 400, "invalid_grant"),
    "no password": ({"password": None}, 400, "invalid_request"),
    "no user": ({"username": None}, 400, "invalid_request"),
    "password too long for bcrypt": ({"password": "a" * 73}, 400, "invalid_grant"),
    "right up to byte 72, then more": ({"password": JANE.password + "a" * 72}, 400, "invalid_grant"),
    "NUL byte after the password": ({"password": JANE.password + "\0"}, 400, "invalid_request"),
    "unknown scope": ({"scope": "openid universe"}, 400, "invalid_scope"),
}


@pytest.mark.parametrize("form, status, error", PASSWORDS.values(), ids=PASSWORDS)
def test_the_password_grant_refuses(provider, form, status, error):
    good = {"grant_type": "password", "username": JANE.email, "password": JANE.password, "scope": "openid"}
    assert_oauth_error(token(provider, **(good | form)), status, error)


def test_without_openid_there_is_no_id_token(provider):
    given = token(provider, grant_type="password", username=JANE.email, password=JANE.password, scope="email").json()
    assert "access_token" in given and "id_token" not in given
    given = redeem(provider, get_code(provider, scope="email")).json()
    assert "access_token" in given and "id_token" not in given


@pytest.mark.parametrize("life", ["1ms", "1ns"])
def test_a_code_that_is_too_old_is_refused(start, life):
    provider = start(expiry={"authorizationCodes": life})
    assert_oauth_error(redeem(provider, get_code(provider)), 400, "invalid_grant")


def test_the_user_s_name_is_compared_without_case(provider):
    response = token(provider, grant_type="password", username=JANE.email.upper(), password=JANE.password, scope="openid")
    assert response.status_code == 200


def test_without_a_password_connector_there_is_no_password_grant(start):
    provider = start(oauth2={"passwordConnector": None})
    assert "password" not in provider.discovery["grant_types_supported"]
    response = token(provider, grant_type="password", username=JANE.email, password=JANE.password, scope="openid")
    assert_oauth_error(response, 400, "unsupported_grant_type")


# Refresh tokens

def test_every_check_of_a_refresh_token(provider):
    good = tokens(provider)["refresh_token"]
    for name, value in {"empty": "", "nonsense": "nonsense", "longer": good + "A", "shorter": good[:-1], "other case": good.swapcase(),
                        "not base64": "%%%", "very long": "a" * 4000, "non-ASCII": "é"}.items():
        response = refresh(provider, value)
        assert response.status_code == 400, name
        assert response.json()["error"] == ("invalid_request" if name == "empty" else "invalid_grant"), name
    assert_oauth_error(refresh(provider, good, OTHER_APP), 400, "invalid_grant")
    assert_oauth_error(refresh(provider, good, scope="openid universe"), 400, "invalid_scope")
    assert refresh(provider, good).status_code == 200, "none of that may have touched the real one"


def test_scope_may_shrink_for_one_answer_but_never_grow(provider):
    first = tokens(provider, scope="openid email offline_access")
    narrow = refresh(provider, first["refresh_token"], scope="openid offline_access").json()
    assert "email" not in payload(narrow["id_token"])
    wide = refresh(provider, narrow["refresh_token"]).json()
    assert payload(wide["id_token"])["email"] == JANE.email, "the original scope is kept"
    assert_oauth_error(refresh(provider, wide["refresh_token"], scope="openid email groups"), 400, "invalid_scope")


# Assertions of clients, RFC 7523

SIGNER = Client("signer", "a secret that is at least thirty-two bytes long", "https://signer.example.com/cb")


def assertion(provider, audience, jti):
    from joserfc import jwk, jwt
    claims = {"iss": SIGNER.id, "sub": SIGNER.id, "aud": audience, "exp": int(time.time()) + 60, "jti": jti}
    return jwt.encode({"alg": "HS256"}, claims, jwk.OctKey.import_key(SIGNER.secret.encode()))


def present(provider, text):
    return provider.post("/token", {
        "grant_type": "authorization_code", "code": "x", "redirect_uri": SIGNER.redirect_uri, "client_assertion": text,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})


@pytest.mark.parametrize("others", [["https://other.example"], ["https://other.example", "https://third.example"], [""], [7], [None], [[]]], ids=str)
@pytest.mark.parametrize("first", [True, False])
def test_an_assertion_that_is_meant_for_others_too_is_refused(start_signer, others, first):
    provider = start_signer
    audience = [provider.issuer, *others] if first else [*others, provider.issuer]
    assert_oauth_error(present(provider, assertion(provider, audience, f"{others}{first}")), 401, "invalid_client")


@pytest.mark.parametrize("form", ["issuer", "list", "token endpoint", "both"])
def test_an_assertion_that_is_meant_for_us_alone_is_good(start_signer, form):
    provider = start_signer
    endpoint = provider.discovery["token_endpoint"]
    audience = {"issuer": provider.issuer, "list": [provider.issuer], "token endpoint": endpoint, "both": [endpoint, provider.issuer]}[form]
    assert_oauth_error(present(provider, assertion(provider, audience, form)), 400, "invalid_grant")


@pytest.fixture(scope="module")
def start_signer():
    with running(clients=(SIGNER,)) as server:
        yield server
