"""Tokens straight from the authorization endpoint: OpenID Connect Core §3.2 and §3.3, for applications that were built for them."""
import pytest
from authlib.oidc.core import HybridIDToken, ImplicitIDToken
from idpyoidc.client.rp_handler import RPHandler
from joserfc import jwt

from support.application import assert_error_redirect, authorization_url, introspect, pkce, redeem, userinfo
from support.browser import Browser
from support.keys import ALGORITHMS, half_hash, header, key_set, payload, verified
from support.launch import running
from support.people import APP, JANE, JANE_SUB, PUBLIC_APP

NONCE = "n-0S6_WzA2Mj"
TYPES = ["id_token", "id_token token", "code id_token", "code token", "code id_token token"]
HYBRID = [kind for kind in TYPES if "code" in kind]
OAUTH2 = {"responseTypes": ["code", "token", "id_token"]}


@pytest.fixture(scope="module")
def provider():
    with running(oauth2=OAUTH2) as server:
        yield server


def ask(provider, kind, client=APP, **parameters):
    """A person logs in; the answer as it came."""
    url = authorization_url(provider, client, **({"response_type": kind, "nonce": NONCE, "scope": "openid email"} | parameters))
    return Browser(provider).log_in(url, JANE)


def posted(provider, answer):
    """The parameters of a form that posts itself."""
    assert answer.location is None and answer.status == 200, answer.location or answer.response.text
    [form] = answer.page.forms
    assert (form.method, form.action) == ("post", APP.redirect_uri)
    provider.keep_out_of_log(*(form.fields.get(name) for name in ("code", "access_token", "id_token")))
    return form.fields


def check(provider, kind, given):
    """What the application must find, and nothing more: Core §3.2.2.5, §3.3.2.5; RFC 9207."""
    words, expected = kind.split(), {"state", "iss"}
    expected |= {"code"} & set(words) | {"id_token"} & set(words)
    if "token" in words:
        expected |= {"access_token", "token_type", "expires_in"}
        assert given["token_type"].lower() == "bearer" and int(given["expires_in"]) > 0
        assert userinfo(provider, given["access_token"]).json()["sub"] == JANE_SUB
    assert set(given) == expected
    assert (given["state"], given["iss"]) == ("a state", provider.issuer)
    if "id_token" in words:
        algorithm, claims = header(given["id_token"])["alg"], verified(provider, given["id_token"], APP)
        assert (claims["sub"], claims["nonce"]) == (JANE_SUB, NONCE)
        assert claims.get("at_hash") == (half_hash(given["access_token"], algorithm) if "token" in words else None)
        assert claims.get("c_hash") == (half_hash(given["code"], algorithm) if "code" in words else None)


@pytest.mark.parametrize("kind", TYPES)
def test_the_answer_comes_in_the_fragment_and_hangs_together(provider, kind):
    answer = ask(provider, kind)
    before, _, fragment = answer.location.partition("#")
    assert before == APP.redirect_uri and fragment, "a fragment is what no server's log sees"
    check(provider, kind, answer.parameters)


@pytest.mark.parametrize("kind", TYPES)
def test_the_answer_comes_by_form_post_when_asked(provider, kind):
    check(provider, kind, posted(provider, ask(provider, kind, response_mode="form_post")))


@pytest.mark.parametrize("reversed_kind", ["token id_token", "token id_token code"])
def test_the_order_of_the_words_means_nothing(provider, reversed_kind):
    check(provider, reversed_kind, ask(provider, reversed_kind).parameters)


@pytest.mark.parametrize("kind", HYBRID)
def test_the_code_beside_the_tokens_is_redeemed_for_the_same_person(provider, kind):
    verifier, challenge = pkce()
    front = ask(provider, kind, scope="openid email offline_access", **challenge).parameters
    answer = redeem(provider, front["code"], code_verifier=verifier)
    assert answer.status_code == 200, answer.text
    given = answer.json()
    back = verified(provider, given["id_token"], APP)
    assert (back["sub"], back["nonce"]) == (JANE_SUB, NONCE)
    assert back["at_hash"] == half_hash(given["access_token"], header(given["id_token"])["alg"])
    assert "refresh_token" in given and "refresh_token" not in front
    if "id_token" in front:
        # Core §3.3.3.6
        assert {name: back[name] for name in ("iss", "sub", "auth_time")} == {name: payload(front["id_token"])[name] for name in ("iss", "sub", "auth_time")}
    assert redeem(provider, front["code"], code_verifier="another verifier that is long enough, too").status_code == 400


