"""The gRPC listener, by grpcio and by clients of HTTP alone: whole calls, broken ones, TLS, and the end."""
import base64, contextlib, http.client, http.server, json, shutil, subprocess, threading
from pathlib import Path

import grpc, httpx, pytest

from support.certificates import Authority
from support.check import PATH, code, framed, question
from support.go import build
from support.ports import free_port
from support.server import Dextra

POLICIES = [{"path": "/open", "anonymous": True}, {"path": "/*", "allow": [{"groups": "authors"}]}]
YES, UNAUTHENTICATED, UNAVAILABLE = 0, 16, 14


class Holding(http.server.BaseHTTPRequestHandler):
    """Answers what it is asked about a token when it is let: whoever asks has to wait."""

    def do_POST(self):
        self.server.asked.release()
        self.server.let.wait()
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", "16")
            self.end_headers()
            self.wfile.write(b'{"active":false}')

    def log_message(self, *_):
        """Nobody reads it."""


@contextlib.contextmanager
def holding():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Holding)
    server.asked, server.let = threading.Semaphore(0), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.let.set()
        server.shutdown()
        thread.join()
        server.server_close()


def edge(issuer: http.server.HTTPServer, port: int, **further) -> dict:
    url = f"http://127.0.0.1:{issuer.server_port}"
    return {"grpc": {"addr": f"127.0.0.1:{port}"} | further, "trustedProxies": ["127.0.0.0/8"], "policies": POLICIES,
            "issuers": [{"issuer": url, "audiences": ["*"], "jwksURL": url,
                         "introspection": {"url": url, "clientID": "edge", "clientSecret": "a secret of the edge"}}]}


@pytest.fixture
def issuer():
    with holding() as issuer:
        yield issuer


@pytest.fixture
def provider(start, issuer) -> Dextra:
    port = free_port()
    provider = start(edge=edge(issuer, port))
    provider.target = f"127.0.0.1:{port}"
    return provider


@pytest.fixture
def channel(provider):
    with grpc.insecure_channel(provider.target) as channel:
        yield channel


def check(channel, path: str = "/open", **further) -> int:
    return code(channel.unary_unary(PATH)(question(path), timeout=30, **further))


def status(call, *arguments, **further) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **{"timeout": 30} | further)
    return caught.value.code()


HELD = question("/held", authorization="Bearer opaque")


def test_calls_are_answered_and_broken_ones_leave_the_connection_alone(channel):
    assert check(channel) == YES and check(channel, "/closed") == UNAUTHENTICATED
    for method in "/envoy.service.auth.v3.Authorization/None", "/grpc.health.v1.Health/Watch", "/None":
        assert status(channel.unary_unary(method), b"") == grpc.StatusCode.UNIMPLEMENTED
    assert status(channel.unary_unary(PATH), question(x="x" * (1 << 20))) == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status(channel.unary_unary(PATH), b"\xff") == grpc.StatusCode.INTERNAL
    assert status(channel.stream_unary(PATH), iter([question(), question()])) == grpc.StatusCode.UNIMPLEMENTED
    assert status(channel.stream_unary(PATH), iter([])) == grpc.StatusCode.UNIMPLEMENTED
    assert check(channel) == YES and check(channel, metadata=[("x-more", "y" * 4000)]) == YES


def test_a_large_question_is_taken(channel):
    assert code(channel.unary_unary(PATH)(question("/open", x="x" * (1 << 19)), timeout=30)) == YES


def test_compression_is_refused_and_the_client_told(channel):
    with pytest.raises(grpc.RpcError) as caught:
        check(channel, compression=grpc.Compression.Gzip)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert check(channel) == YES


def test_many_calls_on_one_connection(channel, issuer):
    held = channel.unary_unary(PATH).future(HELD, timeout=30)
    issuer.asked.acquire()
    calls = [channel.unary_unary(PATH).future(question("/open" if n % 2 else "/closed"), timeout=30) for n in range(2000)]
    assert [code(call.result()) for call in calls] == [YES if n % 2 else UNAUTHENTICATED for n in range(2000)]
    # The first has waited for all of them.
    assert not held.done()
    issuer.let.set()
    assert code(held.result()) == UNAUTHENTICATED


def test_a_client_that_loses_interest_and_one_whose_time_is_over(channel, issuer):
    call = channel.unary_unary(PATH).future(HELD, timeout=30)
    issuer.asked.acquire()
    assert call.cancel()
    assert status(channel.unary_unary(PATH), HELD, timeout=.3) == grpc.StatusCode.DEADLINE_EXCEEDED
    assert check(channel) == YES


