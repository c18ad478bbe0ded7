"""GitLab.

- docs.gitlab.com/api/oauth2: authorization code flow, refresh tokens are replaced at each use
- docs.gitlab.com/integration/openid_connect_provider: claims of userinfo
- docs.gitlab.com/api/users#get-the-current-user, /api/groups#list-groups, /api/members
- docs.gitlab.com/api/rest: offset-based pagination (Link, X-Next-Page), status codes, 401 and 403 bodies
"""
from .oauth import Grant, Identity, OAuthRecording
from .upstream import Reply, Request, link_header, number, page, route


class GitLab(OAuthRecording):
    type = "gitlab"

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"id": 4711, "username": "jane", "name": "Jane Doe", "email": "jane@example.com", "state": "active"}}
        #: Path → access level; direct ones also stand in userinfo.
        self.direct = {"jane": {"shop": 50, "shop/api": 40, "lab": 30, "visitors": 10}}
        self.inherited = {"jane": {f"shop/part-{n:03}": 20 for n in range(130)}}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(baseURL=self.url, **changes)

    def member(self):
        return {"groups": ["shop", "lab", "visitors", "none-of-hers"]}

    def stranger(self):
        return {"groups": ["those-of-others"]}

    def identity(self):
        return Identity("4711", "Jane Doe", "jane@example.com", "jane",
                        groups=frozenset(g for g in self.direct["jane"] if g in ("shop", "lab", "visitors")))

    def remove_group(self):
        del self.direct["jane"]["lab"]
        return "lab"

    def leave(self):
        for group in ("shop", "lab", "visitors"):
            self.direct["jane"].pop(group, None)

    # OAuth

    @route("GET", "/oauth/authorize")
    def login(self, request):
        return self.authorize(request)

    @route("POST", "/oauth/token")
    def access_token(self, request):
        return self.token(request)

    def token_answer(self, answer, grant, again):
        return Reply(200, answer | {"token_type": "Bearer", "created_at": 1_700_000_000})

    def token_error(self, error):
        if error == "invalid_client":
            return Reply(401, {"error": error, "error_description": "Client authentication failed due to unknown client, no client "
                               "authentication included, or unsupported authentication method."})
        if error in ("invalid_request", "unsupported_grant_type"):
            return Reply(400, {"error": error, "error_description": "The request cannot be understood."})
        return Reply(400, {"error": "invalid_grant", "error_description": "The provided authorization grant is invalid, expired, "
                           "revoked, does not match the redirection URI used in the authorization request, or was issued to "
                           "another client."})

    # The API

    def caller(self, request: Request, *scopes: str) -> Grant | Reply:
        grant = self.grant_of(request)
        if not grant:
            return Reply(401, {"error": "invalid_token", "error_description": "Token is expired. You can either do "
                               "re-authorization or token refresh."}, {"WWW-Authenticate": 'Bearer realm="Protected by OAuth 2.0"'})
        if not grant.scopes & set(scopes):
            return Reply(403, {"error": "insufficient_scope", "scope": " ".join(scopes),
                               "error_description": "The request requires higher privileges than provided by the access token."})
        return grant

    @route("GET", "/api/v4/user")
    def user(self, request):
        grant = self.caller(request, "read_user", "read_api", "api")
        if isinstance(grant, Reply):
            return grant
        user = self.users[grant.person]
        return Reply(200, user | {"web_url": f"{self.url}/{user['username']}", "avatar_url": None, "is_admin": False,
                                  "confirmed_at": "2024-05-23T09:05:22Z", "external": False, "identities": []})

    @route("GET", "/oauth/userinfo")
    def userinfo(self, request):
        grant = self.caller(request, "openid")
        if isinstance(grant, Reply):
            return grant
        user, levels = self.users[grant.person], self.direct[grant.person]
        claims = {f"https://gitlab.org/claims/groups/{name}": [g for g, l in levels.items() if l == level]
                  for name, level in (("owner", 50), ("maintainer", 40), ("developer", 30))}
        return Reply(200, {"sub": str(user["id"]), "sub_legacy": "0" * 64, "name": user["name"], "nickname": user["username"],
                           "preferred_username": user["username"], "profile": f"{self.url}/{user['username']}",
                           "groups": list(levels)} | {k: v for k, v in claims.items() if v})

    def all_groups(self, person: str) -> dict[str, int]:
        return self.direct[person] | self.inherited[person]

    @route("GET", "/api/v4/groups")
    def groups(self, request):
        grant = self.caller(request, "read_api", "api")
        if isinstance(grant, Reply):
            return grant
        # Without all_available=false, administrators and public groups would show.
        mine = list(self.all_groups(grant.person)) + ([] if request.query.get("all_available") == "false" else ["public-to-all"])
        records = [{"id": 100 + n, "web_url": f"{self.url}/groups/{path}", "name": path.rpartition("/")[2].title(),
                    "path": path.rpartition("/")[2], "full_path": path, "visibility": "private", "parent_id": None}
                   for n, path in enumerate(mine)]
        current, size = number(request.query.get("page"), 1, 10**6), number(request.query.get("per_page"), 20, 100)
        shown, last = page(records, current, size)
        if self.endless_paging:
            shown = [{"id": 1, "full_path": "x"}] * size
        further = current < last or self.endless_paging
        return Reply(200, shown, link_header(self.links + request.path, request.query, current, last, endless=self.endless_paging) | {
            "X-Page": str(current), "X-Per-Page": str(size), "X-Next-Page": str(current + 1) if further else "",
            "X-Total": str(len(records)), "X-Total-Pages": str(last)})

    @route("GET", r"/api/v4/groups/(\d+)/members/all/(\d+)")
    def group_member(self, request, group, user):
        grant = self.caller(request, "read_api", "api")
        if isinstance(grant, Reply):
            return grant
        levels = list(self.all_groups(grant.person).values())
        if int(user) != self.users[grant.person]["id"] or not 0 <= int(group) - 100 < len(levels):
            return Reply(404, {"message": "404 Not found"})
        return Reply(200, {"id": int(user), "username": "jane", "state": "active", "access_level": levels[int(group) - 100],
                           "expires_at": None})

    def not_found(self, request):
        return Reply(404, {"error": "404 Not Found"})
