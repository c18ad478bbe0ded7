"""Tokens of Dextra and of somebody else's issuer at the edge, made by PyJWT, joserfc and Authlib."""
import base64, concurrent.futures, hashlib, hmac, json, re

import authlib.jose
import joserfc.jwk, joserfc.jwt
import jwt
import pytest
import requests
import yaml
from cryptography.hazmat.primitives import serialization

from support.application import token as ask
from support.issuer import issuer
from support.launch import running
from support.people import APP, JANE, JANE_SUB, OTHER_APP
from support.ports import free_port
from support.server import ROOT

PAGE = ROOT / "docs/edge/tokens.md"


@pytest.fixture(scope="module")
def other():
    with issuer() as other:
        yield other


@pytest.fixture(scope="module")
def edge(other):
    port = free_port()
    with running(edge={
            "http": f"127.0.0.1:{port}", "trustedProxies": ["127.0.0.1/32"],
            "issuers": [
                {"issuer": "self", "audiences": [APP.id]},
                {"issuer": other.url, "audiences": [other.audience], "fromBasicAuth": True,
                 "introspection": {"clientID": other.credentials[0], "clientSecret": other.credentials[1]}},
            ],
            "certificates": {"issuer": "mesh", "names": ["uri"],
                             "mappings": [{"name": "spiffe://cluster.local/ns/a/sa/web", "groups": ["robots"]}]},
            "policies": [{"path": "/*", "allow": [{"groups": ["authors", "robots"]}]}]}) as server:
        server.edge = f"http://127.0.0.1:{port}"
        yield server


