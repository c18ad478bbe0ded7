"""A backend that answers with what it was sent."""
import contextlib, json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        # A proxy may leave as it likes.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        # Names in lower case; several values of one name as a list.
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        answer = json.dumps({"method": self.command, "path": self.path, "headers": headers, "body": body, "backend": self.server.name}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def backend(name: str = "app"):
    """Gives its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.name = name
    thread = threading.Thread(target=server.serve_forever, args=(.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
