"""`dextra policy explain --config`: the configuration's issuers are known, and a token is looked at where its keys are at hand."""
import json, re, time

import jwt
import pytest
import requests

from support.application import token as ask
from support.command import dextra
from support.issuer import issuer
from support.launch import launch
from support.people import APP, JANE, OTHER_APP

REQUEST = "GET https://app.example.com/models"


@pytest.fixture(scope="module")
def other():
    with issuer() as other:
        yield other


@pytest.fixture(scope="module")
def server(other, tmp_path_factory):
    server = launch(tmp_path_factory.mktemp("explained"), database=True, edge={
        "issuers": [{"issuer": "self", "audiences": [APP.id]},
                    {"issuer": "https://inline.example", "audiences": ["serving"], "jwks": {"keys": [other.public("ES256")]},
                     "claims": {"groups": "roles"}},
                    {"issuer": other.url, "audiences": ["serving"]}],
        "policies": [{"path": "/*", "method": "GET", "allow": [{"groups": ["authors"]}]}]})
    server.other = other
    yield server
    server.stop()


def explain(server, token: str, request: str = REQUEST, *further) -> dict:
    done = dextra("policy", "explain", "--config", server.file, "--request", request, "--token", token, "--output", "json", *further)
    answer = json.loads(done.stdout)
    assert done.code == (0 if answer["allowed"] else 1), done.text
    return answer


def foreign(other, issuer: str, key: str = "ES256", **claims) -> str:
    now = int(time.time())
    claims = {"iss": issuer, "sub": "ann", "aud": "serving", "iat": now, "exp": now + 600, "roles": ["authors"], "groups": ["authors"]} | claims
    return jwt.encode(claims, other.keys[key], algorithm=key, headers={"kid": key})


def own(server, client=APP) -> str:
    token = ask(server, client, grant_type="password", username=JANE.email, password=JANE.password, scope="openid groups").json()["id_token"]
    server.keep_out_of_log(token)
    return token


def tampered(token: str) -> str:
    head, payload, signature = token.split(".")
    return ".".join((head, payload, ("A" if signature[0] != "A" else "B") + signature[1:]))


def test_a_token_of_our_own_is_checked_with_the_keys_of_the_database(server):
    token = own(server)
    answer = explain(server, token)
    assert (answer["outcome"], answer["signature"]) == ("allow", "checked")
    refused = explain(server, tampered(token))
    assert refused["outcome"] == "invalid" and "signature is wrong" in refused["rule"] and "signature" not in refused
    assert "audience" in explain(server, own(server, OTHER_APP))["rule"]


def test_a_revoked_token_of_our_own_is_refused(server):
    token = ask(server, APP, grant_type="password", username=JANE.email, password=JANE.password, scope="openid groups").json()["access_token"]
    assert explain(server, token)["outcome"] == "allow"
    assert requests.post(server.discovery["revocation_endpoint"], {"token": token, "client_id": APP.id, "client_secret": APP.secret}, timeout=30).status_code == 200
    assert "revoked" in explain(server, token)["rule"]


def test_a_key_set_of_the_configuration_checks_its_issuers_tokens(server, other):
    answer = explain(server, foreign(other, "https://inline.example", groups=[]))
    assert (answer["outcome"], answer["signature"]) == ("allow", "checked"), "the claim that is configured holds the groups"
    assert explain(server, foreign(other, "https://inline.example", roles=[]))["outcome"] == "deny"
    for token, reason in ((tampered(foreign(other, "https://inline.example")), "signature is wrong"),
                          (foreign(other, "https://inline.example", exp=1), "expired"),
                          (foreign(other, "https://inline.example", aud="else"), "audience")):
        answer = explain(server, token)
        assert answer["outcome"] == "invalid" and reason in answer["rule"]


