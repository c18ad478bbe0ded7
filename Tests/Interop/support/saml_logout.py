"""Logout messages of SAML: by hand, for what no library would send, and as they come from Dextra."""
import base64, html, secrets, zlib
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .saml import A, P, KeyPair, instant, sign

MORE = "http://www.w3.org/2001/04/xmldsig-more#"
REQUEST = P + ":LogoutRequest"


@dataclass
class LogoutRequest:
    destination: str | None
    issuer: str | None
    name_id: str = "jane-at-idp"
    sessions: tuple[str, ...] = ()
    issued: float = 0
    until: float | None = None
    id: str = field(default_factory=lambda: "_l" + secrets.token_hex(16))
    names: str | None = None
    kind: str = "LogoutRequest"
    version: str = "2.0"

    def but(self, **changes) -> "LogoutRequest":
        return replace(self, **changes)

    @property
    def xml(self) -> str:
        def attribute(name, value):
            return f' {name}="{html.escape(value)}"' if value is not None else ""
        issuer = f"<a:Issuer>{self.issuer}</a:Issuer>" if self.issuer is not None else ""
        names = f"<a:NameID>{self.name_id}</a:NameID>" if self.names is None else self.names
        return (f'<p:{self.kind} xmlns:p="{P}" xmlns:a="{A}" ID="{self.id}" Version="{self.version}" IssueInstant="{instant(self.issued)}"'
                f'{attribute("Destination", self.destination)}'
                f'{attribute("NotOnOrAfter", None if self.until is None else instant(self.until))}>{issuer}{names}'
                + "".join(f"<p:SessionIndex>{index}</p:SessionIndex>" for index in self.sessions) + f"</p:{self.kind}>")

    def posted(self, pair: KeyPair | None, relay_state: str | None = "rs", **options) -> dict[str, str]:
        xml = sign(self.xml, pair, self.id, kind=f"{P}:{self.kind}", **options) if pair else self.xml
        fields = {"SAMLRequest": base64.b64encode(xml.encode()).decode()}
        return fields | ({"RelayState": relay_state} if relay_state is not None else {})

    def redirected(self, pair: KeyPair | None, relay_state: str | None = "rs", algorithm: str | None = None, parameter: str = "SAMLRequest") -> str:
        """The query."""
        compressor = zlib.compressobj(wbits=-15)
        return signed_query(compressor.compress(self.xml.encode()) + compressor.flush(), pair, relay_state, algorithm, parameter)


def signed_query(compressed: bytes, pair: KeyPair | None, relay_state: str | None = "rs", algorithm: str | None = None,
                 parameter: str = "SAMLRequest") -> str:
    query = f"{parameter}=" + quote(base64.b64encode(compressed).decode(), safe="")
    if relay_state is not None:
        query += "&RelayState=" + quote(relay_state, safe="")
    if pair is None:
        return query
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    name = algorithm or MORE + ("rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ecdsa-sha256")
    query += "&SigAlg=" + quote(name, safe="")
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(query.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32) + s.to_bytes(32)
    else:
        digest = {"sha1": hashes.SHA1(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}.get(name.rpartition("-")[2], hashes.SHA256())
        signature = key.sign(query.encode(), padding.PKCS1v15(), digest)
    return query + "&Signature=" + quote(base64.b64encode(signature).decode(), safe="")


def message_of(url: str) -> tuple[str, dict[str, str]]:
    """What an address of HTTP-Redirect carries: the document, and the parameters."""
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    text = parameters.get("SAMLRequest") or parameters["SAMLResponse"]
    return zlib.decompress(base64.b64decode(text), -15).decode(), parameters
