"""GitHub Enterprise Server and github.com.

- docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
- docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
- docs.github.com/en/rest/users/users, /users/emails, /orgs/orgs, /orgs/members, /teams/teams
- docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api, /getting-started-with-the-rest-api (User-Agent)
- docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""
from urllib.parse import urlencode

from .oauth import Grant, Identity, OAuthRecording
from .upstream import Reply, Request, link_header, number, page, route


class GitHub(OAuthRecording):
    type = "github"
    # "Parameters": client_id and client_secret are in the form, and nothing is said of Basic.
    takes_basic = False
    default_redirect_uri, default_grant_type = True, "authorization_code"
    gives_refresh_token, separator = False, ","

    ORG = "octo-crew"

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {
            "jane": {"id": 583_231, "login": "jane", "name": "Jane Doe", "email": None},
            "nameless": {"id": 583_232, "login": "nobody", "name": None, "email": "public@example.com"},
        }
        self.emails = {
            "jane": [{"email": "jane@users.example.net", "verified": True, "primary": False, "visibility": None},
                     {"email": "jane@example.com", "verified": True, "primary": True, "visibility": "private"}],
            "nameless": [],
        }
        # Enough for two pages of the largest size.
        self.teams = {"jane": [(self.ORG, f"Team {n:03}", f"team-{n:03}") for n in range(120)] + [("other-org", "Guests", "guests")],
                      "nameless": []}
        self.orgs = {"jane": [self.ORG, "other-org"], "nameless": []}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(hostName=self.host, **changes)

    def member(self):
        return {"orgs": [{"name": self.ORG}]}

    def stranger(self):
        return {"orgs": [{"name": "those-of-others"}]}

    def identity(self) -> Identity:
        """With `orgs: [octo-crew]`."""
        return Identity("583231", "Jane Doe", "jane@example.com", "jane",
                        groups=frozenset(f"{o}:{n}" for o, n, _ in self.teams["jane"] if o == self.ORG))

    def remove_group(self) -> str:
        org, name, _ = self.teams["jane"].pop(0)
        return f"{org}:{name}"

    def leave(self):
        """Leaves what `member` asks for."""
        self.orgs["jane"].remove(self.ORG)
        self.teams["jane"] = [t for t in self.teams["jane"] if t[0] != self.ORG]

    # OAuth

    @route("GET", "/login/oauth/authorize")
    def login(self, request):
        # response_type is not among GitHub's parameters.
        request = Request(request.method, request.path, urlencode({"response_type": "code"} | request.query), request.headers, b"")
        return self.authorize(request)

    @route("POST", "/login/oauth/access_token")
    def access_token(self, request):
        reply = self.token(request)
        # "By default, the response takes the following form": a form, unless JSON is accepted.
        if "application/json" not in request.headers.get("accept", ""):
            return Reply(200, urlencode(reply.body), content_type="application/x-www-form-urlencoded; charset=utf-8")
        return reply

    def token_answer(self, answer, grant, again):
        answer.pop("expires_in")
        return Reply(200, answer)

    ERRORS = {
        "invalid_client": ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
        "redirect_uri": ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."),
        "unsupported_grant_type": ("unsupported_grant_type", "The grant_type is not supported."),
    }

    def token_error(self, error):
        """All of them come with status 200."""
        code, text = self.ERRORS.get(error, ("bad_verification_code", "The code passed is incorrect or expired."))
        return Reply(200, {"error": code, "error_description": text, "error_uri": f"{self.url}/apps/troubleshooting#{code}"})

    # The API

    def caller(self, request: Request, *scopes: str) -> Grant | Reply:
        if not request.headers.get("user-agent"):
            return Reply(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.\n",
                         content_type="text/html")
        grant = self.grant_of(request)
        if not grant:
            return Reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"})
        if scopes and not grant.scopes & set(scopes):
            return Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"},
                         {"X-OAuth-Scopes": ", ".join(grant.scopes), "X-Accepted-OAuth-Scopes": ", ".join(scopes)})
        return grant

    def listed(self, request: Request, items: list) -> Reply:
        current, size = number(request.query.get("page"), 1, 10**6), number(request.query.get("per_page"), 30, 100)
        shown, last = page(items, current, size)
        if self.endless_paging:
            shown = items[:3]
        return Reply(200, shown, link_header(self.links + request.path, request.query, current, last, endless=self.endless_paging))

    @route("GET", "/api/v3/user")
    def user(self, request):
        grant = self.caller(request)
        if isinstance(grant, Reply):
            return grant
        user = self.users[grant.person]
        return Reply(200, user | {"node_id": "MDQ6VXNlcg==", "avatar_url": f"{self.url}/avatars/u/{user['id']}", "gravatar_id": "",
                                  "url": f"{self.url}/api/v3/users/{user['login']}", "type": "User", "site_admin": False,
                                  "company": None, "blog": "", "two_factor_authentication": True})

    @route("GET", "/api/v3/user/emails")
    def user_emails(self, request):
        grant = self.caller(request, "user:email", "user")
        return grant if isinstance(grant, Reply) else self.listed(request, self.emails[grant.person])

    @route("GET", "/api/v3/user/orgs")
    def user_orgs(self, request):
        grant = self.caller(request)
        if isinstance(grant, Reply):
            return grant
        if not grant.scopes & {"user", "read:org"}:
            return Reply(403, {"message": "You need at least read:org scope or user scope to list your organizations."})
        return self.listed(request, [{"login": o, "id": 1000 + n, "description": ""} for n, o in enumerate(self.orgs[grant.person])])

    @route("GET", "/api/v3/user/teams")
    def user_teams(self, request):
        grant = self.caller(request, "user", "repo", "read:org")
        if isinstance(grant, Reply):
            return grant
        return self.listed(request, [
            {"id": n, "name": name, "slug": slug, "description": None, "privacy": "closed", "permission": "pull", "parent": None,
             "members_count": 3, "organization": {"login": org, "id": 1000, "type": "Organization"}}
            for n, (org, name, slug) in enumerate(self.teams[grant.person])])

    @route("GET", "/api/v3/orgs/([^/]+)/members/([^/]+)")
    def org_member(self, request, org, login):
        grant = self.caller(request)
        if isinstance(grant, Reply):
            return grant
        if org not in self.orgs[grant.person]:
            # "Response if requester is not an organization member"
            return Reply(302, "", {"Location": f"{self.url}/api/v3/orgs/{org}/public_members/{login}"})
        if self.users[grant.person]["login"] != login or "read:org" not in grant.scopes:
            return Reply(404, {"message": "Not Found"})
        return Reply(204)
