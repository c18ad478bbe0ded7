"""Sign-in at other providers, each against a recording of what its documentation says."""
import base64, contextlib, threading, time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from support.application import authorization_url, get_code, redeem, refresh
from support.browser import Browser
from support.certificates import Authority
from support.people import APP, JANE, OTHER_APP
from support.recorded.generic import Generic
from support.recorded.oauth import OAuthRecording
from support.recorded.upstream import Fault, Recording, Reply, route
from support.recorded.world import REDIRECTING, assert_identity, assert_page, dex_sub, groups_of, world

TYPES = list(REDIRECTING)
#: Those that know groups and can require one.
GROUPED = [kind for kind in TYPES if hasattr(REDIRECTING[kind], "member")]
#: Dex's `oauth` is never asked again.
REFRESHING = [kind for kind in TYPES if kind != "oauth"]
#: Those whose access tokens end and are replaced by a refresh token.
RENEWING = ["gitlab", "gitea", "google", "microsoft", "bitbucket-cloud"]
#: Those whose lists come in pages.
PAGED = ["github", "gitlab", "gitea", "google", "microsoft", "bitbucket-cloud"]
#: Those that are told the address of the next page by the answer.
LINKED = ["github", "microsoft", "bitbucket-cloud"]

TOKEN_PATHS = "/token$|/access_?[tT]oken$"
API_PATHS = "^/api|^/apis/|^/v1.0/|^/v2/|^/2.0/|^/me$|^/oauth/userinfo|^/admin/|^/oauth2/v3/certs"


class Thief(Recording):
    """A server that should never hear from us."""
    @route("GET", "/.*")
    @route("POST", "/.*")
    def anything(self, request):
        return Reply(200, {"access_token": "stolen", "id": 1, "login": "thief", "value": [], "values": []})


@pytest.fixture(scope="module")
def shop():
    """One server with every provider: `T` as configured least, `T-member` and `T-stranger` with a membership that Jane has or has not."""
    with world(*REDIRECTING.values(), ) as made:
        connectors = {}
        for kind, up in made.recordings.items():
            connectors[kind] = (kind, up.config())
            if kind in GROUPED:
                further = up.directory(made.folder) if kind == "google" else {}
                more = {"inheritedGroups": True} if kind == "gitlab" else {"loadAllGroups": True} if kind == "gitea" else {}
                connectors[f"{kind}-member"] = (kind, up.config() | further | up.member())
                connectors[f"{kind}-stranger"] = (kind, up.config() | further | up.stranger())
                # Everything that is to be had, page by page.
                connectors[f"{kind}-all"] = (kind, up.config() | further | (up.member() if kind == "github" else more))
        thief = made._stack.enter_context(Thief(made.authority).listening())
        made.thief = thief
        yield made.start(connectors)
        assert thief.requests == [], "credentials went elsewhere"


@pytest.fixture(params=TYPES)
def kind(request):
    return request.param


def best(kind: str) -> str:
    """The connector that reads the most."""
    return f"{kind}-member" if kind in GROUPED else kind


# Signing in


def test_sign_in_gives_the_identity_that_dex_would_give(shop, kind):
    up = shop.recordings[kind]
    assert_identity(shop.claims(shop.tokens(best(kind))), best(kind), up.identity())


def test_sub_is_made_of_the_connectors_id(shop):
    one, other = shop.claims(shop.tokens("github")), shop.claims(shop.tokens("github-member"))
    assert one["sub"] == "CgY1ODMyMzESBmdpdGh1Yg"
    assert other["sub"] == "CgY1ODMyMzESDWdpdGh1Yi1tZW1iZXI"


def test_scopes_decide_what_the_application_learns(shop, kind):
    claims = shop.claims(shop.tokens(best(kind), scope="openid"))
    assert claims.keys() & {"email", "name", "preferred_username", "groups"} == set()


SCOPES = {
    "oauth": {"who", "what"}, "github": {"user:email", "read:org"}, "gitlab": {"read_user", "openid"}, "gitea": set(),
    "google": {"openid", "profile", "email"}, "microsoft": {"user.read", "directory.read.all", "offline_access"},
    "bitbucket-cloud": {"account", "email"}, "openshift": {"user:info"}}
