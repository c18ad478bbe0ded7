"""A TCP proxy that can be told to stall or to cut: a network on a bad day."""
import socket, threading

from .ports import free_port


class Proxy:
    """Forwards to a port of this machine for as long as the block lasts."""

    def __init__(self, target: int):
        self.target, self.port = target, free_port()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        #: How many connections have been accepted.
        self.accepted = 0
        #: How often bytes have been held back.
        self.held = 0
        self._closed = False

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> "Proxy":
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self._spawn(self._accept)
        return self

    def __exit__(self, *_):
        self._closed = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._flowing.set()
        [thread.join() for thread in self._threads]

    def stall(self):
        """From now on connections are accepted and nothing is forwarded."""
        self._flowing.clear()

    def flow(self):
        self._flowing.set()

    def cut(self):
        """Resets the connections that are open now."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            try:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def wait_until_held(self, count: int = 1, seconds: float = 30):
        """Until bytes have been held back this many times."""
        with self._lock:
            assert self._lock.wait_for(lambda: self.held >= count, timeout=seconds), f"only {self.held} of {count} came"

    def _spawn(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self._lock:
                self.accepted += 1
                self._open |= {near, far}
            self._spawn(self._pump, near, far)
            self._spawn(self._pump, far, near)

    def _pump(self, source: socket.socket, target: socket.socket):
        try:
            while chunk := source.recv(65536):
                if not self._flowing.is_set():
                    with self._lock:
                        self.held += 1
                        self._lock.notify_all()
                    self._flowing.wait()
                target.sendall(chunk)
        except OSError:
            pass
        finally:
            for connection in (source, target):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            with self._lock:
                self._open -= {source, target}
