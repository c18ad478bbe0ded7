"""What operators and clusters ask: metrics, health, logs."""
import json, re, sqlite3
from contextlib import closing

import pytest
import requests

from support.application import SCOPE, authorization_url, get_code, redeem, token, tokens
from support.browser import Browser
from support.command import dextra
from support.people import APP, JANE
from support.ports import free_port


@pytest.fixture
def watched(start):
    address = f"127.0.0.1:{free_port()}"
    provider = start(telemetry={"http": address})
    provider.telemetry = f"http://{address}"
    return provider


def metrics(provider) -> dict[str, float]:
    response = requests.get(provider.telemetry + "/metrics", timeout=30)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(("text/plain", "application/openmetrics-text"))
    samples = {}
    for line in response.text.splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r'[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\.|[^"\\])*",?)*\})? [-+.\deEInfNa]+( \d+)?', line), line
            name, _, value = line.rpartition(" ")
            assert name not in samples, f"{name} twice"
            samples[name] = float(value)
    return samples


def count(samples, **labels):
    return sum(value for name, value in samples.items() if name.startswith("http_requests_total{")
               and all(f'{label}="{text}"' in name for label, text in labels.items()))


def test_requests_are_counted_by_route_method_and_code(watched):
    before = metrics(watched)
    for _ in range(3):
        watched.get("/keys")
    watched.get("/nothing")
    token(watched, grant_type="password", username=JANE.email, password="wrong password", scope="openid")
    after = metrics(watched)
    assert count(after, code="200", method="get", handler="/keys") == count(before, code="200", method="get", handler="/keys") + 3
    assert count(after, code="400", method="post", handler="/token") == count(before, code="400", method="post", handler="/token") + 1


def test_labels_stay_few_whatever_people_ask_for(watched):
    """A label per path or login state would fill the memory of whoever scrapes."""
    tokens(watched)
    size = len(metrics(watched))
    for n in range(50):
        watched.get(f"/nothing/{n}")
        watched.get(f"/auth/local/login?state={n}")
        watched.get(f"/auth/connector-{n}")
        requests.request(f"METHOD{n}", watched.url("/keys"), timeout=30)
    assert len(metrics(watched)) < size + 150
    assert any('handler="/auth/{connector}/login"' in name for name in metrics(watched))


def test_the_duration_of_requests_has_dex_s_buckets(watched):
    watched.get("/keys")
    samples = metrics(watched)
    for bucket in ("0.25", "0.5", "1", "2.5", "5", "10", "+Inf"):
        assert any(name.startswith("request_duration_seconds_bucket") and re.search(rf'le="{re.escape(bucket)}(\.0)?"', name)
                   for name in samples), bucket


def test_metrics_hold_no_secrets_and_no_people(watched):
    given = tokens(watched)
    text = requests.get(watched.telemetry + "/metrics", timeout=30).text
    for value in (JANE.email, APP.secret, given["access_token"], given["refresh_token"]):
        assert value not in text


@pytest.mark.parametrize("path", ["/healthz", "/healthz/ready", "/healthz/live"])
def test_health_is_200_where_clusters_ask(watched, path):
    response = requests.get(watched.telemetry + path, timeout=30)
    assert response.status_code == 200
    if path != "/healthz/live":
        assert isinstance(response.json(), dict)


def test_health_at_the_main_address_is_dex_s_text(provider):
    response = provider.get("/healthz")
    assert response.status_code == 200 and response.text.strip() == "Health check passed"


def test_telemetry_is_off_unless_asked_for_and_never_at_the_main_address(watched):
    assert watched.get("/metrics").status_code == 404
    assert requests.get(watched.issuer.removesuffix("/dex") + "/metrics", timeout=30).status_code == 404
    for path in ("/dex/keys", "/dex/token", "/debug/pprof/"):
        assert requests.get(watched.telemetry + path, timeout=30).status_code == 404


# Logs

def entries(provider):
    return [json.loads(line) for line in provider.running.lines]


def test_json_logs_are_one_object_a_line(start):
    provider = start(logger={"level": "debug", "format": "json"})
    tokens(provider)
    assert all({"level", "msg", "time"} <= set(entry) for entry in entries(provider))


def test_a_login_is_logged_with_who_and_how_and_a_failed_one_too(start):
    provider = start(logger={"level": "info", "format": "json"})
    Browser(provider).log_in(authorization_url(provider), JANE, "wrong password")
    redeem(provider, get_code(provider))
    provider.running.wait_for_log("login successful")
    success = next(entry for entry in entries(provider) if entry["msg"].startswith("login successful"))
    assert success["connector_id"] == "local" and success["email"] == JANE.email and success["request_id"]
    assert any(entry["msg"].startswith("failed login attempt") for entry in entries(provider))


def test_what_people_type_cannot_forge_a_log_line(start):
    provider = start(logger={"level": "debug", "format": "text"})
    browser = Browser(provider)
    answer = browser.open(authorization_url(provider))
    browser.submit(answer, login='x\nlevel=error msg="forged line"', password="wrong password")
    provider.get("/nothing%0alevel=error%20msg=forged")
    requests.get(provider.url("/keys"), headers={"User-Agent": "a\x1b[31mred", "X-Request-Id": 'x" level=error'}, timeout=30)
    assert not [line for line in provider.running.lines if line.startswith("level=error") or "\x1b" in line]


