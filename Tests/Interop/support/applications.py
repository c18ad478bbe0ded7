"""Where applications listen: for the tests in which a browser really arrives there."""
import contextlib, http.server, threading
from urllib.parse import parse_qsl, urlsplit

from .ports import free_port


class Application:
    """A web server that remembers who arrived with which parameters."""

    def __init__(self):
        self.arrivals: list[dict[str, str]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._news = threading.Condition()
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                application.arrived(self, dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                application.arrived(self, dict(parse_qsl(body, keep_blank_values=True)))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def arrived(self, handler, parameters):
        content_type, body = self.answer(handler, parameters)
        with self._news:
            self.requests.append((handler.command, handler.path, dict(handler.headers)))
            if urlsplit(handler.path).path == "/callback":
                self.arrivals.append(parameters)
            self._news.notify_all()
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def answer(self, handler, parameters) -> tuple[str, bytes]:
        return "text/html; charset=utf-8", b"<!doctype html><html lang=en><title>The application</title><h1 id=arrived>Welcome</h1>"

    def wait_for_arrival(self, count: int = 1, seconds: float = 30) -> dict[str, str]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.arrivals) >= count, timeout=seconds), f"only {self.requests} came"
            return self.arrivals[count - 1]

    @contextlib.contextmanager
    def listening(self):
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": .05})
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()
