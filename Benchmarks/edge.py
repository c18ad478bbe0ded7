"""What the edge answers to a proxy that asks about each request."""
import contextlib, html, http.client, http.cookiejar, itertools, json, re, subprocess, sys, tempfile, urllib.request
from pathlib import Path
from urllib.parse import urlencode, urljoin

import edge_tokens, load
from machine import processor_seconds, to_server_core
from server import BINARY, CLIENT, PASSWORD, Client, Server, free_port, wait_for_200

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests/Interop"))
from support import check  # noqa: E402

# As nginx asks: docs/edge/proxies.md.
ADDRESS = "/oauth2/auth/nginx"
IN_PROCESS = str(Path(BINARY).with_name("InProcess"))
QUESTION = {"X-Original-URI": "/v1/models/iris:predict", "X-Original-Method": "POST", "X-Forwarded-Proto": "https"}
POLICIES = 10_000


class EdgeServer(Server):
    """`dextra serve` with an edge on a listener of its own."""

    def __init__(self, *, policies: list[dict] | None = None, assertion: bool = False):
        self.edge, self.grpc = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        section = {
            "http": self.edge, "grpc": self.grpc, "trustedProxies": ["127.0.0.1/32"], "issuers": [{"issuer": "self", "audiences": [CLIENT]}],
            "login": {"allowedRedirectHosts": [self.edge]}, "headers": {"families": ["x-auth-request", "kubeflow"]},
            "policies": policies or [{"path": "/*", "allow": [{"emailDomains": ["example.com"]}]}]}
        if assertion:
            section["assertion"] = {}
        super().__init__(changes={"edge": section})

    @property
    def question_url(self) -> str:
        return f"http://{self.edge}{ADDRESS}"

    def session(self) -> str:
        """The cookies of somebody who has logged in through the edge, as a `Cookie` field."""
        jar = http.cookiejar.CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        page = browser.open(f"http://{self.edge}/oauth2/start?rd=/")
        action = re.search(r'<form[^>]*\saction="([^"]*)"', page.read().decode())[1]
        form = urlencode({"login": "user0@example.com", "password": PASSWORD}).encode()
        with browser.open(urljoin(page.url, html.unescape(action)), form) as answer:
            if answer.status != 200 or self.edge not in answer.url:
                raise SystemExit(f"the login through the edge ended at {answer.url} with {answer.status}")
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar if cookie.path == "/")

    def answer_fields(self, question: dict[str, str]) -> dict[str, str]:
        """The fields of the answer, a yes, but for those that every server writes itself."""
        connection = http.client.HTTPConnection(self.edge)
        connection.request("GET", ADDRESS, headers=question)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"the edge answered {answer.status} where it should have said yes")
        return {name: value for name, value in answer.getheaders() if name.lower() not in ("date", "content-length", "connection")}


def token_question(server: EdgeServer) -> dict[str, str]:
    return QUESTION | {"Authorization": "Bearer " + Client(server).tokens(0)["id_token"]}


def cookie_question(server: EdgeServer) -> dict[str, str]:
    return QUESTION | {"Cookie": server.session()}


def ask(server: EdgeServer, seconds: float, questions: list[dict[str, str]], **options) -> dict:
    return load.run(server.question_url, seconds, kind="fields", lines=[load.fields(question) for question in questions], server=server.pid,
                    **options)


def known_token(server: EdgeServer, seconds: float) -> dict:
    return ask(server, seconds, [token_question(server)], connections=32)


def known_cookie(server: EdgeServer, seconds: float) -> dict:
    return ask(server, seconds, [cookie_question(server)], connections=32)


def assertions(server: EdgeServer, seconds: float) -> dict:
    """Each host is an audience of its own, and there are more than the edge remembers: every answer needs a signature."""
    question = token_question(server)
    return ask(server, seconds, [question | {"Host": f"h{n}.example.com"} for n in range(30_000)])


