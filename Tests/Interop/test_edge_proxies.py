"""The same matrix through each proxy that asks Dextra's edge: who is let through, with which headers, and who is not."""
import json, socket, threading
from http.client import HTTPConnection, HTTPMessage
from urllib.parse import quote

import google.auth.transport.requests
import google.oauth2.id_token
import jwt
import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import serve

from support.application import token as ask
from support import edge_login
from support.edge_login import HTML, ONE_INGRESS, Visitor
from support.edge_proxies import PROXIES
from support.people import APP, JANE, JANE_SUB, JOHN, OTHER_APP
from support.told_backend import backend

@pytest.fixture(scope="module")
def edge():
    with edge_login.edge(edge={
            **ONE_INGRESS, "issuers": [{"issuer": "self", "audiences": [APP.id]}],
            "headers": {"families": ["x-auth-request", "kubeflow", "x-goog"]},
            "assertion": {"issuer": "https://edge.example/iap", "audience": "/projects/1/apps/test"},
            "policies": [
                {"path": "/healthz", "anonymous": True},
                {"host": "closed.example", "path": "/*", "allow": [{"groups": ["admins"]}]},
                {"path": "/admin/*", "allow": [{"groups": ["admins"]}]},
                {"path": "/*", "allow": [{"groups": ["authors"]}]},
            ]}) as server:
        yield server


@pytest.fixture(scope="module", params=PROXIES)
def front(request, edge):
    """The address of a proxy in front of a backend."""
    with backend() as port, PROXIES[request.param](edge, port) as front:
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


def sent(front, path: str, fields: list[tuple[str, str]], host: str | None = None) -> tuple[int, HTTPMessage, bytes]:
    """Exactly so, which no library does: paths that are not normal, fields that come twice."""
    address = front[1].removeprefix("http://")
    connection = HTTPConnection(address, timeout=30)
    try:
        connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", host or address), ("Accept", "application/json"), *fields]:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", [
    "/admin/users", "//admin/users", "/x/../admin/users", "/%61dmin/users", "/admin%2fusers", "/admin/./users", "/x/..;/admin/users",
    "/%2fadmin/users", "/x%2f..%2fadmin/users", "/x/%2e%2e/admin/users", "/admin%5cusers", "/admin\\users", "/x/%252e%252e/admin/users",
    "/healthz/../admin/users", "/healthz/..;/admin/users", "/healthz%2f..%2fadmin/users", "/oauth2/../admin/users",
    "/oauth2%2f..%2fadmin/users", "/oauth2/..;/admin/users", "http://127.0.0.1/admin/users", "/admin/users%00", "/admin/users%23"])
def test_no_spelling_of_a_path_leads_around_its_policy(front, token, path):
    """Jane may ask for everything but /admin. A proxy that leads to the normal spelling is followed."""
    for credentials in ([], [("Authorization", f"Bearer {token}")]):
        status, headers, body = sent(front, path, credentials)
        if status in (301, 307, 308):
            assert headers["Location"].removeprefix(front[1]).startswith("/admin"), headers["Location"]
            status, headers, body = sent(front, headers["Location"].removeprefix(front[1]), credentials)
        assert status in (400, 401, 403, 404), (status, body)
        assert b'"path"' not in body, "the backend has answered"


@pytest.mark.parametrize("host", ["closed.example", "CLOSED.Example", "closed.example.", "closed.example:80", "closed.example.:8080"])
def test_no_spelling_of_a_host_leads_around_its_policy(front, token, host):
    status, _, body = sent(front, "/v1/models/iris", [("Authorization", f"Bearer {token}")], host)
    assert status in (400, 403) and b'"path"' not in body, (status, body)


def test_a_path_open_to_all_is_open(front):
    assert get(front, "/healthz").status_code == 200