PKCE = {"github", "gitlab", "gitea", "google", "microsoft", "openshift"}


def test_what_the_browser_carries_to_the_provider(shop, kind):
    _, answer = shop.depart(best(kind))
    query = parse_qs(urlsplit(answer.location).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in query.values())
    query = {name: values[0] for name, values in query.items()}
    assert query["client_id"] == f"client-of-{kind}"
    assert query["response_type"] == "code"
    assert len(query["state"]) >= 22
    assert query.get("redirect_uri") == (None if kind == "bitbucket-cloud" else shop.callback)
    if kind in SCOPES:
        assert set(query.get("scope", "").split()) == SCOPES[kind]
    assert query.get("code_challenge_method") == ("S256" if kind in PKCE else None)
    assert ("code_challenge" in query) == (kind in PKCE)
    assert "client_secret" not in query and shop.recordings[kind].client_secret not in answer.location


def test_two_visits_share_neither_state_nor_challenge(shop):
    first, second = (parse_qs(urlsplit(shop.depart("github")[1].location).query) for _ in range(2))
    assert first["state"] != second["state"] and first["code_challenge"] != second["code_challenge"]


def test_secrets_and_tokens_travel_in_bodies_and_headers_only(shop, kind):
    up = shop.recordings[kind]
    with up.watching() as seen:
        shop.tokens(best(kind))
    from_us = [r for r in seen if "/authorize" not in r.path and "/authorization" not in r.path and not r.path.endswith("/auth")]
    assert len(from_us) >= 2
    assert any(r.bearer in (up.directory_tokens if kind == "google" else up.access) for r in from_us)
    for request in from_us:
        carried = [s for s in up.secrets if s in request.path + "?" + dict_text(request.query_string)]
        assert not carried, f"{request.method} {request.path} carries {carried} in its address"
        assert request.headers.get("user-agent"), "some providers refuse requests without it"
        assert request.headers.get("cookie") is None


def dict_text(query: str) -> str:
    return " ".join(value for pair in parse_qsl(query, keep_blank_values=True) for value in pair)


# What comes back


def test_a_forged_state_is_not_followed(shop, kind):
    up = shop.recordings[kind]
    browser, answer = shop.depart(kind)
    back = urlsplit(shop.visit(answer))
    query = dict(parse_qsl(back.query))
    for state in ("", "x" * 40, query["state"][:-4] + "AAAA", query["state"][1:]):
        with up.watching() as seen:
            refused = browser.open(shop.callback + "?" + urlencode(query | {"state": state}))
        assert_page(shop, refused, 400, 401, 403)
        assert seen == [], "the code went to the token endpoint though nobody knows whose it is"


def test_another_browser_cannot_finish_the_sign_in(shop, kind):
    """Otherwise an attacker's code would sign the victim in as the attacker."""
    up = shop.recordings[kind]
    _, answer = shop.depart(kind)
    back = shop.visit(answer)
    with up.watching() as seen:
        refused = Browser(shop.server).open(back)
    assert_page(shop, refused, 400, 401, 403)
    assert seen == []


def test_an_answer_of_one_provider_is_not_taken_to_another(shop):
    """Mix-up: the code of GitHub, sent to where Gitea's answers are expected."""
    browser, answer = shop.depart("github")
    back = shop.visit(answer)
    other = shop.recordings["gitea"]
    with other.watching() as seen:
        refused = browser.open(back.replace("/callback?", "/callback/gitea?"))
    assert_page(shop, refused, 400, 401, 403, 404)
    assert seen == []


def test_an_answer_is_good_for_one_sign_in(shop, kind):
    browser, answer = shop.depart(kind)
    back = shop.visit(answer)
    assert browser.open(back).code
    again = browser.open(back)
    assert_page(shop, again, 400, 401, 403, 500, 502, 503)


@pytest.mark.parametrize("error", ["access_denied", "user_cancelled_login"])
def test_saying_no_at_the_provider_is_told_and_leads_back(shop, kind, error):
    up = shop.recordings[kind]
    with up.changing(), up.watching() as seen:
        up.declining = {"error": error, "error_description": "The resource owner said <script>no</script>"}
        browser, answer = shop.depart(kind)
        refused = browser.open(shop.visit(answer))
    # To the application (RFC 6749 §4.1.2.1), or a page that says so.
    if refused.location is None:
        assert_page(shop, refused, 400, 403, *(() if error == "access_denied" else (500, 502)))
        assert "<script>no" not in refused.response.text
    else:
        assert refused.parameters["error"] == "access_denied"
    assert not [r for r in seen if r.method == "POST"]


