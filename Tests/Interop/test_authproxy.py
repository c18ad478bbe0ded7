"""The authproxy connector behind nginx, which asks for a password by itself; with the configuration of its page."""
import contextlib, re, subprocess

import jwt
import pytest
import requests
import yaml

from support.application import authorization_url, redeem
from support.browser import Browser
from support.nginx import nginx
from support.ports import free_port
from support.server import ROOT

PAGE = (ROOT / "docs/connectors/authproxy.md").read_text()
CONNECTORS = yaml.safe_load(re.search(r"```yaml\n(.*?)```", PAGE, re.S)[1])["connectors"]
LOCATIONS = re.search(r"```nginx\n(.*?)```", PAGE, re.S)[1]
PASSWORD = "ann's password"


@pytest.fixture
def guarded(start):
    """A provider whose issuer is nginx."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        people = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, text=True, check=True).stdout
        server = LOCATIONS.replace("127.0.0.1:5556", f"127.0.0.1:{port}").replace("/etc/nginx/people", "{folder}/people")
        front = stack.enter_context(nginx(server, {"people": f"ann:{people}"}))
        provider = start(port=port, issuer=f"http://127.0.0.1:{front}/dex", connectors=CONNECTORS)
        provider.direct = f"http://127.0.0.1:{port}/dex"
        yield provider
        provider.stop()


def test_somebody_whom_nginx_knows_is_logged_in(guarded):
    browser = Browser(guarded)
    guarded.keep_out_of_log(PASSWORD)
    url = authorization_url(guarded, connector_id="proxy", scope="openid email profile groups")
    assert browser.open(url).status == 401
    answer = browser.open(url, auth=("ann", PASSWORD))
    claims = jwt.decode(redeem(guarded, answer.code).json()["id_token"], options={"verify_signature": False})
    assert (claims["name"], claims["email"], claims["groups"]) == ("ann", "ann@example.com", ["staff"])


def test_headers_from_outside_are_worth_nothing(guarded):
    url = authorization_url(guarded, connector_id="proxy")
    forged = {"X-Remote-User": "root", "X-Remote-User-Id": "0", "X-Remote-Group": "admins"}
    answer = Browser(guarded, **forged).open(url, auth=("ann", PASSWORD))
    claims = jwt.decode(redeem(guarded, answer.code).json()["id_token"], options={"verify_signature": False})
    assert (claims["name"], claims["groups"]) == ("ann", ["staff"])
    # The plain callback is not guarded, and so not believed.
    browser = Browser(guarded, **forged)
    state = re.search(r"state=([^&]+)", _location(browser, url))[1]
    assert browser.open(guarded.url(f"/callback?state={state}")).status == 403
    guarded.running.wait_for_log("failed login attempt.*proxy guards")


def test_a_peer_that_is_not_the_proxy_is_refused(start):
    elsewhere = [CONNECTORS[0] | {"config": CONNECTORS[0]["config"] | {"trustedProxies": ["10.0.0.0/8"]}}]
    provider = start(connectors=elsewhere)
    answer = Browser(provider, **{"X-Remote-User": "ann", "X-Forwarded-For": "10.0.0.1"}).open(
        authorization_url(provider, connector_id="proxy"))
    assert answer.status == 403
    provider.running.wait_for_log("127.0.0.1 is not among trustedProxies")


def _location(browser: Browser, url: str) -> str:
    """Where the connector sends the browser."""
    for _ in range(3):
        url = browser.session.get(url, allow_redirects=False, timeout=30).headers["Location"]
        if "/callback/" in url:
            return url
        url = requests.compat.urljoin(browser.provider.issuer, url)
    raise AssertionError(url)