@pytest.mark.parametrize("kind", ["code token", "code id_token token"])
def test_a_code_that_is_used_twice_takes_the_token_beside_it_along(provider, kind):
    """RFC 6749 §4.1.2: all tokens previously issued based on that authorization."""
    front = ask(provider, kind).parameters
    assert introspect(provider, front["access_token"])["active"] is True
    assert redeem(provider, front["code"]).status_code == 200
    assert redeem(provider, front["code"]).status_code == 400
    assert introspect(provider, front["access_token"])["active"] is False


# Libraries

@pytest.fixture(scope="module")
def combined():
    """Types listed as a whole."""
    with running(oauth2={"responseTypes": ["code", "code id_token", "code id_token token"]}) as server:
        yield server


@pytest.mark.parametrize("kind", ["id_token", "id_token token"])
def test_authlib_accepts_the_implicit_answer(provider, kind):
    given = ask(provider, kind).parameters
    claims = ImplicitIDToken(*decoded(provider, given, ImplicitIDToken))
    claims.validate()
    assert claims["sub"] == JANE_SUB


@pytest.mark.parametrize("kind", ["code id_token", "code id_token token"])
def test_authlib_accepts_the_hybrid_answer(provider, kind):
    given = ask(provider, kind).parameters
    claims = HybridIDToken(*decoded(provider, given, HybridIDToken))
    claims.validate()
    assert claims["sub"] == JANE_SUB


def decoded(provider, given, rules):
    """What Authlib's claim classes take; joserfc has checked the signature."""
    token = jwt.decode(given["id_token"], key_set(provider), algorithms=ALGORITHMS)
    options = {"iss": {"values": [provider.issuer]}, "aud": {"values": [APP.id]}}
    return token.claims, token.header, options, {"nonce": NONCE, "client_id": APP.id} | {n: given[n] for n in ("code", "access_token") if n in given}


@pytest.mark.parametrize("kind", ["code id_token", "code id_token token"])
def test_idpyoidc_goes_through_the_hybrid_flow(combined, tmp_path, kind):
    """It uses only what discovery lists."""
    provider = combined
    path = "idpyoidc.client.oidc."
    services = {"discovery": {"class": path + "provider_info_discovery.ProviderInfoDiscovery"},
                "authorization": {"class": path + "authorization.Authorization"},
                "access_token": {"class": path + "access_token.AccessToken"}, "userinfo": {"class": path + "userinfo.UserInfo"}}
    configuration = {
        "client_type": "oidc", "issuer": provider.issuer, "client_id": APP.id, "client_secret": APP.secret, "redirect_uris": [APP.redirect_uri],
        "response_types_supported": [kind], "services": services,
        "token_endpoint_auth_methods_supported": ["client_secret_basic"], "client_authn_methods": ["client_secret_basic"],
    }
    keys = {"private_path": str(tmp_path / "private.json"), "key_defs": [{"type": "RSA", "use": ["sig"]}], "read_only": False}
    rp = RPHandler(base_url="http://127.0.0.1:5555", client_configs={provider.issuer: configuration}, key_conf=keys,
                   httpc_params={"verify": True, "timeout": 30})
    url = rp.begin(provider.issuer, req_args={"scope": ["openid", "email"], "response_type": kind})
    answer = Browser(provider).log_in(url, JANE)
    result = rp.finalize(provider.issuer, answer.parameters)
    assert "error" not in result, result
    provider.keep_out_of_log(result["token"])
    assert result["id_token"]["sub"] == result["userinfo"]["sub"] == JANE_SUB


# What is refused. Errors too come in the fragment: Multiple Response Type Encoding Practices §5.

