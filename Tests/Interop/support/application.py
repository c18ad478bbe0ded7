"""An application's side of OAuth 2.0, by hand: for the tests that send what no library would send."""
import base64, hashlib, secrets
from urllib.parse import quote, quote_plus, urlencode

import requests

from .browser import Answer, Browser
from .people import APP, JANE, Client, Person
from .server import Dextra

SCOPE = "openid profile email groups offline_access"


def authorization_url(provider: Dextra, client: Client = APP, *, path: str = "/auth", **parameters: str | None) -> str:
    """A request for a code. A parameter given as None is left out."""
    form = {"client_id": client.id, "redirect_uri": client.redirect_uri, "response_type": "code", "scope": SCOPE,
            "state": "a state"} | parameters
    return provider.url(path) + "?" + urlencode({k: v for k, v in form.items() if v is not None}, quote_via=quote)


def basic(client: Client) -> dict[str, str]:
    """RFC 6749 §2.3.1: both parts are form-encoded before they are joined."""
    text = f"{quote_plus(client.id)}:{quote_plus(client.secret or '')}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def pkce() -> tuple[str, dict[str, str]]:
    """A verifier, and what goes into the authorization request."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return verifier, {"code_challenge": challenge, "code_challenge_method": "S256"}


def token(provider: Dextra, client: Client = APP, **form: str | None) -> requests.Response:
    """Asks the token endpoint; Basic for a client with a secret, `client_id` in the form for one without."""
    form = {k: v for k, v in form.items() if v is not None}
    provider.keep_out_of_log(*(form.get(k) for k in ("code", "refresh_token", "password", "code_verifier", "client_secret")))
    response = provider.post("/token", form | ({"client_id": client.id} if client.is_public else {}),
                             headers={} if client.is_public else basic(client))
    remember(provider, response)
    return response


def remember(provider: Dextra, response: requests.Response):
    """Tokens that were given out must not be logged."""
    if response.status_code == 200:
        provider.keep_out_of_log(*(response.json().get(k) for k in ("access_token", "refresh_token", "id_token")))


def get_code(provider: Dextra, client: Client = APP, person: Person = JANE, **parameters: str | None) -> str:
    """A person logs in and the application gets a code."""
    return Browser(provider).log_in(authorization_url(provider, client, **parameters), person).code


def redeem(provider: Dextra, code: str | None, client: Client = APP, **form: str | None) -> requests.Response:
    return token(provider, client, **({"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri} | form))


def refresh(provider: Dextra, refresh_token: str, client: Client = APP, **form: str | None) -> requests.Response:
    return token(provider, client, **({"grant_type": "refresh_token", "refresh_token": refresh_token} | form))


def userinfo(provider: Dextra, access_token: str) -> requests.Response:
    return provider.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def introspect(provider: Dextra, value: str, client: Client = APP) -> dict:
    response = provider.post("/token/introspect", {"token": value}, headers=basic(client))
    assert response.status_code == 200, response.text
    return response.json()


def tokens(provider: Dextra, client: Client = APP, person: Person = JANE, **parameters: str | None) -> dict:
    """The whole code flow with PKCE: what the token endpoint answered."""
    verifier, challenge = pkce()
    response = redeem(provider, get_code(provider, client, person, **(challenge | parameters)), client, code_verifier=verifier)
    assert response.status_code == 200, response.text
    return response.json()


def assert_oauth_error(response: requests.Response, status: int, *errors: str) -> dict:
    """RFC 6749 §5.2: JSON, not cached, and no byte in it that the section forbids."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:400]}"
    assert response.headers["Content-Type"].split(";")[0] == "application/json"
    assert response.headers.get("Cache-Control") == "no-store"
    assert "Location" not in response.headers
    body = response.json()
    assert body["error"] in errors, body
    for name in ("error", "error_description"):
        assert all(" " <= c <= "~" and c not in '"\\' for c in body.get(name, "")), body
    assert set(body) <= {"error", "error_description", "error_uri"}
    return body


def assert_error_page(answer: Answer, status: int = 400):
    """An error that must not go to the application: a page for people, and no way out of it."""
    assert answer.location is None, f"sent to {answer.location}"
    response = answer.response
    assert response.status_code == status, f"{response.status_code}: {response.text[:400]}"
    assert "Location" not in response.headers and "Refresh" not in response.headers
    assert response.headers["Content-Type"].replace(" ", "").lower() == "text/html;charset=utf-8"


def assert_error_redirect(provider: Dextra, answer: Answer, error: str, client: Client = APP, state: str | None = "a state"):
    """RFC 6749 §4.1.2.1 with the issuer of RFC 9207."""
    assert answer.location is not None, f"no redirect, but {answer.status}: {answer.response.text[:400]}"
    assert answer.status == 303
    assert answer.location.partition("?")[0].partition("#")[0] == client.redirect_uri
    given = answer.parameters
    assert given["error"] == error, given
    assert given.get("state", "") == (state or ""), given
    assert given["iss"] == provider.issuer, given
    assert "code" not in given and "access_token" not in given and "id_token" not in given
