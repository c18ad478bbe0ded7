"""A server under test with connectors that ask recordings, and a person who signs in through them."""
import base64, contextlib, tempfile
from pathlib import Path
from urllib.parse import urlsplit

import requests

from ..application import authorization_url, redeem
from ..browser import Answer, Browser
from ..certificates import Authority
from ..keys import payload, verified
from ..launch import launch
from ..people import APP, Client
from ..ports import free_port
from ..server import Dextra
from .bitbucket import BitbucketCloud
from .crowd import Crowd
from .generic import Generic
from .gitea import Gitea
from .github import GitHub
from .gitlab import GitLab
from .google import Google
from .keystone import Keystone
from .linkedin import LinkedIn
from .microsoft import Microsoft
from .oauth import Identity, OAuthRecording
from .openshift import OpenShift
from .upstream import Recording

REDIRECTING = {kind.type: kind for kind in (Generic, GitHub, GitLab, Gitea, Google, Microsoft, LinkedIn, BitbucketCloud, OpenShift)}
PASSWORD = {kind.type: kind for kind in (Crowd, Keystone)}


def dex_sub(user_id: str, connector: str) -> str:
    """base64url of protobuf {1: user_id, 2: connector}; all of these are shorter than 128 bytes."""
    def text(field: int, value: str) -> bytes:
        data = value.encode()
        assert 0 < len(data) < 128
        return bytes([field << 3 | 2, len(data)]) + data
    return base64.urlsafe_b64encode(text(1, user_id) + text(2, connector)).rstrip(b"=").decode()


class World:
    def __init__(self, folder: Path):
        self.folder = folder
        self.authority = Authority(folder)
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}/dex"
        self.callback = self.issuer + "/callback"
        self.recordings: dict[str, Recording] = {}
        self.server: Dextra = None
        self._stack = contextlib.ExitStack()

    def add(self, kind: type) -> Recording:
        recording = kind(self.authority, self.callback) if issubclass(kind, OAuthRecording) else kind(self.authority)
        self.recordings[kind.type] = self._stack.enter_context(recording.listening())
        return recording

    def start(self, connectors: dict[str, tuple[str, dict]], **changes):
        """`connectors`: id → type and settings."""
        self.server = launch(self.folder, port=self.port, connectors=[
            {"id": id, "type": kind, "name": f"The {id}", "config": config} for id, (kind, config) in connectors.items()], **changes)
        return self

    @property
    def secrets(self) -> list[str]:
        return [secret for recording in self.recordings.values() for secret in recording.secrets]

    def stop(self):
        """Ends the server; whatever an upstream gave out must not stand in its log."""
        try:
            if self.server and self.server.running:
                self.server.keep_out_of_log(*self.secrets)
                self.server.stop()
        finally:
            self.close()

    def close(self):
        if self.server and self.server.running:
            self.server.kill()
        self._stack.close()

    # A person

    def depart(self, connector: str, browser: Browser | None = None, client: Client = APP, **parameters) -> tuple[Browser, Answer]:
        """From the application through us to the upstream's authorization endpoint, which is not visited yet."""
        browser = browser or Browser(self.server)
        return browser, browser.open(authorization_url(self.server, client, connector_id=connector, **parameters))

    def visit(self, answer: Answer) -> str:
        """The person signs in upstream: where they are sent then."""
        assert answer.location, f"no visit, but {said(answer)}"
        response = requests.get(answer.location, allow_redirects=False, timeout=30, verify=str(self.authority.file))
        assert response.status_code == 302, f"{urlsplit(answer.location).path}: {response.status_code} {response.text[:400]}"
        return response.headers["Location"]

    def sign_in(self, connector: str, **parameters) -> Answer:
        browser, answer = self.depart(connector, **parameters)
        back = self.visit(answer)
        assert back.startswith(self.callback)
        return browser.open(back)

    def tokens(self, connector: str, **parameters) -> dict:
        answer = self.sign_in(connector, **parameters)
        response = redeem(self.server, answer.code)
        assert response.status_code == 200, response.text
        return response.json()

    def claims(self, tokens: dict) -> dict:
        return verified(self.server, tokens["id_token"], APP)


def assert_identity(claims: dict, connector: str, wanted: Identity, groups: set[str] | None = None):
    """What Dex would say of this person."""
    groups = wanted.groups if groups is None else groups
    assert claims["sub"] == dex_sub(wanted.user_id, connector), base64.urlsafe_b64decode(claims["sub"] + "==")
    assert claims.get("name", "") == wanted.name
    assert claims.get("preferred_username", "") == wanted.preferred_username
    assert (claims.get("email", ""), claims["email_verified"]) == (wanted.email, wanted.email_verified)
    found = claims.get("groups", [])
    assert len(set(found)) == len(found), f"a group stands there twice: {found}"
    assert set(found) == set(groups), f"missing {set(groups) - set(found)}, too many {set(found) - set(groups)}"


def groups_of(tokens: dict) -> set[str]:
    return set(payload(tokens["id_token"]).get("groups", []))


def said(answer: Answer) -> str:
    return f"{answer.status}: {' '.join(answer.page.text.split())[:400]}"


def assert_page(world: World, answer: Answer, *statuses: int):
    """An error page: nobody is sent on, and nothing that an upstream gave out is shown."""
    assert answer.location is None, f"sent to {answer.location}"
    assert answer.status in statuses, said(answer)
    assert answer.response.headers["Content-Type"].split(";")[0] == "text/html"
    shown = [secret for secret in world.secrets if secret in answer.response.text]
    assert not shown, f"the page shows {shown}"


@contextlib.contextmanager
def world(*kinds: type):
    with tempfile.TemporaryDirectory(prefix="dextra-") as folder:
        made = World(Path(folder))
        try:
            for kind in kinds:
                made.add(kind)
            yield made
            made.stop()
        finally:
            made.close()
