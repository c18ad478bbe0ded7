"""What the settings of each provider's connector change, against the recordings."""
from pathlib import Path

import pytest
from joserfc import jwk, jwt

from support.application import refresh
from support.recorded.google import Google
from support.recorded.upstream import Fault
from support.recorded.world import REDIRECTING, assert_page, dex_sub, world


@pytest.fixture(scope="module")
def shop():
    with world(*REDIRECTING.values()) as made:
        up = made.recordings
        directory = up["google"].directory(made.folder)
        assertion = made.folder / "assertion"
        assertion.write_text("eyJh.assertion-of-the-workload.sig\n")
        made.assertion = assertion
        tea = up["gitea"].config
        made.start({
            # github
            "gh-slugs": ("github", up["github"].config(orgs=[{"name": "octo-crew"}], teamNameField="slug")),
            "gh-both": ("github", up["github"].config(orgs=[{"name": "octo-crew", "teams": ["Team 001", "team-002", "absent"]}],
                                                      teamNameField="both")),
            "gh-everything": ("github", up["github"].config(loadAllGroups=True)),
            "gh-nothing": ("github", up["github"].config()),
            "gh-old": ("github", up["github"].config(org="octo-crew")),
            "gh-login": ("github", up["github"].config(useLoginAsID=True)),
            "gh-domain": ("github", up["github"].config(preferredEmailDomain="users.*.net")),
            "gh-two": ("github", up["github"].config(orgs=[{"name": "absent"}, {"name": "other-org", "teams": ["Guests"]}])),
            "gh-team": ("github", up["github"].config(orgs=[{"name": "octo-crew", "teams": ["no such team"]}])),
            "gh-rootca": ("github", {k: v for k, v in up["github"].config(rootCA=up["github"].ca).items() if k != "rootCAs"}),
            # gitlab
            "gl-login": ("gitlab", up["gitlab"].config(useLoginAsID=True)),
            "gl-roles": ("gitlab", up["gitlab"].config(getGroupsPermission=True)),
            "gl-inherited": ("gitlab", up["gitlab"].config(inheritedGroups=True)),
            "gl-inherited-roles": ("gitlab", up["gitlab"].config(inheritedGroups=True, getGroupsPermission=True)),
            # gitea
            "tea-login": ("gitea", tea(useLoginAsID=True)),
            "tea-orgs": ("gitea", tea(orgs=[{"name": "pot"}])),
            # google
            "go-transitive": ("google", up["google"].config(fetchTransitiveGroupMembership=True, **directory)),
            "go-hosted": ("google", up["google"].config(hostedDomains=["example.com"])),
            "go-two-hosted": ("google", up["google"].config(hostedDomains=["a.example", "example.com"])),
            "go-elsewhere": ("google", up["google"].config(hostedDomains=["elsewhere.example"])),
            "go-prompt": ("google", up["google"].config(promptType="select_account")),
            "go-other-admin": ("google", up["google"].config(
                serviceAccountFilePath=directory["serviceAccountFilePath"], domainToAdminEmail={"other.example": "admin@example.com"})),
            "go-plain": ("google", up["google"].config()),
            # microsoft
            "ms-ids": ("microsoft", up["microsoft"].config(groupNameFormat="id", onlySecurityGroups=True)),
            "ms-common": ("microsoft", up["microsoft"].config() | {"tenant": "common"}),
            "ms-mail": ("microsoft", up["microsoft"].config(preferredUsernameField="mailNickname", emailToLowercase=True)),
            "ms-unfiltered": ("microsoft", up["microsoft"].config(groups=["Team 3"])),
            "ms-prompt": ("microsoft", up["microsoft"].config(promptType="login", domainHint="example.com", scopes=["User.Read", "Group.Read.All"])),
            "ms-assertion": ("microsoft", {k: v for k, v in up["microsoft"].config(clientAssertion=str(assertion)).items()
                                           if k != "clientSecret"}),
            "ms-batch": ("microsoft", up["microsoft"].config(batchGroupLookups=True)),
            # bitbucket
            "bb-roles": ("bitbucket-cloud", up["bitbucket-cloud"].config(getWorkspacePermissions=True)),
            # openshift
            "os-insecure": ("openshift", {k: v for k, v in up["openshift"].config(insecureCA=True).items() if k != "rootCAs"}),
            "os-rootca": ("openshift", {k: v for k, v in up["openshift"].config(rootCA=up["openshift"].ca).items() if k != "rootCAs"}),
            # oauth
            "oa-mapped": ("oauth", up["oauth"].config(userIDKey="user_name", claimMapping={
                "userNameKey": "preferred_username", "preferredUsernameKey": "user_name", "groupsKey": "teams", "emailKey": "mail",
                "emailVerifiedKey": "checked"})),
            "oa-plain": ("oauth", up["oauth"].config()),
            "oa-post": ("oauth", up["oauth"].config()),
            "oa-post-at-once": ("oauth", up["oauth"].config(basicAuthUnsupported=True)),
            "oa-pkce": ("oauth", up["oauth"].config(pkceChallenge="S256")),
            "oa-pkce-plain": ("oauth", up["oauth"].config(pkceChallenge="plain")),
        })
        yield made


