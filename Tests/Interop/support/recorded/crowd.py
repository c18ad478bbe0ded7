"""Atlassian Crowd.

- developer.atlassian.com/server/crowd/using-the-crowd-rest-apis: Basic with the application's name and password, 401 and 403
- developer.atlassian.com/server/crowd/crowd-rest-resources: session, authentication, user, user/group/nested
"""
import time

from .upstream import Recording, Reply, Request, number, route

ROOT = "/rest/usermanagement/(?:1|latest)"


class Crowd(Recording):
    type = "atlassian-crowd"

    def __init__(self, authority):
        super().__init__(authority)
        self.application = ("dextra", self.secret("crowd-"))
        self.users = {"jane": {"name": "jane", "key": "32769:8a1e", "email": "jane@example.com", "active": True, "display-name": "Jane Doe",
                               "first-name": "Jane", "last-name": "Doe"}}
        self.passwords = {"jane": self.secret("of jane & ")}
        self.groups = {"jane": [f"crowd-{n:04}" for n in range(1200)]}

    def config(self, **changes) -> dict:
        return {"baseURL": self.url, "clientID": self.application[0], "clientSecret": self.application[1], "rootCAs": [self.ca]} | changes

    def refusal(self, request: Request) -> Reply | None:
        if request.basic != self.application:
            return Reply(401, "Application failed to authenticate", {"WWW-Authenticate": 'BASIC realm="Crowd REST Service"'},
                         "text/plain;charset=UTF-8")
        if "application/json" not in request.headers.get("accept", ""):
            return Reply(406, "this recording speaks JSON only")
        return None

    @staticmethod
    def error(status: int, reason: str, message: str) -> Reply:
        return Reply(status, {"reason": reason, "message": message}, content_type="application/json")

    def check(self, name: str, password: str | None) -> Reply | None:
        """`password` None: not asked for."""
        user = self.users.get(name.lower())
        if not user:
            # /session does not tell unknown names from wrong passwords.
            return self.error(400, "INVALID_USER_AUTHENTICATION", f"Account with name <{name}> failed to authenticate: User <{name}> does not exist")
        if password is not None and password != self.passwords[name.lower()]:
            return self.error(400, "INVALID_USER_AUTHENTICATION", "Failed to authenticate principal, password was invalid")
        if not user["active"]:
            return self.error(400, "INACTIVE_ACCOUNT", f"Account with name <{name}> is inactive")
        return None

    @route("POST", ROOT + "/session")
    def session(self, request):
        wanted = request.json or {}
        password = None if request.query.get("validate-password") == "false" else wanted.get("password", "")
        refusal = self.refusal(request) or self.check(wanted.get("username", ""), password)
        if refusal:
            return refusal
        token, now = self.secret("sso-"), int(time.time() * 1000)
        return Reply(201, {"expand": "user", "token": token, "user": {"name": wanted["username"].lower(), "link": {
            "href": f"{self.url}/rest/usermanagement/1/user?username=jane", "rel": "self"}},
            "link": {"href": f"{self.url}/rest/usermanagement/1/session/{token}", "rel": "self"},
            "created-date": now, "expiry-date": now + 1_800_000}, {"Location": f"{self.url}/rest/usermanagement/1/session/{token}"})

    @route("POST", ROOT + "/authentication")
    def authentication(self, request):
        name = request.query.get("username", "")
        refusal = self.refusal(request)
        if refusal:
            return refusal
        if name.lower() not in self.users:
            return self.error(400, "USER_NOT_FOUND", f"User <{name}> does not exist")
        return self.check(name, (request.json or {}).get("value", "")) or self.shown(name)

    def shown(self, name: str) -> Reply:
        user = self.users.get(name.lower())
        if not user:
            return self.error(404, "USER_NOT_FOUND", f"User <{name}> does not exist")
        return Reply(200, user | {"expand": "attributes", "link": {"href": "", "rel": "self"}, "attributes": {"attributes": []}})

    @route("GET", ROOT + "/user")
    def user(self, request):
        return self.refusal(request) or self.shown(request.query.get("username", ""))

    @route("GET", ROOT + "/user/group/(?:nested|direct)")
    def user_groups(self, request):
        refusal = self.refusal(request)
        if refusal:
            return refusal
        name = request.query.get("username", "").lower()
        if name not in self.users:
            return self.error(404, "USER_NOT_FOUND", f"User <{name}> does not exist")
        # "max-results: maximum number of results returned. If not specified, 1000"
        first, size = int(request.query.get("start-index", "0")), number(request.query.get("max-results"), 1000, 1000)
        groups = self.groups[name]
        shown = groups[:size] if self.endless_paging else groups[first:first + size]
        return Reply(200, {"expand": "group", "groups": [{"name": g, "link": {"href": "", "rel": "self"}} for g in shown]})

    def not_found(self, request):
        return Reply(404, "<html><title>Oops - an error has occurred</title></html>", content_type="text/html;charset=UTF-8")
