"""People and scripts that log in at the edge."""
import contextlib, re
from urllib.parse import urljoin, urlsplit

import requests

from .browser import Page
from .launch import running
from .people import JANE
from .ports import free_port

#: As Kubeflow's manifests have it: one ingress for all, a redirect URI that is a path.
ONE_INGRESS = {"login": {"authURL": "/dex/auth", "redirectURI": "/oauth2/callback"}}
HTML = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}


@contextlib.contextmanager
def edge(**changes):
    """A provider with an edge on a port of its own, where people may log in. `server.edge` is its address: what it lets through is 200.
    By gRPC it is asked on `server.grpc_port`."""
    port, grpc_port = free_port(), free_port()
    settings = {"http": f"127.0.0.1:{port}", "grpc": f"127.0.0.1:{grpc_port}", "trustedProxies": ["127.0.0.1/32"],
                "login": {"allowedRedirectHosts": [f"127.0.0.1:{port}"]},
                "policies": [{"path": "/public", "anonymous": True}, {"path": "/*", "allow": [{"groups": ["authors"]}]}]}
    for key, value in changes.pop("edge", {}).items():
        settings[key] = {**settings[key], **value} if isinstance(settings.get(key), dict) else value
    with running(edge=settings, **changes) as server:
        server.edge = f"http://127.0.0.1:{port}"
        server.edge_port, server.grpc_port = port, grpc_port
        server.keep_out_of_log(JANE.password)
        yield server


class Visitor:
    """A browser that takes one redirect after the other, and fills in the form when it is shown."""

    def __init__(self, server, person=JANE, connector="local"):
        self.server, self.person = server, person
        self.session = requests.Session()

    def get(self, url: str, **options) -> requests.Response:
        answer = self.session.get(url, headers=HTML | options.pop("headers", {}), allow_redirects=False, timeout=30, **options)
        for cookie in answer.cookies:
            self.server.keep_out_of_log(cookie.value)
        return answer

    def follow(self, answer: requests.Response) -> requests.Response:
        for _ in range(12):
            if not answer.is_redirect:
                return answer
            answer = self.get(urljoin(answer.url, answer.headers["Location"]))
        raise AssertionError("redirected in circles")

    def form(self, url: str) -> requests.Response:
        """As far as the form."""
        page = self.follow(self.get(url))
        assert page.status_code == 200 and re.search(r"/auth/[^/]+/login$", urlsplit(page.url).path), f"{page.url}: {page.text[:300]}"
        return page

    def fill(self, page: requests.Response) -> requests.Response:
        action = urljoin(page.url, Page(page.text).forms[0].action)
        answer = self.session.post(action, data={"login": self.person.email, "password": self.person.password},
                                   allow_redirects=False, timeout=30)
        assert answer.is_redirect, answer.text
        return self.follow(answer)

    def log_in(self, url: str) -> requests.Response:
        return self.fill(self.form(url))

    @property
    def cookie(self) -> str:
        """The session's, as a header."""
        pairs = {c.name: c.value for c in self.session.cookies if "login" not in c.name and "edge" in c.name}
        return "; ".join(f"{name}={value}" for name, value in sorted(pairs.items()))
