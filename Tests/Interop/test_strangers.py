"""What somebody whom nobody knows may hold of the server: memory, time, connections. Nothing here leaves the machine."""
import contextlib, socket, ssl, threading, time
from urllib.parse import urlsplit

import pytest
import requests

from support.backend import backend as a_backend
from support.certificates import Authority
from support.edge_proxy import edge_proxy
from support.http2 import Connection, frame
from support.ports import free_port
from support.raw import connect, host, path, read_response

MIB = 1 << 20


@pytest.fixture(scope="module")
def backend():
    with a_backend() as it:
        yield it


@pytest.fixture(scope="module")
def proxy(backend):
    with edge_proxy({"url": backend.url}) as it:
        yield it


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """The provider with TLS, where HTTP/2 is spoken: `web.connect()` opens such a connection."""
    from support.launch import launch
    authority = Authority(tmp_path_factory.mktemp("authority"))
    certificate, key = authority.issue("server")
    port = free_port()
    server = launch(tmp_path_factory.mktemp("server"), port=port, ca=authority.file, issuer=f"https://127.0.0.1:{port}/dex",
                    web={"http": None, "https": f"127.0.0.1:{port}", "tlsCert": str(certificate), "tlsKey": str(key),
                         "limits": {"idleTimeout": "1s"}})
    server.connect = lambda: Connection(port, ssl.create_default_context(cafile=str(authority.file)))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def grpc(tmp_path_factory):
    from support.launch import launch
    port = free_port()
    server = launch(tmp_path_factory.mktemp("server"), edge={
        "grpc": f"127.0.0.1:{port}", "policies": [{"name": "open", "path": "/*", "anonymous": True}]})
    server.connect = lambda: Connection(port)
    yield server
    server.stop()


@pytest.fixture
def http2(request, proxy, web, grpc):
    """Opens connections of HTTP/2 to a listener."""
    return {"proxy": lambda: Connection(proxy.port), "web": web.connect, "grpc": grpc.connect}[request.param]


def test_a_client_that_sends_ahead_is_read_no_faster_than_it_is_answered(proxy):
    """Thousands of requests on one connection, each of thirty bytes: once read they are twenty times as large."""
    requests.get(proxy.url + "/")
    before, message = proxy.memory, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 4000
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
        answered = threading.Event()

        def take():
            with contextlib.suppress(OSError):
                while data := connection.recv(65536):
                    answered.set() if b"200" in data else None
        reader = threading.Thread(target=take)
        reader.start()
        connection.settimeout(.5)
        end, sent = time.monotonic() + 5, 0
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                sent += connection.send(message)
        assert answered.wait(10)
        assert requests.get(proxy.url + "/", timeout=10).status_code == 200
        connection.shutdown(socket.SHUT_RDWR)
        reader.join(30)
    assert sent > len(message)
    assert proxy.memory - before < 48 * MIB


def post(connection: Connection, stream: int, authority: str, route: str):
    connection.head(stream, [(":method", "POST"), (":scheme", "https"), (":authority", authority), (":path", route),
                             ("content-type", "application/x-www-form-urlencoded")])


def test_bodies_without_end_on_one_connection_have_a_budget(web):
    """A hundred streams, each with almost as much as a body may have: who is over the budget hears 503 and when to come back."""
    with web.connect() as connection:
        windows, answers = {0: 65535}, {}
        data = b"a=" + b"b" * 200_000
        frames = connection.frames()
        for stream in range(1, 201, 2):
            windows[stream], rest = 65535, data
            post(connection, stream, "127.0.0.1", "/dex/token")
            while rest and stream not in answers:
                room = min(windows[0], windows[stream], 16384, len(rest))
                if room:
                    connection.send(frame(0, rest[:room], stream=stream))
                    windows[0], windows[stream], rest = windows[0] - room, windows[stream] - room, rest[room:]
                    continue
                kind, flags, number, payload = next(frames)
                if kind == 8:
                    windows[number] = windows.get(number, 65535) + int.from_bytes(payload, "big")
                elif kind == 1:
                    answers[number] = connection.fields(payload)
        while len(answers) < 70:
            kind, flags, number, payload = next(frames)
            if kind == 1:
                answers[number] = connection.fields(payload)
        assert {answer[":status"] for answer in answers.values()} == {"503"}
        assert all(answer["retry-after"] == "1" for answer in answers.values())
    assert web.get("/healthz").status_code == 200


@pytest.mark.parametrize("protocol", ["provider", "proxy"])
def test_a_chunked_form_without_end_is_read_to_the_limit_and_a_little(provider, proxy, protocol):
    """The limit is 256 KiB. What the kernel takes on the way is not the server's."""
    port, name, route = (urlsplit(provider.issuer).port, host(provider), path(provider, "/token")) if protocol == "provider" else (
        proxy.port, proxy.host, "/oauth2/sign_in")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"POST {route} HTTP/1.1\r\nHost: {name}\r\nTransfer-Encoding: chunked\r\n"
                           "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode())
        sent, chunk = 0, b"10000\r\n" + b"a" * 65536 + b"\r\n"
        connection.settimeout(10)
        with contextlib.suppress(OSError):
            while sent < 128 * MIB:
                sent += connection.send(chunk)
    assert sent < 16 * MIB, sent


FLOODS = {
    "windows that grow by one": frame(8, b"\0\0\0\1"), "unknown frames": frame(0xFA), "large unknown frames": frame(0xFA, b"x" * 1000),
    "settings": frame(4), "pings": frame(6, bytes(8)), "priorities": frame(2, bytes(4) + b"\1", stream=1),
    "empty data": frame(0, stream=1), "resets": frame(3, bytes(4), stream=1),
}


@pytest.mark.parametrize("http2", ["proxy", "web", "grpc"], indirect=True)
@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_frames_that_bring_nothing_are_not_taken_without_end(http2, flood):
    with http2() as connection:
        connection.head(1, [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/deaf")])
        assert connection.is_cut_by(flood * 100, 200)


@pytest.mark.parametrize("http2", ["web"], indirect=True)
def test_who_never_acknowledges_the_end_is_cut_off(http2):
    """After a second without a request the server says goodbye and asks whether that was heard."""
    with http2() as connection:
        connection.socket.settimeout(60)
        kinds = [kind for kind, *_ in connection.frames()]
    assert 7 in kinds


def test_a_long_silent_download_is_not_cut(web):
    """A client that has said how much it takes, and nothing since, although its connection is older than what idle ones get."""
    with web.connect() as connection:
        connection.send(frame(8, (2**31 - 1 - 65535).to_bytes(4, "big")))
        for stream in range(1, 7, 2):
            connection.head(stream, [(":method", "GET"), (":scheme", "https"), (":authority", "127.0.0.1"), (":path", "/dex/healthz")], end=True)
            answered = next(payload for kind, flags, number, payload in connection.frames() if kind == 1 and number == stream)
            assert connection.fields(answered)[":status"] == "200"
