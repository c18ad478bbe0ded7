"""An OAuth 2.0 server as RFC 6749 describes one, with a userinfo of its own: for the connector `oauth`."""
from .oauth import Identity, OAuthRecording
from .upstream import Reply, route


class Generic(OAuthRecording):
    type = "oauth"

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"id": 7, "user_name": "Jane Doe", "preferred_username": "jane", "email": "jane@example.com",
                               "email_verified": True, "groups": ["authors", {"name": "staff", "id": 3}, "authors", 17]}}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(authorizationURL=self.url + "/authorize?tenant=one", tokenURL=self.url + "/token",
                                userInfoURL=self.url + "/me", scopes=["who", "what"]) | changes

    def identity(self):
        return Identity("7", "Jane Doe", "jane@example.com", "jane", groups=frozenset({"authors", "staff"}))

    @route("GET", "/authorize")
    def login(self, request):
        # RFC 6749 §3.1: the query of the endpoint's address is retained.
        return self.authorize(request) if request.query.get("tenant") == "one" else Reply(400, "which tenant?")

    @route("POST", "/token")
    def access_token(self, request):
        return self.token(request)

    @route("GET", "/me")
    def me(self, request):
        grant = self.grant_of(request)
        if not grant:
            return Reply(401, "", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if not {"who", "what"} <= grant.scopes:
            return Reply(403, "", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
        return Reply(200, self.users[grant.person])