def by_grpc(server: EdgeServer, seconds: float) -> dict:
    """Envoy's question about a known token: 8 connections, 16 questions at a time on each."""
    question = check.question("/v1/models/iris", authorization=token_question(server)["Authorization"])
    with tempfile.NamedTemporaryFile() as file:
        file.write(check.framed(question))
        file.flush()
        used = processor_seconds(server.pid)
        told = subprocess.run(
            ["h2load", "-D", str(round(seconds)), "-c", "8", "-m", "16", "-t", "1", "-d", file.name, "-H", "content-type: application/grpc",
             "-H", "te: trailers", f"http://{server.grpc}{check.PATH}"], capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
        used = processor_seconds(server.pid) - used
    count, failed = int(re.search(r"(\d+) succeeded", told)[1]), int(re.search(r"(\d+) failed", told)[1])
    # It tells no percentiles.
    return {"per_second": count / round(seconds), "failed": failed, "cpu_us": used / max(1, count) * 1e6}


def new_tokens(folder: str, tokens: Path, seconds: float) -> dict:
    """Tokens of another issuer that nobody has seen, at a server that has seen none."""
    port = free_port()
    section = {"http": f"127.0.0.1:{port}", "issuers": [edge_tokens.edge_issuer(folder)],
               "policies": [{"path": "/*", "allow": [{"groups": [edge_tokens.GROUP]}]}]}
    with Server(in_memory=True, changes={"edge": section}) as server:
        return edge_tokens.new_token_rate(f"http://127.0.0.1:{port}/app", tokens, seconds, server=server.pid)


def in_process(folder: str, tokens: Path) -> dict[str, float]:
    """Rates without HTTP: `signatures` checked, `new_tokens` looked into as a whole, `assertions` signed, per second on the server's core."""
    with tokens.open() as file:
        text = "".join([Path(folder, "jwks.json").read_text() + "\n", *itertools.islice(file, 20_000)])
    told = subprocess.run([IN_PROCESS, edge_tokens.ISSUER, edge_tokens.AUDIENCE], input=text, capture_output=True, text=True, check=True,
                          timeout=120, preexec_fn=to_server_core).stdout
    return json.loads(told)


def at_half_load(server: EdgeServer, seconds: float, full: float) -> dict:
    """A known token, asked about half as often as the server could answer at most: `full`, per second."""
    return ask(server, seconds, [token_question(server)], connections=64, pause_ms=64e3 / (full / 2))


def policies() -> list[dict]:
    """Hosts with ten policies each, and a rule that has to be looked at."""
    return [{"host": f"h{n // 10}.example.com", "path": f"/v1/models/m{n}/*", "allow": [{"groups": ["nobody"]}, {"emailDomains": ["example.com"]}]}
            for n in range(POLICIES)]


def policy_microseconds(seconds: float) -> float:
    """What one decision with 10,000 policies costs the processor beyond one with a single policy. No answer is remembered."""
    costs = []
    for rules in (policies(), None):
        with EdgeServer(policies=rules) as server:
            question = token_question(server)
            asked = [question | {"Host": f"h{n // 10}.example.com", "X-Original-URI": f"/v1/models/m{n}/x{turn}"}
                     for turn in range(6) for n in range(POLICIES)]
            sample = ask(server, seconds, asked)
            if sample["failed"]:
                raise SystemExit(f"policies: {sample}")
            costs.append(sample["cpu_us"])
    return costs[0] - costs[1]


@contextlib.contextmanager
def nginx_saying_yes(fields: dict[str, str]):
    """One nginx worker on the server's core that answers everything with 200 and these fields."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        port = free_port()
        quoted = {field: value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "") for field, value in fields.items()}
        added = " ".join(f'add_header {field} "{value}";' for field, value in quoted.items() if field.lower() != "content-type")
        Path(name, "nginx.conf").write_text(f"""
            worker_processes 1; daemon off; pid {name}/pid; error_log {name}/errors;
            events {{ worker_connections 512; }}
            http {{
              access_log off; tcp_nodelay on; keepalive_requests 1000000000; default_type text/plain;
              client_body_temp_path {name}; proxy_temp_path {name}; fastcgi_temp_path {name}; uwsgi_temp_path {name}; scgi_temp_path {name};
              server {{ listen 127.0.0.1:{port}; location / {{ {added} return 200; }} }}
            }}""")
        server = subprocess.Popen(["nginx", "-p", name, "-c", f"{name}/nginx.conf"], stderr=subprocess.DEVNULL, preexec_fn=to_server_core)
        try:
            url = f"http://127.0.0.1:{port}{ADDRESS}"
            wait_for_200(url, 10, server)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def exchange(server: EdgeServer, seconds: float) -> float:
    """How often a second nginx says yes on the same core, asked the same, answering the same fields."""
    question = token_question(server)
    with nginx_saying_yes(server.answer_fields(question)) as url:
        return load.run(url, seconds, kind="fields", lines=[load.fields(question)], connections=32)["per_second"]
