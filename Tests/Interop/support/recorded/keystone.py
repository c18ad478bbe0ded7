"""OpenStack Keystone.

- docs.openstack.org/api-ref/identity/v3: password authentication with unscoped authorization, users, groups to which a user belongs
- docs.openstack.org/keystone/latest/admin/configuration.html (security compliance): a user must change an expired password: 401
"""
from .oauth import opaque, timestamp
from .upstream import Recording, Reply, Request, route


class Keystone(Recording):
    type = "keystone"

    def __init__(self, authority):
        super().__init__(authority)
        self.domain = {"id": "default", "name": "Default"}
        self.users = {"jane": {"id": "2ed179c6f76c4ad2a0b5b1c0f4e2d7aa", "name": "jane", "email": "jane@example.com", "enabled": True},
                      "admin": {"id": "admin-id", "name": "admin", "email": "root@example.com", "enabled": True}}
        self.passwords = {"jane": self.secret("of jane & "), "admin": self.secret("of the admin ")}
        self.groups = {"jane": ["developers", "testers"], "admin": []}
        self.tokens: dict[str, str] = {}

    def config(self, **changes) -> dict:
        return {"keystoneHost": self.url, "domain": "default", "keystoneUsername": "admin", "keystonePassword": self.passwords["admin"],
                "rootCAs": [self.ca]} | changes

    @staticmethod
    def error(code: int, title: str, message: str) -> Reply:
        headers = {"WWW-Authenticate": 'Keystone uri="https://keystone.example.com"'} if code == 401 else {}
        return Reply(code, {"error": {"code": code, "message": message, "title": title}}, headers, "application/json")

    def unauthorized(self) -> Reply:
        return self.error(401, "Unauthorized", "The request you have made requires authentication.")

    @route("POST", "/v3/auth/tokens/?")
    def login(self, request):
        try:
            identity = request.json["auth"]["identity"]
            user = identity["password"]["user"]
            named = user["domain"]
            assert identity["methods"] == ["password"] and user["name"] and len(named) == 1
        except (KeyError, TypeError, AssertionError):
            return self.error(400, "Bad Request", "Expecting to find domain in user. The server could not comply with the request.")
        known = self.users.get(user["name"])
        if not known or not known["enabled"] or self.domain != self.domain | named or user["password"] != self.passwords[user["name"]]:
            return self.unauthorized()
        token = self.secret("gAAAAA")
        self.tokens[token] = user["name"]
        return Reply(201, {"token": {"methods": ["password"], "user": {"domain": self.domain, "id": known["id"], "name": known["name"],
                                     "password_expires_at": None}, "audit_ids": [opaque()], "expires_at": timestamp(3600),
                                     "issued_at": timestamp()}}, {"X-Subject-Token": token, "Vary": "X-Auth-Token"}, "application/json")

    def caller(self, request: Request, user_id: str) -> tuple[str, str] | Reply:
        """Who asks, and about whom: everybody may ask about themselves, and the admin about all."""
        name = self.tokens.get(request.headers.get("x-auth-token", ""))
        if not name or name not in self.users:
            return self.unauthorized()
        wanted = next((n for n, user in self.users.items() if user["id"] == user_id), None)
        if name != "admin" and wanted != name:
            return self.error(403, "Forbidden", "You are not authorized to perform the requested action: identity:get_user.")
        return (name, wanted) if wanted else self.error(404, "Not Found", f"Could not find user: {user_id}.")

    @route("GET", "/v3/users/([^/]+)")
    def user(self, request, user_id):
        found = self.caller(request, user_id)
        return found if isinstance(found, Reply) else Reply(200, {"user": {
            "domain_id": "default", "links": {"self": self.url + request.path}, "options": {}, "password_expires_at": None}
            | {k: v for k, v in self.users[found[1]].items() if v is not None}}, content_type="application/json")

    @route("GET", "/v3/users/([^/]+)/groups")
    def user_groups(self, request, user_id):
        found = self.caller(request, user_id)
        return found if isinstance(found, Reply) else Reply(200, {
            "groups": [{"id": f"id-{g}", "name": g, "description": "", "domain_id": "default", "links": {}} for g in self.groups[found[1]]],
            "links": {"self": self.url + request.path, "previous": None, "next": None}}, content_type="application/json")

    def not_found(self, request):
        return self.error(404, "Not Found", "The resource could not be found.")
