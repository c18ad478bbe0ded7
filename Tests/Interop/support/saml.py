"""A SAML identity provider by pysaml2, and responses by hand for the tests that send what no library would send."""
import base64, datetime, html, secrets, subprocess, tempfile, zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from .browser import Answer, Browser

P, A, DS = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion", "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE, ENVELOPED = "http://www.w3.org/2001/10/xml-exc-c14n#", DS + "enveloped-signature"
NAMES = {"p": P, "a": A, "ds": DS}
IDP = "https://idp.example.com/metadata"
BEARER, SUCCESS = "urn:oasis:names:tc:SAML:2.0:cm:bearer", "urn:oasis:names:tc:SAML:2.0:status:Success"


@dataclass
class KeyPair:
    """A key and a certificate of its own, in files."""
    key: Path
    certificate: Path

    @staticmethod
    def make(folder: Path, name: str, *, curve: bool = False, days: tuple[float, float] = (-1, 2)) -> "KeyPair":
        key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
        now, subject = datetime.datetime.now(datetime.timezone.utc), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(days=days[0]))
                       .not_valid_after(now + datetime.timedelta(days=days[1])).sign(key, hashes.SHA256()))
        pair = KeyPair(folder / f"{name}.key", folder / f"{name}.pem")
        pair.key.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return pair

    @property
    def certificate_text(self) -> str:
        return "".join(line for line in self.certificate.read_text().splitlines() if "-----" not in line)


def instant(seconds: float = 0) -> str:
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


# What Dextra sends

@dataclass
class Request:
    """An AuthnRequest with what came with it."""
    address: str
    parameters: dict[str, str]
    xml: bytes

    @property
    def root(self):
        return etree.fromstring(self.xml)

    @property
    def id(self) -> str:
        return self.root.get("ID")

    @property
    def relay_state(self) -> str:
        """Nothing, where the sign-in travels as the ID."""
        return self.parameters.get("RelayState", "")


def request_of(answer: Answer, sso_url: str) -> Request:
    """By HTTP-POST if the walk ended at a page, by HTTP-Redirect if it ended at the identity provider."""
    if answer.location is None:
        form = next(form for form in answer.page.forms if form.action == sso_url)
        return Request(form.action, form.fields, base64.b64decode(form.fields["SAMLRequest"]))
    assert answer.location.startswith(sso_url)
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
    return Request(sso_url, parameters, zlib.decompress(base64.b64decode(parameters["SAMLRequest"]), -15))


def post_response(browser: Browser, xml: bytes | str, relay_state: str, *, path: str = "/callback") -> Answer:
    """What a browser does with the identity provider's page: a POST from another site carries no cookie that is `SameSite=Lax`;
    the redirect that answers it leads to a request that does."""
    import requests
    xml = xml.encode() if isinstance(xml, str) else xml
    provider = browser.provider
    response = requests.post(provider.url(path), data={"SAMLResponse": base64.b64encode(xml).decode(), "RelayState": relay_state},
                             allow_redirects=False, timeout=30)
    return follow(browser, response)


def follow(browser: Browser, response) -> Answer:
    location = response.headers.get("Location")
    if location is None:
        page = Answer(response)
        own = [form for form in page.page.forms if form.action.startswith(browser.provider.issuer)]
        return browser.open(own[0].action, own[0].fields) if own else page
    assert response.status_code == 303
    assert urlsplit(location).path.startswith(urlsplit(browser.provider.issuer).path + "/callback/"), location
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(browser.provider.url("/")))
    return browser.open(location if location.startswith("http") else origin + location)


# What an identity provider answers, by hand

