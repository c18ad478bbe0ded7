"""Gitea.

- docs.gitea.com/development/oauth2-provider
- docs.gitea.com/development/api-usage: authentication, pagination by `page` and `limit` with Link and x-total-count
- the instance's own /api/swagger: userGetCurrent, userListTeams
"""
from .oauth import Identity, OAuthRecording
from .upstream import Reply, link_header, number, page, route


class Gitea(OAuthRecording):
    type = "gitea"
    lifetime = 3600

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"id": 42, "login": "jane", "full_name": "Jane Doe", "email": "jane@example.com"}}
        self.used: set[str] = set()
        self.teams = {"jane": [("tea", f"cup-{n:02}") for n in range(75)] + [("pot", "Owners")]}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(baseURL=self.url, **changes)

    def member(self):
        return {"orgs": [{"name": "tea", "teams": ["cup-00", "cup-74"]}]}

    def stranger(self):
        return {"orgs": [{"name": "those-of-others"}]}

    def identity(self):
        """`teams` narrows down what is shown; the organization itself is shown, too."""
        groups = {"tea"} | {f"{o}:{t}" for o, t in self.teams["jane"] if t in ("cup-00", "cup-74")}
        return Identity("42", "Jane Doe", "jane@example.com", "jane", groups=frozenset(groups))

    def remove_group(self):
        org, team = self.teams["jane"].pop(0)
        return f"{org}:{team}"

    def leave(self):
        self.teams["jane"] = [t for t in self.teams["jane"] if t[0] != "tea"]

    @route("GET", "/login/oauth/authorize")
    def login(self, request):
        return self.authorize(request)

    @route("POST", "/login/oauth/access_token")
    def access_token(self, request):
        return self.token(request)

    def token_answer(self, answer, grant, again):
        answer.pop("scope")
        return Reply(200, answer)

    def by_refresh_token(self, form):
        # With INVALIDATE_REFRESH_TOKENS = true; by default an old one stays good.
        if form.get("refresh_token") in self.used:
            return self.token_error("used")
        self.used.add(form.get("refresh_token"))
        return super().by_refresh_token(form)

    def token_error(self, error):
        """Status 400 for all; only a grant that is gone is an invalid_grant."""
        texts = {"invalid_client": ("unauthorized_client", "invalid client secret"),
                 "redirect_uri": ("invalid_grant", "redirect_uri differs from the original authorization request"),
                 "code_verifier": ("unauthorized_client", "failed PKCE code challenge"),
                 "used": ("unauthorized_client", "token was already used"),
                 "invalid_grant": ("invalid_grant", "grant does not exist"),
                 "unsupported_grant_type": (error, "Only refresh_token or authorization_code grant type is supported")}
        code, text = texts.get(error, ("unauthorized_client", "client is not authorized"))
        return Reply(400, {"error": code, "error_description": text})

    def unauthorized(self):
        return Reply(401, {"message": "token is required", "url": f"{self.url}/api/swagger"})

    @route("GET", "/api/v1/user")
    def user(self, request):
        grant = self.grant_of(request)
        if not grant:
            return self.unauthorized()
        user = self.users[grant.person]
        return Reply(200, user | {"login_name": "", "source_id": 0, "avatar_url": f"{self.url}/avatars/0", "language": "en-US",
                                  "is_admin": False, "last_login": "2024-05-23T09:05:22Z", "active": True, "prohibit_login": False,
                                  "username": user["login"]})

    @route("GET", "/api/v1/user/teams")
    def user_teams(self, request):
        grant = self.grant_of(request)
        if not grant:
            return self.unauthorized()
        teams = [{"id": n, "name": team, "description": "", "permission": "write", "can_create_org_repo": False,
                  "includes_all_repositories": True, "units": ["repo.code"],
                  "organization": {"id": 7, "name": org, "username": org, "full_name": org.title(), "visibility": "private"}}
                 for n, (org, team) in enumerate(self.teams[grant.person])]
        current, size = number(request.query.get("page"), 1, 10**6), number(request.query.get("limit"), 30, 50)
        shown, last = page(teams, current, size)
        if self.endless_paging:
            shown = teams[:3]
        links = link_header(self.links + request.path, request.query, current, last, endless=self.endless_paging)
        return Reply(200, shown, links | {"X-Total-Count": str(len(teams)), "Access-Control-Expose-Headers": "X-Total-Count"})

    def not_found(self, request):
        return Reply(404, {"message": "The target couldn't be found.", "url": f"{self.url}/api/swagger", "errors": []})
