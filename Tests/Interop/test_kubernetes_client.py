"""The Kubernetes client with a kubeconfig of `auth-provider: oidc`: it refreshes the ID token by itself, as kubectl did."""
import json, time

import jwt as pyjwt
import kubernetes
import pytest
import yaml

from support.application import tokens
from support.applications import Application
from support.keys import payload, verified
from support.people import APP, JANE_SUB


class ClusterAPI(Application):
    """As much of a cluster's API server as `list_namespace` needs."""

    def answer(self, handler, parameters):
        return "application/json", json.dumps({"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": []}).encode()


@pytest.fixture
def cluster():
    with ClusterAPI().listening() as api:
        yield api


def kubeconfig(folder, cluster, provider, id_token, refresh_token):
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": cluster.url}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "jane"}}],
        "users": [{"name": "jane", "user": {"auth-provider": {"name": "oidc", "config": {
            "idp-issuer-url": provider.issuer, "client-id": APP.id, "client-secret": APP.secret,
            "id-token": id_token, "refresh-token": refresh_token}}}}]}))
    return str(file)


def expired(token):
    """The same claims, out of date. Nobody verifies this one: the client only reads `exp`."""
    return pyjwt.encode(payload(token) | {"exp": int(time.time()) - 60}, "any key that is long enough: 32 bytes", algorithm="HS256")


def bearer(cluster):
    return cluster.requests[-1][2]["authorization"].removeprefix("Bearer ")


def test_an_expired_id_token_is_refreshed_before_the_call(provider, cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    given = tokens(provider)
    file = kubeconfig(tmp_path, cluster, provider, expired(given["id_token"]), given["refresh_token"])
    kubernetes.config.load_kube_config(file)
    kubernetes.client.CoreV1Api().list_namespace()
    token = bearer(cluster)
    provider.keep_out_of_log(token)
    assert verified(provider, token, APP)["sub"] == JANE_SUB
    assert payload(token)["exp"] > time.time()

    saved = yaml.safe_load(open(file))["users"][0]["user"]["auth-provider"]["config"]
    provider.keep_out_of_log(saved["refresh-token"])
    assert saved["id-token"] == token
    assert saved["refresh-token"] != given["refresh_token"], "the rotated refresh token must have come from the token endpoint"


def test_a_valid_id_token_is_sent_as_it_is(provider, cluster, tmp_path):
    given = tokens(provider)
    kubernetes.config.load_kube_config(kubeconfig(tmp_path, cluster, provider, given["id_token"], given["refresh_token"]))
    kubernetes.client.CoreV1Api().list_namespace()
    assert bearer(cluster) == given["id_token"]