@dataclass
class Response:
    request_id: str
    recipient: str
    audience: str
    name_id: str = "jane-at-idp"
    # In the place of the NameID.
    subject: str | None = None
    attributes: dict[str, list[str]] = field(default_factory=lambda: {
        "name": ["Jane Doe"], "email": ["jane@example.com"], "groups": ["staff", "everybody"]})
    issuer: str = IDP
    status: str = SUCCESS
    destination: str | None = ""
    in_response_to: str | None = ""
    confirmed_request: str | None = ""
    confirmed_recipient: str | None = ""
    confirmed_from: float | None = None
    confirmed_until: float | None = 300
    valid_from: float | None = -10
    valid_until: float | None = 300
    session_until: float | None = None
    audiences: list[str] | None = None
    conditions: str = ""
    has_conditions: bool = True
    method: str = BEARER
    response_id: str = field(default_factory=lambda: "_r" + secrets.token_hex(16))
    assertion_id: str = field(default_factory=lambda: "_a" + secrets.token_hex(16))

    @property
    def assertion(self) -> str:
        def time(name, seconds):
            return f' {name}="{instant(seconds)}"' if seconds is not None else ""

        def attribute(name, value, default):
            value = default if value == "" else value
            return f' {name}="{html.escape(value)}"' if value is not None else ""
        audiences = [self.audience] if self.audiences is None else self.audiences
        restrictions = "".join(f"<a:AudienceRestriction><a:Audience>{html.escape(x)}</a:Audience></a:AudienceRestriction>" for x in audiences)
        statements = "".join(
            f'<a:Attribute Name="{html.escape(name)}">' + "".join(
                f'<a:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                f'xsi:type="xs:string">{html.escape(value)}</a:AttributeValue>' for value in values) + "</a:Attribute>"
            for name, values in self.attributes.items())
        conditions = (f'<a:Conditions{time("NotBefore", self.valid_from)}{time("NotOnOrAfter", self.valid_until)}>'
                      f"{restrictions}{self.conditions}</a:Conditions>") if self.has_conditions else ""
        return (f'<a:Assertion xmlns:a="{A}" ID="{self.assertion_id}" Version="2.0" IssueInstant="{instant()}">'
                f"<a:Issuer>{self.issuer}</a:Issuer><a:Subject>{self.subject or f'<a:NameID>{self.name_id}</a:NameID>'}"
                f'<a:SubjectConfirmation Method="{self.method}"><a:SubjectConfirmationData'
                f'{attribute("InResponseTo", self.confirmed_request, self.request_id)}'
                f'{attribute("Recipient", self.confirmed_recipient, self.recipient)}{time("NotBefore", self.confirmed_from)}'
                f'{time("NotOnOrAfter", self.confirmed_until)}/></a:SubjectConfirmation></a:Subject>{conditions}'
                f'<a:AuthnStatement AuthnInstant="{instant()}"{time("SessionNotOnOrAfter", self.session_until)}><a:AuthnContext>'
                "<a:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</a:AuthnContextClassRef></a:AuthnContext>"
                f"</a:AuthnStatement><a:AttributeStatement>{statements}</a:AttributeStatement></a:Assertion>")

    def around(self, inside: str) -> str:
        def attribute(name, value, default):
            value = default if value == "" else value
            return f' {name}="{html.escape(value)}"' if value is not None else ""
        return (f'<p:Response xmlns:p="{P}" ID="{self.response_id}" Version="2.0" IssueInstant="{instant()}"'
                f'{attribute("Destination", self.destination, self.recipient)}'
                f'{attribute("InResponseTo", self.in_response_to, self.request_id)}>'
                f'<a:Issuer xmlns:a="{A}">{self.issuer}</a:Issuer><p:Status><p:StatusCode Value="{self.status}"/></p:Status>'
                f"{inside}</p:Response>")

    def signed(self, pair: KeyPair, what: str | None = "assertion", **options) -> str:
        """`what`: assertion, response, both, or None."""
        assertion = self.assertion
        if what in ("assertion", "both"):
            assertion = sign(assertion, pair, self.assertion_id, **options)
        response = self.around(assertion)
        return sign(response, pair, self.response_id, **options) if what in ("response", "both") else response

    def but(self, **changes) -> "Response":
        return replace(self, **changes)


def sign(xml: str, pair: KeyPair, id: str, *, method: str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
         digest: str = "http://www.w3.org/2001/04/xmlenc#sha256", transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE),
         uri: str | None = None, certificate: str | None = None, hmac: bool = False, extra: str = "",
         kind: str | None = None) -> str:
    """Signs the root element by the program xmlsec1. The signature comes after the issuer."""
    key_info = "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>" if certificate is None and not hmac else ""
    template = (f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
                f'<ds:SignatureMethod Algorithm="{method}"/><ds:Reference URI="{"#" + id if uri is None else uri}"><ds:Transforms>'
                + "".join(t if t.startswith("<") else f'<ds:Transform Algorithm="{t}"/>' for t in transforms)
                + f'</ds:Transforms><ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>'
                f"<ds:SignatureValue/>{key_info}{extra}</ds:Signature>")
    root = etree.fromstring(xml)
    issuer = root.find("a:Issuer", NAMES)
    root.insert(0 if issuer is None else list(root).index(issuer) + 1, etree.fromstring(template))
    with tempfile.TemporaryDirectory(prefix="dextra-saml-") as folder:
        source, target = Path(folder) / "in.xml", Path(folder) / "out.xml"
        source.write_bytes(etree.tostring(root))
        key = ["--hmackey", str(pair.certificate)] if hmac else ["--privkey-pem", f"{pair.key},{pair.certificate}"]
        subprocess.run(["xmlsec1", "--sign", *key, "--id-attr:ID", f"{A}:Assertion", "--id-attr:ID", f"{P}:Response",
                        *(["--id-attr:ID", kind] if kind else []), "--output", str(target), str(source)],
                       check=True, capture_output=True, timeout=30)
        signed = target.read_text()
    return signed.partition("?>")[2].strip() if signed.startswith("<?xml") else signed.strip()


