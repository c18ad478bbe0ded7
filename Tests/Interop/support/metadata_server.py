"""A server that publishes an identity provider's metadata, over TLS or not, and that can be down."""
import http.server, ssl, threading

from .ports import free_port
from .saml import DS, KeyPair, sign

MD = "urn:oasis:names:tc:SAML:2.0:metadata"


def metadata(sso: str, *pairs: KeyPair, entity_id: str = "https://idp.example.com/metadata", attributes: str = "",
             signer: KeyPair | None = None) -> str:
    """What an identity provider says of itself; `pairs` are those that it signs with."""
    keys = "".join(f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{pair.certificate_text}'
                   "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>" for pair in pairs)
    text = (f'<md:EntityDescriptor xmlns:md="{MD}" ID="_metadata" entityID="{entity_id}"{attributes}><md:IDPSSODescriptor '
            f'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleSignOnService '
            f'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{sso}"/></md:IDPSSODescriptor></md:EntityDescriptor>')
    return sign(text, signer, "_metadata", kind=MD + ":EntityDescriptor") if signer else text


class MetadataServer:
    def __init__(self, certificate=None):
        """`certificate`: paths of certificate and key, for TLS."""
        self.certificate, self.port = certificate, free_port()
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}/metadata"
        self.body, self.status, self.requests = b"", 200, 0
        self._server = None

    def start(self) -> "MetadataServer":
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.requests += 1
                self.send_response(owner.status)
                self.send_header("Content-Length", str(len(owner.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(owner.body)

            def log_message(self, *_):
                pass
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": .02})
        self._thread.start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def publish(self, text: str):
        self.body = text.encode()