def check(edge, token: str | None = None, **headers: str) -> requests.Response:
    """What a proxy's question is answered with."""
    forwarded = {"Host": "models.example.com", "X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "models.example.com",
                 "X-Forwarded-Uri": "/v1/models/iris"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return requests.get(edge.edge + "/oauth2/auth", headers=forwarded | headers, allow_redirects=False, timeout=30)


def own_tokens(edge, client=APP) -> dict:
    return ask(edge, client, grant_type="password", username=JANE.email, password=JANE.password,
               scope="openid email profile groups").json()


def by_pyjwt(other, algorithm: str, claims: dict) -> str:
    return jwt.encode(claims, other.keys[algorithm], algorithm=algorithm, headers={"kid": algorithm})


def by_joserfc(other, algorithm: str, claims: dict) -> str:
    key = joserfc.jwk.import_key(other.pem(algorithm), other.kty(algorithm))
    return joserfc.jwt.encode({"alg": algorithm, "kid": algorithm}, claims, key, algorithms=[algorithm])


def by_authlib(other, algorithm: str, claims: dict) -> str:
    return authlib.jose.JsonWebToken([algorithm]).encode({"alg": algorithm, "kid": algorithm}, claims, other.pem(algorithm)).decode()


@pytest.mark.parametrize("make", [by_pyjwt, by_joserfc, by_authlib])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_tokens_of_another_issuer_are_believed(edge, other, make, algorithm):
    answer = check(edge, make(other, algorithm, other.claims(sub=f"{make.__name__} {algorithm}")))
    assert answer.status_code == 202, answer.text
    assert answer.headers["X-Auth-Request-User"] == f"{make.__name__} {algorithm}"
    assert answer.headers["X-Auth-Request-Groups"] == "robots"


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_own_tokens_are_believed(edge, kind):
    answer = check(edge, own_tokens(edge)[kind])
    assert answer.status_code == 202, answer.text
    assert answer.headers["X-Auth-Request-User"] == JANE_SUB
    assert answer.headers["X-Auth-Request-Email"] == JANE.email


def test_own_tokens_for_another_client_are_refused(edge):
    answer = check(edge, own_tokens(edge, OTHER_APP)["id_token"])
    assert answer.status_code == 401
    assert "the token is for another audience" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("changes, reason", [
    ({"exp": 1}, "the token has expired"), ({"exp": None}, "the token has no expiry"),
    ({"nbf": 9999999999}, "the token is not valid yet"), ({"iat": 9999999999}, "the token was issued in the future"),
    ({"aud": "others"}, "the token is for another audience"), ({"aud": None}, "the token is for another audience"),
    ({"iss": "https://evil.example.com"}, "the token's issuer is not trusted here"), ({"sub": None}, "the token names nobody"),
    ({"events": {}}, "neither an ID token nor an access token"), ({"cnf": {"jkt": "x"}}, "bound to a key"),
])
def test_wrong_claims_are_refused_with_their_reason(edge, other, changes, reason):
    answer = check(edge, by_pyjwt(other, "ES256", other.claims(**changes)))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer") and reason in answer.headers["WWW-Authenticate"]
    assert "X-Auth-Request-User" not in answer.headers


def encoded(document: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256"])
def test_tokens_that_nobody_signed_are_refused(edge, other, algorithm):
    head, body = encoded({"alg": algorithm, "kid": "RS256"}), encoded(other.claims())
    for signature in ("", "AAAA"):
        assert check(edge, f"{head}.{body}.{signature}").status_code == 401


def test_a_public_key_is_no_secret_of_an_hmac(edge, other):
    secret = other.keys["RS256"].public_key().public_bytes(serialization.Encoding.PEM,
                                                           serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = encoded({"alg": "HS256", "kid": "RS256"}) + "." + encoded(other.claims())
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode().rstrip("=")
    assert check(edge, f"{signed}.{signature}").status_code == 401


def test_a_key_that_the_token_brings_is_not_used(edge, other):
    other.add_key("evil", "ES256", publish=False)
    for header in ({"jwk": other.public("evil")}, {"jku": other.url + "/evil"}, {"x5u": other.url + "/evil"}):
        token = jwt.encode(other.claims(), other.keys["evil"], algorithm="ES256", headers={"kid": "ES256"} | header)
        assert check(edge, token).status_code == 401
    assert other.asked["/evil"] == 0


@pytest.mark.parametrize("size", [33_000, 40_000, 200_000])
def test_a_huge_token_is_refused(edge, other, size):
    """Unread where it is well-formed, too."""
    for token in ("x" * size, by_pyjwt(other, "ES256", other.claims(padding="x" * size))):
        assert check(edge, token).status_code in (401, 431)


def test_more_groups_than_can_be_looked_at_are_refused(edge, other):
    """A rule that denies one of them must not be missed."""
    names = [f"g{number}" for number in range(2047)]
    assert check(edge, by_pyjwt(other, "ES256", other.claims(groups=["robots", *names]))).status_code == 202
    answer = check(edge, by_pyjwt(other, "ES256", other.claims(groups=["robots", "one more", *names])))
    assert answer.status_code == 401 and "groups" in answer.headers["WWW-Authenticate"]


def test_groups_that_are_elsewhere_are_none_and_the_log_says_so(edge, other):
    """Microsoft's overage, and distributed claims (OpenID Connect Core §5.6.2): nobody is asked at an address that a token names."""
    sources = {"src1": {"endpoint": other.url + "/groups"}}
    for claims in ({"hasgroups": True}, {"_claim_names": {"groups": "src1"}, "_claim_sources": sources}):
        assert check(edge, by_pyjwt(other, "ES256", other.claims(groups=None, **claims))).status_code == 403
    edge.running.wait_for_log("a token does not hold the groups of its subject")
    assert other.asked["/groups"] == 0


def test_no_cache_keeps_an_answer(edge, other):
    """And one that does all the same keeps it for nobody else."""
    for token, status in ((None, 401), ("a.b.c", 401), (by_pyjwt(other, "ES256", other.claims()), 202),
                          (by_pyjwt(other, "ES256", other.claims(groups=[])), 403)):
        answer = check(edge, token)
        assert answer.status_code == status and answer.headers["Cache-Control"] == "no-store", (status, answer.headers)
        if status != 202:
            assert {"Authorization", "Cookie", "Accept"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize("header", [{"Authorization": "Bearer {}"}, {"Cookie": "token={}"}, {"X-Token": "{}"}])
def test_a_token_counts_in_the_query_only_where_that_is_configured(edge, other, header):
    token = by_pyjwt(other, "ES256", other.claims())
    asked = {"Host": "a", "X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "a"}
    query = {"X-Forwarded-Uri": f"/x?access_token={token}&token={token}"}
    assert requests.get(edge.edge + "/oauth2/auth", headers=asked | query, timeout=30).status_code == 401
    port = free_port()
    with running(edge={"http": f"127.0.0.1:{port}", "trustedProxies": ["127.0.0.1/32"], "policies": [{"path": "/*", "allow": "authenticated"}],
                       "issuers": [{"issuer": other.url, "audiences": [other.audience], "fromParams": ["token"]}]}) as server:
        url = f"http://127.0.0.1:{port}/oauth2/auth"
        assert requests.get(url, headers=asked | query, timeout=30).status_code == 202
        # Then nowhere else.
        elsewhere = {name: value.format(token) for name, value in header.items()} | {"X-Forwarded-Uri": "/x"}
        assert requests.get(url, headers=asked | elsewhere, timeout=30).status_code == 401
        server.keep_out_of_log(token)


def test_a_revoked_token_is_refused_at_once(edge):
    tokens = own_tokens(edge)
    assert check(edge, tokens["access_token"]).status_code == 202
    assert check(edge, tokens["access_token"]).status_code == 202
    answer = requests.post(edge.discovery["revocation_endpoint"], {"token": tokens["access_token"]}, headers=basic(APP),
                           timeout=30)
    assert answer.status_code == 200
    answer = check(edge, tokens["access_token"])
    assert answer.status_code == 401 and "revoked" in answer.headers["WWW-Authenticate"]


def basic(client) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()}


def test_a_token_can_be_a_password_where_that_is_configured(edge, other):
    token = by_pyjwt(other, "ES256", other.claims(sub="by password"))
    for pair in (f"{token}:", f"{token}:x-oauth-basic", f"anybody:{token}"):
        answer = check(edge, Authorization="Basic " + base64.b64encode(pair.encode()).decode())
        assert answer.status_code == 202 and answer.headers["X-Auth-Request-User"] == "by password"
    assert check(edge, Authorization="Basic " + base64.b64encode(b"jane:secret").decode()).status_code == 401


def test_opaque_tokens_are_asked_about(edge, other):
    other.active["opaque+one"] = {"active": True, "sub": "opaque", "aud": other.audience, "groups": ["robots"]}
    other.active["opaque-two"] = {"active": True, "sub": "opaque", "aud": "others", "groups": ["robots"]}
    before = other.asked["/introspect"]
    answer = check(edge, "opaque+one")
    assert answer.status_code == 202, answer.text
    assert answer.headers["X-Auth-Request-User"] == "opaque"
    assert check(edge, "opaque+one", Accept="text/plain").status_code == 202
    assert other.asked["/introspect"] == before + 1
    assert "another audience" in check(edge, "opaque-two").headers["WWW-Authenticate"]
    assert "not active" in check(edge, "opaque-three").headers["WWW-Authenticate"]
    edge.keep_out_of_log(other.credentials[1])


def with_certificate(edge, certificate: str) -> requests.Response:
    """What Envoy asks: the other proxies write no such header."""
    return requests.get(edge.edge + "/v1/models/iris", headers={"X-Forwarded-Client-Cert": certificate}, allow_redirects=False, timeout=30)


def test_a_client_certificate_is_read_as_the_proxy_forwards_it(edge):
    good = 'By=spiffe://cluster.local/ns/e/sa/edge;Hash=ab;Subject="CN=web";URI=spiffe://cluster.local/ns/a/sa/web'
    answer = with_certificate(edge, good)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Auth-Request-User"] == "spiffe://cluster.local/ns/a/sa/web"
    spoofed = good + ",Hash=cd;URI=spiffe://cluster.local/ns/b/sa/other"
    assert with_certificate(edge, spoofed).status_code == 403
    assert with_certificate(edge, "URI=").status_code == 401


@pytest.mark.parametrize("address", ["/oauth2/auth", "/oauth2/auth/nginx", "/oauth2/auth/traefik", "/oauth2/auth/caddy", "/oauth2/userinfo"])
def test_a_client_certificate_comes_from_no_proxy_that_writes_none(edge, address):
    headers = {"X-Forwarded-Client-Cert": "URI=spiffe://cluster.local/ns/a/sa/web", "X-Original-Method": "GET", "X-Forwarded-Method": "GET",
               "X-Forwarded-Host": "a", "Host": "a"} | ({"X-Original-URI": "/x"} if "nginx" in address else {"X-Forwarded-Uri": "/x"})
    assert requests.get(edge.edge + address, headers=headers, allow_redirects=False, timeout=30).status_code == 401


def test_many_tokens_with_unknown_keys_cause_one_fetch(edge, other):
    assert check(edge, by_pyjwt(other, "ES256", other.claims())).status_code == 202
    other.add_key("strange", "ES256", publish=False)
    tokens = [jwt.encode(other.claims(sub=str(number)), other.keys["strange"], algorithm="ES256", headers={"kid": "strange"})
              for number in range(200)]
    before = other.asked["/keys"]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda token: check(edge, token).status_code, tokens))
    assert statuses == {401}
    # One, or two if the pause of ten seconds ended meanwhile on a busy machine.
    assert other.asked["/keys"] - before <= 2


def test_an_issuer_that_is_down_does_not_stop_its_tokens(edge, other):
    assert check(edge, by_pyjwt(other, "RS256", other.claims(sub="before"))).status_code == 202
    other.down = True
    try:
        assert check(edge, by_pyjwt(other, "RS256", other.claims(sub="meanwhile"))).status_code == 202
    finally:
        other.down = False


def test_an_issuer_that_was_never_reached_is_no_yes(other):
    other.down = True
    try:
        port = free_port()
        with running(edge={"http": f"127.0.0.1:{port}", "trustedProxies": ["127.0.0.1/32"],
                           "issuers": [{"issuer": other.url, "audiences": [other.audience]}],
                           "policies": [{"path": "/*", "allow": "authenticated"}]}) as server:
            server.edge = f"http://127.0.0.1:{port}"
            assert check(server, by_pyjwt(other, "RS256", other.claims())).status_code == 503
    finally:
        other.down = False


def test_the_example_of_the_page_works(other, tmp_path):
    """With another issuer's address, a file for the secret and a free port instead of the page's."""
    (tmp_path / "secret").write_text(other.credentials[1])
    port = free_port()
    text = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)[1]
    for written, meant in {"https://idp.example.com": other.url, "/run/secrets/edge": str(tmp_path / "secret"), "my-app": APP.id,
                           "0.0.0.0:8080": f"127.0.0.1:{port}"}.items():
        assert written in text
        text = text.replace(written, meant)
    other.active["opaque-page"] = {"active": True, "sub": "opaque", "aud": other.audience}
    with running(**yaml.safe_load(text)) as server:
        server.edge = f"http://127.0.0.1:{port}"
        assert check(server).status_code == 401
        assert check(server, own_tokens(server)["id_token"]).status_code == 202
        answer = check(server, by_pyjwt(other, "ES256", other.claims(realm_access={"roles": ["one", "two"]})))
        assert answer.status_code == 202 and answer.headers["X-Auth-Request-Groups"] == "one,two"
        assert check(server, "opaque-page").status_code == 202
        assert with_certificate(server, "URI=spiffe://cluster.local/ns/a/sa/b").status_code == 200
