"""WebSockets through the reverse proxy, by the `websockets` package on both sides."""
import os, socket, threading

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import serve

from support.backend import backend
from support.chromium import chromium
from support.edge_login import Visitor
from support.edge_proxy import edge_proxy


@pytest.fixture(scope="module")
def echo():
    def answer(connection):
        for message in connection:
            if message == "close":
                connection.close(4321, "asked to")
                return
            connection.send(message)
    with serve(answer, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join(30)


@pytest.fixture(scope="module")
def proxy(echo):
    with edge_proxy({"url": f"http://127.0.0.1:{echo}", "allowedOrigins": ["https://friend.example"]},
                    {"path": "/h2c", "url": f"h2c://127.0.0.1:{echo}"}) as it:
        yield it


def opened(proxy, path="/", **options):
    return connect(f"ws://{proxy.host}{path}", max_size=None, open_timeout=30, **options)


@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 5_000_000])
def test_messages_of_all_sizes(proxy, size):
    message = os.urandom(size)
    with opened(proxy) as connection:
        connection.send(message)
        assert connection.recv(30) == message
        assert connection.ping().wait(30)


def test_the_end_is_told_with_its_code(proxy):
    with opened(proxy) as connection, pytest.raises(ConnectionClosed) as caught:
        connection.send("close")
        connection.recv(30)
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4321, "asked to")


def test_many_at_once(proxy):
    connections = [opened(proxy) for _ in range(30)]
    for number, connection in enumerate(connections):
        connection.send(str(number))
    assert [connection.recv(30) for connection in connections] == [str(number) for number in range(30)]
    [connection.close() for connection in connections]


def test_a_backend_of_http_2_has_none(proxy):
    with pytest.raises(InvalidStatus) as caught:
        opened(proxy, "/h2c")
    assert caught.value.response.status_code == 502


def test_a_backend_that_does_not_switch_is_no_tunnel():
    """Otherwise what the client sends next would be requests that nobody judged."""
    with backend() as it, edge_proxy({"url": it.url}) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
            connection.sendall(b"GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
                               b"Sec-WebSocket-Version: 99\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while data := connection.recv(65536):
                answer += data
        assert answer.startswith(b"HTTP/1.1 200") and it.requests == ["GET /plain"]


def test_what_is_sent_before_the_answer_is_not_lost(proxy):
    with backend() as it, edge_proxy({"url": it.url}) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
                               b"Sec-WebSocket-Version: 13\r\n\r\nearly bytes")
            answer = b""
            while not answer.endswith(b"early bytes"):
                data = connection.recv(65536)
                assert data
                answer += data
            assert answer.startswith(b"HTTP/1.1 101")


@pytest.fixture(scope="module")
def closed(echo):
    """Where people must be known: a session of Jane's, as the field `Cookie`."""
    with edge_proxy({"url": f"http://127.0.0.1:{echo}", "allowedOrigins": ["https://friend.example"]}, login={},
                    policies=[{"path": "/*", "allow": [{"groups": ["authors"]}]}]) as it:
        visitor = Visitor(it)
        visitor.fill(visitor.form(it.url + "/"))
        it.session = {"Cookie": visitor.cookie}
        yield it


@pytest.mark.parametrize("origin", [None, "own", "https://friend.example"])
def test_a_session_opens_a_websocket_from_pages_of_this_host(closed, origin):
    with opened(closed, origin=closed.url if origin == "own" else origin, additional_headers=closed.session) as connection:
        connection.send("hello")
        assert connection.recv(30) == "hello"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "https://friend.example.evil.example",
                                    "http://localhost:{port}", "https://127.0.0.1:{port}"])
def test_a_page_of_another_origin_opens_none_with_the_session_that_the_browser_adds(closed, origin):
    with pytest.raises(InvalidStatus) as caught:
        opened(closed, origin=origin.replace("{port}", str(closed.port)), additional_headers=closed.session)
    assert caught.value.response.status_code == 403


def test_a_websocket_without_a_session_is_led_nowhere(closed):
    with pytest.raises(InvalidStatus) as caught:
        opened(closed, origin=closed.url, additional_headers={"Accept": "*/*", "Sec-Fetch-Mode": "websocket"})
    assert caught.value.response.status_code == 401


@pytest.fixture(scope="module")
def guarded(echo):
    """With a login, so that there is a session cookie."""
    with edge_proxy({"url": f"http://127.0.0.1:{echo}", "allowedOrigins": ["https://friend.example"]}, login={},
                    trustedProxies=["127.0.0.1/32"]) as it:
        yield it


@pytest.mark.parametrize("credential", [{"Cookie": "a=b; dextra_edge=x"}, {"Cookie": "dextra_edge_0=x"},
                                        {"X-Forwarded-Client-Cert": "Subject=\"CN=ann\""}], ids=["session", "chunk", "certificate"])
def test_a_page_of_elsewhere_opens_none_with_what_the_browser_adds_by_itself(guarded, credential):
    for origin in ("https://evil.example", "null", f"https://{guarded.host}", f"http://{guarded.host}.evil.example"):
        with pytest.raises(InvalidStatus) as caught:
            opened(guarded, origin=origin, additional_headers=credential)
        assert caught.value.response.status_code == 403
        # Without it the page has nothing that it could abuse.
        opened(guarded, origin=origin).close()
    for origin in (f"http://{guarded.host}", "https://friend.example", None):
        with opened(guarded, origin=origin, additional_headers=credential) as connection:
            connection.send("hello")
            assert connection.recv(30) == "hello"


PAGE = b"""<!doctype html><title>waiting</title><script>
const socket = new WebSocket("ws://" + location.host.replace(/^.*:/, "127.0.0.1:"));
socket.onopen = () => socket.send("hello");
socket.onmessage = event => document.title = event.data;
socket.onclose = () => { if (document.title === "waiting") document.title = "refused"; };
</script>"""


def test_pages_in_a_browser():
    """localhost and 127.0.0.1 are two origins. Where nobody needs to be known, both may."""
    def page(connection, request):
        if "Upgrade" not in request.headers:
            response = connection.respond(200, PAGE.decode())
            del response.headers["Content-Type"]
            response.headers["Content-Type"] = "text/html"
            return response
    def answer(connection):
        for message in connection:
            connection.send(message + " back")
    with serve(answer, "127.0.0.1", 0, process_request=page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with edge_proxy({"url": f"http://127.0.0.1:{server.socket.getsockname()[1]}"}) as proxy, chromium() as browser:
                browser.open(f"{proxy.url}/")
                browser.wait(lambda it: it.driver.title == "hello back")
                browser.open(f"http://localhost:{proxy.port}/")
                browser.wait(lambda it: it.driver.title == "hello back")
        finally:
            server.shutdown()
            thread.join(30)
