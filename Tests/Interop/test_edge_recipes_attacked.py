"""Every recipe of docs/edge and examples/, as it stands, in front of two backends, and what a client may try.

`admin.test` is for admins, `/pub` is open to all, `/*` is for authors, `/local` for a range of addresses and `OPTIONS` for preflights. Nobody, whatever is said in
whatever spelling, reaches the backend of `admin.test`, anything but `/pub` of the other, or brings an identity along.
"""
import contextlib, itertools, json, re, socket

import pytest

from support import edge_login
from support.application import token as ask
from support.edge_login import ONE_INGRESS
from support.people import APP, JANE
from support.recipes import CLOSED, RECIPES, path_prefix
from support.told_backend import backend

EDGE = ONE_INGRESS | {
    "issuers": [{"issuer": "self", "audiences": [APP.id]}],
    "headers": {"families": ["x-auth-request", "kubeflow"]},
    "certificates": {"issuer": "mesh", "names": ["uri"], "mappings": [{"name": "spiffe://mesh/robot", "groups": ["authors", "admins"]}]},
    "policies": [
        {"host": CLOSED, "allow": [{"groups": ["admins"]}]},
        {"path": ["/pub/*"], "anonymous": True},
        {"path": "/api/*", "method": "OPTIONS", "anonymous": True},
        {"path": "/local/*", "anonymous": "192.0.2.0/24"},
        {"path": "/*", "allow": [{"groups": ["authors"]}]},
    ]}


@pytest.fixture(scope="module")
def edges():
    """By `pathPrefix` of the recipe's configuration."""
    with contextlib.ExitStack() as stack:
        made: dict = {}

        def edge(settings: dict):
            key = json.dumps(settings)
            if key not in made:
                made[key] = stack.enter_context(edge_login.edge(edge=EDGE | settings))
            return made[key]
        yield edge


class Front:
    """A recipe at work."""

    def __init__(self, name: str, port: int, backend: int, closed: int, token: str):
        self.name, self.port, self.backend, self.closed, self.token = name, port, backend, closed, token

    def send(self, target: str, *fields: tuple[str, str], method: str = "GET", hosts: tuple[str, ...] = ("public.test",)) -> tuple[int, dict | None]:
        """Bytes as they stand. Status, and what a backend was told, if one was asked; 0 when the proxy hung up."""
        lines = [f"{method} {target} HTTP/1.1", *(f"Host: {host}" for host in hosts), *(f"{name}: {value}" for name, value in fields)]
        lines.append("Accept: application/json")
        if not any(name.lower() == "connection" for name, _ in fields):
            lines.append("Connection: close")
        # From an address that nobody trusts: the proxies are at another one.
        with socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=("127.0.0.2", 0)) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            connection.settimeout(30)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    answer += part
                    head, end, body = answer.partition(b"\r\n\r\n")
                    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
                    if end and length and len(body) >= int(length[1]):
                        break
        if not answer:
            return 0, None
        told = re.search(rb'\{"method".*\}', answer, re.DOTALL)
        return int(answer.split(b" ", 2)[1]), json.loads(told[0]) if told else None

    @property
    def bearer(self) -> tuple[str, str]:
        return "Authorization", f"Bearer {self.token}"


@pytest.fixture(scope="module", params=RECIPES)
def front(request, edges):
    recipe, file = RECIPES[request.param]
    edge = edges(path_prefix(file))
    token = ask(edge, APP, grant_type="password", username=JANE.email, password=JANE.password, scope="openid email profile groups").json()["id_token"]
    with backend() as port, backend("closed") as closed, recipe(edge, port, closed) as served:
        yield Front(request.param, served, port, closed, token)


def refused(answer: tuple[int, dict | None]):
    status, told = answer
    assert told is None, f"a backend was asked: {told}"
    assert status not in range(200, 300), status


