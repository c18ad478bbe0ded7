"""examples/apache: Apache verifies tokens by itself, or asks the edge by Lua. What the edge says through Apache is in test_edge_proxies.py."""
import subprocess, time

import jwt
import pytest
import requests

from support.apache import apache
from support.application import token as ask
from support.certificates import Authority
from support.edge_login import ONE_INGRESS, edge
from support.edge_proxies import EXAMPLES, modules_of, through_apache
from support.issuer import issuer
from support.launch import running
from support.people import APP, JANE, JANE_SUB, JOHN, OTHER_APP
from support.ports import free_port
from support.told_backend import backend


# It verifies by itself

@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("apache")


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder)


@pytest.fixture(scope="module")
def provider(folder, authority):
    """It speaks https, and its key is known: tokens can be made that are wrong in one thing only."""
    key, port = folder / "signing.pem", free_port()
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True)
    certificate, its_key = authority.issue("server")
    with running(port=port, ca=authority.file, issuer=f"https://127.0.0.1:{port}/dex", signer={"type": "file", "config": {"keys": [str(key)]}},
                 web={"http": None, "https": f"127.0.0.1:{port}", "tlsCert": str(certificate), "tlsKey": str(its_key)}) as server:
        server.key = key.read_text()
        yield server


@pytest.fixture(scope="module")
def verifying(provider, authority):
    port = free_port()
    with backend() as behind:
        text = (EXAMPLES / "apache/verifies.conf").read_text()
        for written, meant in {"https://dextra.example.com/dex": provider.issuer, "aud:kserve": f"aud:{APP.id}",
                               "groups:data-science": "groups:authors", "127.0.0.1:8080": f"127.0.0.1:{port}",
                               "127.0.0.1:8082": f"127.0.0.1:{behind}"}.items():
            assert written in text
            text = text.replace(written, meant)
        with apache(port, modules_of(text), "OIDCCABundlePath {folder}/ca.pem\n" + text, {"ca.pem": authority.file.read_text()}):
            yield f"http://127.0.0.1:{port}"


def id_token(provider, person=JANE, client=APP) -> str:
    return ask(provider, client, grant_type="password", username=person.email, password=person.password,
               scope="openid email groups").json()["id_token"]


@pytest.fixture(scope="module")
def token(provider):
    return id_token(provider)


def get(url: str, token: str | None = None, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}), allow_redirects=False, timeout=30)


def changed(provider, token: str, **claims) -> str:
    """The same token, signed as it should be, with other claims."""
    head = jwt.get_unverified_header(token)
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}) | claims, provider.key, head["alg"], headers={"kid": head["kid"]})


def test_a_good_token_reaches_the_backend(verifying, provider, token):
    forged = {"X-Auth-Request-User": "mallory", "x-auth-request-groups": "mallory", "X-Auth-Request-Preferred-Username": "mallory"}
    for given in (token, changed(provider, token)):
        answer = get(verifying + "/x", given, **forged)
        assert answer.status_code == 200, answer.text
        headers = answer.json()["headers"]
        assert headers["x-auth-request-user"] == [JANE_SUB] and headers["x-auth-request-email"] == [JANE.email]
        assert sorted(headers["x-auth-request-groups"][0].split(",")) == sorted(JANE.groups)
        assert "mallory" not in str(headers)


def test_without_a_token_there_is_nothing(verifying, token):
    for url in (verifying + "/x", verifying + f"/x?access_token={token}", verifying + "//x", verifying + "/x/../y"):
        answer = get(url)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_token_is_401(verifying, provider, token):
    unsigned = jwt.encode(jwt.decode(token, options={"verify_signature": False}), None, algorithm="none")
    parts = token.split(".")
    with issuer() as other:
        foreign = jwt.encode(other.claims(aud=APP.id, groups=["authors"]), other.keys["ES256"], algorithm="ES256", headers={"kid": "ES256"})
        posing = jwt.encode(other.claims(iss=provider.issuer, aud=APP.id, groups=["authors"]), other.keys["ES256"], algorithm="ES256",
                            headers={"kid": jwt.get_unverified_header(token)["kid"], "jku": other.url + "/keys", "jwk": other.public("ES256")})
        for wrong in (foreign, posing, unsigned, changed(provider, token, exp=int(time.time()) - 61), ".".join(parts[:2]), "garbage",
                      ".".join([parts[0], foreign.split(".")[1], parts[2]])):
            answer = get(verifying + "/x", wrong)
            assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"], wrong
        assert not other.asked


def test_another_audience_issuer_or_group_is_403(verifying, provider, token):
    for wrong in (id_token(provider, JOHN), id_token(provider, JANE, OTHER_APP), changed(provider, token, iss="https://evil.example"),
                  changed(provider, token, aud=["others"]), changed(provider, token, groups=["others"]), changed(provider, token, groups=[])):
        assert get(verifying + "/x", wrong).status_code == 403


@pytest.mark.parametrize("headers", [{"X_Auth_Request_User": "mallory"}, {"X-Auth-Request_Groups": "mallory"}, {"kubeflow_userid": "mallory"},
                                     {"Connection": "X-Auth-Request-User"}, {"Connection": "close, x-auth-request-groups"}])
def test_no_disguise_gets_through(verifying, token, headers):
    assert get(verifying + "/x", token, **headers).status_code == 403


# It asks

def test_without_an_answer_nothing_is_let_through():
    with edge(edge=ONE_INGRESS) as server, backend() as behind, through_apache(server, behind) as port:
        page = f"http://127.0.0.1:{port}/public"
        assert get(page).status_code == 200
        server.stop()
        assert get(page).status_code == 503
        server.start()
        assert get(page).status_code == 200


@pytest.mark.parametrize("broken", [
    None, "", "not Lua", "function ask(r) error('no') end", "function other(r) return apache2.OK end", "require 'nothing'",
    "function ask(r) return 'yes' end .. nothing"], ids=["no file", "empty", "no Lua", "an error", "no function", "no library", "no syntax"])
def test_a_broken_script_lets_nothing_through(broken):
    with backend() as behind:
        port = free_port()
        text = (EXAMPLES / "apache/asks.conf").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}")
        text = text.replace("127.0.0.1:8082", f"127.0.0.1:{behind}").replace("/etc/apache2/edge.lua", "{folder}/edge.lua")
        with apache(port, modules_of(text), text, {} if broken is None else {"edge.lua": broken}):
            try:
                answer = get(f"http://127.0.0.1:{port}/public")
            except requests.ConnectionError:
                # Debian's mod_lua now and then brings its process down when there is no file: then nobody passes anything on any more.
                assert broken is None
                with pytest.raises(requests.ConnectionError):
                    get(f"http://127.0.0.1:{port}/public")
                return
            assert answer.status_code == 500 and "headers" not in answer.text
