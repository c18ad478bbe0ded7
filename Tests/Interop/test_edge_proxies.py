"""The same matrix through each proxy that asks Dextra's edge: who is let through, with which headers, and who is not."""
import google.auth.transport.requests
import google.oauth2.id_token
import jwt
import pytest
import requests

from support.application import token as ask
from support.told_backend import backend
from support.edge_proxies import PROXIES
from support.launch import running
from support.people import APP, JANE, JANE_SUB, JOHN, OTHER_APP
from support.ports import free_port

HTML = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
def edge():
    port = free_port()
    with running(edge={
            "http": f"127.0.0.1:{port}", "trustedProxies": ["127.0.0.1/32"],
            "issuers": [{"issuer": "self", "audiences": [APP.id]}],
            "headers": {"families": ["x-auth-request", "kubeflow", "x-goog"]},
            "assertion": {"issuer": "https://edge.example/iap", "audience": "/projects/1/apps/test"},
            "login": {},
            "policies": [
                {"path": "/healthz", "anonymous": True},
                {"path": "/admin/*", "allow": [{"groups": ["admins"]}]},
                {"path": "/*", "allow": [{"groups": ["authors"]}]},
            ]}) as server:
        server.edge = f"http://127.0.0.1:{port}"
        server.edge_port = port
        yield server


@pytest.fixture(scope="module", params=PROXIES)
def front(request, edge):
    """The address of a proxy in front of a backend."""
    with backend() as port, PROXIES[request.param](edge.edge_port, port) as front:
        yield request.param, f"http://127.0.0.1:{front}"


def id_token(edge, person, client=APP) -> str:
    return ask(edge, client, grant_type="password", username=person.email, password=person.password,
               scope="openid email profile groups").json()["id_token"]


@pytest.fixture(scope="module")
def token(edge):
    return id_token(edge, JANE)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def get(front, path: str, headers: dict[str, str] | None = None, **options) -> requests.Response:
    return requests.get(front[1] + path, headers={"Accept": "application/json"} | (headers or {}), allow_redirects=False, timeout=30, **options)


def test_without_a_token_a_program_is_refused(front):
    answer = get(front, "/v1/models/iris")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_with_a_token_the_backend_learns_who_asks(front, token):
    answer = get(front, "/v1/models/iris?a=b", bearer(token))
    assert answer.status_code == 200, answer.text
    told = answer.json()["headers"]
    assert told["x-auth-request-email"] == [JANE.email]
    assert told["x-auth-request-user"] == [JANE_SUB]
    assert told["x-auth-request-groups"] == ["authors,staff"]
    assert told["kubeflow-userid"] == [JANE.email]
    assert told["x-goog-authenticated-user-email"] == [f"accounts.google.com:{JANE.email}"]
    assert answer.json()["path"] == "/v1/models/iris?a=b"


