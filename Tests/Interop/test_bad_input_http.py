"""Requests that are too big, too slow or no HTTP at all: each is refused, and nobody else notices."""
import contextlib, socket, statistics, time

import pytest
import requests

from support.application import basic
from support.people import APP
from support.raw import connect, form_request, host, path, read_response, send

DISCOVERY = "/.well-known/openid-configuration"


def alive(provider):
    assert provider.get(DISCOVERY).status_code == 200


def refused(provider, message, *statuses, method="GET"):
    """One of these answers, or the connection is closed; and the server goes on."""
    try:
        status, headers, _ = send(provider, message, method)
        assert status in statuses, status
        assert "location" not in headers
    except (ConnectionError, socket.timeout) as problem:
        assert not isinstance(problem, socket.timeout), "neither an answer nor an end"
    alive(provider)


@pytest.mark.parametrize("size", [300_000, 5_000_000])
def test_a_body_that_is_too_big_is_413(provider, size):
    status, headers, _ = send(provider, form_request(provider, b"grant_type=" + b"a" * size, headers=basic(APP)))
    assert status == 413
    alive(provider)


@pytest.mark.parametrize("route", ["/token", "/auth", "/auth/local/login?state=x", "/approval", "/userinfo", "/token/introspect", "/device/code"])
def test_every_route_has_a_limit(provider, route):
    refused(provider, form_request(provider, b"a=" + b"b" * 3_000_000, route=route), 400, 401, 405, 413, method="POST")


def test_a_body_announced_but_too_big_is_refused_before_it_is_sent(provider):
    head = (f"POST {path(provider, '/token')} HTTP/1.1\r\nHost: {host(provider)}\r\nContent-Length: 99999999999\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n").encode()
    refused(provider, head, 400, 413, method="POST")


HEADERS = {
    "one header of 100 KB": ("X-Long: " + "a" * 100_000, (400, 431)),
    "a thousand headers": ("\r\n".join(f"X-{i}: {'a' * 200}" for i in range(1000)), (400, 431)),
    "100 KB of cookies": ("Cookie: " + "; ".join(f"c{i}={'v' * 100}" for i in range(1000)), (400, 431)),
    "a line break within": ("X-Folded: a\r\n b", (200, 400)),
    "no colon": ("Nonsense", (400,)),
    "a space before the colon": ("Content-Length : 5", (400,)),
    "a NUL byte": ("X-Nul: a\0b", (400,)),
    "two lengths": ("Content-Length: 1\r\nContent-Length: 2", (400,)),
    "length and chunks": ("Content-Length: 5\r\nTransfer-Encoding: chunked", (200, 400)),
    "negative length": ("Content-Length: -1", (400,)),
    "length that is no number": ("Content-Length: five", (400,)),
    "unknown transfer coding": ("Transfer-Encoding: gzip", (400, 501)),
}


@pytest.mark.parametrize("header, statuses", HEADERS.values(), ids=HEADERS)
def test_broken_headers(provider, header, statuses):
    refused(provider, f"GET {path(provider, '/healthz')} HTTP/1.1\r\nHost: {host(provider)}\r\nConnection: close\r\n{header}\r\n\r\n".encode(),
            *statuses)


