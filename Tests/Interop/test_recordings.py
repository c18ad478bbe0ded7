"""The recordings refuse what the providers refuse: otherwise the tests that use them would prove nothing."""
import base64, hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from support.certificates import Authority
from support.recorded.crowd import Crowd
from support.recorded.keystone import Keystone
from support.recorded.world import REDIRECTING

CALLBACK = "http://127.0.0.1:1/dex/callback"
VERIFIER = "v" * 43
SCOPES = {"github": "user:email read:org", "gitlab": "read_user openid read_api", "google": "openid profile email",
          "microsoft": "user.read directory.read.all", "linkedin": "r_liteprofile r_emailaddress openid", "openshift": "user:info",
          "oauth": "who what"}
#: authorization endpoint, token endpoint, something that a token is good for
PLACES = {
    "oauth": ("/authorize?tenant=one", "/token", "/me"), "github": ("/login/oauth/authorize", "/login/oauth/access_token", "/api/v3/user/teams"),
    "gitlab": ("/oauth/authorize", "/oauth/token", "/api/v4/groups"), "gitea": ("/login/oauth/authorize", "/login/oauth/access_token", "/api/v1/user/teams"),
    "google": ("/o/oauth2/v2/auth?access_type=offline", "/token", None), "microsoft": ("/common/oauth2/v2.0/authorize", "/common/oauth2/v2.0/token", "/v1.0/me"),
    "linkedin": ("/oauth/v2/authorization", "/oauth/v2/accessToken", "/v2/me"), "bitbucket-cloud": ("/site/oauth2/authorize", "/site/oauth2/access_token", "/2.0/user/workspaces"),
    "openshift": ("/oauth/authorize", "/oauth/token", "/apis/user.openshift.io/v1/users/~"),
}


@pytest.fixture(params=list(REDIRECTING))
def up(request, tmp_path):
    with REDIRECTING[request.param](Authority(tmp_path), CALLBACK).listening() as recording:
        yield recording


def authorize(up, **changes):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {"client_id": up.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s", "scope": SCOPES.get(up.type, ""),
             "code_challenge": challenge, "code_challenge_method": "S256"} | changes
    return requests.get(up.url + PLACES[up.type][0], params=query, verify=up.ca, allow_redirects=False, timeout=30)


def code(up, **changes) -> str:
    return dict(parse_qsl(urlsplit(authorize(up, **changes).headers["Location"]).query))["code"]


def redeem(up, **changes) -> dict:
    form = {"grant_type": "authorization_code", "code": code(up), "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
            "client_id": up.client_id, "client_secret": up.client_secret} | changes
    response = requests.post(up.url + PLACES[up.type][1], data={k: v for k, v in form.items() if v is not None}, verify=up.ca,
                             headers={"Accept": "application/json"}, timeout=30)
    answer = response.json()
    assert ("access_token" in answer) == ("error" not in answer)
    # GitHub's errors come with status 200.
    assert (response.status_code == 200) == ("access_token" in answer or up.type == "github")
    return answer


def test_a_code_is_redeemed_once_by_whom_it_is_for(up):
    assert "access_token" in redeem(up)
    for wrong in ({"code": "invented"}, {"redirect_uri": CALLBACK + "x"}, {"code_verifier": "w" * 43}, {"code_verifier": None},
                  {"client_secret": "wrong"}, {"client_id": "wrong"}, {"client_secret": None}, {"grant_type": "password"}):
        assert "error" in redeem(up, **wrong), wrong
    once = code(up)
    assert "access_token" in redeem(up, code=once) and "error" in redeem(up, code=once)
    assert "error" in redeem(up, code=code(up, code_challenge=None, code_challenge_method=None))


def test_only_registered_addresses_and_clients(up):
    assert authorize(up).status_code == 302
    assert authorize(up, redirect_uri=CALLBACK + "/x").status_code == 400
    assert authorize(up, client_id="x").status_code == 400


def test_tokens_have_scopes_and_an_end(up):
    place = PLACES[up.type][2]
    if place is None:
        # Nothing is asked with Google's: what counts is the ID token.
        return
    def ask(token):
        return requests.get(up.url + place, headers={"Authorization": f"Bearer {token}", "User-Agent": "tests"}, verify=up.ca,
                            timeout=30).status_code
    token = redeem(up)["access_token"]
    assert ask(token) == 200
    assert ask("invented") == 401
    if up.type in SCOPES:
        assert ask(redeem(up, code=code(up, scope="nothing"))["access_token"]) in (403, 404)
    up.forget_access_tokens()
    assert ask(token) == 401


def test_refresh_tokens(up):
    given = redeem(up)
    if up.type in ("github", "linkedin", "openshift", "microsoft"):
        assert "refresh_token" not in given
        return
    again = redeem(up, grant_type="refresh_token", refresh_token=given["refresh_token"], code=None, redirect_uri=None, code_verifier=None)
    assert again["access_token"] != given["access_token"]
    second = redeem(up, grant_type="refresh_token", refresh_token=given["refresh_token"], code=None, redirect_uri=None, code_verifier=None)
    assert ("error" in second) == up.rotates_refresh_token


def test_what_tests_change_is_put_back(up):
    before = dict(up.users["jane"])
    with up.changing():
        up.users["jane"].clear()
    assert up.users["jane"] == before


def test_crowd_and_keystone_tell_the_person_from_the_application(tmp_path):
    authority = Authority(tmp_path)
    with Crowd(authority).listening() as crowd:
        def session(user, password, application=None):
            return requests.post(crowd.url + "/rest/usermanagement/1/session", json={"username": user, "password": password},
                                 auth=application or crowd.application, headers={"Accept": "application/json"}, verify=crowd.ca, timeout=30)
        assert session("jane", crowd.passwords["jane"]).status_code == 201
        assert session("jane", "wrong").json()["reason"] == "INVALID_USER_AUTHENTICATION"
        assert session("jane", crowd.passwords["jane"], ("dextra", "wrong")).text == "Application failed to authenticate"
    with Keystone(authority).listening() as keystone:
        def login(user, password, domain):
            return requests.post(keystone.url + "/v3/auth/tokens", verify=keystone.ca, timeout=30, json={"auth": {"identity": {
                "methods": ["password"], "password": {"user": {"name": user, "password": password, "domain": domain}}}}})
        given = login("jane", keystone.passwords["jane"], {"name": "Default"})
        assert given.status_code == 201
        assert login("jane", "wrong", {"name": "Default"}).status_code == 401
        assert login("jane", keystone.passwords["jane"], {"id": "other"}).status_code == 401
        def user(id):
            return requests.get(f"{keystone.url}/v3/users/{id}", headers={"X-Auth-Token": given.headers["X-Subject-Token"]},
                                verify=keystone.ca, timeout=30).status_code
        assert (user(keystone.users["jane"]["id"]), user("admin-id")) == (200, 403)
