"""What a proxy asks about with the client's own path, on the edge's listener: paths that mean something to the edge are judged as themselves."""
import contextlib

import pytest
import requests

from support import edge_login
from support.application import token as ask
from support.edge_login import ONE_INGRESS
from support.people import APP, JANE

POLICIES = [{"path": "/pub/*", "anonymous": True}, {"path": "/*", "allow": [{"groups": ["authors"]}]}]
#: By name: what the configuration says.
EDGES = {"not said": {}, "as sent": {"pathPrefix": "/"}, "behind /check": {"pathPrefix": "/check"}, "behind /ask/it": {"pathPrefix": "/ask/it"}}


@pytest.fixture(scope="module")
def edges():
    with contextlib.ExitStack() as stack:
        made: dict = {}

        def edge(name: str):
            if name not in made:
                made[name] = stack.enter_context(edge_login.edge(edge=ONE_INGRESS | {
                    "issuers": [{"issuer": "self", "audiences": [APP.id]}], "policies": POLICIES} | EDGES[name]))
            return made[name]
        yield edge


def get(edge, path: str, token: str | None = None, **headers: str) -> requests.Response:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return requests.get(edge.edge + path, headers={"Accept": "application/json"} | headers, allow_redirects=False, timeout=30)


def token_of(edge) -> str:
    return ask(edge, APP, grant_type="password", username=JANE.email, password=JANE.password, scope="openid email groups").json()["id_token"]


TOLD = {"X-Original-URI": "/pub/x", "X-Original-Method": "GET", "X-Forwarded-Uri": "/pub/x", "X-Forwarded-Method": "GET", "X-Forwarded-Host": "a",
        "X-Original-URL": "http://a/pub/x"}


@pytest.mark.parametrize("name, path, nobody, known", [
    ("as sent", "/pub/x", 200, 200), ("as sent", "/x", 401, 200), ("as sent", "/ping", 401, 200), ("as sent", "/ready", 401, 200),
    ("as sent", "/check/pub/x", 401, 200), ("as sent", "/oauth2/auth", 401, 200), ("as sent", "/oauth2/auth/nginx", 401, 200),
    ("as sent", "/oauth2/auth/traefik", 401, 200), ("as sent", "/check", 401, 200),
    ("not said", "/pub/x", 200, 200), ("not said", "/x", 401, 200), ("not said", "/ping", 401, 200), ("not said", "/ready", 401, 200),
    # Behind a prefix it is open, without one it is not.
    ("not said", "/check/pub/x", 403, 200), ("not said", "/check/x", 401, 200), ("not said", "/check", 401, 200),
    ("behind /check", "/check/pub/x", 200, 200), ("behind /check", "/check/x", 401, 200), ("behind /check", "/check/ping", 401, 200),
    ("behind /check", "/check/check/pub/x", 401, 200), ("behind /check", "/pub/x", 404, 404), ("behind /check", "/ping", 404, 404),
    ("behind /check", "/ready", 404, 404), ("behind /check", "/check", 404, 404), ("behind /check", "/checks/pub/x", 404, 404),
    ("behind /ask/it", "/ask/it/pub/x", 200, 200), ("behind /ask/it", "/check/pub/x", 404, 404),
])
def test_a_path_is_judged_as_it_was_told(edges, name, path, nobody, known):
    edge = edges(name)
    # Twice: what is remembered is no other answer.
    for _ in range(2):
        assert get(edge, path).status_code == nobody
        assert get(edge, path, token_of(edge)).status_code == known
    if nobody == 401:
        assert get(edge, path, **TOLD).status_code in (401, 403)


@pytest.mark.parametrize("name", EDGES)
def test_whether_the_edge_lives_is_asked_below_its_prefix(edges, name):
    assert get(edges(name), "/oauth2/ping").text == "OK" and get(edges(name), "/oauth2/ready").text == "OK"


@pytest.mark.parametrize("host", ["a.test, x", "a.test..", "[::1", "a.test%2f", "a.test:?", "a.test:080"])
def test_a_host_that_not_all_read_alike_is_no_question(edges, host):
    for name, path in (("as sent", "/pub/x"), ("behind /check", "/check/pub/x")):
        assert get(edges(name), path, Host=host).status_code in (400, 403)
