"""What Dextra judges is what the proxy in front of it routes by: 700 random requests for each proxy, that nobody but one of two readers would
take for a question about something open. nginx and Envoy choose between an open and a secret backend by host and path; a policy protects
the same hosts and paths. So without a token the secret backend never answers, whatever the bytes are."""
import contextlib, json, random, re, socket
from urllib.parse import unquote_to_bytes

import pytest

from support import edge_login, edge_proxies
from support.application import token as ask
from support.edge_login import ONE_INGRESS
from support.people import APP, JANE
from support.told_backend import backend

SEED, REQUESTS = 9, 700
OPEN, SECRET = "open.test", "secret.test"


@pytest.fixture(scope="module")
def edge():
    allowed = [{"groups": ["authors"]}]
    with edge_login.edge(edge={
            **ONE_INGRESS, "issuers": [{"issuer": "self", "audiences": [APP.id]}],
            "policies": [{"host": SECRET, "path": "/*", "allow": allowed}, {"path": "/admin", "allow": allowed},
                         {"path": "/admin/*", "allow": allowed}, {"path": "/*", "anonymous": True}]}) as server:
        yield server


@pytest.fixture(scope="module")
def token(edge):
    return ask(edge, APP, grant_type="password", username=JANE.email, password=JANE.password,
               scope="openid email groups").json()["id_token"]


def block(text: str, start: str) -> str:
    """From `start` to the brace that ends it."""
    begin = text.index(start)
    depth, end = 0, begin
    for end in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0 and text[end] == "}":
            break
    return text[begin:end + 1]


def two_servers(server: str) -> str:
    """The recipe's server once for each host. What is secret of both is told to the backend as such."""
    location = block(server, "location / {")
    def telling(which: str, place: str) -> str:
        return location.replace("location / {", f"location {place} {{ proxy_set_header X-Which {which};", 1)
    opened = server.replace(location, "\n".join(telling(*place) for place in (("open", "/"), ("secret", "/admin/"), ("secret", "= /admin"))))
    closed = server.replace(location, telling("secret", "/"))
    names = [re.sub(r"server_name [^;]*;", "", text) for text in (opened, closed)]
    return (f"server_name {OPEN}; {names[0]} }} "
            f"server {{ listen 127.0.0.1:{{port}}; server_name {SECRET}; {names[1]}")