def test_an_answer_without_code_is_refused(shop, kind):
    browser, answer = shop.depart(kind)
    state = dict(parse_qsl(urlsplit(shop.visit(answer)).query))["state"]
    with shop.recordings[kind].watching() as seen:
        assert_page(shop, browser.open(shop.callback + "?" + urlencode({"state": state})), 400, 401, 403, 500, 502)
    assert seen == []


def test_a_code_that_the_provider_does_not_know_is_refused(shop, kind):
    browser, answer = shop.depart(kind)
    state = dict(parse_qsl(urlsplit(shop.visit(answer)).query))["state"]
    refused = browser.open(shop.callback + "?" + urlencode({"state": state, "code": "invented"}))
    assert_page(shop, refused, 400, 401, 403, 500, 502)


# Membership


@pytest.mark.parametrize("kind", GROUPED)
def test_without_the_required_membership_the_person_is_told(shop, kind):
    after = len(shop.server.running.lines)
    refused = shop.sign_in(f"{kind}-stranger")
    assert_page(shop, refused, 403)
    assert "member" in refused.page.text.lower()
    # And the operator learns which person and which connector.
    log = shop.server.running.lines[after:]
    assert any(f"{kind}-stranger" in line for line in log), log


@pytest.mark.parametrize("kind", GROUPED)
def test_the_required_membership_counts_without_the_groups_scope_too(shop, kind):
    assert_page(shop, shop.sign_in(f"{kind}-stranger", scope="openid email"), 403)


@pytest.mark.parametrize("kind", PAGED)
def test_all_pages_are_read(shop, kind):
    up = shop.recordings[kind]
    everything = {
        "github": lambda: {f"{o}:{n}" for o, n, _ in up.teams["jane"] if o == up.ORG},
        "gitlab": lambda: set(up.direct["jane"]) | set(up.inherited["jane"]),
        "gitea": lambda: {"tea", "pot"} | {f"{o}:{t}" for o, t in up.teams["jane"]},
        "google": lambda: set(up.memberships["jane@example.com"]),
        "microsoft": lambda: {name for name, _ in up.groups["jane"].values()},
        "bitbucket-cloud": lambda: set(up.workspaces["jane"]),
    }[kind]()
    assert len(everything) > 20
    claims = shop.claims(shop.tokens(f"{kind}-all"))
    assert_identity(claims, f"{kind}-all", up.identity(), everything)


@pytest.mark.parametrize("kind", PAGED)
def test_endless_pages_end(shop, kind):
    up = shop.recordings[kind]
    with up.paging_without_end(), up.watching() as seen:
        refused = shop.sign_in(f"{kind}-all")
    assert_page(shop, refused, 500, 502, 503)
    assert len(seen) <= 500
    shop.tokens(f"{kind}-all")


@pytest.mark.parametrize("kind", LINKED)
def test_a_next_page_elsewhere_is_not_asked_for(shop, kind):
    """The token is for this provider: whoever is named in its answers does not get it."""
    up = shop.recordings[kind]
    with up.changing():
        up.next_origin = shop.thief.url
        assert_page(shop, shop.sign_in(f"{kind}-all"), 500, 502, 503)
    assert shop.thief.requests == []
    shop.tokens(f"{kind}-all")


# Refresh


def test_oauth_gives_no_refresh_token(shop):
    assert "refresh_token" not in shop.tokens("oauth")


