"""The reverse proxy over HTTP/1.1 and HTTP/2: what goes on, what comes back, and what happens when the backend fails."""
import concurrent.futures, json, socket, subprocess

import httpx, pytest, requests, yaml

from support.backend import backend as a_backend
from support.edge_proxy import edge_proxy
from support.server import ROOT


@pytest.fixture(scope="module")
def backend():
    with a_backend() as it:
        yield it


@pytest.fixture(scope="module")
def proxy(backend):
    with edge_proxy(
        {"url": backend.url, "responseTimeout": "2s"}, {"path": "/models", "url": backend.url, "stripPrefix": True},
        {"path": "/nowhere", "url": "http://127.0.0.1:1"},
        {"path": "/hang/few", "url": backend.url, "maxRequests": 1, "responseTimeout": "30s"},
        {"host": "named.example", "url": backend.url, "passHost": False}) as it:
        yield it


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def client(request, proxy):
    with httpx.Client(http1=request.param == "HTTP/1.1", http2=request.param == "HTTP/2", base_url=proxy.url, timeout=30) as it:
        yield it


def fields(answer, name):
    return [value for field, value in answer.json()["headers"] if field.lower() == name]


def raw(proxy, data: bytes, timeout=30) -> bytes:
    """All that comes until the connection ends."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout) as connection:
        connection.sendall(data)
        result = b""
        while data := connection.recv(65536):
            result += data
        return result


def test_a_request_and_its_answer(client, proxy):
    answer = client.post("/a%2Db//c?q=%20&r", content=b"hello", headers={"X-Own": "1"})
    assert answer.status_code == 200 and answer.http_version in ("HTTP/1.1", "HTTP/2")
    # The path is the one that was judged.
    assert answer.json()["line"] == "POST /a-b/c?q=%20&r HTTP/1.1" and answer.json()["body"] == "hello"
    assert fields(answer, "host") == [proxy.host] and fields(answer, "x-own") == ["1"]
    assert fields(answer, "x-forwarded-for") == ["127.0.0.1"] and fields(answer, "x-forwarded-proto") == ["http"]


def test_a_prefix_is_taken_off_and_a_host_replaced(client, backend):
    assert client.get("/models/v1").json()["line"] == "GET /v1 HTTP/1.1"
    answer = client.get("/", headers={"Host": "named.example"})
    assert fields(answer, "host") == [f"127.0.0.1:{backend.port}"] and fields(answer, "x-forwarded-host") == ["named.example"]


@pytest.mark.parametrize("name", ["X-Forwarded-User", "x_forwarded_email", "X-Original-URL", "Forwarded", "X-Forwarded-Client-Cert"])
def test_nobody_names_themselves(client, name):
    assert "forged" not in client.get("/", headers={name: "forged"}).text


def test_no_backend_sees_a_cookie_of_the_edge(backend):
    """Neither the session's, whole or divided, nor that of a login under way, which holds what the login is proven by."""
    with edge_proxy({"url": backend.url}, login={}) as front:
        begun = requests.get(front.url + "/oauth2/start", params={"rd": "/"}, allow_redirects=False, timeout=30)
        names = [cookie.name for cookie in begun.cookies]
        assert len(names) == 1 and names[0].startswith("dextra_edge_login_")
        sent = "; ".join(f"{name}=secret" for name in names + ["dextra_edge", "dextra_edge_0", "dextra_edge_1"]) + "; dextra_edges=1; mine=2"
        answer = requests.get(front.url + "/", headers={"Cookie": sent}, timeout=30)
        assert fields(answer, "cookie") == ["dextra_edges=1; mine=2"], answer.text


@pytest.mark.parametrize("path", ["/until-close", "/empty", "/not-modified"])
def test_answers_without_a_length(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.text) == {
        "/until-close": (200, "until the end"), "/empty": (204, ""), "/not-modified": (304, "")}[path]


def test_head_has_no_body(client):
    answer = client.head("/")
    assert answer.status_code == 200 and int(answer.headers["content-length"]) > 0 and answer.content == b""


def test_events_come_one_by_one(client, backend):
    backend.hold.clear()
    with client.stream("GET", "/events") as answer:
        chunks = answer.iter_raw()
        for number in range(3):
            # The backend sends the next one only after this one has been seen.
            assert next(chunks) == b"data: %d\n\n" % number
            backend.hold.set()
        assert list(chunks) == []


def test_a_body_of_unknown_length(client):
    answer = client.post("/", content=(b"x" * 1000 for _ in range(100)))
    assert answer.json()["length"] == 100_000 and fields(answer, "transfer-encoding") == ["chunked"]


@pytest.mark.parametrize("path, status", [
    ("/nowhere", 502), ("/no-answer", 502), ("/garbage", 502), ("/switch", 502), ("/hang/x", 504)])
def test_backends_that_fail(client, path, status, backend):
    backend.hold.clear()
    answer = client.post(path)
    assert answer.status_code == status and "127.0.0.1" not in answer.text and answer.headers["cache-control"] == "no-store"
    backend.hold.set()


@pytest.mark.parametrize("path", ["/cut", "/cut-chunked"])
def test_half_an_answer_is_not_taken_for_a_whole_one(client, path):
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(path)


def test_a_connection_is_used_again_and_never_for_what_nobody_asked(client, backend):
    before = backend.connections
    for _ in range(5):
        assert client.get("/").status_code == 200
    assert backend.connections - before <= 1
    assert client.get("/two").text == "ok"
    assert client.get("/").status_code == 200


