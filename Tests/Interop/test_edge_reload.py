"""SIGHUP at the edge: policies, issuers and headers are replaced, sessions live on, and a broken file changes nothing."""
import json, time

import jwt
import pytest
import requests

from support.edge_login import HTML, Visitor, edge
from support.issuer import issuer
from support.people import JANE

OPEN = {"path": "/*", "allow": "authenticated"}


@pytest.fixture
def site():
    with edge() as server:
        yield server


def get(server, path, **headers) -> requests.Response:
    return requests.get(server.edge + path, headers={"Accept": "application/json"} | headers, allow_redirects=False, timeout=30)


def test_a_policy_that_is_added_counts_at_the_next_request_and_sessions_live_on(site):
    visitor = Visitor(site)
    assert visitor.log_in(site.edge + "/models").status_code == 200
    policies = site.configuration["edge"]["policies"]
    for _ in range(2):
        # Also what was remembered ends: the page was let through a moment ago.
        assert visitor.get(site.edge + "/models").status_code == 200
        assert visitor.get(site.edge + "/models").status_code == 200
        policies.insert(0, {"path": "/models", "deny": "everybody"})
        site.reload()
        assert visitor.get(site.edge + "/models").status_code == 403
        assert visitor.get(site.edge + "/other").status_code == 200
        policies.pop(0)
        site.reload()
    assert visitor.get(site.edge + "/models").status_code == 200


def test_a_file_of_policies_is_read_again(site, tmp_path):
    def write(*paths):
        (tmp_path / "istio.yaml").write_text(json.dumps({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "open", "namespace": "a"},
            "spec": {"rules": [{"to": [{"operation": {"paths": list(paths)}}]}]}}))
    write("/one")
    site.configuration["edge"]["policies"] = []
    site.configuration["edge"]["policyFiles"] = [str(tmp_path / "istio.yaml")]
    site.reload()
    assert [get(site, path).status_code for path in ("/one", "/two")] == [200, 403]
    write("/two")
    assert [get(site, path).status_code for path in ("/one", "/two")] == [200, 403]
    site.reload()
    assert [get(site, path).status_code for path in ("/one", "/two")] == [403, 200]


def test_a_broken_file_changes_nothing(site, tmp_path):
    good = dict(site.configuration["edge"])
    assert get(site, "/public").status_code == 200 and get(site, "/models").status_code == 401
    for broken in ({"policies": [{"path": "/*", "allow": "anybody"}]}, {"policyFiles": [str(tmp_path / "none.yaml")]},
                   {"issuers": [{"issuer": "https://a.example", "audiences": ["a"], "jwks": {"keys": []}}], "policies": [OPEN]},
                   {"headers": {"families": ["x-nonsense"]}, "policies": [dict(OPEN, anonymous=True)]}):
        site.configuration["edge"] = good | broken
        assert site.reload(expecting="reload failed")
        assert get(site, "/public").status_code == 200 and get(site, "/models").status_code == 401
    site.configuration["edge"] = good
    site.reload()


def test_an_issuer_that_is_added_is_believed_and_one_that_is_removed_is_not(site):
    with issuer() as other:
        now = int(time.time())
        token = jwt.encode({"iss": other.url, "sub": "robot", "aud": other.audience, "exp": now + 600, "groups": ["authors"]},
                           other.keys["ES256"], algorithm="ES256", headers={"kid": "ES256"})
        site.keep_out_of_log(token)
        ask = {"Authorization": f"Bearer {token}"}
        assert get(site, "/models", **ask).status_code == 401
        site.configuration["edge"]["issuers"] = [{"issuer": other.url, "audiences": [other.audience]}]
        site.reload()
        assert get(site, "/models", **ask).headers["X-Auth-Request-User"] == "robot"
        site.configuration["edge"]["issuers"] = [{"issuer": other.url, "audiences": [other.audience],
                                                  "fromHeaders": [{"name": "x-token"}]}]
        site.reload()
        assert get(site, "/models", **ask).status_code == 401
        # A header that matters from now on: the yes for one token is none without it.
        assert get(site, "/models", **{"X-Token": token}).status_code == 200
        assert get(site, "/models").status_code == 401
        site.configuration["edge"]["issuers"] = []
        site.reload()
        assert get(site, "/models", **{"X-Token": token}).status_code == 401


def test_headers_are_others_from_now_on(site):
    visitor = Visitor(site)
    assert "kubeflow-userid" not in visitor.log_in(site.edge + "/models").headers
    site.configuration["edge"]["headers"] = {"families": ["kubeflow"]}
    site.reload()
    answer = visitor.get(site.edge + "/models")
    assert answer.headers["kubeflow-userid"] == JANE.email and "X-Auth-Request-Email" not in answer.headers


def test_what_needs_a_restart_is_named_and_the_rest_counts(site):
    edge = site.configuration["edge"]
    edge["session"] = {"cookie": {"name": "other"}}
    edge["trustedProxies"] = []
    edge["policies"].insert(0, {"path": "/new", "anonymous": True})
    line = site.reload(expecting="need a restart")
    assert "edge.trustedProxies,edge.session" in line and "edge.policies" not in line
    assert get(site, "/new").status_code == 200
    start = requests.get(site.edge + "/oauth2/start?rd=/new", headers=HTML, allow_redirects=False, timeout=30)
    assert start.headers["Set-Cookie"].startswith("dextra_edge_login_")


# Preflights

@pytest.mark.parametrize("token", [None, "wrong", "a.b.c"])
def test_a_preflight_is_the_same_with_a_wrong_token(site, token):
    site.configuration["edge"]["policies"].insert(0, {"path": "/api/*", "method": "OPTIONS", "anonymous": True})
    site.configuration["edge"]["issuers"] = [{"issuer": "self", "audiences": ["app"]}]
    site.reload()
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def ask(path, **further):
        return requests.options(site.edge + path, headers=headers | further, allow_redirects=False, timeout=30).status_code
    assert [ask("/api/x"), ask("/api/x"), ask("/models")] == [200, 200, 401]
