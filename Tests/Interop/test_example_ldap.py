"""`examples/ldap/run`: one command, a directory, a token with groups, and nothing left behind."""
import json, os, signal, socket, subprocess, threading

import pytest

from support.browser import Browser
from support.keys import payload
from support.ports import free_port
from support.server import BINARY, ROOT

APPLICATION = "http://127.0.0.1:5555/callback"


class Example:
    """The command as somebody at a terminal runs it: in a group of processes that Ctrl-C goes to."""

    def __init__(self, folder):
        self.port, self.ldap_port, self.folder = free_port(), free_port(), folder
        self.issuer, self.verify = f"http://127.0.0.1:{self.port}/dex", True
        self.process = subprocess.Popen(
            [ROOT / "examples/ldap/run", str(self.port), str(self.ldap_port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True, env=os.environ | {"DEXTRA": str(BINARY), "TMPDIR": str(folder)})
        self.lines: list[str] = []

    def wait(self):
        watch = threading.Timer(60, self.stop, [signal.SIGKILL])
        watch.start()
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Ctrl-C"):
                watch.cancel()
                return
        watch.cancel()
        raise AssertionError("it ended: " + "".join(self.lines))

    def stop(self, number: int = signal.SIGINT):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def keep_out_of_log(self, *_):
        """Its log is for people at a terminal."""


@pytest.fixture
def example(tmp_path):
    example = Example(tmp_path)
    try:
        example.wait()
        yield example
    finally:
        if example.process.poll() is None:
            example.stop()
            try:
                example.process.wait(30)
            except subprocess.TimeoutExpired:
                example.stop(signal.SIGKILL)
                example.process.wait()
        example.process.stdout.close()


def listens(port: int) -> bool:
    with socket.socket() as candidate:
        return candidate.connect_ex(("127.0.0.1", port)) == 0


def test_the_example_logs_a_person_in(example):
    """By the lines that it prints, and in a browser."""
    lines = [line for line in example.lines if "curl" in line]
    said = subprocess.run(["bash", "-c", "".join(lines)], text=True, capture_output=True, timeout=60).stdout.splitlines()
    assert sorted(payload(said[0])["groups"]) == sorted(json.loads(said[1])["groups"]) == ["authors", "staff"]
    assert json.loads(said[1])["email"] == "jane@example.org"

    browser = Browser(example)
    form = browser.open(f"{example.issuer}/auth?client_id=example-app&redirect_uri={APPLICATION}&response_type=code&scope=openid+groups")
    assert form.status == 200
    code = browser.submit(form, login="john", password="password").code
    answer = browser.session.post(f"{example.issuer}/token", auth=("example-app", "ZXhhbXBsZS1hcHAtc2VjcmV0"), timeout=30, data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION})
    assert payload(answer.json()["id_token"])["groups"] == ["staff"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_example_leaves_nothing_behind(example, end):
    assert listens(example.port) and listens(example.ldap_port)
    example.stop(end)
    assert example.process.wait(30) == 0
    assert not listens(example.port) and not listens(example.ldap_port)
    assert list(example.folder.iterdir()) == []
