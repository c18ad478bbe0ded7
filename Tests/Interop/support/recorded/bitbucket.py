"""Bitbucket Cloud.

- developer.atlassian.com/cloud/bitbucket/oauth-2, support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud
- developer.atlassian.com/cloud/bitbucket/rest/api-group-users (/user, /user/emails), /api-group-workspaces (/user/workspaces)
- developer.atlassian.com/cloud/bitbucket/rest/intro#pagination, #standardized-error-responses
"""
from .oauth import Grant, Identity, OAuthRecording
from .upstream import Reply, Request, number, page, route


class BitbucketCloud(OAuthRecording):
    type = "bitbucket-cloud"
    default_redirect_uri = True
    rotates_refresh_token = False

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"username": "jane", "uuid": "{470c176d-3574-44ea-bb41-89e8638bcca4}", "nickname": "jane",
                               "display_name": "Jane Doe"}}
        # The one that counts is on the second page.
        self.emails = {"jane": [(f"old-{n}@example.com", False, True) for n in range(10)] + [("jane@example.com", True, True)]}
        self.workspaces = {"jane": {f"works-{n:02}": "member" for n in range(24)} | {"owned": "owner"}}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(authURL=self.url, apiURL=self.url + "/2.0", **changes)

    def member(self):
        return {"teams": ["works-00", "owned", "none-of-hers"]}

    def stranger(self):
        return {"teams": ["those-of-others"]}

    def identity(self):
        return Identity("{470c176d-3574-44ea-bb41-89e8638bcca4}", "jane", "jane@example.com",
                        groups=frozenset({"works-00", "owned"} & set(self.workspaces["jane"])))

    def remove_group(self):
        del self.workspaces["jane"]["works-00"]
        return "works-00"

    def leave(self):
        self.workspaces["jane"] = {"elsewhere": "member"}

    @route("GET", "/site/oauth2/authorize")
    def login(self, request):
        return self.authorize(request)

    def scopes_of(self, form):
        # "Scopes are defined on the client": a request may narrow them only.
        return {"account", "email"}

    @route("POST", "/site/oauth2/access_token")
    def access_token(self, request):
        return self.token(request)

    def token_answer(self, answer, grant, again):
        answer["scopes"] = answer.pop("scope")
        return Reply(200, answer | {"state": "refresh_token" if again else "authorization_code"})

    def token_error(self, error):
        if error == "invalid_client":
            return Reply(400, {"error": "unauthorized_client", "error_description": "Invalid OAuth client credentials"})
        code = "invalid_grant" if error in ("redirect_uri", "code_verifier") else error
        return Reply(400, {"error": code, "error_description": "The specified code is not valid"})

    def error(self, status: int, message: str, **detail) -> Reply:
        return Reply(status, {"type": "error", "error": {"message": message} | ({"detail": detail} if detail else {})})

    def caller(self, request: Request, scope: str) -> Grant | Reply:
        grant = self.grant_of(request)
        if not grant:
            return self.error(401, "Access token expired. Use your refresh token to obtain a new access token.")
        if scope not in grant.scopes:
            return self.error(403, "Your credentials lack one or more required privilege scopes.", granted=sorted(grant.scopes),
                              required=[scope])
        return grant

    def listed(self, request: Request, items: list) -> Reply:
        current, size = number(request.query.get("page"), 1, 10**6), number(request.query.get("pagelen"), 10, 100)
        shown, last = page(items, current, size)
        if self.endless_paging:
            shown = [item for item in items if not item.get("is_primary")][:3]
        next = {"next": f"{self.links}{request.path}?pagelen={size}&page={current + 1}"} if current < last or self.endless_paging else {}
        return Reply(200, {"pagelen": size, "page": current, "size": len(items), "values": shown} | next | (
            {"previous": f"{self.url}{request.path}?pagelen={size}&page={current - 1}"} if current > 1 else {}))

    @route("GET", r"/2\.0/user")
    def user(self, request):
        grant = self.caller(request, "account")
        return grant if isinstance(grant, Reply) else Reply(200, self.users[grant.person] | {
            "type": "user", "account_id": "557058:1", "account_status": "active", "links": {}, "created_on": "2018-10-11T17:42:02Z"})

    @route("GET", r"/2\.0/user/emails")
    def user_emails(self, request):
        grant = self.caller(request, "email")
        return grant if isinstance(grant, Reply) else self.listed(request, [
            {"type": "email", "email": email, "is_primary": primary, "is_confirmed": confirmed, "links": {}}
            for email, primary, confirmed in self.emails[grant.person]])

    @route("GET", r"/2\.0/user/workspaces")
    def user_workspaces(self, request):
        grant = self.caller(request, "account")
        return grant if isinstance(grant, Reply) else self.listed(request, [
            {"type": "workspace_access", "administrator": role == "owner",
             "workspace": {"type": "workspace_base", "uuid": "{00}", "slug": slug, "links": {}}}
            for slug, role in self.workspaces[grant.person].items()])

    @route("GET", r"/2\.0/user/workspaces/([^/]+)/permission")
    def permission(self, request, slug):
        grant = self.caller(request, "account")
        if isinstance(grant, Reply):
            return grant
        if slug not in self.workspaces[grant.person]:
            return self.error(404, f"No workspace with identifier '{slug}'.")
        return Reply(200, {"type": "workspace_membership", "permission": self.workspaces[grant.person][slug]})

    def not_found(self, request):
        return self.error(404, "Resource not found")