def two_virtual_hosts(configuration: dict) -> dict:
    """The same for Envoy, which leaves the port aside as nginx does."""
    connections = configuration["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    connections["strip_any_host_port"] = True
    host = connections["route_config"]["virtual_hosts"][0]
    *others, last = host["routes"]
    def route(which: str, match: dict) -> dict:
        added = {"header": {"key": "x-which", "value": which}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        return last | {"match": match, "request_headers_to_add": [added]}
    admin = [route("secret", {"path": "/admin"}), route("secret", {"prefix": "/admin/"})]
    connections["route_config"]["virtual_hosts"] = [
        {"name": "secret", "domains": [SECRET], "routes": [*others, route("secret", {"prefix": "/"})]},
        {"name": "open", "domains": ["*"], "routes": [*others, *admin, route("open", {"prefix": "/"})]}]
    return configuration


@pytest.fixture(scope="module", params=["nginx", "ingress-nginx", "envoy", "envoy-grpc"])
def front(request, edge):
    """A proxy as its recipe sets it up, but for the two backends. Gives its name and port."""
    nginx, envoy = edge_proxies.nginx, edge_proxies.envoy
    with pytest.MonkeyPatch.context() as patch, backend() as port:
        patch.setattr(edge_proxies, "nginx", lambda server, *given, **named: nginx(two_servers(server), *given, **named))
        patch.setattr(edge_proxies, "envoy", lambda configuration, *given: envoy(two_virtual_hosts(configuration), *given))
        with edge_proxies.PROXIES[request.param](edge, port) as front:
            yield request.param, front


def answer(port: int, message: bytes) -> tuple[int, dict | None]:
    """The status, 0 if there was none, and what the backend was told."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 20) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(message)
        # The other half stays open: some proxies take its end for that of the request.
        while part := connection.recv(65536):
            received += part
            head, divider, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if divider and length and len(body) >= int(length[1]):
                break
            if divider and head.split()[1][:1] == b"3" or divider and message.startswith((b"HEAD", b"CONNECT")):
                break
    status = int(received.split()[1]) if received.startswith(b"HTTP/") else 0
    body = received.partition(b"\r\n\r\n")[2]
    # nginx sends on in chunks.
    found = re.search(rb"\{.*\}", body, re.DOTALL)
    with contextlib.suppress(ValueError):
        return status, json.loads(found[0]) if found else None
    return status, None


MARKS = ["\u0301".encode(), "\u212a".encode(), "\u0338".encode(), b"\xff", b"\xc0\xaf", b"\xe2\x80\x8b"]
PARTS = [b"admin", b"Admin", b"%61dmin", b"admin%2f", b"pub", b"x", b"", b".", b"..", b"%2e", b"%2e%2e", b".%2E", b"..;", b"..%3b", b";x", b"%00", b"%23", b"%3f",
         b"%2f", b"%5c", b"\\", b"%252e%252e", b"%c0%ae", b"%c0%af", b"%ef%bc%8f", b"%e2%80%8b", b"*", b"~", b"%zz", b"#", b"?", b"@"]
SLASHES = [b"/"] * 9 + [b"//", b"/./", b"%2f", b"\\", b"%5c", b"/;/", b"/%2e/"]


def path(random: random.Random) -> bytes:
    text = b"".join(random.choice(SLASHES) + random.choice(PARTS) + (random.choice(MARKS) if random.random() < .08 else b"")
                    for _ in range(random.randint(1, 4)))
    if random.random() < .3:
        text = random.choice([b"/pub/..", b"/pub/../", b"/x/%2e%2e", b"//", b"/.", b"/pub%2f.."]) + random.choice([b"/admin/x", b"/admin", b"admin/x"])
    return (b"" if random.random() < .03 else b"/" if not text.startswith(b"/") else b"") + text + random.choice([b"", b"", b"?", b"?a=/../b", b"?/admin"])


def host(random: random.Random) -> bytes:
    name = random.choice([OPEN, SECRET, SECRET, "Secret.TEST", "xsecret.test", "secret.test.", "secret.test..", ".secret.test", "x", ""]).encode()
    behind = random.choice([b""] * 6 + [b":80", b":8080", b":", b":80?x", b":?", b":0", b":99999", b":080", b"?x", b"/x", b"#x", b"\\x", b"%2f", b", x", b" x", b"@open.test",
                                        b":80@open.test", b"\t", b";x", b"\x00"])
    before = random.choice([b""] * 9 + [b"open.test@", b"open.test, ", b"[", b"open.test/", b"open.test#", b"open.test?", b"http://"])
    return before + name + (random.choice(MARKS) if random.random() < .08 else b"") + behind


def question(random: random.Random) -> bytes:
    # Most of what follows is refused. Some that nobody could misread show that what may pass does.
    if random.random() < .15:
        plain = random.choice(["/pub", "/pub/x", "/x?a=/../b", "/%7Ex", "/Admin/x"])
        return f"GET {plain} HTTP/1.1\r\nHost: {random.choice([OPEN, 'x.test', OPEN.upper()])}\r\nConnection: close\r\n\r\n".encode()
    target = path(random)
    if random.random() < .25:
        target = random.choice([b"http", b"https", b"HTTP", b"ftp"]) + b"://" + host(random) + target
    lines = [random.choice([b"GET"] * 6 + [b"POST", b"HEAD", b"OPTIONS", b"get", b"PROPFIND"]) + random.choice([b" "] * 12 + [b"  ", b"\t"]) + target
             + random.choice([b" HTTP/1.1"] * 12 + [b" HTTP/1.0", b"  HTTP/1.1", b" HTTP/1.1 x"])]
    for _ in range(random.choice([1] * 9 + [0, 2])):
        lines.append(random.choice([b"Host: "] * 9 + [b"Host:", b"host: ", b"Host : ", b"Host:\t"]) + host(random))
    for name in random.sample(["X-Original-URI", "X-Original-URL", "X-Original-Method", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Proto",
                               "X_Original_URI", "X.Forwarded.Uri", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Host", "x-envoy-original-path"], random.choice([0, 0, 1, 3])):
        lines.append(name.encode() + b": " + random.choice([b"/pub", b"http://open.test/pub", b"open.test", b"OPTIONS", b"https"]))
    fields = lines[1:]
    random.shuffle(fields)
    return b"\r\n".join([lines[0], *fields, b"Content-Length: 0", b"Connection: close", b"", b""])


def generous(target: str) -> str:
    """How the most generous reader behind the proxy sees a path: the host of an absolute URL and parameters left out, escapes and dot segments
    resolved."""
    text = re.sub(r"^[A-Za-z]+://[^/?#]*", "", target).split("?")[0].split("#")[0]
    text = unquote_to_bytes(text).decode("latin-1").replace("\\", "/")
    segments: list[str] = []
    for segment in text.split("/"):
        segment = segment.split(";")[0]
        if segment in ("", "."):
            continue
        if segment == "..":
            segments = segments[:-1]
        else:
            segments.append(segment)
    return "/" + "/".join(segments)


def test_the_proxy_leads_to_both_backends(front, token):
    """Else the rest would prove nothing."""
    def ask(host: str, target: str, *lines: str) -> tuple[int, str | None]:
        message = "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", *lines, "Content-Length: 0", "Connection: close", "", ""])
        status, told = answer(front[1], message.encode())
        return status, told and told["headers"]["x-which"][0]
    bearer = f"Authorization: Bearer {token}"
    for host, target in ((SECRET, "/"), (SECRET.upper() + ":8080", "/pub"), (OPEN, "/admin"), (OPEN, "/admin/x")):
        assert ask(host, target, bearer) == (200, "secret"), (host, target)
        assert ask(host, target)[0] == 401, (host, target)
    assert ask(OPEN, "/pub/x") == (200, "open")


def test_without_a_token_nothing_secret_answers(front):
    name, port = front
    generator = random.Random(f"{SEED} {name}")
    reached = 0
    wrong = []
    for _ in range(REQUESTS):
        message = question(generator)
        status, told = answer(port, message)
        if told is None or "headers" not in told:
            continue
        reached += 1
        hosts = [value.lower().split(":")[0].rstrip(".") for value in told["headers"].get("host", [])]
        seen = generous(told["path"])
        if told["headers"].get("x-which") != ["open"] or SECRET in hosts or len(hosts) > 1 or re.match(r"/admin(/|$)", seen):
            wrong.append((status, message, told["path"], told["headers"].get("host"), told["headers"].get("x-which")))
    assert not wrong, f"{len(wrong)} of {REQUESTS}: " + "\n".join(map(str, wrong[:20]))
    assert reached >= REQUESTS // 20, f"only {reached} of {REQUESTS} reached a backend"