def test_the_recipe_works(front):
    """What is attacked is no wall."""
    for path, credentials, status in (("/pub/x", (), 200), ("/pub/x", (front.bearer,), 200), ("/x", (front.bearer,), 200), ("/x", (), 401)):
        given, told = front.send(path, *credentials)
        assert given == status, (path, given)
        assert (told is not None) == (status == 200)
    _, told = front.send("/x?a=b", front.bearer)
    assert told["path"] == "/x?a=b" and told["backend"] == "app"
    assert JANE.email in [value for name in ("x-auth-request-email", "kubeflow-userid") for value in told["headers"].get(name, [])]
    assert front.send("/x", front.bearer, hosts=(CLOSED,))[0] == 403


#: Two ways to name a host, or one that not all read alike.
@pytest.mark.parametrize("target", [f"http://{CLOSED}/pub/x", f"http://{CLOSED}:80/pub/x", f"HTTP://{CLOSED.upper()}/pub/x", f"https://{CLOSED}/pub/x",
                                    f"http://public.test@{CLOSED}/pub/x", f"http://{CLOSED}?/pub/x", f"http://{CLOSED}", f"//{CLOSED}/pub/x"])
@pytest.mark.parametrize("host", ["public.test", f"public.test, {CLOSED}", "", f"{CLOSED}:?", "public.test:80"])
def test_a_target_that_names_another_host_reaches_no_closed_one(front, target, host):
    for credentials in ((), (front.bearer,)):
        for answer in (front.send(target, *credentials, hosts=(host,)), front.send(target, *credentials, hosts=())):
            assert answer[1] is None or answer[1]["backend"] == "app", answer
            # A backend may choose by `Host`, too.
            assert answer[1] is None or CLOSED not in str(answer[1]["headers"].get("host")).lower(), answer


@pytest.mark.parametrize("hosts", [("public.test", CLOSED), (CLOSED, "public.test"), (CLOSED, CLOSED), ("", CLOSED)])
def test_two_hosts_are_none(front, hosts):
    for credentials in ((), (front.bearer,)):
        refused(front.send("/pub/x", *credentials, hosts=hosts))


ODD = [f"{CLOSED}:?", f"{CLOSED}:80?x", f"{CLOSED}:80/pub/x?", f"{CLOSED}?/pub/x", f"{CLOSED}/pub/x?", f"{CLOSED}.", f"{CLOSED}..", f"{CLOSED}, x", f"{CLOSED},public.test",
       f"{CLOSED}\\x", f"{CLOSED}%2f", f"{CLOSED}:", f"{CLOSED}:080", f"{CLOSED}:99999", f"{CLOSED}:80:80", f"{CLOSED}#", f"{CLOSED};x", f"x@{CLOSED}", f"{CLOSED}@x",
       f"{CLOSED} x", f"{CLOSED}\t", "[::1", "::1", "[::1]x", f"[{CLOSED}]", f"{CLOSED}\u0301", "admin\u3002test", "\u212a.test", f"{CLOSED}\u00a0", f".{CLOSED}", "%61dmin.test",
       f"{CLOSED}:80\u0301", f"http://{CLOSED}"]


@pytest.mark.parametrize("host", ODD)
def test_an_odd_host_is_never_another_one(front, host):
    """Neither the open path of the closed host, nor any path of a host that the policies do not know."""
    for target, credentials in itertools.product(("/secret", "/pub/x"), ((), (front.bearer,))):
        status, told = front.send(target, *credentials, hosts=(host,))
        if told is not None:
            # Only as the host that everybody takes it for, white space around it left out.
            assert told["backend"] == "app" and target == "/pub/x" and CLOSED not in str(told["headers"].get("host")).lower(), (status, told)