def test_keys_at_a_server_are_not_fetched_and_the_answer_says_so(server, tmp_path):
    """The issuer is one that no running server asks for its keys."""
    with issuer() as quiet:
        (tmp_path / "config.yaml").write_text(json.dumps(server.configuration).replace(server.other.url, quiet.url))
        for token in (foreign(quiet, quiet.url), tampered(foreign(quiet, quiet.url))):
            done = dextra("policy", "explain", "--config", tmp_path / "config.yaml", "--request", REQUEST, "--token", token)
            assert done.code == 0 and f"signature not checked: the keys of {quiet.url} are at its server" in done.stdout, done.text
            done = dextra("policy", "explain", "--config", tmp_path / "config.yaml", "--request", REQUEST, "--token", token, "--output", "json")
            assert json.loads(done.stdout)["signature"].startswith("not checked: the keys of")
        wrong = foreign(quiet, quiet.url, aud="else")
        assert dextra("policy", "explain", "--config", tmp_path / "config.yaml", "--request", REQUEST, "--token", wrong).code == 1
        assert not quiet.asked


def test_nobody_elses_tokens_are_believed(server, other):
    answer = explain(server, foreign(other, "https://evil.example"))
    assert answer["outcome"] == "invalid" and "not trusted" in answer["rule"]


def test_a_token_in_a_header_is_looked_at_as_well(server):
    token = own(server)
    lines = [{"method": "GET", "url": "https://app.example.com/models", "headers": {"Authorization": f"Bearer {text}"}}
             for text in (token, tampered(token))]
    lines.append({"method": "OPTIONS", "url": "https://app.example.com/models", "headers": lines[1]["headers"] | {
        "Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}})
    done = dextra("policy", "explain", "--config", server.file, "--batch", input="\n".join(map(json.dumps, lines)))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(answer["outcome"], answer.get("signature")) for answer in answers] == [("allow", "checked"), ("invalid", None), ("deny", None)]


def test_claims_are_believed_of_issuers_that_are_trusted(server):
    for issuer, outcome in (("https://inline.example", "allow"), ("https://evil.example", "invalid")):
        claims = json.dumps({"iss": issuer, "sub": "ann", "aud": "serving", "roles": ["authors"]})
        done = dextra("policy", "explain", "--config", server.file, "--request", REQUEST, "--claims", claims, "--output", "json")
        assert json.loads(done.stdout)["outcome"] == outcome


def test_without_a_database_at_hand_our_own_tokens_are_not_checked(server, tmp_path):
    token = own(server)
    settings = dict(server.configuration, storage={"type": "memory"})
    (tmp_path / "config.yaml").write_text(json.dumps(settings))
    done = dextra("policy", "explain", "--config", tmp_path / "config.yaml", "--request", REQUEST, "--token", token)
    assert done.code == 0 and re.search(r"signature not checked: .*memory", done.stdout), done.text


def test_policies_alone_believe_any_token_as_before(other, tmp_path):
    (tmp_path / "policies.yaml").write_text('edge: {policies: [{path: "/*", allow: [{groups: [authors]}]}]}')
    token = tampered(foreign(other, "https://anybody.example"))
    done = dextra("policy", "explain", "--policy", tmp_path / "policies.yaml", "--request", REQUEST, "--token", token)
    assert done.code == 0 and "(believed without proof)" in done.stdout


@pytest.mark.parametrize("host", ["app.example.com%2f", "app.example.com..", "app.example.com:?", "[::1", "app.example.com:080", "app.example.com\u0301"])
def test_a_request_for_a_host_that_is_none_is_not_judged(server, host):
    done = dextra("policy", "explain", "--config", server.file, "--request", f"GET https://{host}/models", "--output", "json")
    assert done.code != 0 and "allowed" not in done.stdout and "is not a host" in done.text, done.text


def test_lines_of_a_batch_may_end_as_on_windows(server):
    lines = "\r\n".join(json.dumps({"url": f"https://app.example.com/{n}"}) for n in range(3)) + "\r\n"
    done = dextra("policy", "explain", "--config", server.file, "--batch", input=lines)
    assert done.code == 0 and len(done.stdout.splitlines()) == 3, done.text
