"""What a relying party does with tokens and keys, by joserfc."""
import base64, hashlib, json, time

from joserfc import jwk, jwt

from .people import Client
from .server import Dextra

ALGORITHMS = ["RS256", "ES256", "ES384", "ES512", "PS256", "EdDSA", "Ed25519"]
HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512, "EdDSA": hashlib.sha512}


def header(token: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))


def payload(token: str) -> dict:
    """The claims, unchecked."""
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def key_set(provider: Dextra) -> jwk.KeySet:
    return jwk.KeySet.import_key_set(provider.jwks)


def verified(provider: Dextra, token: str, client: Client, keys: jwk.KeySet | None = None) -> dict:
    """The claims of an ID token after the checks of OpenID Connect Core §3.1.3.7."""
    assert header(token)["alg"] in provider.discovery["id_token_signing_alg_values_supported"]
    decoded = jwt.decode(token, keys or key_set(provider), algorithms=ALGORITHMS)
    rules = jwt.JWTClaimsRegistry(iss={"essential": True, "value": provider.issuer}, sub={"essential": True},
                                  exp={"essential": True}, iat={"essential": True}, leeway=0, now=int(time.time()))
    rules.validate(decoded.claims)
    audience = decoded.claims["aud"] if isinstance(decoded.claims["aud"], list) else [decoded.claims["aud"]]
    assert client.id in audience
    assert len(audience) == 1 or decoded.claims["azp"] == client.id
    return decoded.claims


def half_hash(value: str, algorithm: str) -> str:
    """`at_hash` and `c_hash`: OpenID Connect Core §3.1.3.6."""
    digest = HASHES.get(algorithm, HASHES.get(algorithm[-3:]))(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[:len(digest) // 2]).rstrip(b"=").decode()
