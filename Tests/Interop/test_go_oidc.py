"""go-oidc and x/oauth2, behind kubectl, oauth2-proxy, Vault, Argo CD and most programs written for Dex."""
import json, subprocess
from pathlib import Path

import pytest

from support.browser import Browser
from support.go import build
from support.people import APP, JANE, JANE_SUB

SOURCE = Path(__file__).parent / "go_oidc" / "main.go"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(SOURCE, tmp_path_factory.mktemp("go"))


def relying_party(program, provider, algorithm):
    """What the Go program verified, after Jane has logged in."""
    provider.keep_out_of_log("a-verifier-of-go-that-is-long-enough-for-rfc-7636")
    app = subprocess.Popen([str(program), provider.issuer, APP.id, APP.secret, APP.redirect_uri, algorithm], text=True,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        answer = Browser(provider).log_in(app.stdout.readline().strip(), JANE)
        assert answer.parameters["state"] == "state-of-go"
        output, errors = app.communicate(answer.code + "\n", timeout=60)
    finally:
        app.kill()
        app.wait()
    assert app.returncode == 0, errors
    result = json.loads(output)
    provider.keep_out_of_log(*result["secrets"])
    return result


def test_go_verifies_asks_for_userinfo_and_refreshes(program, provider):
    result = relying_party(program, provider, "RS256")
    assert result["claims"]["sub"] == result["userinfo_sub"] == result["refreshed_sub"] == JANE_SUB
    assert result["claims"]["email"] == result["userinfo_email"] == JANE.email
    assert sorted(result["claims"]["groups"]) == sorted(JANE.groups)
    assert result["rotated"]


def test_go_verifies_es256(program, start):
    provider = start(signer={"type": "local", "config": {"keysRotationPeriod": "6h", "algorithm": "ES256"}})
    assert relying_party(program, provider, "ES256")["refreshed_sub"] == JANE_SUB