def encrypt(element: str, certificate: Path, *, kind: str = "EncryptedAssertion", method: str = "http://www.w3.org/2009/xmlenc11#aes256-gcm", session: str = "aes-256",
            key_method: str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", beside: bool = False, inherit: bool = False,
            binary: str | None = None) -> str:
    """An EncryptedAssertion, or another `kind`, by the program xmlsec1. `beside` puts the key next to the data; `inherit` encrypts
    an element whose prefix is declared around it."""
    enc = "http://www.w3.org/2001/04/xmlenc#"
    template = (f'<e:EncryptedData xmlns:e="{enc}" Type="{enc}Element"><e:EncryptionMethod Algorithm="{method}"/>'
                f'<ds:KeyInfo xmlns:ds="{DS}"><e:EncryptedKey><e:EncryptionMethod Algorithm="{key_method}"/>'
                "<e:CipherData><e:CipherValue/></e:CipherData></e:EncryptedKey></ds:KeyInfo>"
                "<e:CipherData><e:CipherValue/></e:CipherData></e:EncryptedData>")
    with tempfile.TemporaryDirectory(prefix="dextra-saml-") as folder:
        data, source, target = (Path(folder) / name for name in ("data.xml", "template.xml", "out.xml"))
        data.write_text(element)
        source.write_text(template)
        if binary is not None:
            data.write_text(binary)
            arguments = ["--binary-data", str(data)]
        elif inherit:
            data.write_bytes(element.replace(f' xmlns:a="{A}"', "", 1).encode())
            arguments = ["--binary-data", str(data)]
        else:
            arguments = ["--xml-data", str(data)]
        subprocess.run(["xmlsec1", "--encrypt", "--pubkey-cert-pem", str(certificate), "--session-key", session, *arguments,
                        "--output", str(target), str(source)], check=True, capture_output=True, timeout=30)
        root = etree.fromstring(target.read_bytes())
    wrapper = etree.Element(f"{{{A}}}{kind}", nsmap={"a": A})
    wrapper.append(root)
    if beside:
        info = root.find("ds:KeyInfo", NAMES)
        wrapper.append(info[0])
        root.remove(info)
    return etree.tostring(wrapper).decode()
