"""`examples/ldap/run`: one command, a directory, a token with groups, and nothing left behind."""
import json, signal, subprocess

import pytest

from support.browser import Browser
from support.example import Example
from support.keys import payload
from support.ports import free_port, listens

APPLICATION = "http://127.0.0.1:5555/callback"


@pytest.fixture
def example(tmp_path):
    ports = free_port(), free_port()
    with Example("ldap/run", *map(str, ports), folder=tmp_path) as example:
        example.ports = ports
        # What `Browser` wants to know of a provider.
        example.issuer, example.verify, example.keep_out_of_log = f"http://127.0.0.1:{ports[0]}/dex", True, lambda *_: None
        example.wait()
        yield example


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
    assert all(listens(port) for port in example.ports)
    example.stop(end)
    assert example.process.wait(30) == 0
    assert not any(listens(port) for port in example.ports)
    assert list(example.folder.iterdir()) == []
