"""Asks for predictions with every kind of token, right and wrong, and with sessions, and compares what comes with what should.

    python walk.py ISSUER SIGNING_KEY WAY=ADDRESS...
"""
import base64, http.client, json, socket, sys, time, urllib.error, urllib.parse, urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookiejar import CookieJar

import grpc, httpx, jwt
from kserve.protocol.grpc import grpc_predict_v2_pb2 as v2
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

HOST = "iris.models.example.com"
ROW = [5.1, 3.5, 1.4, 0.2]
INPUT = {"name": "measures", "shape": [1, 4], "datatype": "FP32", "data": [ROW]}
SECRETS = {"kserve": "a3NlcnZlLXNlY3JldA", "dashboard": "ZGFzaGJvYXJkLXNlY3JldA"}

VERIFIES = {
    "another issuer": (401, "Jwt issuer is not configured"),
    # Envoy's answer to a token that is right, but not for here.
    "another audience": (403, "Audiences in Jwt are not allowed"),
    "expired": (401, "Jwt is expired"),
    "not valid yet": (401, "Jwt not yet valid"),
    "alg none": (401, "Jwt is not in the form of"),
    "changed after signing": (401, "Jwt verification fails"),
    "without a signature": (401, "Jwt is not in the form of"),
    "not allowed": (403, "RBAC: access denied"),
}
ASKS = {
    "no token": (401, "authentication is needed"),
    "another issuer": (401, "the token's issuer is not trusted here"),
    "another audience": (401, "the token is for another audience"),
    "expired": (401, "the token has expired"),
    "not valid yet": (401, "the token is not valid yet"),
    "alg none": (401, "the token is not signed by a key pair"),
    "changed after signing": (401, "the token's signature is wrong"),
    "without a signature": (401, "it is no signed JWT"),
    "not allowed": (403, "access is denied"),
}
#: Way → what should come of what. Envoy verifies tokens by itself as Istio has it, or wants a token; or it asks Dextra, by HTTP or by gRPC.
EXPECTED = {
    "istio": VERIFIES | {"no token": (403, "RBAC: access denied")},
    "required": VERIFIES | {"no token": (401, "Jwt is missing")},
    "asks by HTTP": ASKS,
    "asks by gRPC": ASKS,
}
GRPC_CODES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}


class Tokens:
    """The right token, and others that are wrong in one thing each."""

    def __init__(self, issuer: str, signing_key: str):
        self.issuer = issuer
        self.right = self.password("jane@example.com")
        self.other_group = self.password("john@example.com")
        header, claims = jwt.get_unverified_header(self.right), jwt.decode(self.right, options={"verify_signature": False})
        with open(signing_key) as file:
            key = file.read()

        def signed(**changes):
            return jwt.encode(claims | changes, key, header["alg"], headers={"kid": header["kid"]})
        # As a proof that it is the change that is refused.
        self.made_here = signed()
        parts = self.right.split(".")
        self.wrong = {
            "another issuer": signed(iss="https://other.example.com"),
            "another audience": self.password("jane@example.com", client="dashboard"),
            # A minute of difference between clocks is taken.
            "expired": signed(exp=int(time.time()) - 61),
            "not valid yet": signed(nbf=int(time.time()) + 3600),
            "alg none": ".".join([plain({"alg": "none", "typ": "JWT"}), parts[1], ""]),
            "changed after signing": ".".join([parts[0], plain(claims | {"groups": ["data-science", "admins"]}), parts[2]]),
            "without a signature": ".".join(parts[:2]),
        }

    def password(self, name: str, client: str = "kserve") -> str:
        answer = httpx.post(f"{self.issuer}/token", auth=(client, SECRETS[client]), timeout=30, data={
            "grant_type": "password", "username": name, "password": "password", "scope": "openid profile email groups"})
        answer.raise_for_status()
        return answer.json()["access_token"]