def claims(shop, connector, **parameters):
    return shop.claims(shop.tokens(connector, **parameters))


# GitHub


def test_github_teams_by_slug(shop):
    up = shop.recordings["github"]
    assert set(claims(shop, "gh-slugs")["groups"]) == {f"octo-crew:{slug}" for org, _, slug in up.teams["jane"] if org == up.ORG}


def test_github_teams_by_both_names_and_narrowed_down(shop):
    assert set(claims(shop, "gh-both")["groups"]) == {"octo-crew:Team 001", "octo-crew:team-002"}


def test_github_every_organization_and_team(shop):
    up = shop.recordings["github"]
    assert set(claims(shop, "gh-everything")["groups"]) == {"octo-crew", "other-org"} | {f"{o}:{n}" for o, n, _ in up.teams["jane"]}


def test_github_without_organizations_there_are_no_groups(shop):
    assert "groups" not in claims(shop, "gh-nothing")


def test_github_the_old_key_names_teams_without_their_organization(shop):
    up = shop.recordings["github"]
    assert set(claims(shop, "gh-old")["groups"]) == {n for o, n, _ in up.teams["jane"] if o == up.ORG}


def test_github_the_login_as_id(shop):
    assert claims(shop, "gh-login")["sub"] == dex_sub("jane", "gh-login")


def test_github_the_address_of_a_preferred_domain(shop):
    with shop.recordings["github"].changing():
        shop.recordings["github"].emails["jane"].insert(0, {"email": "jane@a.users.example.net", "verified": True, "primary": False})
        shop.recordings["github"].emails["jane"].append({"email": "jane@users.example.net.evil", "verified": True, "primary": False})
        assert claims(shop, "gh-domain")["email"] == "jane@users.example.net"


def test_github_somebody_without_name_and_address(shop):
    up = shop.recordings["github"]
    with up.changing():
        up.signed_in = "nameless"
        found = claims(shop, "gh-nothing")
        assert (found["name"], found["email"]) == ("nobody", "public@example.com")
        up.users["nameless"]["email"] = None
        # Nothing that could be their address: a person can do something about it.
        refused = shop.sign_in("gh-nothing")
        assert_page(shop, refused, 403, 500)


def test_github_one_of_several_organizations_is_enough(shop):
    assert set(claims(shop, "gh-two")["groups"]) == {"other-org:Guests"}


def test_github_a_team_may_be_required(shop):
    assert_page(shop, shop.sign_in("gh-team"), 403)


def test_github_a_certificate_by_its_old_key(shop):
    assert shop.sign_in("gh-rootca").code


