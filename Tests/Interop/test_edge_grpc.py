"""Envoy asks the edge by gRPC (`envoy.service.auth.v3.Authorization/Check`): what reaches the backend, the client, and when there is no answer."""
import contextlib, http.client, json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc, pytest

from support.application import token
from support.envoy import cluster, envoy, filter, listener
from support.people import APP, JANE, JOHN
from support.ports import free_port
from support.server import Dextra

HOST = "app.example.com"
# Names what proxies must not let through, and what the edge sets.
EDGE = {
    "trustedProxies": ["127.0.0.0/8"], "issuers": [{"issuer": "self", "audiences": [APP.id]}],
    "policies": [
        {"name": "chosen by the route", "selector": "strict", "host": HOST, "path": "/chosen", "allow": [{"groups": "nobody is in it"}]},
        {"name": "open", "host": HOST, "path": "/open", "anonymous": True},
        {"name": "authors", "host": HOST, "path": "*", "allow": [{"groups": "authors"}]},
    ],
    "headers": {"families": ["kubeflow", "x-auth-request"]},
}


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that arrived, and a cookie of its own."""

    def do_GET(self):
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Set-Cookie", "backend=1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Nobody reads it."""


@contextlib.contextmanager
def echo():
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ext_authz(**further) -> dict:
    return filter("ext_authz", "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz", transport_api_version="V3",
                  grpc_service={"envoy_grpc": {"cluster_name": "edge"}, "timeout": "5s"}, encode_raw_headers=True,
                  status_on_error={"code": "ServiceUnavailable"}, **further)


class Gateway:
    def __init__(self, provider: Dextra, port: int):
        self.provider, self.port = provider, port

    def ask(self, path: str = "/", *, tokens: tuple[str, ...] = (), headers: tuple[tuple[str, str], ...] = ()):
        """Status, the headers of the answer, its body. By hand, as no library sends a field twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest("GET", path, skip_host=True)
        for name, value in (("Host", HOST), *(("Authorization", f"Bearer {each}") for each in tokens), *headers):
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, body

    def token(self, person=JANE) -> str:
        answer = token(self.provider, grant_type="password", username=person.email, password=person.password, scope="openid email groups")
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]


@pytest.fixture
def gateway(start):
    edge_port, port = free_port(), free_port()
    provider = start(edge=EDGE | {"grpc": f"127.0.0.1:{edge_port}"})
    provider.edge_port = edge_port
    chosen = {"envoy.filters.http.ext_authz": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute",
        "check_settings": {"context_extensions": {"policy": "strict"}}}}
    with echo() as backend:
        routes = [{"match": {"path": "/chosen"}, "route": {"cluster": "backend"}, "typed_per_filter_config": chosen},
                  {"match": {"prefix": "/"}, "route": {"cluster": "backend"}}]
        configuration = {"static_resources": {
            "listeners": [listener("edge", port, [ext_authz()], routes, normalize_path=True)],
            "clusters": [cluster("edge", edge_port, http2=True), cluster("backend", backend)]}}
        with envoy(configuration, port):
            yield Gateway(provider, port)


def test_what_reaches_the_backend_and_the_client(gateway):
    forged = (("kubeflow-userid", "root@example.com"), ("X-Auth-Request-Groups", "admins"), ("x-auth-request-access-token", "x"))
    status, headers, body = gateway.ask(tokens=(gateway.token(),), headers=forged)
    assert status == 200
    arrived = [(name, value) for name, value in json.loads(body) if name.startswith(("kubeflow", "x-auth"))]
    assert dict(arrived)["kubeflow-userid"] == JANE.email and dict(arrived)["x-auth-request-groups"] == ",".join(JANE.groups)
    assert "root@example.com" not in body and "admins" not in body and "x-auth-request-access-token" not in dict(arrived)
    assert len(arrived) == len(dict(arrived))
    assert headers.get_all("set-cookie") == ["backend=1"]

    # On open paths too nobody can pass for somebody.
    status, _, body = gateway.ask("/open", headers=forged)
    assert status == 200 and "root@example.com" not in body and "admins" not in body


SPELLINGS = ["x.auth-request-email", "x.auth.request.email", "X_Auth_Request_Email", "x-auth_request.user", "kubeflow.userid", "KUBEFLOW_groups", "gap.auth",
             "x.goog_authenticated.user.email", "x~forwarded~user", "x.forwarded_access-token"]


def test_no_spelling_of_a_name_of_the_edge_reaches_the_backend(gateway):
    """Servers of CGI's descent read them all as one."""
    forged = tuple((name, "root@example.com") for name in SPELLINGS) + (("x.other-name", "kept"),)
    for path, tokens in (("/", (gateway.token(),)), ("/open", ())):
        status, _, body = gateway.ask(path, tokens=tokens, headers=forged)
        assert status == 200 and "root@example.com" not in body, body
        assert ["x.other-name", "kept"] in json.loads(body)


def test_refusals_reach_the_client_whole(gateway):
    status, headers, body = gateway.ask()
    assert (status, headers["www-authenticate"], body) == (401, 'Bearer realm="dextra"', "authentication is needed\n")
    assert headers["cache-control"] == "no-store" and headers.get_all("content-type") == ["text/plain; charset=utf-8"]
    status, headers, _ = gateway.ask(tokens=("a.b.c",))
    assert status == 401 and 'error="invalid_token"' in headers["www-authenticate"]
    assert gateway.ask(tokens=(gateway.token(JOHN),))[0] == 403


def test_a_header_that_came_twice_is_seen_twice(gateway):
    right = gateway.token()
    assert gateway.ask(tokens=(right,))[0] == 200
    assert gateway.ask(tokens=(right, right))[0] == 401


def test_a_route_chooses_its_policies(gateway):
    assert gateway.ask("/chosen", tokens=(gateway.token(),))[0] == 403


def test_without_an_answer_nothing_is_let_through(gateway):
    right = gateway.token()
    assert gateway.ask(tokens=(right,))[0] == gateway.ask("/open")[0] == 200
    # An orderly end, though Envoy holds a connection.
    gateway.provider.stop()
    assert gateway.ask(tokens=(right,))[0] == gateway.ask("/open")[0] == 503
    gateway.provider.start()


def test_its_health_is_told(gateway):
    with grpc.insecure_channel(f"127.0.0.1:{gateway.provider.edge_port}") as channel:
        # HealthCheckRequest without a service; HealthCheckResponse with status SERVING.
        assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=30) == b"\x08\x01"