def refused(provider, error, **parameters):
    answer = Browser(provider).open(authorization_url(provider, **({"nonce": NONCE, "scope": "openid"} | parameters)))
    assert_error_redirect(provider, answer, error)
    return answer.location


@pytest.mark.parametrize("kind", TYPES)
def test_tokens_never_come_in_a_query(provider, kind):
    assert "#" in refused(provider, "invalid_request", response_type=kind, response_mode="query")


@pytest.mark.parametrize("kind", [kind for kind in TYPES if "id_token" in kind])
@pytest.mark.parametrize("nonce", [None, ""], ids=["missing", "empty"])
def test_an_id_token_needs_a_nonce(provider, kind, nonce):
    assert "#" in refused(provider, "invalid_request", response_type=kind, nonce=nonce)


def test_code_and_token_need_no_nonce(provider):
    """Core §3.3.2.1 asks for one where an ID token comes from the authorization endpoint."""
    given = ask(provider, "code token", nonce=None).parameters
    assert "nonce" not in verified(provider, redeem(provider, given["code"]).json()["id_token"], APP)


def test_a_token_alone_is_refused(provider):
    """RFC 9700 §2.1.2; Dex refuses it as well."""
    assert "#" in refused(provider, "invalid_request", response_type="token")


@pytest.mark.parametrize("kind", ["id_token", "code id_token"])
def test_an_id_token_needs_the_scope_openid(provider, kind):
    assert "#" in refused(provider, "invalid_scope", response_type=kind, scope="email")


@pytest.mark.parametrize("kind", ["none", "code nonsense", "ID_TOKEN"])
def test_words_that_make_no_response_type_are_refused(provider, kind):
    refused(provider, "unsupported_response_type", response_type=kind)


def test_a_public_client_needs_pkce_for_the_code_beside_the_token(provider):
    url = authorization_url(provider, PUBLIC_APP, response_type="code id_token", nonce=NONCE, scope="openid")
    assert_error_redirect(provider, Browser(provider).open(url), "invalid_request", PUBLIC_APP)


@pytest.mark.parametrize("mode", [None, "form_post"])
def test_nobody_gets_tokens_by_refusing(start, mode):
    provider = start(oauth2=OAUTH2 | {"skipApprovalScreen": False})
    browser = Browser(provider)
    url = authorization_url(provider, response_type="code id_token token", nonce=NONCE, scope="openid", response_mode=mode)
    answer = browser.approve(browser.log_in(url, JANE), "rejected")
    if mode:
        assert posted(provider, answer).keys() & {"error", "code", "id_token", "access_token"} == {"error"}
    else:
        assert_error_redirect(provider, answer, "access_denied")
        assert "#" in answer.location


# What is offered

def test_discovery_tells_what_is_offered(provider):
    """OpenID Connect Discovery §3: the response types that are supported. A client that reads it asks for nothing else."""
    document = provider.discovery
    assert "implicit" in document["grant_types_supported"]
    assert {"query", "fragment", "form_post"} <= set(document["response_modes_supported"])
    assert sorted(document["response_types_supported"]) == sorted(["code", *TYPES])


def test_a_type_that_is_listed_as_a_whole_brings_no_other(combined):
    assert combined.discovery["response_types_supported"] == ["code", "code id_token", "code id_token token"]
    for kind in ("id_token", "id_token token", "code token"):
        assert "#" in refused(combined, "unsupported_response_type", response_type=kind)


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_of_this_is_offered_unless_the_configuration_lists_it(plain, kind):
    assert "#" in refused(plain, "unsupported_response_type", response_type=kind)
    assert plain.discovery["response_types_supported"] == ["code"]
    assert "implicit" not in plain.discovery["grant_types_supported"]


@pytest.fixture(scope="module")
def plain():
    with running() as server:
        yield server


def test_without_the_implicit_grant_there_is_only_the_code(start):
    provider = start(oauth2=OAUTH2 | {"grantTypes": ["authorization_code", "refresh_token"]})
    assert "#" in refused(provider, "unsupported_response_type", response_type="code id_token")
    assert "implicit" not in provider.discovery["grant_types_supported"]
