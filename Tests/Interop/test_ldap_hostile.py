"""A server that is no directory, or a broken one: people get an error page in time, and the program lives on."""
import contextlib, socket, threading, time
from pathlib import Path

import pytest

from support.ldap import changes, log_in, password_grant, settings
from support.ports import free_port
from support.waiting import until


def ber(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")) + body


def message(number: int, operation: bytes) -> bytes:
    return ber(0x30, ber(2, bytes([number])), operation)


def result(tag: int, code: int = 0) -> bytes:
    return ber(tag, ber(10, bytes([code])), ber(4), ber(4))


def entry(dn: bytes, *attributes: tuple[bytes, list[bytes]]) -> bytes:
    pairs = [ber(0x30, ber(4, name), ber(0x31, *(ber(4, value) for value in values))) for name, values in attributes]
    return ber(0x64, ber(4, dn), ber(0x30, *pairs))


BIND_OK, DONE = result(0x61), result(0x65)
JANE = entry(b"uid=jane,dc=example", (b"uid", [b"jane"]), (b"mail", [b"jane@example.org"]), (b"cn", [b"Jane"]))


class Server:
    """Answers each request, told apart by its tag, with these bytes."""

    def __init__(self, answer):
        self.answer, self.port = answer, free_port()
        self.binds: list[bytes] = []
        self._sockets: set[socket.socket] = set()

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        [thread.join() for thread in self._threads]

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.add(connection)
            self._threads.append(threading.Thread(target=self._talk, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket):
        with contextlib.suppress(OSError, IndexError), connection:
            while request := connection.recv(65536):
                # SEQUENCE, its length (short, or 0x82/0x84 and so many bytes), INTEGER of the message.
                start = 2 + (request[1] & 0x7f if request[1] & 0x80 else 0)
                end = start + 2 + request[start + 1]
                number, tag = request[end - 1], request[end]
                if tag == 0x60:
                    self.binds.append(request)
                for chunk in self.answer(number, tag):
                    connection.sendall(chunk)


def directory(found: bytes = b"", search: int = 0):
    """Binds succeed, searches find this."""
    def answer(number, tag):
        yield message(number, BIND_OK) if tag == 0x60 else (message(number, found) if found else b"") + message(number, result(0x65, search))
    return answer


def endless(number, tag):
    if tag == 0x60:
        yield message(number, BIND_OK)
    while tag == 0x63:
        yield message(number, JANE) * 100


def hang_up(number, tag):
    raise OSError


def only(data: bytes):
    return lambda number, tag: [data]


ANSWERS = {
    "nothing but a closed connection": hang_up,
    "a page of HTTP": only(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    "bytes": only(bytes(range(256)) * 40),
    "zeros": only(bytes(1000)),
    "a length of 4 GiB": only(b"\x30\x84\xff\xff\xff\xff\x02\x01\x01"),
    "a length without end": only(b"\x30\xff" + b"\xff" * 200),
    "another message's number": lambda number, tag: [message((number + 7) % 100, BIND_OK)],
    "an answer to another question": lambda number, tag: [message(number, DONE if tag == 0x60 else BIND_OK)],
    "a truncated answer": lambda number, tag: [message(number, BIND_OK)[:-3]],
    "an unknown result": lambda number, tag: [message(number, result(0x61 if tag == 0x60 else 0x65, 123))],
    "an empty DN": directory(entry(b"", (b"uid", [b"jane"]), (b"mail", [b"a@b.c"]), (b"cn", [b"J"]))),
    "no values": directory(entry(b"uid=jane", (b"uid", []), (b"mail", []), (b"cn", []))),
    "empty values": directory(entry(b"uid=jane", (b"uid", [b""]), (b"mail", [b""]), (b"cn", [b""]))),
    "entries without end": endless,
    "busy": directory(search=51),
    "unavailable": directory(search=52),
    "a notice of disconnection": only(ber(0x30, ber(2, b"\0"), ber(0x78, ber(10, b"\x34"), ber(4), ber(4), ber(0x8a, b"1.3.6.1.4.1.1466.20036")))),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_is_no_answer_of_a_directory_logs_nobody_in(start, answer):
    with Server(answer) as server:
        provider = start(**changes(settings(f"127.0.0.1:{server.port}", timeout="2s", connectTimeout="2s", groupSearch=None)))
        begun = time.perf_counter()
        response = password_grant(provider, "jane")
        assert response.status_code >= 400 and "id_token" not in response.text
        page = log_in(provider, "jane")
        assert page.location is None and page.status >= 400
        assert time.perf_counter() - begun < 15
        # Whatever came, it was not kept.
        status = Path(f"/proc/{provider.running.process.pid}/status").read_text()
        assert int(status.partition("VmHWM:")[2].split()[0]) < 400_000, "kB"
        assert provider.get("/.well-known/openid-configuration").status_code == 200


def test_the_servers_of_these_tests_can_be_logged_in_at(start):
    """Otherwise the tests above would show nothing."""
    with Server(directory(JANE)) as server:
        provider = start(**changes(settings(f"127.0.0.1:{server.port}", groupSearch=None)))
        assert password_grant(provider, "jane").status_code == 200


def test_a_bind_that_is_not_answered_with_success_is_none(start):
    """Every result code but 0, also those that are no errors."""
    code = 0

    def answer(number, tag):
        return [message(number, JANE) + message(number, DONE) if tag == 0x63 else message(number, result(0x61, code))]
    with Server(answer) as server:
        provider = start(**changes(settings(f"127.0.0.1:{server.port}", groupSearch=None, bindDN=None, bindPW=None)))

        def outcome() -> int:
            """Of a login for which the server was asked: after some codes it is left alone for a moment."""
            def asked() -> int | None:
                before = len(server.binds)
                status = password_grant(provider, "jane").status_code
                assert len(server.binds) > before or status == 503
                return status if len(server.binds) > before else None
            return until(asked, 20)
        for code in [number for number in range(1, 124) if number not in range(22, 32)]:
            assert outcome() >= 400, code
        code = 0
        assert outcome() == 200
