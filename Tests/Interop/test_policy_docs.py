"""The worked examples of docs/edge/policies.md do what the page says."""
import json, re
from pathlib import Path

import pytest, yaml

from support.command import dextra

PAGE = (Path(__file__).parents[2] / "docs/edge/policies.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
NATIVE, = [block for block in BLOCKS if "policies:\n" in block]
ISTIO, = [block for block in BLOCKS if "kind: AuthorizationPolicy" in block]
FILES, = [block for block in BLOCKS if "policyFiles:" in block]


def ask(file: Path, request: str, claims: dict | None = None) -> dict:
    done = dextra("policy", "explain", "--policy", file, "--request", request, "--output", "json",
                  *(["--claims", json.dumps(claims)] if claims else []))
    answer = json.loads(done.stdout)
    assert done.code == (0 if answer["allowed"] else 1), done.text
    return answer


@pytest.mark.parametrize("request_, claims, outcome, rule", [
    ("GET https://any.example/healthz", {}, "allow", 'edge.policies[0] "health" anonymous'),
    ("GET https://app.example.com/internal", {"groups": ["admins"]}, "deny", 'edge.policies[1] "internals"'),
    ("GET https://app.example.com/internal/x", {"groups": ["admins"]}, "deny", 'edge.policies[1] "internals"'),
    ("POST https://a.models.example.com/v1/models/m:predict", {"groups": ["team-a"]}, "allow", 'edge.policies[2] "predictions" allow[0]'),
    ("POST https://a.models.example.com/v1/models/m:predict", {"groups": ["team-a"], "email": "Mallory@example.com", "email_verified": True}, "deny", 'edge.policies[2] "predictions" deny[0]'),
    ("POST https://a.models.example.com/v1/models/m:predict", {"iss": "https://accounts.google.com", "sub": "1234567890", "aud": "models"}, "allow", 'edge.policies[2] "predictions" allow[1]'),
    ("GET https://a.models.example.com/v1/models/m:predict", {"groups": ["team-a"]}, "deny", "no policy is for this host, path and method"),
    ("POST https://models.example.com/v1/models/m:predict", {"groups": ["team-a"]}, "deny", "no policy is for this host, path and method"),
    ("POST https://a.models.example.com/v1/models/m:predict", None, "authenticate", 'edge.policies[2] "predictions"'),
    ("GET https://app.example.com/api", {"groups": ["users"]}, "deny", "edge.policies[3]"),
    ("GET https://app.example.com//api/x", {"groups": ["admins"]}, "allow", "edge.policies[3] allow[0]"),
    ("GET https://app.example.com:8443/", {"groups": []}, "allow", "edge.policies[4]"),
    ("GET https://app.example.com/api%2fx", {"groups": ["admins"]}, "deny", "the path is refused: it has %2F, %5C or a backslash, which may be taken for a slash"),
])
def test_the_policies_of_the_page(request_, claims, outcome, rule, tmp_path):
    file = tmp_path / "policies.yaml"
    file.write_text(NATIVE)
    if claims is not None:
        claims = {"iss": "https://sso.example.com/dex", "sub": "ann"} | claims
    answer = ask(file, request_, claims)
    assert (answer["outcome"], answer["rule"]) == (outcome, rule)


def test_the_explanation_of_the_page(tmp_path):
    (tmp_path / "policies.yaml").write_text(NATIVE)
    command, expected = re.search(r"\$ dextra (policy explain [^\n]*)\n(.*?)```", PAGE, re.DOTALL).groups()
    request, claims = re.search(r'--request "(.*?)" --claims \'(.*?)\'', command).groups()
    done = dextra("policy", "explain", "--policy", tmp_path / "policies.yaml", "--request", request, "--claims", claims)
    assert done.code == 0
    assert re.sub(r"\s+", " ", done.stdout.strip()) == re.sub(r"\s+", " ", expected.strip())


@pytest.mark.parametrize("request_, claims, outcome", [
    ("POST https://m.example.com/v1/models/m:predict", {"groups": ["data-science"], "aud": "models"}, "allow"),
    ("POST https://m.example.com/v1/models/m:predict", {"groups": ["sales"], "aud": "models"}, "deny"),
    ("POST https://m.example.com/v1/models/m:predict", {"groups": ["data-science"], "aud": "other"}, "invalid"),
    ("POST https://m.example.com/v1/models/m:predict", {"groups": ["data-science"], "aud": "models", "iss": "https://evil.example"}, "invalid"),
    ("POST https://m.example.com/v1/models/m:predict", None, "authenticate"),
    ("GET https://m.example.com/v2/health/live", None, "allow"),
    ("DELETE https://m.example.com/v1/models/m", None, "deny"),
])
def test_the_manifests_of_the_page(request_, claims, outcome, tmp_path):
    file = tmp_path / "istio.yaml"
    file.write_text(ISTIO)
    if claims is not None:
        claims = {"iss": "https://sso.example.com/dex", "sub": "ann"} | claims
    assert ask(file, request_, claims)["outcome"] == outcome


def test_the_files_of_the_page(tmp_path):
    (tmp_path / "istio.yaml").write_text(ISTIO)
    models = yaml.safe_dump({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "closed", "namespace": "kubeflow"},
                             "spec": {"selector": {"matchLabels": {"app": "models"}}}})
    (tmp_path / "models.yaml").write_text(models)
    text = re.sub(r"(istio|models)\.yaml", lambda name: str(tmp_path / name.group()), FILES)
    (tmp_path / "edge.yaml").write_text(text)
    assert ask(tmp_path / "edge.yaml", "GET https://m.example.com/v2/health/live")["outcome"] == "allow"
    # `spec` without rules allows nothing, for its hosts; what the other file allows stays allowed.
    assert ask(tmp_path / "edge.yaml", "GET https://a.models.example.com/x")["outcome"] == "deny"
