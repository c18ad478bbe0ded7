"""What the OAuth 2.0 providers have in common (RFC 6749, RFC 7636): codes, tokens and who they stand for.

The authorization endpoint redirects back at once: whoever is `signed_in` has agreed already.
"""
import base64, hashlib, secrets, time
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlencode

from .upstream import Recording, Reply, Request


@dataclass(frozen=True)
class Identity:
    """What Dex's rules make of a person: the claims that must result."""
    user_id: str
    name: str
    email: str
    preferred_username: str = ""
    email_verified: bool = True
    groups: frozenset[str] = frozenset()


@dataclass
class Grant:
    """What a code, an access token or a refresh token stands for."""
    person: str
    scopes: set[str]
    redirect_uri: str = ""
    challenge: str | None = None
    method: str | None = None
    offline: bool = True
    extra: dict[str, str] = field(default_factory=dict)


class OAuthRecording(Recording):
    #: Dex's `type`.
    type: str
    #: Whether the client may authenticate in the form, and by Basic.
    takes_post, takes_basic = True, True
    #: Whether the authorization request may come without redirect_uri, the registered one being used then.
    default_redirect_uri = False
    lifetime = 7200
    gives_refresh_token, rotates_refresh_token = True, True
    separator = " "

    def __init__(self, authority, redirect_uri: str):
        super().__init__(authority)
        self.client_id = f"client-of-{self.type}"
        self.client_secret = self.secret("s3cret/+ ")
        self.redirect_uri = redirect_uri
        self.signed_in = "jane"
        self.lifetime = type(self).lifetime
        #: The error that the authorization endpoint answers with instead of a code.
        self.declining: dict[str, str] | None = None
        self.codes: dict[str, Grant] = {}
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}

    # The configuration

    def base_config(self, **changes) -> dict:
        return {"clientID": self.client_id, "clientSecret": self.client_secret, "redirectURI": self.redirect_uri,
                "rootCAs": [self.ca]} | changes

    # The authorization endpoint

    def authorize(self, request: Request) -> Reply:
        query = request.query
        twice = [name for name, values in request.queries.items() if len(values) > 1]
        if twice or query.get("client_id") != self.client_id or query.get("response_type", "") != "code":
            return Reply(400, f"not an authorization request of {self.client_id}: {query}")
        target = query.get("redirect_uri", self.redirect_uri if self.default_redirect_uri else None)
        if target != self.redirect_uri:
            return Reply(400, f"{target} is not registered")
        state = {"state": query["state"]} if "state" in query else {}
        if self.declining:
            return self.back(self.declining | state)
        code = self.secret("code-")
        self.codes[code] = Grant(self.signed_in, self.scopes_of(query), query.get("redirect_uri", ""), query.get("code_challenge"),
                                 query.get("code_challenge_method", "plain"), self.is_offline(query), query)
        return self.back({"code": code} | state)

    def back(self, parameters: dict[str, str]) -> Reply:
        mark = "&" if "?" in self.redirect_uri else "?"
        return Reply(302, "", {"Location": self.redirect_uri + mark + urlencode(parameters)})

    def scopes_of(self, form: dict[str, str]) -> set[str]:
        return set(form.get("scope", "").replace(",", " ").split())

    def is_offline(self, query: dict[str, str]) -> bool:
        return self.gives_refresh_token

    # The token endpoint

    def token(self, request: Request) -> Reply:
        form = request.form
        if not form or request.query_string:
            return self.token_error("invalid_request")
        if not self.is_client(request):
            return self.token_error("invalid_client")
        match form.get("grant_type", self.default_grant_type):
            case "authorization_code":
                return self.by_code(form)
            case "refresh_token":
                return self.by_refresh_token(form)
        return self.token_error("unsupported_grant_type")

    default_grant_type = ""

    def is_client(self, request: Request) -> bool:
        form, basic = request.form, request.basic
        if basic and "client_secret" in form:
            return False
        if basic:
            # RFC 6749 §2.3.1: form-encoded before they are joined.
            return self.takes_basic and tuple(map(unquote_plus, basic)) == (self.client_id, self.client_secret)
        return self.takes_post and (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)

    def by_code(self, form: dict[str, str]) -> Reply:
        grant = self.codes.pop(form.get("code", ""), None)
        if not grant:
            return self.token_error("invalid_grant")
        if form.get("redirect_uri", "") != grant.redirect_uri:
            return self.token_error("redirect_uri")
        if not self.proves(grant, form.get("code_verifier")):
            return self.token_error("code_verifier")
        return self.issue(grant)

    @staticmethod
    def proves(grant: Grant, verifier: str | None) -> bool:
        if grant.challenge is None:
            return verifier is None
        if verifier is None or not 43 <= len(verifier) <= 128:
            return False
        if grant.method == "S256":
            verifier = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        return verifier == grant.challenge

    def by_refresh_token(self, form: dict[str, str]) -> Reply:
        grant = self.refresh.get(form.get("refresh_token", ""))
        if not grant or not self.is_known(grant.person):
            return self.token_error("invalid_grant")
        if self.rotates_refresh_token:
            del self.refresh[form["refresh_token"]]
        return self.issue(grant, again=True)

    def issue(self, grant: Grant, *, again: bool = False) -> Reply:
        access = self.secret("access-")
        self.access[access] = grant
        answer = {"access_token": access, "token_type": "bearer", "expires_in": self.lifetime,
                  "scope": self.separator.join(sorted(grant.scopes))}
        if grant.offline and self.gives_refresh_token and (not again or self.rotates_refresh_token):
            renewal = self.secret("refresh-")
            self.refresh[renewal] = grant
            answer["refresh_token"] = renewal
        return self.token_answer(answer, grant, again)

    def token_answer(self, answer: dict, grant: Grant, again: bool) -> Reply:
        return Reply(200, answer, {"Cache-Control": "no-store"})

    def token_error(self, error: str) -> Reply:
        """`redirect_uri` and `code_verifier` stand for a code that was presented wrongly."""
        error = {"redirect_uri": "invalid_grant", "code_verifier": "invalid_grant"}.get(error, error)
        return Reply(401 if error == "invalid_client" else 400, {"error": error, "error_description": "See the documentation."})

    # Who asks

    def grant_of(self, request: Request) -> Grant | None:
        """Whose access token a request bears; only the Authorization header counts."""
        grant = self.access.get(request.bearer or "")
        return grant if grant and self.is_known(grant.person) else None

    def forget_access_tokens(self):
        """As if their time had come."""
        with self.lock:
            self.access.clear()

    def is_known(self, person: str) -> bool:
        raise NotImplementedError


def timestamp(seconds_from_now: int = 0) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds_from_now))


def opaque(bytes: int = 8) -> str:
    return secrets.token_hex(bytes)
