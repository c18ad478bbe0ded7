"""Google accounts and the Workspace Directory API.

- developers.google.com/identity/openid-connect/openid-connect: discovery, `hd`, access_type=offline, prompt
- developers.google.com/identity/protocols/oauth2/service-account: JWT bearer assertions with domain-wide delegation
- developers.google.com/workspace/admin/directory/reference/rest/v1/groups/list: userKey, maxResults, pageToken, nextPageToken
- developers.google.com/workspace/admin/directory/v1/limits, cloud.google.com/apis/design/errors: error bodies
"""
import json, time
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from .oauth import Grant, Identity, OAuthRecording
from .upstream import Reply, number, page, route

SCOPE = "https://www.googleapis.com/auth/admin.directory.group.readonly"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ADMIN = "admin@example.com"


@cache
def _key(name: str):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class Google(OAuthRecording):
    type = "google"
    lifetime = 3599
    rotates_refresh_token = False

    def __init__(self, authority, redirect_uri):
        super().__init__(authority, redirect_uri)
        self.users = {"jane": {"sub": "110169484474386276334", "name": "Jane Doe", "email": "jane@example.com", "email_verified": True,
                               "hd": "example.com"}}
        staff = [f"list-{n:03}@example.com" for n in range(230)]
        self.memberships = {"jane@example.com": staff + ["builders@example.com"],
                            # What a group is in: for fetchTransitiveGroupMembership. One of them closes a circle.
                            "builders@example.com": ["everyone@example.com"], "everyone@example.com": ["builders@example.com"]}
        self.key = jwk.RSAKey.import_key(_pem(_key("id_token")), {"kid": "google-1", "use": "sig", "alg": "RS256"})
        self.service_account = "dextra@project.iam.gserviceaccount.example"
        self.directory_tokens: set[str] = set()
        #: What the id_token says otherwise: for tests that forge.
        self.claims: dict[str, object] = {}

    def is_known(self, person):
        return person in self.users

    def config(self, **changes):
        """Without a service account: no groups."""
        return self.base_config(issuer=self.url, directoryURL=self.url, **changes)

    def service_account_file(self, folder: Path) -> str:
        file = folder / "service-account.json"
        pem = _pem(_key("service account")).decode()
        self.secrets.append(pem.splitlines()[1])
        file.write_text(json.dumps({
            "type": "service_account", "project_id": "project", "private_key_id": "key-1", "private_key": pem,
            "client_email": self.service_account, "client_id": "1234567890", "auth_uri": self.url + "/o/oauth2/v2/auth",
            "token_uri": self.url + "/token", "universe_domain": "googleapis.com"}))
        return str(file)

    def directory(self, folder: Path) -> dict:
        return {"serviceAccountFilePath": self.service_account_file(folder), "domainToAdminEmail": {"*": ADMIN}}

    def member(self):
        return {"groups": ["builders@example.com", "list-229@example.com"]}

    def stranger(self):
        return {"groups": ["those-of-others@example.com"]}

    def identity(self):
        groups = set(self.memberships["jane@example.com"]) & {"builders@example.com", "list-229@example.com"}
        return Identity("110169484474386276334", "Jane Doe", "jane@example.com", groups=frozenset(groups))

    def remove_group(self):
        self.memberships["jane@example.com"].remove("list-229@example.com")
        return "list-229@example.com"

    def leave(self):
        self.memberships["jane@example.com"] = ["list-000@example.com"]

    # OpenID Connect

    @route("GET", "/.well-known/openid-configuration")
    def discovery(self, request):
        return Reply(200, {
            "issuer": self.url, "authorization_endpoint": self.url + "/o/oauth2/v2/auth", "token_endpoint": self.url + "/token",
            "userinfo_endpoint": self.url + "/v1/userinfo", "revocation_endpoint": self.url + "/revoke",
            "jwks_uri": self.url + "/oauth2/v3/certs", "response_types_supported": ["code", "token", "id_token", "code token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["plain", "S256"]}, {"Cache-Control": "public, max-age=3600"})

    @route("GET", "/oauth2/v3/certs")
    def certs(self, request):
        return Reply(200, {"keys": [self.key.as_dict(private=False)]}, {"Cache-Control": "public, max-age=19000, must-revalidate"})

    @route("GET", "/o/oauth2/v2/auth")
    def login(self, request):
        if "openid" not in self.scopes_of(request.query):
            return Reply(400, "openid is not among the scopes")
        return self.authorize(request)

    def is_offline(self, query):
        return query.get("access_type") == "offline"

    @route("POST", "/token")
    def access_token(self, request):
        if request.form.get("grant_type") == JWT_BEARER:
            return self.by_assertion(request.form)
        return self.token(request)

    def token_answer(self, answer, grant: Grant, again):
        user, now = self.users[grant.person], int(time.time())
        claims = {"iss": self.url, "azp": self.client_id, "aud": self.client_id, "sub": user["sub"], "iat": now, "exp": now + 3600}
        if "email" in grant.scopes:
            claims |= {"email": user["email"], "email_verified": user["email_verified"]}
        if "profile" in grant.scopes:
            claims |= {"name": user["name"], "given_name": user["name"].split()[0], "picture": "https://pictures.example.com/j"}
        if user.get("hd"):
            claims["hd"] = user["hd"]
        if "nonce" in grant.extra and not again:
            claims["nonce"] = grant.extra["nonce"]
        claims = {k: v for k, v in (claims | self.claims).items() if v is not None}
        return Reply(200, answer | {"token_type": "Bearer", "id_token": jwt.encode({"alg": "RS256", "kid": "google-1", "typ": "JWT"},
                                                                                   claims, self.key)})

    def token_error(self, error):
        if error == "invalid_client":
            return Reply(401, {"error": error, "error_description": "Unauthorized"})
        if error == "redirect_uri":
            return Reply(400, {"error": "redirect_uri_mismatch", "error_description": "Bad Request"})
        return Reply(400, {"error": "invalid_grant" if error == "code_verifier" else error,
                           "error_description": "Token has been expired or revoked."})

    # The Directory API

    def by_assertion(self, form) -> Reply:
        try:
            token = jwt.decode(form.get("assertion", ""), jwk.RSAKey.import_key(_pem(_key("service account"))), algorithms=["RS256"])
        except (JoseError, ValueError):
            return Reply(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        claims, now = token.claims, time.time()
        if not (token.header.get("kid") in (None, "key-1") and claims.get("iss") == self.service_account
                and claims.get("aud") == self.url + "/token" and now - 300 < claims["iat"] <= now + 60
                and now < claims["exp"] <= claims["iat"] + 3600):
            return Reply(400, {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token (60 "
                               "minutes) and in a reasonable timeframe."})
        if claims.get("sub") != ADMIN or claims.get("scope") != SCOPE:
            return Reply(401, {"error": "unauthorized_client", "error_description": "Client is unauthorized to retrieve access tokens "
                               "using this method, or client not authorized for any of the scopes requested."})
        access = self.secret("directory-")
        self.directory_tokens.add(access)
        return Reply(200, {"access_token": access, "expires_in": 3599, "token_type": "Bearer"})

    @route("GET", "/admin/directory/v1/groups")
    def groups(self, request):
        if request.bearer not in self.directory_tokens:
            return self.error(401, "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
                              "other valid authentication credential.", "authError")
        key = request.query.get("userKey", "")
        if key not in self.memberships and "@example.com" not in key:
            return self.error(404, "Resource Not Found: userKey", "notFound")
        groups = self.memberships.get(key, [])
        size = number(request.query.get("maxResults"), 200, 200)
        current = number((request.query.get("pageToken") or "page-1").removeprefix("page-"), 1, 10**6)
        shown, last = page(groups, current, size)
        if self.endless_paging:
            shown = groups[:3]
        # "groups" is absent when there are none.
        return Reply(200, {"kind": "admin#directory#groups", "etag": '"etag"'} | ({"groups": [
            {"kind": "admin#directory#group", "id": f"id-{g}", "etag": '"etag"', "email": g, "name": g.partition("@")[0],
             "directMembersCount": "3", "description": "", "adminCreated": True} for g in shown]} if shown else {}) | (
            {"nextPageToken": f"page-{current + 1}"} if current < last or self.endless_paging else {}))

    @staticmethod
    def error(status: int, message: str, reason: str) -> Reply:
        return Reply(status, {"error": {"code": status, "message": message,
                                        "errors": [{"message": message, "domain": "global", "reason": reason}]}})
