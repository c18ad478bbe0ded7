"""Other people's OpenID providers, run in this process on a port of their own, and a person who signs in there."""
import contextlib, datetime, logging, os, threading
from unittest import mock
from urllib.parse import urljoin, urlsplit

import requests
import werkzeug.serving

from .browser import Page
from .ports import free_port


class _Quiet(werkzeug.serving.WSGIRequestHandler):
    def log(self, *_):
        pass


@contextlib.contextmanager
def serving(app, port: int):
    server = werkzeug.serving.make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": .02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def oidc_provider_mock(users: dict[str, dict], client: tuple[str, str], redirect_uri: str):
    """PyPI's oidc-provider-mock; clients must be registered, and ours is."""
    import oidc_provider_mock
    app = oidc_provider_mock.app(user_claims=[oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in users.items()],
                                 require_client_registration=True)
    # Its library speaks plain HTTP only when told so.
    with mock.patch.dict(os.environ, {"AUTHLIB_INSECURE_TRANSPORT": "1"}), serving(app, free_port()) as url:
        made = requests.post(f"{url}/oauth2/clients", json={"redirect_uris": [redirect_uri],
                                                            "token_endpoint_auth_method": client[1]}, timeout=30)
        assert made.status_code == 201, made.text
        yield url, made.json()["client_id"], made.json()["client_secret"]


@contextlib.contextmanager
def canaille(redirect_uri: str, authentication: str, after_logout: str | None = None):
    """PyPI's Canaille with its memory backend: Jane, who is in two groups."""
    logging.getLogger("canaille").setLevel(logging.ERROR)
    import canaille as product
    from canaille.app import models
    from canaille.backends import Backend
    from joserfc.jwk import RSAKey
    port = free_port()
    app = product.create_app(config={
        "SECRET_KEY": "x" * 32, "SERVER_NAME": f"127.0.0.1:{port}", "PREFERRED_URL_SCHEME": "http", "CANAILLE": {"DATABASE": "memory"},
        "CANAILLE_OIDC": {"REQUIRE_NONCE": False, "ACTIVE_JWKS": [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)]}})
    now = datetime.datetime.now(datetime.timezone.utc)
    with app.app_context():
        backend = Backend.instance
        jane = models.User(formatted_name="Jane Doe", given_name="Jane", family_name="Doe", user_name="jane",
                           emails=["jane@example.com"], password="correct horse battery")
        backend.save(jane)
        for name in ("authors", "staff"):
            backend.save(models.Group(display_name=name, members=[jane]))
        client = models.Client(client_id="dextra", client_secret="secret-of-Dextra-8a5c5e0d", client_name="Dextra", client_id_issued_at=now,
                                   redirect_uris=[redirect_uri], post_logout_redirect_uris=[after_logout] if after_logout else [], grant_types=["authorization_code"], response_types=["code"],
                                   scope=["openid", "email", "profile", "groups"], token_endpoint_auth_method=authentication)
        # Whom its ID tokens are for.
        backend.save(client)
        client.audience = [client]
        backend.save(client)
    with serving(app, port) as url:
        yield url, "dextra", "secret-of-Dextra-8a5c5e0d"


def walk(url: str, *inputs: dict[str, str]) -> str:
    """A person's way through another provider: each form that takes the next inputs is sent. Returns where it leads in the end."""
    session, origin, left = requests.Session(), urlsplit(url)[:2], list(inputs)
    response = session.get(url, allow_redirects=False, timeout=30)
    for _ in range(12):
        location = response.headers.get("Location")
        if location:
            url = urljoin(response.url, location)
            if urlsplit(url)[:2] != origin:
                return url
            response = session.get(url, allow_redirects=False, timeout=30)
            continue
        assert response.status_code == 200 and left, f"{response.url}: {response.status_code} {Page(response.text).text[:400]}"
        values = left.pop(0)
        form = next(f for f in Page(response.text).forms if f.method == "post" and all(
            name in f.fields or (name, value) in f.buttons for name, value in values.items()))
        response = session.post(urljoin(response.url, form.action), data=form.fields | values, allow_redirects=False, timeout=30)
    raise AssertionError("no end of pages")
