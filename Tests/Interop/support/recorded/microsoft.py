"""Microsoft identity platform and Graph.

- learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow: token answers, AADSTS errors
- learn.microsoft.com/en-us/graph/api/user-get, /directoryobject-getmembergroups, /directoryobject-getbyids
- learn.microsoft.com/en-us/graph/paging, /graph/errors, /graph/throttling
"""
from .oauth import Grant, Identity, OAuthRecording, opaque, timestamp
from .upstream import Reply, Request, number, page, route

TENANT = "5f1f0b1a-1111-4222-8333-94b1f0a6c0de"
PAGE = 100


class Microsoft(OAuthRecording):
    type = "microsoft"
    lifetime = 3736
    READS_GROUPS = {"directory.read.all", "groupmember.read.all", "group.read.all"}

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "displayName": "Jane Doe",
                               "userPrincipalName": "Jane@Example.com", "mailNickname": "jdoe", "onPremisesSamAccountName": "JDOE"}}
        #: Id → name, and whether it is a security group.
        self.groups = {"jane": {f"00000000-0000-4000-8000-{n:012}": (f"Team {n}", n % 2 == 0) for n in range(250)}}
        self.assertion: str | None = None

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        return self.base_config(apiURL=self.url, graphURL=self.url, tenant=TENANT, **changes)

    def member(self):
        return {"groups": ["Team 3", "Team 249"], "useGroupsAsWhitelist": True}

    def stranger(self):
        return {"groups": ["Those of others"]}

    def identity(self):
        groups = {name for name, _ in self.groups["jane"].values()} & {"Team 3", "Team 249"}
        return Identity(self.users["jane"]["id"], "Jane Doe", "Jane@Example.com", groups=frozenset(groups))

    def remove_group(self):
        name, _ = self.groups["jane"].pop("00000000-0000-4000-8000-000000000249")
        return name

    def leave(self):
        self.groups["jane"] = {"00000000-0000-4000-8000-000000009999": ("Others", True)}

    # The identity platform

    @route("GET", r"/([^/]+)/oauth2/v2\.0/authorize")
    def login(self, request, tenant):
        return self.authorize(request) if tenant in (TENANT, "common") else Reply(400, "AADSTS90002: Tenant not found.")

    @route("POST", r"/([^/]+)/oauth2/v2\.0/token")
    def access_token(self, request, tenant):
        return self.token(request)

    def scopes_of(self, form):
        return {scope.lower() for scope in super().scopes_of(form)}

    def is_offline(self, query):
        return "offline_access" in self.scopes_of(query)

    def is_client(self, request):
        if self.assertion:
            form = request.form
            return ("client_secret" not in form and form.get("client_id") == self.client_id
                    and form.get("client_assertion") == self.assertion
                    and form.get("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        return super().is_client(request)

    def token_answer(self, answer, grant, again):
        return Reply(200, answer | {"token_type": "Bearer", "ext_expires_in": self.lifetime}, {"Cache-Control": "no-store, no-cache"})

    def token_error(self, error):
        number, text = {"invalid_client": (7000215, "Invalid client secret provided."), "redirect_uri": (50011, "The redirect URI "
                        "specified in the request does not match the redirect URIs configured for the application."),
                        "code_verifier": (501481, "The Code_Verifier does not match the code_challenge supplied in the "
                        "authorization request.")}.get(error, (70008, "The provided authorization code or refresh token has expired."))
        code = "invalid_grant" if error in ("redirect_uri", "code_verifier") else error
        return Reply(401 if error == "invalid_client" else 400, {
            "error": code, "error_description": f"AADSTS{number}: {text} Trace ID: {opaque()} Timestamp: {timestamp()}",
            "error_codes": [number], "timestamp": timestamp(), "trace_id": opaque(), "correlation_id": opaque()})

    # Graph

    def error(self, status: int, code: str, message: str) -> Reply:
        return Reply(status, {"error": {"code": code, "message": message, "innerError": {
            "date": timestamp(), "request-id": opaque(), "client-request-id": opaque()}}})

    def caller(self, request: Request, *scopes: str) -> Grant | Reply:
        grant = self.grant_of(request)
        if not grant:
            return self.error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if not grant.scopes & set(scopes):
            return self.error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        return grant

    @route("GET", r"/v1\.0/me")
    def me(self, request):
        grant = self.caller(request, "user.read", *self.READS_GROUPS)
        if isinstance(grant, Reply):
            return grant
        user = self.users[grant.person]
        # Without $select only some properties are shown; these two are not among them.
        chosen = request.query.get("$select")
        shown = chosen.split(",") if chosen else [name for name in user if name not in ("mailNickname", "onPremisesSamAccountName")]
        return Reply(200, {"@odata.context": f"{self.url}/v1.0/$metadata#users/$entity"} | {name: user.get(name) for name in shown})

    @route("GET", r"/v1\.0/me/transitiveMemberOf(?:/microsoft\.graph\.group)?")
    def transitive(self, request):
        grant = self.caller(request, *self.READS_GROUPS)
        if isinstance(grant, Reply):
            return grant
        return self.listed(request, [{"@odata.type": "#microsoft.graph.group", "id": id, "displayName": name, "securityEnabled": s}
                                     for id, (name, s) in self.groups[grant.person].items()])

    @route("POST", r"/v1\.0/me/getMemberGroups")
    @route("GET", r"/v1\.0/me/getMemberGroups")
    def member_groups(self, request):
        grant = self.caller(request, *self.READS_GROUPS)
        if isinstance(grant, Reply):
            return grant
        wanted = request.json if isinstance(request.json, dict) else {}
        if request.method == "POST" and not isinstance(wanted.get("securityEnabledOnly"), bool):
            return self.error(400, "Request_BadRequest", "A value must be provided for parameter 'securityEnabledOnly'.")
        if request.method == "GET" and "$skiptoken" not in request.query:
            return self.error(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        only_security = wanted.get("securityEnabledOnly")
        return self.listed(request, [id for id, (_, security) in self.groups[grant.person].items() if security or not only_security])

    @route("POST", r"/v1\.0/directoryObjects/getByIds")
    def by_ids(self, request):
        grant = self.caller(request, *self.READS_GROUPS)
        if isinstance(grant, Reply):
            return grant
        ids = request.json["ids"]
        if len(ids) > 1000:
            return self.error(400, "Request_BadRequest", "The maximum number of ids is 1000.")
        known = self.groups[grant.person]
        return self.listed(request, [{"@odata.type": "#microsoft.graph.group", "id": id, "displayName": known[id][0],
                                      "securityEnabled": known[id][1]} for id in ids if id in known])

    def listed(self, request: Request, items: list) -> Reply:
        current = number(request.query.get("$skiptoken", "").removeprefix("page-"), 1, 10**6)
        shown, last = page(items, current, PAGE)
        if self.endless_paging:
            shown = items[:3]
        further = current < last or self.endless_paging
        return Reply(200, {"@odata.context": f"{self.url}/v1.0/$metadata#Collection(Edm.String)", "value": shown} | (
            {"@odata.nextLink": f"{self.links}{request.path}?$skiptoken=page-{current + 1}"} if further else {}))

    def not_found(self, request):
        return self.error(404, "ResourceNotFound", "Resource not found for the segment.")
