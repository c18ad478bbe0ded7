"""What people notice while a provider that others log in at has stopped answering."""
import contextlib, socket, threading
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import load
from server import CLIENT, REDIRECT, Client, Server, free_port

STALLED = 1000


@contextlib.contextmanager
def silence():
    """A server that takes connections and requests, and says nothing. Gives its address."""
    listener = socket.create_server(("127.0.0.1", free_port()), backlog=4096)
    taken, over = [], threading.Event()

    def take():
        with contextlib.suppress(OSError):
            while not over.is_set():
                taken.append(listener.accept()[0])
    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        # A blocked accept does not notice that its socket is closed.
        with contextlib.suppress(OSError):
            socket.create_connection(listener.getsockname()).close()
        thread.join()
        [connection.close() for connection in (listener, *taken)]


def answers(server: Server, client: Client) -> list[bytes]:
    """Requests of people who are back from the silent provider, each with a login of its own."""
    requests, host = [], urlsplit(server.issuer).netloc
    begin = urlencode({"client_id": CLIENT, "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid", "state": "s"})
    for _ in range(STALLED):
        _, headers, _ = client.request("GET", f"{server.issuer}/auth/silent?{begin}")
        state = parse_qs(urlsplit(urljoin(server.issuer, headers["Location"])).query)["state"][0]
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        path = urlsplit(server.issuer).path + "/callback?" + urlencode({"code": "x", "state": state})
        requests.append(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n".encode())
    return requests


def discovery_beside_stalled_logins(seconds: float) -> dict:
    """Discovery's p99 with nothing else to do, and while 1,000 logins wait for an answer that does not come."""
    with silence() as address:
        config = {"clientID": "c", "clientSecret": "s", "authorizationURL": address + "/authorize", "tokenURL": address + "/token",
                  "userInfoURL": address + "/userinfo"}
        with Server(in_memory=True, changes={"connectors": [{"type": "oauth", "id": "silent", "name": "Silent", "config": config}]}) as server:
            waiting = answers(server, Client(server))
            before = load.run(server.discovery_url, seconds, server=server.pid)
            parts = urlsplit(server.issuer)
            with contextlib.ExitStack() as stack:
                for request in waiting:
                    stack.enter_context(socket.create_connection((parts.hostname, parts.port))).sendall(request)
                arriving = load.run(server.discovery_url, 1, server=server.pid)
                during = load.run(server.discovery_url, seconds, server=server.pid)
    return {"before_p99_ms": before["p99_ms"], "arriving_p99_ms": arriving["p99_ms"], "during_p99_ms": during["p99_ms"], "ratio": during["p99_ms"] / before["p99_ms"],
            "rate_ratio": during["per_second"] / before["per_second"]}
