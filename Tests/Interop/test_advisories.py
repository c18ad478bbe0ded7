"""Public advisories of comparable programs, replayed where no other test does so already. docs/security-tests.md lists all of them."""
import contextlib, re, socket, time

import hpack, jwt, pytest, requests, yaml

from support.application import authorization_url
from support.backend import backend as a_backend
from support.browser import Browser
from support.edge_login import ONE_INGRESS, edge as an_edge
from support.edge_proxies import through_envoy_grpc
from support.edge_proxy import edge_proxy
from support.judge import Question, dextra_says
from support.launch import running
from support.people import APP, Client
from support.raw import read_response
from support.saml import A, KeyPair, Response, post_response, request_of
from support.told_backend import backend as told_backend

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION, ALTSVC, ORIGIN = *range(11), 12


# HTTP/2

@pytest.fixture(scope="module")
def backend():
    with a_backend() as it:
        yield it


@pytest.fixture(scope="module")
def proxy(backend):
    with edge_proxy({"url": backend.url}) as it:
        yield it


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def fields(*others: tuple[str, str], path: str = "/") -> bytes:
    """Packed without a table, so that each block can be read by itself."""
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    return encoder.encode([(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path), *others])


def literal(*pairs: tuple[bytes, bytes]) -> bytes:
    """Fields of any bytes, packed into no table."""
    return b"".join(b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in pairs)


def sent_until_closed(proxy, frames, most: int) -> int:
    """How many bytes a client can send before the connection is closed; fails if it takes `most` of them."""
    sent = 0
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as transport:
        with contextlib.suppress(ConnectionError):
            transport.sendall(PREFACE)
            # What comes back is taken off, so that the client is none that does not read.
            transport.setblocking(False)
            end = time.monotonic() + 60
            closed = False
            while not closed and time.monotonic() < end:
                with contextlib.suppress(BlockingIOError):
                    while data := transport.recv(1 << 20):
                        pass
                    closed = data == b""
                if closed:
                    break
                data = b"".join(next(frames) for _ in range(64))
                transport.setblocking(True)
                transport.sendall(data)
                transport.setblocking(False)
                sent += len(data)
                assert sent < most, "the connection still takes what comes"
    return sent


def numbered(make):
    """Frames for the streams 1, 3, 5 …"""
    stream = 1
    while True:
        yield make(stream)
        stream += 2


def again(data: bytes):
    while True:
        yield data


def reset(stream: int) -> bytes:
    return frame(HEADERS, 5, stream, fields(path="/slow")) + frame(RESET, 0, stream, (8).to_bytes(4))


def made_to_reset(stream: int) -> bytes:
    """A stream that the server has to reset by itself: its window grows by nothing."""
    return frame(HEADERS, 5, stream, fields()) + frame(WINDOW, 0, stream, bytes(4))


def continued():
    yield frame(HEADERS, 0, 1, fields())
    yield from again(frame(CONTINUATION, 0, 1, fields(("x", "y" * 500))))


def continued_by_nothing():
    yield frame(HEADERS, 0, 1, fields())
    yield from again(frame(CONTINUATION, 0, 1))


