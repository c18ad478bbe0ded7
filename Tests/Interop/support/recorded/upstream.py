"""A server that a connector asks: every request is remembered, and faults can be switched on."""
import base64, binascii, contextlib, copy, http.server, json, re, secrets, socket, ssl, sys, threading
from dataclasses import dataclass, field
from typing import Callable
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from ..certificates import Authority
from ..ports import free_port


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    #: Undecoded.
    query_string: str
    #: Names in lower case.
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def queries(self) -> dict[str, list[str]]:
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        if self.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def bearer(self) -> str | None:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value if kind.lower() == "bearer" else None

    @property
    def basic(self) -> tuple[str, str] | None:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            name, _, password = base64.b64decode(value).decode().partition(":")
            return name, password
        return None


@dataclass
class Reply:
    status: int = 200
    #: A dictionary or list is sent as JSON, text as it is.
    body: object = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None

    def encoded(self) -> tuple[bytes, str | None]:
        match self.body:
            case bytes():
                return self.body, self.content_type
            case str():
                return self.body.encode(), self.content_type or "text/plain; charset=utf-8"
            case _:
                return json.dumps(self.body).encode(), self.content_type or "application/json; charset=utf-8"


def route(method: str, pattern: str):
    """Marks what answers a method on a path; the pattern's groups become arguments."""
    def mark(function):
        function.routes = getattr(function, "routes", []) + [(method, re.compile(pattern))]
        return function
    return mark


#: A fault returns it when it has written to the connection itself.
SPOKEN = Reply()