def spellings(name: str) -> list[str]:
    """As a backend could mistake it for the name: case, `_`, `.`, mixed."""
    first, _, rest = name.partition("-")
    return [name, name.upper(), name.title(), name.replace("-", "_"), name.upper().replace("-", "_"), name.replace("-", "."), f"{first}.{rest}", f"{first}_{rest}",
            name[::-1].replace("-", ".", 1)[::-1], name[::-1].replace("-", "_", 1)[::-1], name.replace("-", "_.")]


def folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "-", name.lower())


NAMES = ["x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username"]
#: What else a recipe hands on, by its own configuration.
FURTHER = {"examples nginx": ["kubeflow-userid", "x-forwarded-user", "x-goog-authenticated-user-email", "remote-user"],
           "examples haproxy": ["kubeflow-userid", "x-forwarded-user", "x-goog-iap-jwt-assertion"],
           "examples apache": ["kubeflow-userid", "x-forwarded-user", "x-goog-iap-jwt-assertion"],
           "examples kserve http": ["kubeflow-userid", "kubeflow-groups", "x-forwarded-user"], "examples kserve grpc": ["kubeflow-userid", "x-goog-iap-jwt-assertion"],
           "examples istio http": ["kubeflow-userid", "x-forwarded-user", "x-goog-iap-jwt-assertion"], "examples kubeflow": ["kubeflow-userid", "kubeflow-groups"],
           "docs Caddy": ["kubeflow-userid", "x-forwarded-user", "remote-user"]}
#: The backend of examples/kserve reads these alone.
INSTEAD = {"examples kserve http": ["kubeflow-userid", "kubeflow-groups"]}


def test_no_spelling_of_an_identity_arrives(front):
    for name in INSTEAD.get(front.name, NAMES) + FURTHER.get(front.name, []):
        for spelling in spellings(name):
            for path, credentials in (("/pub/x", ()), ("/x", (front.bearer,))):
                for fields in ([(spelling, "mallory")], [(spelling, "mallory"), (name, "mallory"), (spelling.title(), "mallory")],
                               [(spelling, "mallory"), ("Connection", f"close, {spelling}")], [(spelling, ""), (spelling, "mallory")]):
                    status, told = front.send(path, *fields, *credentials)
                    assert status in (200, 400, 401, 403, 0), (spelling, status)
                    arrived = [each for each, values in told["headers"].items() if "mallory" in str(values) and folded(each) == folded(name)] if told else []
                    assert not arrived, f"{spelling} arrives as {arrived}"


@pytest.mark.parametrize("listed", ["x-auth-request-email", "X-Auth-Request-Email,\u0301", "close, x-auth-request-email", "x_auth_request_email", "kubeflow-userid",
                                    "x-auth-request-email\t", "keep-alive;x, kubeflow-userid"])
def test_an_identity_is_not_dropped_on_the_way(front, listed):
    status, told = front.send("/x", front.bearer, ("Connection", listed))
    assert told is None or {"x-auth-request-email", "kubeflow-userid"} & told["headers"].keys(), (status, told)


FORWARDED = [("X-Original-URI", "/pub/x"), ("X-Original-URL", "http://public.test/pub/x"), ("X-Forwarded-Uri", "/pub/x"), ("X-Forwarded-Host", "public.test"),
             ("X-Original-Host", "public.test"), ("X-Rewrite-URL", "/pub/x"), ("X-Forwarded-Path", "/pub/x"), ("X-Envoy-Original-Path", "/pub/x"),
             ("X-Forwarded-Prefix", "/pub"), ("X-Auth-Request-Redirect", "/pub/x"), ("Forwarded", "for=192.0.2.7;host=public.test")]


@pytest.mark.parametrize("fields", [[each] for each in FORWARDED] + [FORWARDED] + [[(name.replace("-", "_"), value) for name, value in FORWARDED]], ids=str)
def test_a_client_does_not_say_what_it_asks_for(front, fields):
    refused(front.send("/secret", *fields))
    refused(front.send("/pub/x", *fields, hosts=(CLOSED,)))