def plain(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Form(HTMLParser):
    """The first form of a page: where it goes, and what is filled in already."""

    def __init__(self, page: str):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action") or ""
        elif tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value") or ""


class Browser:
    """Follows redirects and keeps cookies. The model's host is on this machine, whatever a name server says."""

    def __init__(self, accept: str):
        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.create_connection(("127.0.0.1" if self.host == HOST else self.host, self.port), self.timeout)

        class Handler(urllib.request.HTTPHandler):
            def http_open(self, request):
                return self.do_open(Connection, request)
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(Handler, urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies))
        self.opener.addheaders = [("Accept", accept)]

    def open(self, url: str, form: dict | None = None) -> tuple[int, str, str]:
        """Status, address and content of the page where it ends."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            answer = self.opener.open(url, data, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.url, answer.read().decode()

    def fill(self, url: str, page: str, name: str) -> tuple[int, str, str]:
        """As a person does it."""
        form = Form(page)
        return self.open(urllib.parse.urljoin(url, form.action or ""), form.fields | {"login": name, "password": "password"})

    @property
    def session(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self.cookies if each.domain == HOST)


@dataclass
class Step:
    name: str
    #: The status, and something that the answer says.
    expected: tuple
    given: tuple = (None, "")

    @property
    def passed(self) -> bool:
        return self.given[0] == self.expected[0] and self.expected[1] in self.given[1]

    def __str__(self):
        verdict = "ok   " if self.passed else "WRONG"
        wanted = "" if self.passed else f"   (expected: {self.expected[0]} {self.expected[1]!r})"
        return f"  {verdict} {self.name:44} {self.given[0]} {' '.join(self.given[1].split())[:90]}{wanted}"


class Way:
    """One address that predictions are asked of."""

    def __init__(self, name: str, address: str, tokens: Tokens):
        self.name, self.address, self.tokens = name, address, tokens
        self.http = httpx.Client(base_url=f"http://{address}", headers={"Host": HOST}, timeout=30)
        self.channel = grpc.insecure_channel(address, [("grpc.default_authority", HOST)])
        self.steps: list[Step] = []

    def ask(self, name: str, expected: tuple, *, token: str | None = None, method="POST", path="/v1/models/iris:predict",
            body: dict | None = None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()} | bearer(token)
        answer = self.http.request(method, path, headers=headers, json=body if body or method == "GET" else {"instances": [ROW]})
        self.add(Step(name, expected, (answer.status_code, answer.text)))
        return answer

    def call(self, name: str, expected: tuple, token: str | None = None, cookie: str | None = None):
        request = v2.ModelInferRequest(model_name="iris", inputs=[v2.ModelInferRequest.InferInputTensor(
            name="measures", shape=[1, 4], datatype="FP32", contents=v2.InferTensorContents(fp32_contents=ROW))])
        metadata = [(name.lower(), value) for name, value in (bearer(token) | ({"cookie": cookie} if cookie else {})).items()]
        try:
            answer = GRPCInferenceServiceStub(self.channel).ModelInfer(request, metadata=metadata, timeout=30)
            given = ("OK", str(answer.outputs[0].contents.bytes_contents[0] if answer.outputs[0].contents.bytes_contents
                               else answer.raw_output_contents[0]))
        except grpc.RpcError as error:
            given = (error.code().name, error.details() or "")
        self.add(Step(name, expected, given))

    def add(self, step: Step):
        self.steps.append(step)
        print(step, flush=True)

    def walk(self):
        tokens, expected = self.tokens, EXPECTED[self.name]
        print(f"\n{self.name}: http://{self.address}")
        nobody, denied = expected["no token"], expected["not allowed"]
        self.ask("no token", nobody)
        for name, token in tokens.wrong.items():
            self.ask(name, expected[name], token=token)
        self.ask("another group", denied, token=tokens.other_group)
        self.ask("another model", denied, token=tokens.right, path="/v1/models/other:predict")
        self.ask("another model, by a detour", denied, token=tokens.right, path="/v2/models/iris/%2e%2e/other/infer")
        self.ask("another host", denied, token=tokens.right, Host="other.models.example.com")
        self.ask("health, no token", (200, '"live":true'), method="GET", path="/v2/health/live")

        self.ask("V1 :predict", (200, "setosa"), token=tokens.right)
        self.ask("V1 :predict, the same claims signed here", (200, "setosa"), token=tokens.made_here)
        self.ask("V1 :predict, with somebody else's header", (200, '"for":"jane@example.com"'), token=tokens.right,
                 kubeflow_userid="root@example.com")
        self.ask("V1 :predict, streaming", (200, 'data: {"prediction": "setosa"}'), token=tokens.right,
                 body={"instances": [ROW, [6, 3, 5, 2]], "stream": True})
        self.ask("V2 ready", (200, '"ready":true'), token=tokens.right, method="GET", path="/v2/models/iris/ready")
        self.ask("V2 infer", (200, "setosa"), token=tokens.right, path="/v2/models/iris/infer", body={"inputs": [INPUT]})
        self.ask("V2 infer, no token", nobody, path="/v2/models/iris/infer", body={"inputs": [INPUT]})

        self.call("gRPC ModelInfer, no token", coded(nobody), None)
        self.call("gRPC ModelInfer, expired", coded(expected["expired"]), tokens.wrong["expired"])
        self.call("gRPC ModelInfer, another group", coded(denied), tokens.other_group)
        self.call("gRPC ModelInfer", ("OK", "setosa"), tokens.right)
        if expected is ASKS:
            self.log_in()

    def log_in(self):
        """People, and scripts that do as if they were."""
        site = f"http://{HOST}:{self.address.rpartition(':')[2]}"
        page = site + "/v1/models/iris?from=a&browser=yes"
        jane, john, script = Browser("text/html"), Browser("text/html"), Browser("*/*")
        status, url, form = jane.open(page)
        self.add(Step("browser, login page", (200, "/dex/auth/local/login"), (status, url)))
        status, url, shown = jane.fill(url, form, "jane@example.com")
        self.add(Step("browser, the page first asked for", (200, page + ' {"name":"iris"'), (status, f"{url} {shown}")))
        self.ask("session, V1 :predict", (200, '"for":"jane@example.com"'), Cookie=jane.session)
        self.ask("session, another model", ASKS["not allowed"], Cookie=jane.session, path="/v1/models/other:predict")
        self.call("session, gRPC ModelInfer", ("OK", "setosa"), cookie=jane.session)

        _, url, form = john.open(page)
        status, _, shown = john.fill(url, form, "john@example.com")
        self.add(Step("browser, another group", ASKS["not allowed"], (status, shown)))
        self.ask("session, another group", ASKS["not allowed"], Cookie=john.session)

        # As Kubeflow Pipelines' documentation has it: what is filled in goes to the address at which the form was shown.
        _, url, _ = script.open(page)
        status, url, _ = script.open(url, {"login": "jane@example.com", "password": "password"})
        self.add(Step("script, the page first asked for", (200, page), (status, url)))
        self.ask("script's session, V1 :predict", (200, '"for":"jane@example.com"'), Cookie=script.session)

        kept = jane.session
        jane.open(site + "/oauth2/sign_out?rd=/v2/health/live")
        self.ask("session, after signing out", (401, "the session is unknown"), Cookie=kept)
        # The same person, and Dextra's logout ends all that she has at this application.
        self.ask("script's session, after that", (401, "the session has ended"), Cookie=script.session)


def coded(expected: tuple) -> tuple:
    """The same by gRPC."""
    return GRPC_CODES[expected[0]], expected[1]


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def main(issuer: str, signing_key: str, *ways: str) -> int:
    tokens = Tokens(issuer, signing_key)
    walked = [Way(name, address, tokens) for name, address in (way.split("=", 1) for way in ways)]
    for way in walked:
        way.walk()
    steps = [step for way in walked for step in way.steps]
    wrong = sum(not step.passed for step in steps)
    print(f"\n{len(steps)} steps, {wrong or 'none'} of them wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