def empty_data():
    yield frame(HEADERS, 4, 1, hpack.Encoder().encode([(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/")]))
    yield from again(frame(DATA, 0, 1))


def grown(stream: int):
    yield from again(frame(WINDOW, 0, stream, (1).to_bytes(4)))


FLOODS = {
    "rapid reset": lambda: numbered(reset), "made to reset": lambda: numbered(made_to_reset), "continuation": continued,
    "empty continuation": continued_by_nothing, "ping": lambda: again(frame(PING, 0, 0, bytes(8))), "settings": lambda: again(frame(SETTINGS)),
    "empty data": empty_data, "priority": lambda: numbered(lambda stream: frame(PRIORITY, 0, stream, bytes(4) + b"\x10")),
    "window updates": lambda: grown(0), "unknown frames": lambda: again(frame(0x42, 0, 0, b"x")), "altsvc": lambda: again(frame(ALTSVC, 0, 0, bytes(2) + b"x")),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_frames_ends_the_connection(proxy, name):
    before = proxy.memory
    sent_until_closed(proxy, FLOODS[name](), 8 << 20)
    assert proxy.memory - before < 64 << 20
    assert requests.get(proxy.url + "/", timeout=10).status_code == 200


def test_fields_that_unpack_to_megabytes_are_refused(proxy):
    """One long field in the table, named again and again by a byte each."""
    before = proxy.memory
    long = frame(HEADERS, 5, 1, hpack.Encoder().encode([(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/"), ("x", "y" * 3900)]))
    bomb = frame(HEADERS, 5, 3, fields() + b"\xbe" * 16000)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as transport, contextlib.suppress(ConnectionError):
        transport.sendall(PREFACE + long + bomb)
        received = b""
        while b'"line"' not in received.replace(b'"GET /', b"", 1) and (data := transport.recv(65536)):
            received += data
    assert proxy.memory - before < 64 << 20
    assert requests.get(proxy.url + "/", timeout=10).status_code == 200


@pytest.mark.parametrize("frames", [
    frame(HEADERS, 0x25, 1, bytes(4) + b"\x10"), frame(HEADERS, 0x0D, 1, b"\xff" + fields()), frame(HEADERS, 0x2D, 1, b"\x05"), frame(HEADERS, 0x2D, 1),
    frame(HEADERS, 0x05, 1, b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), frame(HEADERS, 0x05, 1, b"\x3f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    frame(HEADERS, 0x05, 1, b"\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), frame(HEADERS, 0x05, 1, b"\x80"), frame(HEADERS, 0x05, 1, b"\xff\x80\x80\x80\x80"),
    frame(PUSH, 0x0C, 1, b"\x01"), frame(PUSH, 4, 1, bytes(4) + fields()), frame(ALTSVC, 0, 1, b"x"), frame(ALTSVC, 0, 0), frame(ORIGIN, 0, 0, bytes(2)),
    frame(ORIGIN, 0, 1, b"\xff\xff"), frame(GOAWAY, 0, 0, bytes(3)), frame(GOAWAY, 0, 0, bytes(4) + b"\xff" * 4), frame(SETTINGS, 0, 0, b"\x00\x05" + bytes(4)),
    frame(SETTINGS, 0, 0, b"\x00\x01\xff\xff\xff\xff"), frame(DATA, 8, 1, b"\xff"), frame(CONTINUATION, 4, 1, fields()), frame(HEADERS, 5, 1, b"\x00\x00\x00" * 5000),
    # Heads that are refused at once, before NIO has told that the stream began.
    frame(HEADERS, 5, 1, literal((b":method", b"GET"))), frame(HEADERS, 4, 1, literal((b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"))),
    frame(HEADERS, 5, 1, literal((b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b"e", b""))),
])
def test_frames_that_stopped_other_servers_stop_nothing(proxy, frames):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as transport, contextlib.suppress(ConnectionError):
        transport.sendall(PREFACE + frames + frame(PING, 0, 0, b"finished"))
        received = b""
        while b"finished" not in received and (data := transport.recv(65536)):
            received += data
    assert requests.get(proxy.url + "/", timeout=10).status_code == 200


# HTTP/1

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("body", [
    b"1;\nxx\r\n0\r\n\r\n", b"1;a\nb\r\nx\r\n0\r\n\r\n", b"1\nx\r\n0\r\n\r\n", b"1\r\nx\n0\r\n\r\n", b"1\r\nxx0\r\n\r\n", b"0x1\r\nx\r\n0\r\n\r\n", b" 1\r\nx\r\n0\r\n\r\n",
    b"1 \r\nx\r\n0\r\n\r\n", b"-1\r\nx\r\n0\r\n\r\n", b"+1\r\nx\r\n0\r\n\r\n", b"1_0\r\nx\r\n0\r\n\r\n", b"10000000000000001\r\nx\r\n0\r\n\r\n", b"\r\n0\r\n\r\n",
    b"1\r\rx\r\n0\r\n\r\n", b"0\r\nX: y\nZ: z\r\n\r\n", b"0\r\n\rX",
])
def test_chunks_that_end_elsewhere_for_others_bring_no_second_request(proxy, backend, body):
    before = len(backend.requests)
    answered(proxy, b"POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED)
    # What everybody reads alike may go on: then the second request is one.
    assert "GET /smuggled" not in backend.requests[before:]


@pytest.mark.parametrize("head", [
    b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\n Content-Length: 36\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 6\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 36, 36\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 00036\r\n\r\n", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
])
def test_heads_that_others_read_in_another_way_reach_no_backend(proxy, backend, head):
    before = len(backend.requests)
    answer = answered(proxy, re.sub(rb" / HTTP", b" /odd HTTP", head) + b"x" * 36)
    assert answer == b"" or int(answer.split()[1]) >= 400, answer
    assert backend.requests[before:] == []


def answered(proxy, message: bytes) -> bytes:
    """Whatever comes until the connection ends, or nothing more comes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=2) as connection, contextlib.suppress(ConnectionError, TimeoutError):
        connection.sendall(message)
        while data := connection.recv(65536):
            answer += data
    return answer


def test_fields_without_end_are_refused(proxy):
    """Each of them is small."""
    before = proxy.memory
    answer = b""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        for _ in range(64):
            connection.sendall(b"a: b\r\n" * 4096)
        while data := connection.recv(65536):
            answer += data
    assert proxy.memory - before < 64 << 20
    assert not answer or answer.split()[1] in (b"400", b"431")
    assert requests.get(proxy.url + "/", timeout=10).status_code == 200


# The edge

@pytest.fixture(scope="module")
def edge():
    with an_edge(edge={
            **ONE_INGRESS, "issuers": [{"issuer": "self", "audiences": [APP.id]}],
            "policies": [{"host": "app.example", "path": "/public/*", "anonymous": True}, {"path": "/*", "allow": [{"groups": ["authors"]}]}]}) as server:
        yield server


def asked(edge, target: str, *, where: str = "nginx", name: str = "app.example", lines: tuple[bytes, ...] = ()) -> int:
    """What nginx's question about a request is answered with; every byte is the test's."""
    told = {"nginx": [f"Host: {name}", f"X-Original-URI: {target}", "X-Original-Method: GET"],
            "ingress-nginx": ["Host: a", f"X-Original-URL: http://{name}{target}", "X-Original-Method: GET"],
            "traefik": ["Host: a", f"X-Forwarded-Uri: {target}", f"X-Forwarded-Host: {name}", "X-Forwarded-Method: GET", "X-Forwarded-Proto: http"]}[where]
    with socket.create_connection(("127.0.0.1", edge.edge_port), timeout=30) as connection:
        connection.sendall(b"\r\n".join([f"GET /oauth2/auth/{where} HTTP/1.1".encode(), *(line.encode() for line in told), *lines, b"Connection: close", b"", b""]))
        return read_response(connection)[0]


def test_the_open_path_is_open(edge):
    """Else the rest would prove nothing."""
    for where in ("nginx", "ingress-nginx", "traefik"):
        assert asked(edge, "/public/x", where=where) == 200
        assert asked(edge, "/private", where=where) in (401, 302)


@pytest.mark.parametrize("where", ["nginx", "ingress-nginx", "traefik"])
@pytest.mark.parametrize("target", [
    "/private?x=/public/", "/private?/public/", "/private#/public/", "/private%23/public/", "/public/../private", "/public/..%2fprivate",
    "/public/%2e%2e/private", "/public/..;/private", "/public/..\\private", "/public/%5c..%5cprivate", "/%", "/public/%", "/public/%zz", "/public/%c0%ae%c0%ae/private",
    "/public/%252e%252e/private", "/public/..\u0301/private", "/public/\u0301/../private", "/public/%00/../../private", "/PUBLIC/x", "//private/public/",
    "/public/\u2026/\u2025/private", "/p\u1d58blic/x", "/public/.%2e/private",
])
def test_no_spelling_makes_a_path_an_open_one(edge, where, target):
    assert asked(edge, target, where=where) in (302, 400, 401, 403)


@pytest.mark.parametrize("where", ["nginx", "ingress-nginx", "traefik"])
@pytest.mark.parametrize("name", [
    "app.example, private.example", "private.example,app.example", "app.example@private.example", "private.example#app.example", "private.example:80#@app.example",
    "app.example/@private.example", "app.example\\private.example", "app.example:80:80", "app.example:x", "app.example:", "app.example..", "[app.example]", "a\u0301pp.example",
    "app.example\u0301", "\uff41pp.example", "app\u3002example", "app.example%00.private.example", "private.example:?",
])
def test_no_spelling_makes_a_host_an_open_one(edge, where, name):
    assert asked(edge, "/public/x", where=where, name=name) in (302, 400, 401, 403)


@pytest.mark.parametrize("line", [
    b"User-Agent: kube-probe/1.30", b"User-Agent: GoogleHC/1.0", b"User-Agent: ELB-HealthChecker/2.0", b"X-Forwarded-Prefix: /public", b"X-Forwarded-Uri: /public/x",
    b"X_Original_URI: /public/x", b"X-Forwarded_Uri: /public/x", b"X-Envoy-Original-Path: /public/x", b"X-Rewrite-URL: /public/x", b"X-Forwarded-Port: 443", b"Forwarded: host=app.example;proto=https",
    b"X-HTTP-Method-Override: OPTIONS", b"Cookie: dextra_edge=x; dextra_edge_0=y", b"Authorization: Bearer", b"Authorization: Basic Og==", b"Origin: null\r\nAccess-Control-Request-Method: GET",
    b"X-Original-Method: OPTIONS", b"Connection: X-Original-URI", b"Connection: x-forwarded-user",
])
def test_what_opened_other_edges_opens_nothing(edge, line):
    assert asked(edge, "/private", lines=(line,)) in (400, 401, 403)


def test_bytes_that_are_no_utf_8_are_no_way_through_envoy(edge):
    """They made the question one that the server of `ext_authz` could not read."""
    with told_backend() as port, through_envoy_grpc(edge, port) as front:
        for name in (b"X", b"Authorization", b"Cookie", b"User-Agent", b"X-Forwarded-User"):
            with socket.create_connection(("127.0.0.1", front), timeout=30) as connection:
                connection.sendall(b"GET /private HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n" + name + b": \xff\xfe\xc3\x28\r\n\r\n")
                assert read_response(connection)[0] in (302, 400, 401, 403), name


def test_a_dot_in_the_name_of_a_service_account_is_a_dot(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "p", "namespace": "default"},
        "spec": {"action": "ALLOW", "rules": [{"from": [{"source": {"serviceAccounts": ["default/cert-manager.io"]}}]}]}}))
    names = ["cert-manager.io", "cert-manager-io", "cert-managerXio", "xcert-manager.io", "cert-manager.iox"]
    said = dextra_says(file, [Question("GET", "a.example", "/", (), "127.0.0.1", None, f"cluster.local/ns/default/sa/{name}") for name in names])
    assert [answer["outcome"] == "allow" for answer in said] == [True, False, False, False, False]


# The provider

WEB = Client("web", "web-secret-77aa11bb", "https://app.example.com/callback")
LOOP = Client("loop", "web-secret-77aa11bc", "http://127.0.0.1/callback")


@pytest.fixture(scope="module")
def provider():
    with running(clients=(WEB, LOOP, APP)) as server:
        yield server


@pytest.mark.parametrize("uri", [
    "https://app.example.com/x/..;/callback", "https://app.example.com/..;/callback", "https://a@b@app.example.com/callback", "https://app.example.com@@evil.example/callback",
    "https://app.example.com*/callback", "https://appXexample.com/callback", "https://app.example.com\u0301/callback", "https://app.example.com/callbac\u212a",
    "https://app.example.com/callback#\u0301", "https://app.example.com/callback\u037e", "JaVaScRiPt:alert(1)", "http://127.0.0.1.evil.example/callback", "http://localhost/callback",
])
def test_no_redirect_uri_that_only_looks_like_the_registered_one(provider, uri):
    for client in (WEB, LOOP):
        answer = Browser(provider).open(authorization_url(provider, client, redirect_uri=uri))
        assert answer.location is None and answer.status in (400, 414, 431), answer.location


def test_a_token_cannot_be_exchanged_past_the_connectors_of_its_client(provider):
    """There is no such grant: what a client may not use it cannot use in that way either."""
    answer = provider.post("/token", {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "connector_id": "local", "subject_token": "x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "client_id": APP.id, "client_secret": APP.secret})
    assert answer.status_code == 400 and answer.json()["error"] == "unsupported_grant_type"


def test_what_is_encrypted_or_compressed_is_no_token(edge):
    """JWE, which takes time and memory as its header says, is not read at all."""
    parts = "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIiwicDJjIjoyMDAwMDAwMDAwLCJ6aXAiOiJERUYifQ.AAAA.AAAA.AAAA.AAAA"
    zipped = jwt.encode({"iss": edge.issuer, "sub": "x"}, "k" * 32, algorithm="HS256", headers={"zip": "DEF", "p2c": 2_000_000_000})
    for token in (parts, zipped, "." * 30_000, "a." * 15_000):
        start = time.monotonic()
        assert asked(edge, "/private", lines=(b"Authorization: Bearer " + token.encode(),)) in (400, 401, 431)
        assert time.monotonic() - start < 5


# SAML

@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return KeyPair.make(tmp_path_factory.mktemp("keys"), "idp")


@pytest.fixture(scope="module")
def site(keys):
    config = {"ssoURL": "https://idp.example.com/sso", "ca": str(keys.certificate), "redirectURI": "https://a.example/callback", "usernameAttr": "name", "emailAttr": "email"}
    with running(connectors=[{"type": "saml", "id": "company", "name": "Company", "config": config}]) as server:
        yield server


def begin(site) -> tuple[Browser, object, Response]:
    browser = Browser(site)
    request = request_of(browser.open(authorization_url(site, connector_id="company")), "https://idp.example.com/sso")
    return browser, request, Response(request.id, "https://a.example/callback", "https://a.example/callback")


CHANGES = {
    "a comment in the digest": lambda text: re.sub(r"(<(?:ds:)?DigestValue>)", r"\1<!--evil-->", text),
    "a comment before the digest": lambda text: re.sub(r"<(ds:)?DigestValue>([^<]*)", r"<\1DigestValue><!--AAAA-->\2<!--BBBB-->", text),
    "a second SignedInfo": lambda text: re.sub(r"(<(?:ds:)?SignedInfo>.*?</(?:ds:)?SignedInfo>)", r"\1\1", text, flags=re.S),
    "a second reference": lambda text: re.sub(r"(<(?:ds:)?Reference .*?</(?:ds:)?Reference>)", r"\1\1", text, flags=re.S),
    "a second signature": lambda text: re.sub(r"(<ds:Signature .*?</ds:Signature>)", r"\1\1", text, flags=re.S),
    "a namespace that is no URI": lambda text: text.replace("<a:Subject>", '<a:Subject xmlns:x="relative">', 1),
    "an empty digest": lambda text: re.sub(r"(<(?:ds:)?DigestValue>)[^<]*", r"\g<1>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", text),
    "a reference to everything": lambda text: re.sub(r'URI="#[^"]*"', 'URI=""', text),
    "a reference to nothing": lambda text: re.sub(r'URI="#[^"]*"', 'URI="#"', text),
    "no reference": lambda text: re.sub(r"<(?:ds:)?Reference .*?</(?:ds:)?Reference>", "", text, flags=re.S),
    "a prefix bound anew": lambda text: text.replace("<a:NameID>", f'<b:NameID xmlns:b="{A}" xmlns:a="urn:evil">', 1).replace("</a:NameID>", "</b:NameID>", 1),
    "an attribute with a prefix": lambda text: text.replace(' ID="_a', ' xmlns:x="urn:x" x:ID="_evil" ID="_a', 1),
    "another case of ID": lambda text: text.replace(' ID="_a', ' id="_evil" ID="_a', 1),
    "a document type": lambda text: '<!DOCTYPE r [<!ATTLIST a:Assertion ID ID #IMPLIED>]>' + text,
}


def test_the_response_itself_is_good(site, keys):
    """Else the rest would prove nothing."""
    browser, request, response = begin(site)
    assert post_response(browser, response.signed(keys), request.relay_state).status in (200, 302, 303)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("what", ["assertion", "response"])
def test_a_signature_that_two_readers_see_differently_is_refused(site, keys, what, name):
    browser, request, response = begin(site)
    text = response.signed(keys, what)
    changed = CHANGES[name](text)
    assert changed != text
    after = len(site.running.lines)
    answer = post_response(browser, changed, request.relay_state)
    assert answer.status == 403, answer.response.text[:300]
    assert site.running.wait_for_log("failed login attempt.*detail=", after=after)


def test_a_document_of_many_attributes_is_refused_at_once(site, keys):
    browser, request, response = begin(site)
    text = response.signed(keys)
    many = text.replace("<a:Subject>", "<a:Subject " + " ".join(f'x{number}=""' for number in range(16_000)) + ">", 1)
    start = time.monotonic()
    assert post_response(browser, many, request.relay_state).status == 403
    assert time.monotonic() - start < 1.5
