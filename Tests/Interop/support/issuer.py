"""Somebody else's issuer: a discovery document, a JWK set that a test changes, and introspection of opaque tokens."""
import base64, collections, contextlib, http.server, json, threading, time
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk

from .ports import free_port

KEYS = {"RS256": lambda: rsa.generate_private_key(65537, 2048), "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate}


class Issuer:
    audience = "serving"
    credentials = ("edge", "s:crét")

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.asked = collections.Counter()
        self.active: dict[str, dict] = {}
        self.down = False
        self.keys: dict[str, object] = {}
        self.published: list[str] = []
        for name in KEYS:
            self.add_key(name, name)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked[self.path] += 1
                if outer.down:
                    return self.answer(503, {})
                if self.path == "/.well-known/openid-configuration":
                    return self.answer(200, {"issuer": outer.url, "jwks_uri": outer.url + "/keys",
                                             "introspection_endpoint": outer.url + "/introspect"})
                return self.answer(200, {"keys": [outer.public(name) for name in outer.published]})

            def do_POST(self):
                outer.asked[self.path] += 1
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                wanted = ":".join(part.replace(":", "%3A").replace("é", "%C3%A9") for part in outer.credentials)
                if base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode() != wanted:
                    return self.answer(401, {"error": "invalid_client"})
                self.answer(200, outer.active.get(form["token"][0], {"active": False}))

            def answer(self, status: int, document: dict):
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add_key(self, name: str, algorithm: str, publish: bool = True):
        self.keys[name] = KEYS[algorithm]()
        if publish:
            self.published.append(name)

    def public(self, name: str) -> dict:
        key = jwk.import_key(self.pem(name), self.kty(name))
        return key.as_dict(private=False) | {"kid": name, "use": "sig"}

    def kty(self, name: str) -> str:
        key = self.keys[name]
        return "RSA" if isinstance(key, rsa.RSAPrivateKey) else "EC" if isinstance(key, ec.EllipticCurvePrivateKey) else "OKP"

    def pem(self, name: str) -> bytes:
        return self.keys[name].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                             serialization.NoEncryption())

    def claims(self, **changes) -> dict:
        now = int(time.time())
        claims = {"iss": self.url, "sub": "robot", "aud": self.audience, "iat": now, "exp": now + 300, "groups": ["robots"]}
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def issuer():
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.close()
