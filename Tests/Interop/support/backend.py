"""A backend for the reverse proxy that tells what it was asked, and misbehaves on request."""
import asyncio, base64, contextlib, hashlib, json, threading

from .ports import free_port

WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Backend:
    """HTTP/1.1 by hand, so that every byte is the test's. The first segment of a path says what to do."""

    def __init__(self):
        self.port = free_port()
        self.connections = 0
        self.requests: list[str] = []
        self.gone = threading.Semaphore(0)
        self.bytes_sent = 0
        self.hold = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._started.set()
        self._loop.run_forever()

    def stop(self):
        def end():
            self._server.close()
            [task.cancel() for task in asyncio.all_tasks(self._loop)]
            self._loop.call_soon(self._loop.stop)
        self.hold.set()
        self._loop.call_soon_threadsafe(end)
        self._thread.join(30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                await writer.drain()
        self.gone.release()
        writer.close()

    async def _answer(self, reader, writer) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        fields = [line.split(": ", 1) for line in lines[1:] if line]
        headers = {name.lower(): value for name, value in fields}
        self.requests.append(f"{method} {target}")
        action = target.split("?")[0].split("/")[1]
        if action == "early":
            writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
            return False
        if action == "deaf":
            await self._loop.run_in_executor(None, self.hold.wait)
            return False
        if headers.get("upgrade") == "websocket" and action != "plain":
            key = base64.b64encode(hashlib.sha1(headers["sec-websocket-key"].encode() + WEBSOCKET).digest()).decode()
            writer.write(f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         f"Sec-WebSocket-Accept: {key}\r\n\r\n".encode())
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            return False
        if "expect" in headers:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body, trailers = await self._body(reader, headers)
        match action:
            case "events":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                for number in range(3):
                    writer.write(b"9\r\ndata: %d\n\n\r\n" % number)
                    await writer.drain()
                    await self._loop.run_in_executor(None, self.hold.wait)
                    self.hold.clear()
                writer.write(b"0\r\nX-Checksum: 7\r\n\r\n")
            case "stream":
                size = int(target.split("/")[2])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                while size:
                    writer.write(b"x" * min(size, 65536))
                    self.bytes_sent += min(size, 65536)
                    size -= min(size, 65536)
                    await writer.drain()
            case "until-close":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end")
                return False
            case "cut":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
                return False
            case "cut-chunked":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n")
                return False
            case "no-answer":
                return False
            case "garbage":
                writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
                return False
            case "hang":
                await self._loop.run_in_executor(None, self.hold.wait)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
            case "two":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            case "later":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
                # The connection waits in a pool by now.
                await self._loop.run_in_executor(None, self.hold.wait)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            case "switch":
                writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            case "empty":
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            case "not-modified":
                writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")
            case _:
                if action == "hints":
                    writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
                answer = json.dumps({"line": lines[0], "headers": fields, "length": body[0], "body": body[1].decode("latin1"),
                                     "trailers": trailers}).encode()
                close = b"Connection: close\r\n" if action == "last" else b""
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + close
                             + b"Content-Length: %d\r\n\r\n" % len(answer) + (b"" if method == "HEAD" else answer))
                # Without a word: whoever asks next on this connection is out of luck.
                return action not in ("last", "leave")
        return True

    async def _body(self, reader, headers):
        """Its length, its beginning, and trailers."""
        length, start, trailers = 0, b"", []
        if headers.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                data = await reader.readexactly(size)
                await reader.readexactly(2)
                length, start = length + size, start + data[:100 - len(start)]
            while (line := await reader.readline()) != b"\r\n":
                trailers.append(line.decode().strip())
        else:
            left = int(headers.get("content-length", 0))
            while left:
                data = await reader.readexactly(min(left, 65536))
                left -= len(data)
                length, start = length + len(data), start + data[:max(0, 100 - len(start))]
        return (length, start[:100]), trailers


@contextlib.contextmanager
def backend():
    it = Backend()
    try:
        yield it
    finally:
        it.stop()