def test_github_says_which_version_of_its_api_is_meant(shop):
    up = shop.recordings["github"]
    with up.watching() as seen:
        shop.tokens("gh-everything")
    api = [r for r in seen if r.path.startswith("/api/v3/")]
    assert api and all(r.headers.get("x-github-api-version") for r in api)


# GitLab


def test_gitlab_the_login_as_id(shop):
    assert claims(shop, "gl-login")["sub"] == dex_sub("jane", "gl-login")


def test_gitlab_groups_with_roles(shop):
    assert set(claims(shop, "gl-roles")["groups"]) == {"shop", "shop/api", "lab", "visitors", "shop:owner",
                                                       # An ancestor's role counts below it, and the highest wins, as with Dex.
                                                       "shop/api:owner", "lab:developer"}


def test_gitlab_inherited_groups(shop):
    up = shop.recordings["gitlab"]
    assert set(claims(shop, "gl-inherited")["groups"]) == set(up.direct["jane"]) | set(up.inherited["jane"])


def test_gitlab_inherited_groups_with_roles(shop):
    up = shop.recordings["gitlab"]
    with up.changing():
        up.inherited["jane"] = {"far/away": 20, "near/by": 5}
        groups = set(claims(shop, "gl-inherited-roles")["groups"])
        assert {"far/away", "near/by", "far/away:reporter", "near/by:minimal_access", "visitors:guest", "shop:owner"} <= groups
        assert "public-to-all" not in groups


# Gitea


def test_gitea_the_login_as_id(shop):
    assert claims(shop, "tea-login")["sub"] == dex_sub("jane", "tea-login")


def test_gitea_an_organization_without_teams_shows_itself(shop):
    """As with Dex: teams are shown where they are named."""
    assert set(claims(shop, "tea-orgs")["groups"]) == {"pot"}


# Google


def test_google_groups_of_groups_even_in_a_circle(shop):
    up = shop.recordings["google"]
    with up.changing():
        up.memberships["jane@example.com"] = ["list-1@example.com", "builders@example.com"]
        assert set(claims(shop, "go-transitive")["groups"]) == {"list-1@example.com", "builders@example.com", "everyone@example.com"}


