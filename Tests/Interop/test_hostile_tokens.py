"""Tokens that this provider did not make, or not for this purpose."""
import base64, hashlib, hmac, json, time

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwk

from support.application import authorization_url, basic, introspect, tokens, userinfo
from support.browser import Browser
from support.keys import header, payload
from support.people import APP, JANE_SUB, OTHER_APP

OWN_RSA = rsa.generate_private_key(65537, 2048)
OWN_EC = ec.generate_private_key(ec.SECP256R1())


def b64(value: bytes | dict | str) -> str:
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hmac_signed(head: dict, claims: dict, key: bytes) -> str:

    text = f"{b64(head)}.{b64(claims)}"
    return f"{text}.{b64(hmac.new(key, text.encode(), hashlib.sha256).digest())}"


def public_pem(provider) -> bytes:
    return jwk.RSAKey.import_key(provider.jwks["keys"][0]).as_pem(private=False)


def own(claims, algorithm="RS256", key=OWN_RSA, **head):
    return pyjwt.encode(claims, key, algorithm=algorithm, headers=head)


def jwk_of(key):
    return json.loads(json.dumps(jwk.RSAKey.import_key(key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)).as_dict(private=False)))


def forgeries(provider, given):
    """Name → token. Each would open the door of a verifier that has forgotten one rule."""
    head, claims = header(given["access_token"]), payload(given["access_token"])
    first, body, signature = given["access_token"].split(".")
    kid, pem = head["kid"], public_pem(provider)
    later = claims | {"exp": int(time.time()) + 10**6}
    return {
        "alg none": f"{b64({'alg': 'none', 'kid': kid})}.{body}.",
        "alg None": f"{b64({'alg': 'None', 'kid': kid})}.{body}.",
        "alg none with the signature": f"{b64({'alg': 'none', 'kid': kid})}.{body}.{signature}",
        "no signature": f"{first}.{body}.",
        "two parts": f"{first}.{body}",
        "four parts": f"{given['access_token']}.{signature}",
        "five parts": "a.b.c.d.e",
        "claims changed": f"{first}.{b64(later)}.{signature}",
        "signature changed": f"{first}.{body}.{signature[:-4]}{'AAAA' if signature[-4:] != 'AAAA' else 'BBBB'}",
        "HMAC with the public key as PEM": hmac_signed({"alg": "HS256", "kid": kid}, later, pem),
        "HMAC with the public key as DER": hmac_signed({"alg": "HS256", "kid": kid}, later, base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))),
        "HMAC with the modulus": hmac_signed({"alg": "HS256", "kid": kid}, later, provider.jwks["keys"][0]["n"].encode()),
        "HMAC with nothing": hmac_signed({"alg": "HS256", "kid": kid}, later, b""),
        "HMAC with the client's secret": hmac_signed({"alg": "HS256"}, later, APP.secret.encode()),
        "another key, right kid": own(later, kid=kid),
        "another key, no kid": own(later),
        "another key in the header": own(later, jwk=jwk_of(OWN_RSA)),
        "another key by URL": own(later, kid=kid, jku="https://evil.example.com/keys"),
        "another algorithm, right kid": own(later, "ES256", OWN_EC, kid=kid),
        "PS256 with another key": own(later, "PS256", kid=kid),
        "unknown critical header": f"{b64(head | {'crit': ['exp']})}.{body}.{signature}",
        "duplicate alg": b64('{"alg":"none","alg":"RS256","kid":"%s"}' % kid) + f".{body}.{signature}",
        "padding": f"{first}.{body}.{signature}==",
        "standard base64": given["access_token"].replace("-", "+").replace("_", "/") + "+",
        "a line break within": f"{first}.{body}\n.{signature}",
        "a space at the end": given["access_token"] + " x",
        "header that is no JSON": f"{b64('nonsense')}.{body}.{signature}",
        "header that is a list": f"{b64('[]')}.{body}.{signature}",
        "kid of a path": own(later, kid="../../../../dev/null"),
        "kid of SQL": own(later, kid="' OR 1=1 --"),
        "kid of another type": f"{b64({'alg': 'RS256', 'kid': 5})}.{body}.{signature}",
        "100 KB": "a" * 100_000,
        "deep JSON": f"{b64('[' * 10_000)}.{body}.{signature}",
        "refresh token": given["refresh_token"],
        "nothing but dots": "..",
    }


@pytest.fixture(scope="module")
def given(provider):
    return tokens(provider)


NAMES = ["alg none", "alg None", "alg none with the signature", "no signature", "two parts", "four parts", "five parts", "claims changed",
         "signature changed", "HMAC with the public key as PEM", "HMAC with the public key as DER", "HMAC with the modulus",
         "HMAC with nothing", "HMAC with the client's secret", "another key, right kid", "another key, no kid",
         "another key in the header", "another key by URL", "another algorithm, right kid", "PS256 with another key",
         "unknown critical header", "duplicate alg", "padding", "standard base64", "a line break within", "a space at the end",
         "header that is no JSON", "header that is a list", "kid of a path", "kid of SQL", "kid of another type", "100 KB", "deep JSON",
         "refresh token", "nothing but dots"]


def test_the_table_is_complete(provider, given):
    assert set(NAMES) == set(forgeries(provider, given))


