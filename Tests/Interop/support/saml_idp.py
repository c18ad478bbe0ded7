"""pysaml2 as identity provider: in the test's own process, and behind an address for browsers."""
import contextlib, http.server, threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAME_FORMAT_UNSPECIFIED, NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

from .saml import KeyPair

IDENTITY = {"name": ["Jane Doe"], "email": ["jane@example.com"], "groups": ["staff", "everybody"]}
CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"


class IdentityProvider:
    def __init__(self, url: str, pair: KeyPair, folder: Path):
        self.url, self.pair, self.folder = url, pair, folder
        self.entity_id, self.sso, self.slo = url + "/metadata", url + "/sso", url + "/slo"
        self.server: Server | None = None

    def configuration(self, metadata: list[str]) -> IdPConfig:
        return IdPConfig().load({
            "entityid": self.entity_id, "key_file": str(self.pair.key), "cert_file": str(self.pair.certificate),
            "xmlsec_binary": "/usr/bin/xmlsec1", "metadata": {"inline": metadata} if metadata else {},
            "service": {"idp": {
                "name": "An identity provider for tests", "want_authn_requests_signed": False,
                "endpoints": {"single_sign_on_service": [(self.sso, BINDING_HTTP_POST), (self.sso, BINDING_HTTP_REDIRECT)],
                              "single_logout_service": [(self.slo, BINDING_HTTP_REDIRECT)]},
                "policy": {"default": {"name_form": NAME_FORMAT_UNSPECIFIED, "lifetime": {"minutes": 5}}},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT]}}})

    def know(self, *metadata: str) -> "IdentityProvider":
        """Loads the metadata of service providers."""
        self.server = Server(config=self.configuration(list(metadata)))
        return self

    @property
    def metadata(self) -> str:
        from saml2.metadata import entity_descriptor
        return entity_descriptor(self.configuration([])).to_string().decode()

    def answer(self, parameters: dict[str, str], binding: str = BINDING_HTTP_POST, *, name: str = "jane-at-idp", **options) -> str:
        """The response to a request: pysaml2 checks the request, its signature too, and finds the rest in our metadata."""
        request = self.server.parse_authn_request(
            parameters["SAMLRequest"], binding, relay_state=parameters.get("RelayState"), sigalg=parameters.get("SigAlg"),
            signature=parameters.get("Signature"))
        assert request and request.message
        given = self.server.response_args(request.message)
        given.pop("name_id_policy", None)
        name_id = NameID(format=NAMEID_FORMAT_PERSISTENT, text=name)
        options = {"sign_assertion": True, "sign_response": False, "sign_alg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                   "digest_alg": "http://www.w3.org/2001/04/xmlenc#sha256"} | options
        return str(self.server.create_authn_response(
            IDENTITY, given["in_response_to"], given["destination"], given["sp_entity_id"], name_id=name_id,
            authn={"class_ref": CLASS, "authn_auth": self.entity_id}, **options))

    @contextlib.contextmanager
    def listening(self):
        """For browsers: whoever comes is Jane."""
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.respond({name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}, BINDING_HTTP_REDIRECT)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self.respond({name: values[0] for name, values in parse_qs(body).items()}, BINDING_HTTP_POST)

            def respond(self, parameters, binding):
                response = provider.answer(parameters, binding)
                acs = response.partition('Destination="')[2].partition('"')[0]
                page = provider.server.apply_binding(BINDING_HTTP_POST, response, acs, parameters["RelayState"], response=True)["data"]
                body = page.encode() if isinstance(page, str) else "".join(page).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", urlsplit(self.url).port), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": .05})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