@pytest.mark.parametrize("variable", ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"])
def test_google_default_credentials_read_the_directory(variable):
    with world(Google) as made:
        up = made.recordings["google"]
        directory = up.directory(made.folder)
        file = Path(directory.pop("serviceAccountFilePath"))
        well_known = file.rename(file.with_name("application_default_credentials.json"))
        value = str(well_known if variable == "GOOGLE_APPLICATION_CREDENTIALS" else well_known.parent)
        environment = {"GOOGLE_APPLICATION_CREDENTIALS": "", "CLOUDSDK_CONFIG": "", variable: value}
        made.start({"go": ("google", up.config(**directory, **up.member()))}, environment=environment)
        assert set(claims(made, "go")["groups"]) == up.identity().groups
        # What a person has at hand is not a service account.
        well_known.write_text('{"type": "authorized_user"}')
        made.server.restart()
        assert_page(made, made.sign_in("go"), 500, 502, 503)
        made.server.running.wait_for_log("is of type authorized_user and not service_account")


def test_google_hosted_domains(shop):
    assert claims(shop, "go-hosted")["email"] == "jane@example.com"
    assert "hd=example.com" in shop.depart("go-hosted")[1].location
    assert claims(shop, "go-two-hosted")["email"] == "jane@example.com"
    assert "hd=%2A" in shop.depart("go-two-hosted")[1].location or "hd=*" in shop.depart("go-two-hosted")[1].location
    assert_page(shop, shop.sign_in("go-elsewhere"), 403)


def test_google_the_domain_is_what_the_token_says_and_not_the_address(shop):
    up = shop.recordings["google"]
    with up.changing():
        up.users["jane"].pop("hd")
        assert_page(shop, shop.sign_in("go-hosted"), 403)


def test_google_is_asked_for_a_refresh_token_when_one_is_needed(shop):
    assert "access_type=offline" in shop.depart("go-plain")[1].location and "prompt=consent" in shop.depart("go-plain")[1].location
    assert "prompt=select_account" in shop.depart("go-prompt")[1].location
    assert "access_type" not in shop.depart("go-plain", scope="openid")[1].location


def test_google_a_domain_without_an_administrator_is_an_error(shop):
    assert_page(shop, shop.sign_in("go-other-admin"), 403, 500, 502, 503)


@pytest.mark.parametrize("forged", [
    {"iss": "https://accounts.google.example"}, {"aud": "another client"}, {"exp": 1_000_000_000}, {"sub": None}, {"aud": []},
    {"nonce": "another"}])
def test_google_an_id_token_that_is_not_for_us_is_refused(shop, forged):
    up = shop.recordings["google"]
    with up.changing():
        up.claims = forged
        assert "nonce=" in shop.depart("go-plain")[1].location
        assert_page(shop, shop.sign_in("go-plain"), 400, 401, 403, 500, 502)


def test_google_an_id_token_of_another_key_is_refused(shop):
    up = shop.recordings["google"]
    right = up.key
    up.key = jwk.RSAKey.generate_key(2048, {"kid": "google-1"}, auto_kid=False)
    # The keys were read before: what is signed now is not by any of them.
    try:
        with up.failing(Fault.status(200, {"keys": [right.as_dict(private=False)]}), "/oauth2/v3/certs"):
            assert_page(shop, shop.sign_in("go-plain"), 400, 401, 403, 500, 502)
    finally:
        up.key = right
    assert shop.sign_in("go-plain").code


# Microsoft


def test_microsoft_ids_of_security_groups(shop):
    up = shop.recordings["microsoft"]
    assert set(claims(shop, "ms-ids")["groups"]) == {id for id, (_, security) in up.groups["jane"].items() if security}


def test_microsoft_the_common_tenant_has_no_groups(shop):
    found = claims(shop, "ms-common")
    assert "groups" not in found
    assert "/common/oauth2/v2.0/authorize?" in shop.depart("ms-common")[1].location


def test_microsoft_addresses_in_lower_case_and_nicknames(shop):
    found = claims(shop, "ms-mail")
    assert (found["email"], found["preferred_username"]) == ("jane@example.com", "jdoe")


def test_microsoft_required_groups_do_not_filter_by_themselves(shop):
    assert len(claims(shop, "ms-unfiltered")["groups"]) == 250


def test_microsoft_hints_and_scopes(shop):
    address = shop.depart("ms-prompt")[1].location
    assert "prompt=login" in address and "domain_hint=example.com" in address and "Group.Read.All" in address


def test_microsoft_an_assertion_instead_of_a_secret(shop):
    up = shop.recordings["microsoft"]
    with up.changing():
        up.assertion, up.lifetime = "eyJh.assertion-of-the-workload.sig", 1
        given = shop.tokens("ms-assertion")
        # The file is read each time: its writer renews it.
        up.assertion = "eyJh.a-later-assertion.sig"
        shop.assertion.write_text(up.assertion)
        up.forget_access_tokens()
        again = refresh(shop.server, given["refresh_token"])
        assert again.status_code == 200, again.text
    shop.server.keep_out_of_log("assertion-of-the-workload", "a-later-assertion")


def test_microsoft_names_are_looked_up_a_thousand_at_a_time(shop):
    up = shop.recordings["microsoft"]
    with up.changing():
        up.groups["jane"] = {f"00000000-0000-4000-8000-{n:012}": (f"Team {n}", True) for n in range(1500)}
        assert len(claims(shop, "ms-batch")["groups"]) == 1500


# Bitbucket


def test_bitbucket_workspaces_with_permissions(shop):
    up = shop.recordings["bitbucket-cloud"]
    assert set(claims(shop, "bb-roles")["groups"]) == set(up.workspaces["jane"]) | {f"{w}:{r}" for w, r in up.workspaces["jane"].items()}


def test_bitbucket_an_address_that_is_not_confirmed_does_not_count(shop):
    up = shop.recordings["bitbucket-cloud"]
    with up.changing():
        up.emails["jane"] = [("jane@example.com", True, False), ("other@example.com", False, True)]
        assert_page(shop, shop.sign_in("bb-roles"), 403, 500)


# OpenShift


def test_openshift_with_the_certificate_unchecked_or_named_by_its_old_key(shop):
    assert shop.sign_in("os-insecure").code and shop.sign_in("os-rootca").code


# oauth


def test_oauth_claims_by_other_names(shop):
    up = shop.recordings["oauth"]
    with up.changing():
        up.users["jane"] |= {"teams": ["a", {"name": "b"}], "mail": "j@example.net", "checked": True}
        found = claims(shop, "oa-mapped")
        assert (found["sub"], found["name"]) == (dex_sub("Jane Doe", "oa-mapped"), "jane")
        assert (found["preferred_username"], found["email"], found["email_verified"]) == ("Jane Doe", "j@example.net", True)
        assert set(found["groups"]) == {"a", "b"}


@pytest.mark.parametrize("id, written", [
    ("text", "text"), (7, "7"), (123_456_789, "1.23456789e+08"), (1_000_000, "1e+06"), (999_999, "999999"), (1.5, "1.5")])
def test_oauth_numbers_are_ids_as_dex_writes_them(shop, id, written):
    up = shop.recordings["oauth"]
    with up.changing():
        up.users["jane"]["id"] = id
        assert claims(shop, "oa-plain")["sub"] == dex_sub(written, "oa-plain")


# The last is beyond 2^53, where a number of a provider in JavaScript cannot be told from its neighbor.
@pytest.mark.parametrize("id", [None, True, [], {}, "absent", 21e20])
def test_oauth_an_id_that_is_none_is_refused(shop, id):
    up = shop.recordings["oauth"]
    with up.changing():
        up.users["jane"]["id"] = id
        if id == "absent":
            del up.users["jane"]["id"]
        assert_page(shop, shop.sign_in("oa-plain"), 403, 500, 502)


def test_oauth_an_empty_id_stands_for_nobody(shop):
    """Dex would give all of them one sub."""
    up = shop.recordings["oauth"]
    with up.changing():
        up.users["jane"]["id"] = ""
        assert_page(shop, shop.sign_in("oa-plain"), 403, 500, 502)


def posts(shop, connector) -> list[dict]:
    """The forms that a sign-in sends to the token endpoint."""
    up = shop.recordings["oauth"]
    with up.watching() as seen:
        assert shop.sign_in(connector).code
    return [r.form for r in seen if r.method == "POST"]


def test_oauth_client_authentication_falls_back_to_the_form_and_stays_there(shop):
    up = shop.recordings["oauth"]
    assert ["client_secret" in form for form in posts(shop, "oa-plain")] == [False]
    up.takes_basic = False
    try:
        assert ["client_secret" in form for form in posts(shop, "oa-post")] == [False, True]
        assert ["client_secret" in form for form in posts(shop, "oa-post")] == [True]
        assert ["client_secret" in form for form in posts(shop, "oa-post-at-once")] == [True]
    finally:
        up.takes_basic = True


@pytest.mark.parametrize("connector, method", [("oa-pkce", "S256"), ("oa-pkce-plain", "plain"), ("oa-plain", None)])
def test_oauth_pkce_as_configured(shop, connector, method):
    address = shop.depart(connector)[1].location
    assert (f"code_challenge_method={method}" in address) if method else "code_challenge" not in address
    assert all(("code_verifier" in form) == bool(method) for form in posts(shop, connector))