def test_a_connection_that_speaks_unasked_is_closed(backend):
    """A backend that answers once more, long after its answer: the next request takes another connection."""
    with edge_proxy({"url": backend.url}) as proxy, requests.Session() as client:
        backend.hold.clear()
        while backend.gone.acquire(blocking=False):
            pass
        assert client.get(proxy.url + "/later", timeout=30).text == "ok"
        before = backend.connections
        backend.hold.set()
        assert backend.gone.acquire(timeout=5), "the proxy keeps a connection on which it was told what it did not ask"
        assert client.get(proxy.url + "/", timeout=30).json()["line"] == "GET / HTTP/1.1"
        assert backend.connections == before + 1


def test_a_broken_connection_is_tried_once_more_for_a_safe_request_only(backend, proxy):
    with httpx.Client(base_url=proxy.url, timeout=30) as client:
        for _ in range(20):
            client.get("/leave")
            assert client.get("/").status_code == 200
        before = len(backend.requests)
        assert client.post("/no-answer").status_code == 502
        assert backend.requests[before:] == ["POST /no-answer"]


def test_a_backend_has_no_more_requests_than_it_may(proxy, backend):
    backend.hold.clear()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        before = len(backend.requests)
        first = pool.submit(requests.get, proxy.url + "/hang/few")
        while len(backend.requests) == before:
            pass
        second = requests.get(proxy.url + "/hang/few")
        assert second.status_code == 503 and second.headers["Retry-After"] == "1"
        backend.hold.set()
        assert first.result().text == "late"
        backend.hold.clear()


def test_a_client_that_leaves_takes_its_request_along(proxy, backend):
    while backend.gone.acquire(blocking=False):
        pass
    before = len(backend.requests)
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        connection.sendall(b"GET /stream/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(100)
        assert len(backend.requests) > before
    assert backend.gone.acquire(timeout=30)


def test_interim_answers_and_trailers(proxy):
    answer = raw(proxy, b"GET /hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 103") and b"Link: </style.css>" in answer and b"HTTP/1.1 200" in answer
    answer = raw(proxy, b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Forwarded-User: eve\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["trailers"] == ["X-Sum: 1"]


def test_expect_is_the_backends_to_answer(proxy):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b"abc")
        assert b"200 OK" in connection.recv(1000)
    answer = raw(proxy, b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413") and b"connection: close" in answer.lower()


def test_requests_in_a_row_are_answered_in_order(proxy):
    answer = raw(proxy, b"".join(b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" % n for n in range(20))
                 + b"GET /20 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    lines = [json.loads(part.partition(b"\r\n\r\n")[2])["line"].split()[1] for part in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert lines == [f"/{n}" for n in range(21)]


def test_http_1_0(proxy):
    answer = raw(proxy, b"GET /until-close HTTP/1.0\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200") and answer.endswith(b"until the end") and b"chunked" not in answer


@pytest.mark.parametrize("request_", [
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /%2e%2e/admin HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
    b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40000 + b"\r\n\r\n",
])
def test_what_could_be_read_in_two_ways_reaches_no_backend(proxy, backend, request_):
    before = len(backend.requests)
    answer = raw(proxy, request_ + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.split(b" ")[1][:1] in (b"4", b"5") and answer.count(b"HTTP/1.") == 1
    assert backend.requests[before:] == []


def test_an_upgrade_to_http_2_opens_no_way_around(proxy, backend):
    answer = raw(proxy, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
                        b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and answer.count(b"HTTP/1.1") == 2, "the answer, and the line that it quotes"
    assert b"h2c" not in answer and "GET /smuggled" not in backend.requests


def test_a_stream_takes_no_memory(proxy, backend):
    size = 256 << 20
    requests.get(proxy.url + "/")
    before = proxy.memory
    for arguments in (["-o", "/dev/null"], ["--http2-prior-knowledge", "-o", "/dev/null"]):
        subprocess.run(["curl", "-sSf", *arguments, f"{proxy.url}/stream/{size}"], check=True, timeout=120)
    # A client that does not read: the backend must be kept waiting.
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
            backend.bytes_sent = 0
            connection.sendall(b"GET /stream/%d HTTP/1.1\r\nHost: a\r\n\r\n" % (1 << 30))
            connection.recv(10)
            last = -1
            while last != backend.bytes_sent:
                last = backend.bytes_sent
                requests.get(proxy.url + "/")
            assert backend.bytes_sent < 64 << 20
    # A backend that does not read: the client must be kept waiting.
    backend.hold.clear()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=1) as connection:
        connection.sendall(b"POST /deaf HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (1 << 30))
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 1 << 30:
                sent += connection.send(b"x" * 65536)
        assert sent < 64 << 20
    backend.hold.set()
    assert proxy.memory - before < 24 << 20


def test_the_example_of_the_page(backend):
    page = (ROOT / "docs/edge/proxy.md").read_text()
    example = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])["edge"]
    assert [upstream.pop("url") for upstream in example["upstreams"]] == ["http://127.0.0.1:9000", "http://127.0.0.1:9001"]
    upstreams = [upstream | {"url": backend.url} for upstream in example["upstreams"]]
    with edge_proxy(*upstreams, policies=example["policies"]) as proxy:
        assert requests.get(proxy.url + "/healthz").json()["line"] == "GET /healthz HTTP/1.1"
        before = len(backend.requests)
        answer = requests.get(proxy.url + "/models/v1/predict")
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert requests.get(proxy.url + "/models/v1/predict", headers={"Authorization": "Bearer a.b.c"}).status_code == 401
        assert backend.requests[before:] == []
