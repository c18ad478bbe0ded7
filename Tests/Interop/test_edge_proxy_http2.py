"""HTTP/2 by hand: what a client may write that HTTP/1.1 would read in another way."""
import json, random, socket

import h2.config, h2.connection, h2.events, h2.exceptions, pytest, requests

from support.backend import backend as a_backend
from support.edge_proxy import edge_proxy


@pytest.fixture(scope="module")
def backend():
    with a_backend() as it:
        yield it


@pytest.fixture(scope="module")
def proxy(backend):
    with edge_proxy({"url": backend.url}) as it:
        yield it


def ask(proxy, headers, *bodies: bytes, end: bool = True, end_with_head: bool | None = None):
    """The status, body and reset of one stream; nothing that is sent is checked or put right on the way."""
    config = h2.config.H2Configuration(
        validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="latin1")
    connection = h2.connection.H2Connection(config)
    connection.initiate_connection()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as transport:
        connection.send_headers(1, headers, end_stream=not bodies if end_with_head is None else end_with_head)
        for number, body in enumerate(bodies):
            connection.send_data(1, body, end_stream=end and number == len(bodies) - 1)
        transport.sendall(connection.data_to_send())
        status, content = None, b""
        while data := transport.recv(65536):
            for event in connection.receive_data(data):
                match event:
                    case h2.events.ResponseReceived():
                        status = int(dict(event.headers)[":status"])
                    case h2.events.DataReceived():
                        content += event.data
                        connection.acknowledge_received_data(event.flow_controlled_length, 1)
                    case h2.events.StreamEnded():
                        return status, content, None
                    case h2.events.StreamReset() | h2.events.ConnectionTerminated():
                        return status, content, event.error_code
            transport.sendall(connection.data_to_send())
        return status, content, "closed"


def head(method="GET", path="/", *others, authority="a"):
    return [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path), *others]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "POST"])
def test_a_body_without_a_length_is_no_request_of_its_own(proxy, backend, method):
    before = len(backend.requests)
    status, content, _ = ask(proxy, head(method), b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert status == 200
    assert requests.get(proxy.url + "/after").status_code == 200
    assert backend.requests[before:] == [f"{method} /", "GET /after"]
    if method != "HEAD":
        assert ["Transfer-Encoding", "chunked"] in json.loads(content)["headers"]


@pytest.mark.parametrize("others", [
    [("content-length", "3")], [("content-length", "0")], [("content-length", "+38")], [("content-length", "38"), ("content-length", "1")],
    [("transfer-encoding", "chunked")], [("connection", "close")], [("te", "gzip")], [("host", "b"), ("host", "c")],
    [("x", "a\r\nGET /smuggled HTTP/1.1\r\nHost: a")], [("x\r\ny", "z")], [("X-Upper", "1")], [("x y", "1")], [("", "1")],
    [(":path", "/smuggled")], [(":x", "1")],
])
def test_fields_that_mean_something_else_in_http_1(proxy, backend, others):
    before = len(backend.requests)
    status, _, error = ask(proxy, head("POST", "/", *others), b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"[:38].ljust(38))
    assert (status or 400) >= 400 or others == [("te", "gzip")]
    requests.get(proxy.url + "/after")
    assert [line for line in backend.requests[before:] if line not in ("POST /", "GET /after")] == []


@pytest.mark.parametrize("headers", [
    head(path="/a b"), head(path="/a\r\nX: 1"), head(path=""), head(path="a"), head(path="*"), head(path="/../a"), head("GET /x HTTP/1.1\r\n"),
    head("CONNECT"), head(authority="a/b"), head(authority="a@b"), head(authority=""), head(authority="a\r\nb"),
    head()[1:], head()[:3], [(":method", "GET"), (":path", "/")],
])
def test_heads_that_are_none(proxy, backend, headers):
    before = len(backend.requests)
    status, _, _ = ask(proxy, headers)
    assert (status or 400) >= 400 and backend.requests[before:] == []


@pytest.mark.parametrize("authority, hosts, status", [
    ("a.test", ["a.test"], 200), ("a.test", ["A.Test"], 200), ("a.test", ["b.test"], 400), ("a.test", ["a.test", "a.test"], 400),
    ("a.test", ["a.test:80"], 400), ("a.test", [""], 400), ("a.test..", [], 400), ("a.test:?", [], 400), ("a.test, b.test", [], 400),
    ("a.test.", ["a.test."], 400),
])
def test_one_host_is_judged_and_the_same_is_asked(proxy, backend, authority, hosts, status):
    before = len(backend.requests)
    answer, content, error = ask(proxy, head("GET", "/", *[("host", host) for host in hosts], authority=authority))
    assert (answer or 400) == status
    if status == 200:
        assert [value for name, value in json.loads(content)["headers"] if name.lower() == "host"] == ["a.test"]
    else:
        assert backend.requests[before:] == []


@pytest.mark.parametrize("path", ["/\u00e9", "/a\u0301", "/%zz\u00ff", "http://b.test/"])
def test_targets_that_must_be_escaped(proxy, backend, path):
    before = len(backend.requests)
    status, _, _ = ask(proxy, head(path=path.encode().decode("latin1")))
    assert (status or 400) == 400 and backend.requests[before:] == []


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("frame", [
    bytes([0, 0, 7, 6, 0, 0, 0, 0, 0]) + bytes(7), bytes([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), bytes([0, 0, 4, 8, 0, 0, 0, 0, 0]) + bytes(4),
    bytes([0, 0, 1, 1, 4, 0, 0, 0, 1, 0x40]),
], ids=["a ping of seven bytes", "data on no stream", "a window that grows by nothing", "fields that cannot be unpacked"])
def test_a_connection_on_which_nothing_sensible_can_follow_is_closed(proxy, frame):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as transport:
        transport.sendall(PREFACE + frame)
        while transport.recv(65536):
            pass


def test_random_frames_break_nothing(proxy):
    seed = random.randrange(1 << 32)
    generator = random.Random(seed)
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as transport:
            frames = b""
            for _ in range(generator.randrange(1, 8)):
                payload = generator.randbytes(generator.choice([0, 4, 5, 8, 9, 6, 30]))
                frames += len(payload).to_bytes(3) + bytes([generator.randrange(12), generator.randrange(256)])
                frames += generator.choice([0, 1, 3, 2, 1 << 30]).to_bytes(4) + payload
            start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
            transport.sendall(start[:generator.choice([3, 10, 24, len(start), len(start), len(start)])] + frames)
            if generator.random() < .3:
                transport.recv(1000)
    assert requests.get(proxy.url + "/").status_code == 200, f"seed {seed}"
