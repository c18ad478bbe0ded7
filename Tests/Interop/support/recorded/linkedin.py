"""LinkedIn.

- learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
- learn.microsoft.com/en-us/linkedin/shared/integrations/people/profile-api, /primary-contact-api
- learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2: /v2/userinfo
- learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling, /rate-limits
"""
from .oauth import Grant, Identity, OAuthRecording
from .upstream import Reply, Request, route


class LinkedIn(OAuthRecording):
    type = "linkedin"
    takes_basic = False
    lifetime = 5_184_000
    # Programmatic refresh tokens are for chosen partners.
    gives_refresh_token = False

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"id": "yrZCpj2Z12", "first": "Jane", "last": "Doe", "email": "jane@example.com"}}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(authURL=self.url, apiURL=self.url + "/v2", **changes)

    def identity(self):
        return Identity("yrZCpj2Z12", "Jane Doe", "jane@example.com")

    @route("GET", "/oauth/v2/authorization")
    def login(self, request):
        return self.authorize(request)

    @route("POST", "/oauth/v2/accessToken")
    def access_token(self, request):
        return self.token(request)

    def token_answer(self, answer, grant, again):
        return Reply(200, answer | {"token_type": "Bearer"})

    def token_error(self, error):
        if error == "invalid_client":
            return Reply(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        return Reply(400, {"error": "invalid_request", "error_description": "Unable to retrieve access token: appid/redirect uri/code "
                           "verifier does not match authorization code. Or authorization code expired."})

    def caller(self, request: Request, name: str, *scopes: str) -> Grant | Reply:
        grant = self.grant_of(request)
        if not grant:
            return Reply(401, {"serviceErrorCode": 65600, "message": "Invalid access token", "status": 401})
        if not grant.scopes & set(scopes):
            return Reply(403, {"serviceErrorCode": 100, "message": f"Not enough permissions to access: {name}", "status": 403})
        return grant

    @route("GET", "/v2/me")
    def me(self, request):
        grant = self.caller(request, "GET /me", "r_liteprofile", "r_basicprofile")
        if isinstance(grant, Reply):
            return grant
        user = self.users[grant.person]
        def localized(text):
            return {"localized": {"en_US": text}, "preferredLocale": {"country": "US", "language": "en"}}
        return Reply(200, {"id": user["id"], "firstName": localized(user["first"]), "lastName": localized(user["last"]),
                           "localizedFirstName": user["first"], "localizedLastName": user["last"]})

    @route("GET", "/v2/emailAddress")
    def email(self, request):
        grant = self.caller(request, "GET /emailAddress", "r_emailaddress")
        if isinstance(grant, Reply):
            return grant
        if request.query.get("q") != "members" or request.query.get("projection") != "(elements*(handle~))":
            return Reply(400, {"serviceErrorCode": 0, "message": "Query parameter 'q' must be specified", "status": 400})
        return Reply(200, {"elements": [{"handle": "urn:li:emailAddress:3775708763",
                                         "handle~": {"emailAddress": self.users[grant.person]["email"]}}]})

    @route("GET", "/v2/userinfo")
    def userinfo(self, request):
        grant = self.caller(request, "GET /userinfo", "openid")
        if isinstance(grant, Reply):
            return grant
        user = self.users[grant.person]
        return Reply(200, {"sub": user["id"]} | ({"name": f"{user['first']} {user['last']}", "given_name": user["first"],
                           "family_name": user["last"], "locale": {"country": "US", "language": "en"}}
                           if "profile" in grant.scopes else {}) | ({"email": user["email"], "email_verified": True}
                           if "email" in grant.scopes else {}))

    def not_found(self, request):
        return Reply(404, {"serviceErrorCode": 0, "message": f"No virtual resource found for: {request.path}", "status": 404})