@pytest.mark.parametrize("headers", [
    {"X-Original-URI": "/healthz"}, {"X-Forwarded-Uri": "/healthz"}, {"X-Original-URL": "http://127.0.0.1/healthz"},
    {"X-Forwarded-Uri": "/healthz", "X-Original-URI": "/healthz", "X-Forwarded-Method": "OPTIONS"}, {"X-Forwarded-Host": "other"},
    {"X-Auth-Request-User": "admin"}, {"User-Agent": "kube-probe/1.30"},
])
def test_a_client_cannot_tell_the_edge_what_it_asks_for(front, headers):
    assert get(front, "/admin/users", headers).status_code == 401


@pytest.mark.parametrize("fields", [
    [("X-Auth-Request-User", "mallory"), ("x-auth-request-user", "mallory")], [("KUBEFLOW_USERID", "mallory")],
    [("X-Auth-Request_Email", "mallory"), ("Connection", "close, X-Auth-Request_Email")], [("kubeflow-userid", ""), ("kubeflow-userid", "mallory")],
    [("X-Forwarded-User", "mallory"), ("X-Forwarded_User", "mallory"), ("X_FORWARDED_USER", "mallory")],
])
def test_no_disguise_brings_an_identity_from_outside(front, token, fields):
    """Twice, in capitals, with `_`, and listed in `Connection`."""
    for credentials in ([("Authorization", f"Bearer {token}")], []):
        status, _, body = sent(front, "/healthz" if not credentials else "/x", fields + credentials)
        assert status in (200, 400, 403) and b"mallory" not in body, (status, body)


@pytest.mark.parametrize("listed", ["X-Auth-Request-User", "x-auth-request-user, kubeflow-userid", "close, x-goog-iap-jwt-assertion"])
def test_a_client_cannot_have_the_identity_dropped_on_the_way(front, token, listed):
    """`Connection` names what the next hop is to remove (RFC 9110 §7.6.1): a backend must not take somebody known for nobody."""
    status, _, body = sent(front, "/x", [("Authorization", f"Bearer {token}"), ("Connection", listed)])
    if status == 200:
        assert {"x-auth-request-user", "kubeflow-userid", "x-goog-iap-jwt-assertion"} <= json.loads(body)["headers"].keys()
    else:
        assert status in (400, 403), body