@dataclass
class Fault:
    """What happens instead of the answer, or before it when `act` returns None."""
    act: Callable[["Recording", "Handler", Request], Reply | None]

    @staticmethod
    def status(status: int, body: object = "", **headers: str) -> "Fault":
        return Fault(lambda *_: Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    @staticmethod
    def truncated() -> "Fault":
        """The body ends before the length that was announced."""
        def act(recording, handler, request):
            handler.head(200, {"Content-Type": "application/json", "Content-Length": "4096"})
            handler.wfile.write(b'{"access_token": "abc", "id": 1, "login": "trunc')
            return handler.hang_up()
        return Fault(act)

    @staticmethod
    def cut_json() -> "Fault":
        """The body is whole, but what is in it is not."""
        return Fault(lambda *_: Reply(200, '{"access_token": "abc", "id": 1, "login": "cut', content_type="application/json"))

    @staticmethod
    def endless() -> "Fault":
        """A body without an end, as fast as it is read."""
        def act(recording, handler, request):
            handler.head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
            piece = b" " * 65536
            chunk = b"10000\r\n" + piece + b"\r\n"
            with contextlib.suppress(OSError):
                while not recording.stopping.is_set():
                    handler.wfile.write(chunk)
                    recording.flooded += len(piece)
            return handler.hang_up()
        return Fault(act)

    @staticmethod
    def hang_up() -> "Fault":
        return Fault(lambda recording, handler, request: handler.hang_up())

    @staticmethod
    def held(until: threading.Event) -> "Fault":
        """No answer until the event; then the right one."""
        def act(recording, handler, request):
            recording.arrived.set()
            while not until.wait(.05) and not recording.stopping.is_set():
                pass
        return Fault(act)

    @staticmethod
    def elsewhere(address: str, status: int = 302) -> "Fault":
        """A redirect: a client that follows it shows its credentials to another server."""
        return Fault(lambda *_: Reply(status, "", {"Location": address}))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait 40 ms for the first one's acknowledgment.
    disable_nagle_algorithm = True
    timeout = 60
    recording: "Recording"

    def setup(self):
        # The handshake belongs into this connection's thread: a peer that stalls must not stop the others.
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(30)
            self.request.do_handshake()
        super().setup()

    def handle(self):
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def finish(self):
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def answer(self):
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, parts.path, parts.query, {k.lower(): v for k, v in self.headers.items()}, body)
        self.send(self.recording.respond(self, request))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

    def head(self, status: int, headers: dict[str, str]):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, reply: Reply | None):
        if reply is None:
            return
        body, content_type = reply.encoded()
        headers = ({"Content-Type": content_type} if content_type else {}) | reply.headers
        self.head(reply.status, headers | ({} if reply.status in (204, 304) else {"Content-Length": str(len(body))}))
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        return SPOKEN

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A peer that went away or did not like the certificate is what some tests want."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Recording:
    """One provider. Subclasses have methods marked with `route`."""

    def __init__(self, authority: Authority | None):
        self.requests: list[Request] = []
        self.faults: list[tuple[re.Pattern, Fault]] = []
        #: What must never stand in our log: fill it with every code, token and password given out.
        self.secrets: list[str] = []
        self.endless_paging = False
        #: Where links to further pages point; a server that was taken over could name any.
        self.next_origin: str | None = None
        self.flooded = 0
        self.stopping, self.arrived = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.authority = authority
        handler = type("RecordingHandler", (Handler,), {"recording": self})
        self.server = Server(("127.0.0.1", free_port()), handler)
        if authority:
            certificate, key = authority.issue(f"upstream-{self.server.server_address[1]}")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"{'https' if authority else 'http'}://{self.host}"

    @property
    def ca(self) -> str:
        return str(self.authority.file) if self.authority else ""

    @contextlib.contextmanager
    def listening(self):
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": .02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            self.server.shutdown()
            thread.join()
            self.server.server_close()

    # Answers

    def respond(self, handler: Handler, request: Request) -> Reply | None:
        with self.lock:
            self.requests.append(request)
            faults = [fault for pattern, fault in self.faults if pattern.search(request.path)]
        for fault in faults:
            reply = fault.act(self, handler, request)
            if reply is SPOKEN:
                return None
            if reply is not None:
                return reply
        return self.dispatch(request)

    def dispatch(self, request: Request) -> Reply:
        for name in dir(type(self)):
            for method, pattern in getattr(getattr(type(self), name), "routes", []):
                match = pattern.fullmatch(request.path)
                if match and method == request.method:
                    with self.lock:
                        return getattr(self, name)(request, *match.groups())
        return self.not_found(request)

    def not_found(self, request: Request) -> Reply:
        return Reply(404, {"message": "Not Found"})

    # Faults

    @contextlib.contextmanager
    def failing(self, fault: Fault, path: str = ""):
        """While the block lasts, requests whose path matches meet the fault."""
        pair = (re.compile(path), fault)
        with self.lock:
            self.faults.append(pair)
        try:
            yield self
        finally:
            with self.lock:
                self.faults.remove(pair)

    @contextlib.contextmanager
    def paging_without_end(self):
        self.endless_paging = True
        try:
            yield self
        finally:
            self.endless_paging = False

    # What the provider knows

    @contextlib.contextmanager
    def changing(self):
        """Whatever the block does to people, groups and their likes is undone after it."""
        with self.lock:
            before = {name: copy.deepcopy(value) for name, value in vars(self).items() if name in self.DATA}
        try:
            yield self
        finally:
            with self.lock:
                vars(self).update(before)

    DATA = {"users", "emails", "teams", "orgs", "direct", "inherited", "memberships", "groups", "workspaces", "passwords", "domain",
            "signed_in", "declining", "claims", "next_origin", "assertion", "lifetime"}

    @property
    def links(self) -> str:
        return self.next_origin or self.url

    # What was asked

    def asked(self, path: str, method: str | None = None) -> list[Request]:
        """The requests whose whole path matches."""
        with self.lock:
            return [r for r in self.requests if re.fullmatch(path, r.path) and method in (None, r.method)]

    @contextlib.contextmanager
    def watching(self):
        """The requests of the block."""
        seen: list[Request] = []
        with self.lock:
            first = len(self.requests)
        yield seen
        with self.lock:
            seen.extend(self.requests[first:])

    def secret(self, prefix: str = "") -> str:
        """A new code or token."""
        value = prefix + secrets.token_urlsafe(24)
        self.secrets.append(value)
        return value


def page(items: list, number: int, size: int) -> tuple[list, int]:
    """One page of a list, and how many there are."""
    return items[(number - 1) * size:number * size], max(1, -(-len(items) // size))


def number(text: str | None, default: int, largest: int) -> int:
    """A page number or size as servers read it."""
    return min(max(int(text), 1), largest) if text and text.isdigit() else default


def link_header(address: str, query: dict[str, str], current: int, last: int, *, endless: bool = False) -> dict[str, str]:
    """RFC 8288 links to other pages, as GitHub, GitLab and Gitea send them: next and last are absent on the last page."""
    def link(relation, page):
        return f'<{address}?{urlencode(query | {"page": str(page)})}>; rel="{relation}"'
    links = []
    if current < last or endless:
        links += [link("next", current + 1), link("last", current + 1 if endless else last)]
    if current > 1:
        links += [link("prev", current - 1), link("first", 1)]
    return {"Link": ", ".join(links)} if links else {}