def test_a_body_goes_through(front, token):
    answer = requests.post(front[1] + "/v1/models/iris:predict", json={"instances": [[1, 2]]}, headers=bearer(token), timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["body"] == '{"instances": [[1, 2]]}'
    assert answer.json()["method"] == "POST"


def forged(edge, token: str, **changes) -> str:
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return jwt.encode(claims, "a secret that is as long as it must be, at least", algorithm="HS256",
                      headers={"kid": jwt.get_unverified_header(token)["kid"]})


@pytest.mark.parametrize("make", [
    lambda edge, token: "garbage",
    lambda edge, token: token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB"),
    lambda edge, token: forged(edge, token),
    lambda edge, token: jwt.encode(jwt.decode(token, options={"verify_signature": False}), None, algorithm="none"),
    lambda edge, token: id_token(edge, JANE, OTHER_APP),
    lambda edge, token: forged(edge, token, iss="https://evil.example"),
], ids=["garbage", "signature", "secret", "none", "audience", "issuer"])
def test_a_wrong_token_is_refused(front, edge, token, make):
    answer = get(front, "/v1/models/iris", bearer(make(edge, token)))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_who_is_not_in_the_group_is_refused(front, edge, token):
    assert get(front, "/v1/models/iris", bearer(id_token(edge, JOHN))).status_code == 403
    assert get(front, "/admin/users", bearer(token)).status_code == 403


@pytest.mark.parametrize("path", ["/admin/users", "//admin/users", "/x/../admin/users", "/%61dmin/users", "/admin%2fusers", "/admin/./users"])
def test_no_spelling_of_a_path_leads_around_its_policy(front, token, path):
    request = requests.Request("GET", front[1] + "/", headers=bearer(token)).prepare()
    request.url = front[1] + path
    with requests.Session() as session:
        answer = session.send(request, allow_redirects=False, timeout=30)
    assert answer.status_code in (400, 403), answer.text


def test_a_path_open_to_all_is_open(front):
    assert get(front, "/healthz").status_code == 200


@pytest.mark.parametrize("headers", [
    {"X-Original-URI": "/healthz"}, {"X-Forwarded-Uri": "/healthz"}, {"X-Original-URL": "http://127.0.0.1/healthz"},
    {"X-Forwarded-Uri": "/healthz", "X-Original-URI": "/healthz", "X-Forwarded-Method": "OPTIONS"}, {"X-Forwarded-Host": "other"},
    {"X-Auth-Request-User": "admin"}, {"User-Agent": "kube-probe/1.30"},
])
def test_a_client_cannot_tell_the_edge_what_it_asks_for(front, headers):
    assert get(front, "/admin/users", headers).status_code == 401


@pytest.mark.parametrize("name", ["X-Auth-Request-User", "kubeflow-userid", "Kubeflow-UserID", "x-goog-iap-jwt-assertion", "kubeflow_userid",
                                  "X_Auth_Request_Groups", "x-forwarded-email"])
@pytest.mark.parametrize("path", ["/v1/models/iris", "/healthz"])
def test_identity_headers_from_outside_do_not_arrive(front, token, name, path):
    answer = get(front, path, {name: "mallory"} | (bearer(token) if path != "/healthz" else {}))
    assert answer.status_code == 200, answer.text
    assert "mallory" not in str(answer.json()["headers"])


def test_a_browser_is_led_to_the_login_where_the_proxy_lets_it(front):
    answer = get(front, "/v1/models/iris?a=b", HTML)
    if front[0] == "nginx":
        # auth_request knows 401 and 403 only; a page of nginx's own can lead on.
        assert answer.status_code == 401
    else:
        assert answer.status_code == 302
        assert "/oauth2/start?rd=" in answer.headers["Location"]


@pytest.mark.parametrize("path", ["public_key-jwk", "public_key"])
def test_googles_library_verifies_the_assertion(front, edge, token, path):
    if path == "public_key":
        # With PEM keys google-auth takes RS256 certificates only; PyJWT stands in for it.
        assertion = get(front, "/x", bearer(token)).json()["headers"]["x-goog-iap-jwt-assertion"][0]
        keys = requests.get(f"{edge.edge}/oauth2/assertion/{path}", timeout=30).json()
        claims = jwt.decode(assertion, keys[jwt.get_unverified_header(assertion)["kid"]], algorithms=["ES256"],
                            audience="/projects/1/apps/test")
    else:
        assertion = get(front, "/x", bearer(token)).json()["headers"]["x-goog-iap-jwt-assertion"][0]
        claims = google.oauth2.id_token.verify_token(
            assertion, google.auth.transport.requests.Request(), audience="/projects/1/apps/test",
            certs_url=f"{edge.edge}/oauth2/assertion/{path}")
    assert claims["iss"] == "https://edge.example/iap"
    assert claims["email"] == JANE.email
    assert claims["sub"] == JANE_SUB
    assert claims["exp"] - claims["iat"] <= 600


@pytest.mark.parametrize("proxy, there", [("traefik", "https://app.example:8443"), ("caddy", ""), ("haproxy", ""), ("apache", "")])
def test_a_browser_is_led_to_the_login_at_the_host_that_it_asked(edge, proxy, there):
    """Traefik takes a path for one at the edge's own address (`Response.Location` of Go's net/http), the others pass it on."""
    answer = requests.get(edge.edge + "/oauth2/auth/" + proxy, allow_redirects=False, timeout=30, headers=HTML | {
        "X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example:8443", "X-Forwarded-Uri": "/a?b=c"})
    assert answer.status_code == 302 and answer.headers["Location"] == there + "/oauth2/start?rd=%2Fa%3Fb%3Dc"
