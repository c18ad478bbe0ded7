"""The connector oidc, before other providers: another Dextra, and oidc-provider-mock."""
import base64, contextlib, json, re, signal, socket, threading, time, warnings
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest, requests, yaml

from support.application import assert_oauth_error, authorization_url, redeem, refresh
from support.browser import Page
from support.certificates import Authority
from support.command import dextra
from support.configuration import configuration, merged
from support.people import APP, JANE, JOHN, Client
from support.ports import free_port
from support.raw import connect, form_request, read_response
from support.server import ROOT, Dextra

# Characters that must be escaped in a form, and again before they go into Basic.
SECRET = "upstream-secret: 7+/%&=é"


def sub(user_id: str, connector: str) -> str:
    """What Dex issues: both texts as a protobuf message."""
    parts = b"".join(bytes([tag, len(text)]) + text for tag, text in ((0x0A, user_id.encode()), (0x12, connector.encode())))
    return base64.urlsafe_b64encode(parts).rstrip(b"=").decode()


def claims(tokens: dict) -> dict:
    payload = tokens["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Traveler:
    """A browser that visits several providers, and notes where it has been."""

    def __init__(self, provider: Dextra, ca: str | None = None):
        self.provider, self.session, self.visited = provider, requests.Session(), []
        self.session.verify = ca if ca else True

    def open(self, url: str, form: dict | None = None) -> requests.Response:
        """Follows redirects up to the application."""
        for _ in range(20):
            self.visited.append(url)
            response = self.session.request("GET" if form is None else "POST", url, data=form, allow_redirects=False, timeout=30)
            location = response.headers.get("Location")
            if location is None:
                return response
            url, form = urljoin(url, location), None
            if url.startswith(APP.redirect_uri):
                response.application = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
                return response
        raise AssertionError(f"redirected in circles: {self.visited}")

    def submit(self, response: requests.Response, **values: str) -> requests.Response:
        form = Page(response.text).forms[0]
        return self.open(urljoin(response.url, form.action) if form.action else response.url, form.fields | values)

    def log_in(self, person=JANE, **parameters) -> requests.Response:
        """Through the other provider's login form, to the application or to a page."""
        page = self.open(authorization_url(self.provider, connector_id="upstream", **parameters))
        if page.status_code == 200:
            page = self.submit(page, login=person.email, password=person.password)
        # prompt=consent asks there, too.
        if page.status_code == 200 and 'name="approval"' in page.text:
            page = self.submit(page, approval="approve")
        return page

    def tokens(self, person=JANE) -> dict:
        answer = self.log_in(person)
        assert hasattr(answer, "application"), f"{answer.status_code} {answer.url}: {answer.text[:600]}\n{self.provider.log}"
        code = answer.application["code"]
        self.provider.keep_out_of_log(code)
        response = redeem(self.provider, code)
        assert response.status_code == 200, response.text
        return response.json()


def connector(issuer: str, callback: str, **further) -> dict:
    config = {"issuer": issuer, "clientID": "dextra", "clientSecret": SECRET, "redirectURI": callback, "insecureEnableGroups": True,
              "scopes": ["profile", "email", "groups", "offline_access"]}
    return {"type": "oidc", "id": "upstream", "name": "Another provider", "config": merged(config, further)}


class World:
    """An upstream Dextra (at `localhost`, so that cookies stay apart) and one in front of it."""

    def __init__(self, folder, **config):
        (folder / "up").mkdir(), (folder / "down").mkdir()
        self.ports = free_port(), free_port()
        self.callback = f"http://127.0.0.1:{self.ports[1]}/dex/callback"
        self.upstream = Dextra(
            configuration(self.ports[0], str(folder / "up/dextra.db"), clients=(Client("dextra", SECRET, self.callback),),
                          issuer=f"http://localhost:{self.ports[0]}/idp"), folder / "up")
        self.downstream = Dextra(
            configuration(self.ports[1], str(folder / "down/dextra.db"), enablePasswordDB=None, staticPasswords=None,
                          oauth2={"passwordConnector": None},
                          connectors=[connector(self.upstream.issuer, self.callback, **config)]), folder / "down")
        self.downstream.keep_out_of_log(SECRET)

    def start(self) -> "World":
        self.upstream.start()
        self.downstream.start()
        return self

    def stop(self):
        for server in (self.downstream, self.upstream):
            server.stop()


@pytest.fixture
def world(tmp_path):
    """`world(**config)` makes both; they are stopped, and their logs checked, at the end."""
    made = []

    def make(**config) -> World:
        made.append(World(tmp_path, **config))
        return made[-1]
    try:
        yield make
        for each in made:
            each.stop()
    finally:
        for each in made:
            for server in (each.downstream, each.upstream):
                if server.running:
                    server.kill()


@contextlib.contextmanager
def mock(port: int = 0, **options):
    """oidc-provider-mock, at `http://localhost`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock
    with oidc_provider_mock.run_server_in_thread(port, **options) as server:
        yield f"http://localhost:{server.server_port}"


def test_a_person_logs_in_through_another_dextra(world):
    both = world().start()
    traveler = Traveler(both.downstream)
    found = claims(traveler.tokens())
    assert found["sub"] == sub(sub(JANE.user_id, "local"), "upstream")
    assert (found["name"], found["email"], found["email_verified"]) == (JANE.name, JANE.email, True)
    assert found["preferred_username"] == JANE.username and found["groups"] == list(JANE.groups)
    asked = {k: v[0] for k, v in parse_qs(urlsplit(next(u for u in traveler.visited if "/idp/auth?" in u)).query).items()}
    assert asked["code_challenge_method"] == "S256" and asked["nonce"] and asked["redirect_uri"] == both.callback
    assert asked["scope"] == "openid profile email groups offline_access"
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")


def test_what_the_configuration_says_of_claims_and_the_request_is_done(world):
    both = world(
        userNameKey="preferred_username", userIDKey="email", claimMapping={"preferred_username": "name"}, overrideClaimMapping=True,
        allowedGroups=["staff"], acrValues=["a", "b"], promptType="", pkceChallenge="plain", getUserInfo=True,
        claimModifications={"modifyGroupNames": {"prefix": "up:", "suffix": "!"},
                            "newGroupFromClaims": [{"claims": ["email"], "prefix": "mail", "delimiter": "-"}]})
    both.upstream.configuration["oauth2"]["pkce"] = {"codeChallengeMethodsSupported": ["S256", "plain"]}
    both.start()
    traveler = Traveler(both.downstream)
    page = traveler.open(authorization_url(both.downstream, connector_id="upstream", login_hint=JANE.email))
    assert page.status_code == 200, f"{page.url}: {page.text}\n{both.downstream.log}"
    assert Page(page.text).forms[0].fields["login"] == JANE.email, "the hint travels on"
    found = claims(traveler.tokens())
    assert found["sub"] == sub(JANE.email, "upstream")
    assert (found["name"], found["preferred_username"]) == (JANE.username, JANE.name)
    assert found["groups"] == ["up:staff!", f"mail-{JANE.email}"]
    asked = {k: v[0] for k, v in parse_qs(urlsplit(next(u for u in traveler.visited if "/idp/auth?" in u)).query).items()}
    assert asked["acr_values"] == "a b" and "prompt" not in asked and asked["code_challenge_method"] == "plain"


def test_who_is_in_no_allowed_group_is_told_so(world):
    both = world(allowedGroups=["staff"]).start()
    answer = Traveler(both.downstream).log_in(JOHN)
    assert answer.status_code == 403 and "not a member of a group" in answer.text
    both.downstream.running.wait_for_log("not in any of allowedGroups")


def test_a_refresh_asks_upstream(world):
    both = world().start()
    traveler = Traveler(both.downstream)
    first = traveler.tokens()
    second = refresh(both.downstream, first["refresh_token"])
    assert second.status_code == 200 and claims(second.json())["sub"] == claims(first)["sub"]
    # Upstream's tokens are rotated, and the new one was kept.
    third = refresh(both.downstream, second.json()["refresh_token"])
    assert third.status_code == 200, both.downstream.log
    # While it is down nobody is logged out.
    both.upstream.stop()
    token = third.json()["refresh_token"]
    answer = refresh(both.downstream, token)
    assert answer.status_code == 503 and answer.json()["error"] == "temporarily_unavailable"
    both.downstream.running.wait_for_log("a refresh token was not honored.*(connection refused|connection was closed)")
    both.upstream.start()
    fourth = refresh(both.downstream, token)
    assert fourth.status_code == 200, both.downstream.log
    # Whoever may no longer log in there may not here.
    both.upstream.configuration["staticPasswords"] = [JOHN.entry()]
    both.upstream.reload()
    assert_oauth_error(refresh(both.downstream, fourth.json()["refresh_token"]), 400, "invalid_grant")


def test_upstream_is_killed_and_comes_back_with_other_keys(world):
    both = world()
    both.upstream.configuration["storage"] = {"type": "memory"}
    both.start()
    traveler = Traveler(both.downstream)
    traveler.tokens()
    both.upstream.kill()
    with pytest.raises(requests.ConnectionError):
        Traveler(both.downstream).log_in()
    both.upstream.start()
    assert claims(Traveler(both.downstream).tokens())["email"] == JANE.email


def test_upstream_is_down_at_the_start_and_heals(world):
    both = world()
    both.downstream.start()
    line = both.downstream.running.wait_for_log("a connector cannot be used yet")
    assert "upstream" in line and "connection refused" in line
    answer = Traveler(both.downstream).log_in()
    assert answer.status_code == 500 and "cannot be reached" in answer.text
    both.upstream.start()
    assert claims(Traveler(both.downstream).tokens())["email"] == JANE.email


def test_who_says_no_there_is_told_so_here(world):
    both = world().start()
    traveler = Traveler(both.downstream)
    page = traveler.submit(
        traveler.open(authorization_url(both.downstream, connector_id="upstream")), login=JANE.email, password=JANE.password)
    answer = traveler.submit(page, approval="rejected")
    assert answer.status_code == 403 and "told not to log you in" in answer.text
    both.downstream.running.wait_for_log("access_denied")


def returning(both: World) -> tuple[Traveler, str]:
    """A browser with upstream's answer in its hands, before it brings it."""
    traveler = Traveler(both.downstream)
    page = traveler.open(authorization_url(both.downstream, connector_id="upstream"))
    form = Page(page.text).forms[0]
    url, fields = urljoin(page.url, form.action or page.url), form.fields | {"login": JANE.email, "password": JANE.password}
    for _ in range(10):
        response = traveler.session.request("POST" if fields else "GET", url, data=fields, allow_redirects=False, timeout=30)
        if 'name="approval"' in response.text:
            fields = {"approval": "approve"}
            continue
        url, fields = urljoin(url, response.headers["Location"]), None
        if url.startswith(both.callback):
            return traveler, url
    raise AssertionError("upstream sends nobody back")


def test_an_answer_of_another_issuer_or_request_is_refused(world):
    both = world().start()
    traveler, url = returning(both)
    query = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert query["iss"] == both.upstream.issuer
    for change, reason in (({"iss": "https://evil.example"}, "is of the issuer https://evil.example"),
                           ({"iss": None}, "does not say of which issuer"), ({"code": "guessed"}, "did not take its code"),
                           ({"code": None}, "without a code"), ({"error": "invalid_request"}, "invalid_request")):
        changed = {k: v for k, v in (query | change).items() if v is not None}
        answer = traveler.open(both.callback + "?" + urlencode(changed))
        assert answer.status_code == 403, (change, answer.text)
        both.downstream.running.wait_for_log(re.escape(reason))
    # A code of another sign-in of the same browser answers another nonce and verifier.
    other_traveler, other = returning(both)
    other_code = parse_qs(urlsplit(other).query)["code"][0]
    assert traveler.open(both.callback + "?" + urlencode(query | {"code": other_code})).status_code == 403
    # The browser that began it, and nobody else, may bring it.
    assert requests.get(url, timeout=30, allow_redirects=False).status_code == 400
    assert hasattr(traveler.open(url), "application")


def test_a_certificate_of_an_unknown_authority_is_refused(world, tmp_path):
    (tmp_path / "ca").mkdir(), (tmp_path / "other").mkdir()
    authority, other = Authority(tmp_path / "ca"), Authority(tmp_path / "other")
    certificate, key = authority.issue("up")
    both = world(rootCAs=[str(other.file)])
    port = free_port()
    issuer = f"https://localhost:{port}/idp"
    both.upstream = Dextra(
        merged(both.upstream.configuration,
               {"issuer": issuer, "web": {"http": None, "https": f"127.0.0.1:{port}", "tlsCert": str(certificate), "tlsKey": str(key)}}),
        both.upstream.folder, ca=authority.file)
    config = both.downstream.configuration["connectors"][0]["config"]
    config["issuer"] = issuer
    both.start()
    line = both.downstream.running.wait_for_log("a connector cannot be used yet")
    assert "no authority that is trusted" in line and "rootCAs" in line
    assert Traveler(both.downstream, str(authority.file)).log_in().status_code == 500
    # As a path, as base64 of PEM, and as PEM.
    for pem in (str(authority.file), base64.b64encode(authority.file.read_bytes()).decode(), authority.file.read_text()):
        config["rootCAs"] = [str(other.file), pem]
        both.downstream.restart()
        assert claims(Traveler(both.downstream, str(authority.file)).tokens())["email"] == JANE.email
    config |= {"rootCAs": [], "insecureSkipVerify": True}
    both.downstream.restart()
    assert claims(Traveler(both.downstream, str(authority.file)).tokens())["email"] == JANE.email
    assert "certificate is not checked" in both.downstream.log


def test_a_stalled_upstream_stalls_nobody_else(world):
    both = world()
    with contextlib.closing(socket.create_server(("127.0.0.1", both.ports[0]), backlog=256)):
        both.downstream.start()
        url = authorization_url(both.downstream, connector_id="upstream")
        answers = []
        stalled = [threading.Thread(target=lambda: answers.append(Traveler(both.downstream).open(url).status_code)) for _ in range(40)]
        [thread.start() for thread in stalled]
        times = []
        while any(thread.is_alive() for thread in stalled):
            response = both.downstream.get("/.well-known/openid-configuration")
            assert response.status_code == 200
            times.append(response.elapsed)
        assert set(answers) <= {500, 503}
        assert max(times) < timedelta(seconds=2), max(times)
        both.downstream.running.wait_for_log("did not answer within|no answer in time")


def test_a_stalled_upstream_does_not_keep_it_from_ending(world):
    both = world()
    with contextlib.closing(socket.create_server(("127.0.0.1", both.ports[0]), backlog=16)):
        both.downstream.start()
        form = urlsplit(authorization_url(both.downstream)).query.encode()
        with contextlib.closing(connect(both.downstream)) as waiting:
            message = form_request(both.downstream, form, route="/auth/upstream", headers={"Expect": "100-continue"})
            head, body = message[:-len(form)], message[-len(form):]
            waiting.sendall(head)
            assert waiting.recv(25).startswith(b"HTTP/1.1 100 Continue")
            begun = time.monotonic()
            both.downstream.running.signal(signal.SIGTERM)
            waiting.sendall(body)
            status, _, page = read_response(waiting, "POST")
            assert status == 500 and b"cannot be reached" in page, "whoever waits is answered"
        both.downstream.stop()
        assert time.monotonic() - begun < 6, "the other server would have had ten seconds"
        assert "was not waited for: this provider ends" in both.downstream.log


def test_a_wrong_redirect_uri_is_named_by_the_check(tmp_path):
    both = World(tmp_path)
    both.downstream.configuration["connectors"][0]["config"]["redirectURI"] = both.callback + "/"
    both.downstream.write()
    result = dextra("check", both.downstream.file)
    assert result.code != 0 and f"write {both.callback}" in result.text
    both.downstream.configuration["connectors"][0]["config"].pop("redirectURI")
    both.downstream.write()
    result = dextra("check", both.downstream.file)
    assert result.code != 0 and f"write redirectURI: {both.callback}" in result.text


USER = {"name": "Ada Lovelace", "email": "ada@example.com", "email_verified": True, "preferred_username": "ada",
        "roles": [{"name": "engine"}, "analysts"]}


def behind_mock(start, issuer: str, **config) -> Dextra:
    port = free_port()
    callback = f"http://127.0.0.1:{port}/dex/callback"
    entry = connector(issuer, callback, scopes=["profile", "email"], getUserInfo=True, claimMapping={"groups": "roles"}, **config)
    return start(port=port, database=True, enablePasswordDB=None, staticPasswords=None, oauth2={"passwordConnector": None},
                 connectors=[entry])


def mock_tokens(provider: Dextra, user: str = "ada-id") -> dict:
    traveler = Traveler(provider)
    answer = traveler.submit(traveler.open(authorization_url(provider)), sub=user)
    assert hasattr(answer, "application"), f"{answer.text[:500]}\n{provider.log}"
    response = redeem(provider, answer.application["code"])
    assert response.status_code == 200, response.text
    return response.json()


def test_oidc_provider_mock(start):
    with mock(require_nonce=True) as issuer:
        assert requests.put(issuer + "/users/ada-id", json=USER, timeout=30).status_code == 204
        provider = behind_mock(start, issuer)
        given = mock_tokens(provider)
        found = claims(given)
        assert found["sub"] == sub("ada-id", "upstream") and found["name"] == USER["name"] and found["email_verified"] is True
        assert found["groups"] == ["engine", "analysts"]
        # What has changed there has changed here at the next refresh.
        requests.put(issuer + "/users/ada-id", json=USER | {"roles": ["retired"]}, timeout=30)
        again = refresh(provider, given["refresh_token"])
        assert again.status_code == 200 and claims(again.json())["groups"] == ["retired"], provider.log
        assert requests.post(issuer + "/users/ada-id/revoke-tokens", timeout=30).status_code == 204
        assert_oauth_error(refresh(provider, again.json()["refresh_token"]), 400, "invalid_grant")


def test_a_profile_without_a_name_is_named(start):
    with mock() as issuer:
        requests.put(issuer + "/users/anon", json={"email": "anon@example.com"}, timeout=30)
        provider = behind_mock(start, issuer)
        traveler = Traveler(provider)
        answer = traveler.submit(traveler.open(authorization_url(provider)), sub="anon")
        assert answer.status_code == 403 and "did not give" in answer.text
        provider.running.wait_for_log("gave no claim name")
        provider.configuration["connectors"][0]["config"] |= {"userNameKey": "email", "insecureSkipEmailVerified": True}
        provider.restart()
        assert claims(mock_tokens(provider, "anon"))["name"] == "anon@example.com"


def test_the_example_of_the_documentation(world):
    """docs/connectors/oidc.md: the block is used as it stands, with the addresses of this test in place of the page's."""
    text = re.search(r"```yaml\n(connectors:.*?)```", (ROOT / "docs/connectors/oidc.md").read_text(), re.S)[1]
    both = world()
    text = text.replace("https://accounts.example.com", both.upstream.issuer).replace(
        "https://sso.example.com/dex", both.downstream.issuer)
    both.downstream.configuration["connectors"] = yaml.safe_load(text)["connectors"]
    both.downstream.environment = {"OIDC_CLIENT_SECRET": SECRET}
    both.start()
    found = claims(Traveler(both.downstream).tokens())
    assert found["email"] == JANE.email and found["groups"] == list(JANE.groups)