def test_excluded_fields_are_left_out(start):
    provider = start(logger={"level": "info", "format": "json", "excludeFields": ["email", "username"]})
    get_code(provider)
    provider.running.wait_for_log("login successful")
    assert JANE.email not in provider.log


def test_the_client_address_comes_from_trusted_proxies_only(start):
    trusted = {"header": "X-Forwarded-For", "trustedProxies": ["127.0.0.0/8"]}
    for rules, expected in ((trusted, "203.0.113.9"), (trusted | {"trustedProxies": ["10.0.0.0/8"]}, "127.0.0.1")):
        provider = start(logger={"level": "info", "format": "json"}, web={"clientRemoteIP": rules})
        # The walk begins at the right: what a client writes in front of the proxy's own entry counts for nothing.
        Browser(provider, **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9, 127.0.0.2"}).log_in(authorization_url(provider), JANE)
        provider.running.wait_for_log("login successful")
        success = next(entry for entry in entries(provider) if entry["msg"].startswith("login successful"))
        assert success["client_remote_addr"] == expected


def test_scopes_are_no_secret_but_states_are_the_application_s(start):
    provider = start()
    state = "a-state-that-only-the-application-knows"
    provider.keep_out_of_log(state)
    assert get_code(provider, state=state, scope=SCOPE)


# What goes wrong where nobody looks

def total(samples, name, **labels):
    return sum(value for sample, value in samples.items() if sample.partition("{")[0] == name
               and all(f'{label}="{text}"' in sample for label, text in labels.items()))


@pytest.mark.parametrize("path", ["/token", "/token/introspect", "/token/revoke"])
@pytest.mark.parametrize("client_id, reason, label", [("app", "wrong secret", "wrong_secret"), ("nobody", "unknown client", "unknown_client")])
def test_a_client_that_is_not_who_it_says_is_logged_and_counted(start, path, client_id, reason, label):
    address = f"127.0.0.1:{free_port()}"
    provider = start(telemetry={"http": address}, logger={"level": "info", "format": "json"})
    provider.telemetry = f"http://{address}"
    guess = "a-guess-at-a-secret-5f1e"
    provider.keep_out_of_log(guess)
    response = provider.post(path, {"grant_type": "refresh_token", "refresh_token": "x", "token": "x", "client_id": client_id, "client_secret": guess})
    assert response.status_code == 401
    provider.running.wait_for_log("failed client authentication")
    found = [entry for entry in entries(provider) if entry["msg"] == "failed client authentication"]
    assert len(found) == 1
    assert found[0]["client_id"] == client_id and found[0]["reason"] == reason
    assert found[0]["handler"] == path and found[0]["request_id"] and found[0]["client_remote_addr"] == "127.0.0.1"
    assert total(metrics(provider), "dextra_client_authentication_failures_total") == 1
    assert total(metrics(provider), "dextra_client_authentication_failures_total", reason=label) == 1


def stored(provider):
    """Clients that only the database knows."""
    for client in (APP,):
        made = dextra("client", "add", "stored", "--name", "Stored", "--redirect-uri", client.redirect_uri, "--config", provider.file)
        assert made.code == 0, made.text


ASKED = {
    "/auth": lambda provider: provider.get("/auth", params={
        "client_id": "stored", "redirect_uri": APP.redirect_uri, "response_type": "code", "scope": "openid"}),
    "/token": lambda provider: provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "stored", "client_secret": "x"}),
    "/token/introspect": lambda provider: provider.post("/token/introspect", {"token": "x", "client_id": "stored", "client_secret": "x"}),
    "/token/revoke": lambda provider: provider.post("/token/revoke", {"token": "x", "client_id": "stored", "client_secret": "x"}),
    "/logout": lambda provider: provider.get("/logout", params={"client_id": "stored"}),
}


@pytest.mark.parametrize("handler", ASKED)
def test_a_store_that_fails_is_logged_with_address_and_reason_and_counted_once(start, handler):
    address = f"127.0.0.1:{free_port()}"
    provider = start(database=True, telemetry={"http": address}, logger={"level": "error", "format": "json"})
    provider.telemetry = f"http://{address}"
    stored(provider)
    with closing(sqlite3.connect(provider.folder / "dextra.db")) as database:
        database.execute("ALTER TABLE clients RENAME TO elsewhere")
    assert ASKED[handler](provider).status_code in (500, 503)
    provider.running.wait_for_log("storage failed")
    found = [entry for entry in entries(provider) if entry["msg"] == "storage failed"]
    assert len(found) == 1, found
    assert found[0]["handler"] == handler and "dextra.db" in found[0]["error"] and found[0]["doing"] == "find a client"
    assert found[0]["request_id"] and found[0]["client_remote_addr"] == "127.0.0.1"
    assert total(metrics(provider), "dextra_store_failures_total") == 1