METHODS = [("X-Forwarded-Method", "OPTIONS"), ("X-Original-Method", "OPTIONS"), ("X-HTTP-Method-Override", "OPTIONS"), ("X-Method-Override", "OPTIONS")]


@pytest.mark.parametrize("fields", [[each] for each in METHODS] + [METHODS], ids=str)
def test_a_client_does_not_say_with_which_method(front, fields):
    preflight = [("Origin", "https://other.test"), ("Access-Control-Request-Method", "GET")]
    for further in ([], preflight, preflight + [("X-Original-URI", "/api/x"), ("X-Forwarded-Uri", "/api/x")]):
        refused(front.send("/api/x", *fields, *further))
        refused(front.send("/api/x", *fields, *further, method="POST"))


@pytest.mark.parametrize("fields", [
    [("X-Forwarded-For", "192.0.2.7")], [("X-Forwarded-For", "192.0.2.7, 192.0.2.8")], [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-For", "192.0.2.8")],
    [("X-Real-IP", "192.0.2.7")], [("X-Envoy-External-Address", "192.0.2.7"), ("True-Client-IP", "192.0.2.7"), ("X-Client-IP", "192.0.2.7")],
    [("Forwarded", "for=192.0.2.7")], [("X_Forwarded_For", "192.0.2.7")], [("X-Forwarded-For", "192.0.2.7, 127.0.0.1")]], ids=str)
def test_a_client_does_not_say_where_it_is(front, fields):
    refused(front.send("/local/x", *fields))


CERTIFICATE = "By=spiffe://mesh/edge;Hash=" + "0" * 64 + ";Subject=\"CN=robot\";URI=spiffe://mesh/robot"


@pytest.mark.parametrize("name", ["X-Forwarded-Client-Cert", "x_forwarded_client_cert", "X.Forwarded.Client.Cert"])
def test_a_client_does_not_say_which_certificate_it_has(front, name):
    for path, host in (("/x", "public.test"), ("/x", CLOSED), ("/oauth2/userinfo", "public.test"), ("/oauth2/auth", "public.test")):
        status, told = front.send(path, (name, CERTIFICATE), hosts=(host,))
        assert told is None and status not in (200, 202), (path, status, told)


@pytest.mark.parametrize("path", [
    "/ping", "/ready", "/oauth2/ping", "/check/pub/x", "/oauth2/auth", "/oauth2/auth/nginx", "/oauth2/auth/traefik", "/oauth2/sign_in", "/oauth2/userinfo",
    "/pub/../secret", "/pub/%2e%2e/secret", "/pub/..%2fsecret", "/pub/..;/secret", "//pub/../secret", "/pub%2f..%2fsecret", "/\u0301/../secret", "/pub/\u0301/../../secret",
    "/pub/..\u0301/secret", "/pub/%c0%ae%c0%ae/secret", "/pub/%252e%252e/secret", "/pub\\..\\secret", "/pub/x/../../secret", "/secret/../pub/x", "/secret/%2E./pub/x", "//secret/pub/x", "/secret#/../pub/x", "/secret%23/../pub/x",
    "/secret?/../pub/x", "/secret;/../pub/x", "/./secret", "/pub/%00/../../secret", "*", "/secret /pub/x"])
def test_a_path_is_judged_as_it_is_served(front, path):
    """The edge's own addresses too, where a proxy asks with the client's path: nobody gets such a path of the backend."""
    for fields in ([], [("X-Original-URI", "/pub/x"), ("X-Forwarded-Uri", "/pub/x"), ("X-Forwarded-Host", "public.test"), ("X-Forwarded-Method", "GET"),
                        ("X-Original-Method", "GET")]):
        status, told = front.send(path, *fields)
        # What is left of a path when everybody has resolved it alike.
        assert told is None or told["path"].startswith("/pub/") and not re.search(r"//|/\.\.?(/|$)|%2e|%2f", told["path"].lower()), (status, told)