@pytest.mark.parametrize("kind", [k for k in GROUPED])
def test_refresh_sees_a_group_that_is_gone(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        before = shop.tokens(best(kind))
        gone = up.remove_group()
        after = refresh(shop.server, before["refresh_token"])
        assert after.status_code == 200, after.text
        assert gone in groups_of(before)
        assert groups_of(after.json()) == groups_of(before) - {gone} == up.identity().groups
        claims = shop.claims(after.json())
        assert_identity(claims, best(kind), up.identity())


@pytest.mark.parametrize("kind", REFRESHING)
def test_refresh_sees_a_new_name(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        given = shop.tokens(best(kind))
        user = up.users["jane"]
        for name in ("name", "full_name", "displayName", "first", "username"):
            if name in user and not (kind == "gitlab" and name == "username"):
                user[name] = "Joan"
        again = refresh(shop.server, given["refresh_token"])
        assert again.status_code == 200, again.text
        claims = shop.claims(again.json())
        assert "Joan" in claims["name"], claims
        assert claims["sub"] == shop.claims(given)["sub"]


@pytest.mark.parametrize("kind", REFRESHING)
def test_refresh_ends_when_the_person_is_gone(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        given = shop.tokens(best(kind))
        del up.users["jane"]
        refused = refresh(shop.server, given["refresh_token"])
    assert refused.status_code in (400, 401, 403), refused.text
    assert refused.json()["error"] in ("invalid_grant", "access_denied")
    assert not any(secret in refused.text for secret in shop.secrets)


@pytest.mark.parametrize("kind", GROUPED)
def test_refresh_ends_with_the_required_membership(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        given = shop.tokens(f"{kind}-member")
        up.leave()
        refused = refresh(shop.server, given["refresh_token"])
    assert refused.status_code in (400, 401, 403), refused.text
    assert refused.json()["error"] in ("invalid_grant", "access_denied")


FAILURES = {
    "500": Fault.status(500, {"message": "Server Error"}), "503": Fault.status(503, "<h1>Unavailable</h1>"),
    "429": Fault.status(429, {"message": "too many"}, Retry_After="30"), "hung up": Fault.hang_up(), "truncated": Fault.truncated(),
    "cut JSON": Fault.cut_json(),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", REFRESHING)
def test_refresh_survives_a_provider_that_is_down(shop, kind, failure):
    up = shop.recordings[kind]
    given = shop.tokens(best(kind))
    with up.failing(FAILURES[failure]):
        refused = refresh(shop.server, given["refresh_token"])
    assert refused.status_code in (500, 502, 503), refused.text
    assert not any(secret in refused.text for secret in shop.secrets)
    again = refresh(shop.server, given["refresh_token"])
    assert again.status_code == 200, again.text
    assert groups_of(again.json()) == up.identity().groups


@pytest.mark.parametrize("kind", RENEWING)
def test_refresh_renews_an_access_token_whose_time_is_over(shop, kind):
    up = shop.recordings[kind]
    with up.changing():
        # So short that it counts as over at once.
        up.lifetime = 1
        given = shop.tokens(best(kind))
        for _ in range(3):
            # Twice more: a refresh token that the provider has replaced must be remembered.
            up.forget_access_tokens()
            answer = refresh(shop.server, given["refresh_token"])
            assert answer.status_code == 200, answer.text
            given = answer.json()
    assert groups_of(given) == up.identity().groups


@pytest.mark.parametrize("kind", RENEWING)
def test_refresh_renews_an_access_token_that_the_provider_has_taken_back(shop, kind):
    """It may end before its time: the refresh token decides."""
    up = shop.recordings[kind]
    given = shop.tokens(best(kind))
    up.forget_access_tokens()
    answer = refresh(shop.server, given["refresh_token"])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", RENEWING)
def test_refresh_survives_a_failure_right_after_the_provider_has_replaced_its_token(shop, kind):
    """The old refresh token is worth nothing any more: losing the new one would log the person out."""
    up = shop.recordings[kind]
    with up.changing():
        up.lifetime = 1
        given = shop.tokens(best(kind))
        up.lifetime = 3600
        with up.failing(Fault.status(503), API_PATHS):
            assert refresh(shop.server, given["refresh_token"]).status_code in (500, 502, 503) or kind == "google"
        again = refresh(shop.server, given["refresh_token"])
        assert again.status_code == 200, again.text


@pytest.mark.parametrize("kind", RENEWING)
def test_refresh_ends_when_the_provider_has_revoked_everything(shop, kind):
    up = shop.recordings[kind]
    given = shop.tokens(best(kind))
    up.forget_access_tokens()
    up.refresh.clear()
    refused = refresh(shop.server, given["refresh_token"])
    assert refused.status_code in (400, 401, 403), refused.text


def test_a_refresh_token_that_gitea_calls_used_leads_to_a_new_sign_in(shop):
    """It says unauthorized_client then: not a matter of our secret, and no reason to say "try again" for ever."""
    up = shop.recordings["gitea"]
    given = shop.tokens("gitea")
    up.forget_access_tokens()
    up.used.update(up.refresh)
    refused = refresh(shop.server, given["refresh_token"])
    assert refused.status_code in (400, 401, 403), refused.text
    shop.tokens("gitea")


@pytest.mark.parametrize("kind", RENEWING)
def test_two_applications_refresh_at_once_though_the_provider_replaces_its_tokens(shop, kind):
    """The same person at the same provider: neither application may spend the other's refresh token."""
    up = shop.recordings[kind]
    clients = (APP, OTHER_APP)

    def given_to(client):
        browser, answer = shop.depart(best(kind), client=client)
        return redeem(shop.server, browser.open(shop.visit(answer)).code, client).json()
    with up.changing():
        up.lifetime = 1
        held_by = {client: given_to(client) for client in clients}
        for _ in range(3):
            with ThreadPoolExecutor(2) as pool:
                answers = dict(zip(clients, pool.map(lambda c: refresh(shop.server, held_by[c]["refresh_token"], c), clients)))
            assert [a.status_code for a in answers.values()] == [200, 200], [a.text for a in answers.values()]
            held_by = {client: answer.json() for client, answer in answers.items()}


# Faults


@pytest.mark.parametrize("place", ["token", "api"])
def test_whatever_a_provider_does_ends_in_a_page_and_the_next_sign_in_works(shop, kind, place):
    up = shop.recordings[kind]
    faults = FAILURES | {
        "401": Fault.status(401, {"error": "invalid_token", "message": "Bad credentials"}),
        "403": Fault.status(403, {"message": "forbidden"}), "404": Fault.status(404, {"message": "Not Found"}),
        "empty": Fault.status(200, ""), "no object": Fault.status(200, "[]"), "empty object": Fault.status(200, "{}"),
        "wrong types": Fault.status(200, {"access_token": 7, "id": {}, "uuid": [], "sub": 1.5, "login": None, "metadata": 3}),
        "an error with status 200": Fault.status(200, {"error": "bad_verification_code", "error_description": "<b>expired</b>"}),
        "null bytes": Fault.status(200, b"\0" * 100), "moved": Fault.elsewhere(shop.thief.url + "/x"),
        "moved, same method": Fault.elsewhere(shop.thief.url + "/x", 307),
    }
    for name, fault in faults.items():
        browser, answer = shop.depart(best(kind))
        back = shop.visit(answer)
        with up.failing(fault, TOKEN_PATHS if place == "token" else API_PATHS):
            refused = browser.open(back)
        assert refused.location is None, f"{name}: signed in all the same"
        assert_page(shop, refused, 400, 401, 403, 500, 502, 503)
        if name in FAILURES and name != "cut JSON":
            assert refused.status in (500, 502, 503), f"{name}: {refused.status}"
        assert "<b>expired" not in refused.response.text
    shop.tokens(best(kind))


@pytest.mark.parametrize("place", ["token", "api"])
def test_a_body_without_end_is_not_read_to_its_end(shop, kind, place):
    up = shop.recordings[kind]
    browser, answer = shop.depart(best(kind))
    back = shop.visit(answer)
    before, begun = up.flooded, time.monotonic()
    with up.failing(Fault.endless(), TOKEN_PATHS if place == "token" else API_PATHS):
        refused = browser.open(back)
    assert_page(shop, refused, 500, 502, 503)
    assert up.flooded - before < 64 << 20
    assert time.monotonic() - begun < 10
    shop.tokens(best(kind))


@contextlib.contextmanager
def held(shop, up: OAuthRecording, connector: str, people: int):
    """So many people are back from the provider, whose token endpoint does not answer; yields their answers to come."""
    release = threading.Event()
    visits = [shop.depart(connector) for _ in range(people)]
    backs = [(browser, shop.visit(answer)) for browser, answer in visits]
    up.arrived.clear()
    with ThreadPoolExecutor(people) as pool, up.failing(Fault.held(release), TOKEN_PATHS):
        answers = [pool.submit(browser.open, back) for browser, back in backs]
        try:
            assert up.arrived.wait(10)
            yield answers
        finally:
            release.set()


def test_a_provider_that_does_not_answer_delays_nobody_else(shop):
    up, gitea = shop.recordings["gitlab"], shop.recordings["gitea"]
    with held(shop, up, "gitlab", 16) as waiting:
        begun = time.monotonic()
        for _ in range(10):
            assert shop.server.get("/.well-known/openid-configuration").status_code == 200
        assert time.monotonic() - begun < 2
        assert get_code(shop.server, person=JANE, connector_id="local")
        assert_identity(shop.claims(shop.tokens("gitea")), "gitea", gitea.identity(), set())
        assert time.monotonic() - begun < 5
        assert not any(answer.done() for answer in waiting)
    assert all(answer.result().code for answer in waiting)


def test_people_who_come_at_once_are_not_mistaken_for_each_other(shop):
    up, people = shop.recordings["gitea"], range(1000, 1032)
    with up.changing():
        backs = []
        for id in people:
            up.users[f"p{id}"] = {"id": id, "login": f"p{id}", "full_name": f"Person {id}", "email": f"p{id}@example.com"}
            up.teams[f"p{id}"] = [("tea", f"cup-{id}")]
            up.signed_in = f"p{id}"
            browser, answer = shop.depart("gitea-all")
            backs.append((browser, shop.visit(answer)))

        def arrive(browser, back):
            given = redeem(shop.server, browser.open(back).code).json()
            return given, refresh(shop.server, given["refresh_token"]).json()
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda pair: arrive(*pair), backs))
        for id, both in zip(people, found):
            for tokens in both:
                claims = shop.claims(tokens)
                assert claims["sub"] == dex_sub(str(id), "gitea-all") and claims["email"] == f"p{id}@example.com"
                assert set(claims["groups"]) == {"tea", f"tea:cup-{id}"}


# Trust


def test_a_provider_with_a_strange_certificate_is_not_asked(tmp_path):
    kinds = list(REDIRECTING.values())
    with world(*kinds) as made:
        stranger = Authority(tmp_path)
        connectors = {kind: (kind, up.config(rootCAs=[str(stranger.file)])) for kind, up in made.recordings.items()}
        connectors["skipping"] = ("oauth", made.recordings["oauth"].config(rootCAs=[], insecureSkipVerify=True))
        connectors["system"] = ("oauth", made.recordings["oauth"].config(rootCAs=[]))
        # Its discovery fails at start: a warning, and the others go on.
        made.start(connectors)
        for kind, up in made.recordings.items():
            browser, answer = made.depart(kind)
            if kind in ("google", "openshift"):
                assert_page(made, answer, 500, 502, 503)
            else:
                assert_page(made, browser.open(made.visit(answer)), 500, 502, 503)
            assert all("auth" in r.path and r.method == "GET" for r in up.requests), "asked all the same"
        assert_page(made, made.sign_in("system"), 500, 502, 503)
        assert made.sign_in("skipping").code


def test_root_certificates_may_be_given_as_text():
    with world(Generic) as made:
        pem = made.authority.file.read_text()
        made.start({"pem": ("oauth", made.recordings["oauth"].config(rootCAs=[pem])),
                    "base64": ("oauth", made.recordings["oauth"].config(rootCAs=[base64.b64encode(pem.encode()).decode()]))})
        assert made.sign_in("pem").code and made.sign_in("base64").code


# Start


def test_providers_that_are_down_at_the_start_heal():
    with world(*(REDIRECTING[kind] for kind in ("google", "openshift", "github"))) as made:
        connectors = {kind: (kind, up.config()) for kind, up in made.recordings.items()}
        with contextlib.ExitStack() as down:
            for up in made.recordings.values():
                down.enter_context(up.failing(Fault.status(503)))
            made.start(connectors)
            for kind in ("google", "openshift"):
                assert_page(made, made.depart(kind)[1], 500, 502, 503)
            assert get_code(made.server, connector_id="local")
        for kind in made.recordings:
            assert made.sign_in(kind).code


def test_the_list_names_them_all(shop):
    page = Browser(shop.server).open(authorization_url(shop.server)).page
    for kind in TYPES:
        assert any(urlsplit(link).path.endswith(f"/auth/{kind}") for link in page.links), kind