LINES = {
    "a line of 100 KB": "GET /dex/keys?" + "a" * 100_000 + " HTTP/1.1",
    "no version": "GET /dex/keys",
    "HTTP/0.9": "GET /dex/keys HTTP/0.9",
    "HTTP/3": "GET /dex/keys HTTP/3.0",
    "no method": " /dex/keys HTTP/1.1",
    "binary": "\x16\x03\x01\x02\x00\x01",
    "a space in the path": "GET /dex/keys and more HTTP/1.1",
    "a raw non-ASCII path": "GET /dex/kéys HTTP/1.1",
    "nothing": "",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_broken_request_lines(provider, line):
    refused(provider, line.encode("utf-8") + f"\r\nHost: {host(provider)}\r\nConnection: close\r\n\r\n".encode(),
            400, 404, 414, 431, 501, 505)


TWO_READINGS = {
    "two spaces behind the method": "GET  {keys} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "two spaces before the version": "GET {keys}  HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a space behind the version": "GET {keys} HTTP/1.1 \r\nHost: {host}\r\n\r\n",
    "a tab behind the method": "GET\t{keys} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a raw byte in the target": "GET {keys}?\u00e9 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a line feed alone": "GET {keys} HTTP/1.1\nHost: {host}\r\n\r\n",
    "a line feed alone behind a field": "GET {keys} HTTP/1.1\r\nHost: {host}\nX: y\r\n\r\n",
    "a carriage return within": "GET {keys} HTTP/1.1\r\nHost: {host}\r\nX: a\rY: b\r\n\r\n",
    "a folded line": "GET {keys} HTTP/1.1\r\nHost: {host}\r\nX: a\r\n b\r\n\r\n",
    "a space before the colon": "GET {keys} HTTP/1.1\r\nHost: {host}\r\nX : a\r\n\r\n",
    "zeros before a length": "POST {token} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 00003\r\n\r\na=b",
    "a plus before a length": "POST {token} HTTP/1.1\r\nHost: {host}\r\nContent-Length: +3\r\n\r\na=b",
    "a list of lengths": "POST {token} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3, 3\r\n\r\na=b",
    "the same length twice": "POST {token} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\na=b",
    "a coding before chunked": "POST {token} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a target for another host": "GET http://other.test{keys} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a target without a host": "GET http://{keys} HTTP/1.1\r\nHost: {host}\r\n\r\n",
} | {f"Host: {name}": "GET {keys} HTTP/1.1\r\nHost: " + name + "\r\n\r\n" for name in [
    "", "a.test, b.test", "a.test..", "a.test.", "[::1", "a.test\\x", "a.test%2f", "a.test:?", "a.test:80?x", "a.test:080", "u@a.test", "a test", "\u00e4.test"]}


@pytest.mark.parametrize("message", TWO_READINGS.values(), ids=TWO_READINGS)
@pytest.mark.parametrize("behind_another", [False, True], ids=["first", "behind another"])
def test_what_two_readers_read_differently_is_refused(provider, message, behind_another):
    names = {"keys": path(provider, "/keys"), "token": path(provider, "/token"), "host": host(provider)}
    first = "GET {keys} HTTP/1.1\r\nHost: {host}\r\n\r\n".format(**names) if behind_another else ""
    with contextlib.closing(connect(provider)) as connection:
        connection.sendall((first + message.format(**names)).encode("latin-1"))
        answers = b""
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                answers += data
    statuses = [int(line.split()[1]) for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")] if not behind_another else [
        int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == ([200] if behind_another else []) + [400]


def test_without_a_host_http_1_1_is_refused_or_the_issuer_stands_anyway(provider):
    """A Host header must never find its way into the document."""
    for value in ("", "Host: evil.example.com\r\n", f"Host: {host(provider)}\r\nX-Forwarded-Host: evil.example.com\r\n"):
        status, _, body = send(provider, f"GET {path(provider, DISCOVERY)} HTTP/1.1\r\n{value}\r\n".encode())
        assert status in (200, 400)
        assert b"evil" not in body


@pytest.mark.parametrize("field", ["state", "nonce", "scope", "client_id", "redirect_uri", "login_hint", "foo"])
def test_a_parameter_of_100_kb_is_refused(provider, field):
    body = b"client_id=app&" + field.encode() + b"=" + b"a" * 100_000
    refused(provider, form_request(provider, body, route="/auth"), 400, 413, method="POST")


def test_pipelined_requests_are_answered_in_order(provider):
    routes = [DISCOVERY, "/keys", "/nothing", "/healthz", DISCOVERY, "/userinfo", "/keys"]
    message = "".join(f"GET {path(provider, route)} HTTP/1.1\r\nHost: {host(provider)}\r\n\r\n" for route in routes).encode()
    with contextlib.closing(connect(provider)) as connection:
        connection.sendall(message)
        # One buffered reader for all answers: a response object of its own for each would swallow the next one's bytes.
        stream, answers = connection.makefile("rb"), []
        for _ in routes:
            status = int(stream.readline().split()[1])
            fields = {}
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                fields[name.lower()] = value.strip()
            answers.append((status, stream.read(int(fields["content-length"]))))
    assert [status for status, _ in answers] == [200, 200, 404, 200, 200, 401, 200]
    assert answers[0] == answers[4] and answers[1] == answers[6] and b"authorization_endpoint" in answers[0][1]


def test_head_is_get_without_the_body(provider):
    full, head = provider.get(DISCOVERY), requests.head(provider.url(DISCOVERY), timeout=30)
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == str(len(full.content))


def seconds_for_discovery(provider, count=20):
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        alive(provider)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


@pytest.mark.parametrize("beginning", [b"", b"POST /dex/tok", b"GET /dex/keys HTTP/1.1\r\nHost: a\r\nX-Slow: ",
                                       b"POST /dex/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n"
                                       b"Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type="],
                         ids=["silent", "in the request line", "in a header", "in the body"])
def test_twenty_slow_clients_delay_nobody(provider, beginning):
    quiet = seconds_for_discovery(provider)
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(contextlib.closing(connect(provider))) for _ in range(20)]
        for connection in slow:
            connection.sendall(beginning)
        busy = []
        for _ in range(10):
            for connection in slow:
                with contextlib.suppress(ConnectionError):
                    connection.sendall(b"a")
            busy.append(seconds_for_discovery(provider, 5))
    # A wide margin: the machine may be busy. What is caught is a server that waits for one client before it serves the next.
    assert statistics.median(busy) < quiet * 10 + .25


def test_clients_that_leave_in_the_middle_leave_nothing_behind(provider):
    for _ in range(50):
        with contextlib.closing(connect(provider)) as connection:
            connection.sendall(form_request(provider, b"grant_type=refresh_token&refresh_token=x", headers=basic(APP))[:-5])
    alive(provider)


def test_a_crowd_of_connections_is_served(provider):
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(contextlib.closing(connect(provider))) for _ in range(300)]
        for connection in crowd:
            connection.sendall(f"GET {path(provider, '/keys')} HTTP/1.1\r\nHost: {host(provider)}\r\n\r\n".encode())
        assert {read_response(connection)[0] for connection in crowd} == {200}