def post(target, content: bytes, path: str = PATH, scheme: str = "http", **headers: str) -> httpx.Response:
    headers = {"content-type": "application/grpc", "te": "trailers"} | {name.replace("_", "-"): value for name, value in headers.items()}
    with httpx.Client(http1=False, http2=True, timeout=30) as client:
        return client.post(f"{scheme}://{target}{path}", content=content, headers=headers)


def test_the_server_ends_what_takes_longer_than_the_client_said(provider):
    # This client has no clock of its own. An answer without a message has its status in the first fields.
    answer = post(provider.target, framed(HELD), grpc_timeout="300m")
    assert answer.status_code == 200 and answer.headers["grpc-status"] == "4"


@pytest.mark.parametrize("content, headers, code", [
    (framed(question()), {"grpc_encoding": "gzip"}, "12"), (b"\1" + framed(question())[1:], {}, "13"), (framed(question())[:-1], {}, "13"),
    (framed(question()), {"grpc_timeout": "soon"}, "13"), (b"", {}, "12")])
def test_what_breaks_the_protocol_gets_a_status(provider, content, headers, code):
    answer = post(provider.target, content, **headers)
    assert (answer.status_code, answer.headers["grpc-status"], answer.headers["grpc-accept-encoding"]) == (200, code, "identity")
    assert answer.headers["content-type"] == "application/grpc" and answer.content == b""


def test_a_client_of_something_else_is_told(provider):
    assert post(provider.target, b"{}", content_type="application/json").status_code == 415
    connection = http.client.HTTPConnection(provider.target, timeout=30)
    connection.request("GET", "/")
    with pytest.raises((http.client.BadStatusLine, ConnectionError)):
        connection.getresponse()
    connection.close()


def test_a_call_in_flight_is_answered_before_the_end(provider, channel, issuer):
    call = channel.unary_unary(PATH).future(HELD, timeout=30)
    issuer.asked.acquire()
    # Nobody lets the issuer answer: the question has one all the same, which is no yes.
    provider.stop()
    assert code(call.result()) == UNAVAILABLE


def test_go_has_the_same_from_it(provider, tmp_path):
    program = build(Path(__file__).parent / "go_grpc/main.go", tmp_path)
    questions = [base64.b64encode(each).decode() for each in (question("/open"), HELD)]
    found = subprocess.run([program, provider.target, *questions], stdout=subprocess.PIPE, check=True, timeout=120).stdout
    assert json.loads(found) == {
        "health": "SERVING", "other": "NotFound", "watch": "Unimplemented", "none": "Unimplemented", "compressed": "Unimplemented",
        "held": "DeadlineExceeded", "large": "ResourceExhausted", "many": {"OK": 1000}}


# TLS


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def secure(provider, root: Authority, client: tuple | None = None):
    pair = [path.read_bytes() for path in reversed(client)] if client else [None, None]
    return grpc.secure_channel(provider.target, grpc.ssl_channel_credentials(root.file.read_bytes(), *pair))


@pytest.fixture
def encrypted(start, issuer, authority):
    def encrypted(**further):
        port = free_port()
        certificate, key = authority.issue("server")
        provider = start(edge=edge(issuer, port, tlsCert=str(certificate), tlsKey=str(key), **further))
        provider.target = f"127.0.0.1:{port}"
        return provider
    return encrypted


def test_over_tls_and_with_a_new_certificate_after_a_reload(encrypted, authority, tmp_path_factory):
    provider = encrypted()
    with secure(provider, authority) as channel:
        assert check(channel) == YES
        other = Authority(tmp_path_factory.mktemp("other"))
        for path in other.issue("server"):
            shutil.copy(path, authority.folder)
        provider.reload()
        with secure(provider, other) as renewed:
            assert check(renewed) == YES
        assert check(channel) == YES


def test_over_tls_it_is_http_2_or_nothing(encrypted, authority):
    provider = encrypted()
    with httpx.Client(http2=False, verify=str(authority.file), timeout=30) as client, pytest.raises(httpx.TransportError):
        client.get(f"https://{provider.target}/")


def test_where_clients_need_certificates_others_are_not_heard(encrypted, authority, tmp_path_factory):
    provider = encrypted(tlsClientCA=str(authority.file))
    with secure(provider, authority, authority.issue("envoy")) as channel:
        assert check(channel) == YES
    stranger = Authority(tmp_path_factory.mktemp("stranger")).issue("envoy")
    for client in None, stranger:
        with secure(provider, authority, client) as channel:
            assert status(channel.unary_unary(PATH), question()) == grpc.StatusCode.UNAVAILABLE