def test_two_tokens_are_none(front, token):
    status, headers, body = sent(front, "/x", [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")])
    assert status in (400, 401) and b'"path"' not in body, (status, body)


@pytest.mark.parametrize("query", ["access_token={}", "token={}", "id_token={}", "Authorization=Bearer%20{}"])
def test_a_token_in_the_query_is_none(front, token, query):
    assert get(front, "/x?" + query.format(token)).status_code == 401


def test_a_huge_token_is_refused(front, token):
    status, _, body = sent(front, "/x", [("Authorization", "Bearer " + token + "x" * 70_000)])
    assert status in (400, 401, 413, 431) and b'"path"' not in body, (status, body[:200])


@pytest.mark.parametrize("name", ["X-Auth-Request-User", "kubeflow-userid", "Kubeflow-UserID", "x-goog-iap-jwt-assertion", "kubeflow_userid",
                                  "X_Auth_Request_Groups", "x-forwarded-email"])
@pytest.mark.parametrize("path", ["/v1/models/iris", "/healthz"])
def test_identity_headers_from_outside_do_not_arrive(front, token, name, path):
    answer = get(front, path, {name: "mallory"} | (bearer(token) if path != "/healthz" else {}))
    assert answer.status_code == 200, answer.text
    assert "mallory" not in str(answer.json()["headers"])


def test_a_person_logs_in_and_out(front, edge):
    visitor, page = Visitor(edge), front[1] + "/v1/models/iris?a=b&c=%26"
    if front[0] == "ingress-nginx":
        # Without `auth-signin` (test_edge_ingress_nginx.py) an Ingress leads nobody anywhere.
        assert visitor.get(page).status_code == 401
        visitor.log_in(front[1] + "/oauth2/start?rd=" + quote(page, safe=""))
    else:
        visitor.log_in(page)
    answer = visitor.get(page)
    assert answer.status_code == 200 and answer.json()["headers"]["kubeflow-userid"] == [JANE.email]
    assert answer.json()["path"] == "/v1/models/iris?a=b&c=%26"
    kept = visitor.cookie
    visitor.get(front[1] + "/oauth2/sign_out?rd=/healthz")
    assert get(front, "/v1/models/iris", {"Cookie": kept}).status_code == 401


def test_a_cookie_that_a_sibling_host_tossed_in_is_no_session(front, edge):
    """Two different cookies of the session's name: one of them was planted, and nobody can tell which."""
    visitor, mallory = Visitor(edge), Visitor(edge, JOHN)
    for each in (visitor, mallory):
        each.follow(each.fill(each.form(front[1] + "/oauth2/start?rd=/healthz")))
    assert get(front, "/x", {"Cookie": visitor.cookie}).status_code == 200
    for first, second in ((visitor, mallory), (mallory, visitor)):
        assert get(front, "/x", {"Cookie": f"{first.cookie}; {second.cookie}"}).status_code == 401


@pytest.fixture(scope="module", params=PROXIES)
def sockets(request, edge):
    """The address of a proxy in front of WebSockets, and a session at it."""
    def answer(connection):
        for message in connection:
            connection.send(message)
    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with PROXIES[request.param](edge, server.socket.getsockname()[1]) as port:
                url, visitor = f"http://127.0.0.1:{port}", Visitor(edge)
                visitor.fill(visitor.form(url + "/oauth2/start?rd=/healthz"))
                yield url, visitor.cookie
        finally:
            server.shutdown()
            thread.join(30)


def opened(sockets, origin: str | None, cookie: str | None = None):
    fields = {"Sec-Fetch-Mode": "websocket", "Accept": "*/*"} | ({"Cookie": cookie} if cookie else {})
    return connect(sockets[0].replace("http:", "ws:") + "/x", origin=origin, additional_headers=fields, open_timeout=30)


def test_a_session_opens_a_websocket(sockets):
    for origin in (None, sockets[0]):
        with opened(sockets, origin, sockets[1]) as connection:
            connection.send("hello")
            assert connection.recv(30) == "hello"
    with pytest.raises(InvalidStatus) as caught:
        opened(sockets, sockets[0])
    assert caught.value.response.status_code == 401


@pytest.mark.parametrize("path", ["/oauth2/auth/caddy", "/check/healthz"])
def test_a_question_about_an_upgrade_leaves_the_next_one_an_answer(edge, path):
    """A proxy keeps its connection to the edge for other people's questions: anybody could stop those."""
    question = (f"GET {path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-Uri: /healthz\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: a\r\n"
                "X-Forwarded-Proto: http\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", edge.edge_port), timeout=2) as connection:
        connection.sendall(question + question)
        received = b""
        # Two answers, or one that says that it is the last.
        while received.count(b"HTTP/1.1 200") < 2 and not (data := connection.recv(65536)) == b"":
            received += data
        assert received.count(b"HTTP/1.1 200") == 2 or b"connection: close" in received.lower()


def test_a_page_of_another_origin_opens_none_with_the_session_that_the_browser_adds(sockets):
    with pytest.raises(InvalidStatus) as caught:
        opened(sockets, "https://evil.example", sockets[1]).close()
    assert caught.value.response.status_code == 403


def test_what_is_refused_or_leads_to_the_login_is_kept_by_no_cache(front, token):
    for headers in ({}, HTML, bearer("garbage")):
        answer = get(front, "/x", headers)
        # nginx makes answers of its own; they have no freshness, and 401 and 302 are kept only where it is said (RFC 9111 §4.2.2).
        assert answer.status_code in (302, 401)
        if "nginx" not in front[0]:
            assert "no-store" in answer.headers["Cache-Control"], answer.headers


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