@pytest.mark.parametrize("name", NAMES)
def test_userinfo_refuses(provider, given, name):
    token = forgeries(provider, given)[name]
    if "\n" in token:
        pytest.raises(Exception, userinfo, provider, token)
        return
    response = userinfo(provider, token)
    assert response.status_code in (400, 401, 431), response.text
    assert JANE_SUB not in response.text


@pytest.mark.parametrize("name", NAMES)
def test_introspection_says_inactive_and_nothing_else(provider, given, name):
    token = forgeries(provider, given)[name]
    if name == "refresh token":
        assert introspect(provider, token)["active"] is True
    elif name != "100 KB":
        assert introspect(provider, token) == {"active": False}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "100 KB"])
def test_a_hint_that_is_forged_is_refused(provider, given, name):
    answer = Browser(provider).open(authorization_url(provider, id_token_hint=forgeries(provider, given)[name]))
    assert answer.location is None or answer.parameters["error"] in ("invalid_request", "login_required")
    assert answer.location is not None or answer.status in (400, 414, 431)


def test_a_real_hint_is_welcome(provider, given):
    assert Browser(provider).open(authorization_url(provider, id_token_hint=given["id_token"])).status == 200


def test_a_token_of_another_provider_is_refused(provider, start, given):
    other = tokens(start())
    assert userinfo(provider, other["access_token"]).status_code == 401
    assert introspect(provider, other["access_token"]) == {"active": False}


def test_an_expired_token_is_refused(start):
    """`1s` is the shortest life a token can have, as `exp` counts seconds: this asks until it is over."""
    provider = start(expiry={"idTokens": "1s"})
    token = tokens(provider)["access_token"]
    end = payload(token)["exp"]
    assert end - payload(token)["iat"] == 1
    while time.time() < end:
        userinfo(provider, token)
    assert userinfo(provider, token).status_code == 401
    assert introspect(provider, token) == {"active": False}


# Bearer tokens, RFC 6750

def test_no_token_is_401_without_an_error_code(provider):
    response = provider.get("/userinfo")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "error=" not in response.headers["WWW-Authenticate"]


def test_a_bad_token_is_named_in_the_challenge(provider):
    response = userinfo(provider, "nonsense")
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_read_in_any_case(provider, given, scheme):
    assert provider.get("/userinfo", headers={"Authorization": f"{scheme} {given['access_token']}"}).status_code == 200


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Basic abc", "Bearer a b", "bearer,abc", "Token abc", "Bearer é"])
def test_other_authorization_headers_are_refused(provider, value):
    assert provider.get("/userinfo", headers={"Authorization": value.encode()}).status_code in (400, 401)


def test_userinfo_by_get_by_post_and_in_a_form(provider, given):
    by_header = {"Authorization": f"Bearer {given['access_token']}"}
    answers = [provider.get("/userinfo", headers=by_header), provider.post("/userinfo", headers=by_header),
               provider.post("/userinfo", {"access_token": given["access_token"]})]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["sub"] for answer in answers}) == 1
    assert {answer.headers["Content-Type"].split(";")[0] for answer in answers} == {"application/json"}


def test_a_token_in_two_places_is_one_too_many(provider, given):
    response = provider.post("/userinfo", {"access_token": given["access_token"]}, headers={"Authorization": f"Bearer {given['access_token']}"})
    assert response.status_code == 400 and response.json()["error"] == "invalid_request"


def test_a_token_in_the_query_is_not_read(provider, given):
    assert provider.get(f"/userinfo?access_token={given['access_token']}").status_code == 401


def test_an_id_token_is_no_access_token_and_the_reverse(provider, given):
    assert userinfo(provider, given["id_token"]).status_code == 401
    answer = Browser(provider).open(authorization_url(provider, id_token_hint=given["access_token"]))
    assert answer.location is not None and answer.parameters["error"] == "invalid_request"


def test_userinfo_is_about_the_person(provider, given):
    answer = userinfo(provider, given["access_token"]).json()
    assert answer["email"] and answer["name"] and answer["groups"]
    assert not {"aud", "exp", "iat", "nonce", "at_hash", "jti", "client_id", "scope"} & set(answer)


# Introspection, RFC 7662

def test_introspection_is_for_clients_that_say_who_they_are(provider, given):
    response = provider.post("/token/introspect", {"token": given["access_token"]})
    assert response.status_code == 401 and response.json()["error"] == "invalid_client"


def test_another_client_s_token_is_none_of_anybody_s_business(provider, given):
    assert introspect(provider, given["access_token"], OTHER_APP) == {"active": False}
    assert introspect(provider, given["refresh_token"], OTHER_APP) == {"active": False}


@pytest.mark.parametrize("form", [{}, {"token": ""}, {"other": "x"}])
def test_introspection_without_a_token_is_a_bad_request(provider, form):
    response = provider.post("/token/introspect", form, headers=basic(APP))
    assert response.status_code == 400 and response.json()["error"] == "invalid_request"


def test_inactive_answers_are_the_same_bytes(provider, given):
    bodies = {provider.post("/token/introspect", {"token": token}, headers=basic(APP)).content
              for token in ("nonsense", given["access_token"] + "x", given["refresh_token"][:-2], "a.b.c")}
    assert len(bodies) == 1
