"""OpenShift.

- docs.openshift.com/container-platform/latest/authentication/configuring-internal-oauth.html: OAuth server metadata
- docs.openshift.com/container-platform/latest/rest_api/user_and_group_apis/user-user-openshift-io-v1.html: users/~
- kubernetes.io/docs/reference/kubernetes-api/common-definitions/status: error bodies
"""
from .oauth import Identity, OAuthRecording, timestamp
from .upstream import Reply, route


class OpenShift(OAuthRecording):
    type = "openshift"
    lifetime = 86_400
    gives_refresh_token = False

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"name": "jane", "uid": "a1b2c3d4-0000-4000-8000-0123456789ab", "fullName": "Jane Doe"}}
        self.groups = {"jane": ["builders", "operators"]}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(issuer=self.url, **changes)

    def member(self):
        return {"groups": ["builders", "none-of-hers"]}

    def stranger(self):
        return {"groups": ["those-of-others"]}

    def identity(self):
        # One of the groups is required; all are shown.
        return Identity("a1b2c3d4-0000-4000-8000-0123456789ab", "jane", "jane", "jane", email_verified=False,
                        groups=frozenset(self.groups["jane"]))

    def remove_group(self):
        self.groups["jane"].remove("operators")
        return "operators"

    def leave(self):
        self.groups["jane"] = ["operators"]

    @route("GET", r"/\.well-known/oauth-authorization-server")
    def metadata(self, request):
        return Reply(200, {
            "issuer": self.url, "authorization_endpoint": self.url + "/oauth/authorize", "token_endpoint": self.url + "/oauth/token",
            "scopes_supported": ["user:check-access", "user:full", "user:info", "user:list-projects"],
            "response_types_supported": ["code", "token"], "grant_types_supported": ["authorization_code", "implicit"],
            "code_challenge_methods_supported": ["plain", "S256"]})

    @route("GET", "/oauth/authorize")
    def login(self, request):
        return self.authorize(request)

    @route("POST", "/oauth/token")
    def access_token(self, request):
        return self.token(request)

    def token_answer(self, answer, grant, again):
        return Reply(200, answer | {"token_type": "Bearer"})

    def token_error(self, error):
        code = {"invalid_client": "unauthorized_client", "redirect_uri": "invalid_request"}.get(error, "invalid_grant")
        return Reply(400, {"error": code, "error_description": "The provided authorization grant is invalid."})

    @staticmethod
    def status(code: int, reason: str, message: str) -> Reply:
        return Reply(code, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                            "reason": reason, "code": code})

    @route("GET", r"/apis/user\.openshift\.io/v1/users/~")
    def me(self, request):
        grant = self.grant_of(request)
        if not grant:
            return self.status(401, "Unauthorized", "Unauthorized")
        if not grant.scopes & {"user:info", "user:full"}:
            return self.status(403, "Forbidden", 'users.user.openshift.io "~" is forbidden: scopes prevent this action')
        user = self.users[grant.person]
        return Reply(200, {"kind": "User", "apiVersion": "user.openshift.io/v1", "fullName": user["fullName"],
                           "metadata": {"name": user["name"], "uid": user["uid"], "resourceVersion": "1234",
                                        "creationTimestamp": timestamp(-1000)},
                           "identities": [f"htpasswd:{user['name']}"], "groups": self.groups[grant.person]})

    def not_found(self, request):
        return self.status(404, "NotFound", "the server could not find the requested resource")
