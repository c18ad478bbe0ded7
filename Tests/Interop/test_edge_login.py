"""The login of the edge: people in browsers, scripts that drive the form, and what strangers try."""
import html, re
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import pytest
import requests
import yaml

from support.told_backend import backend
from support.browser import Page
from support.edge_login import HTML, ONE_INGRESS, Visitor, edge
from support.edge_proxies import PROXIES
from support.launch import running
from support.people import JANE, JOHN, Client
from support.ports import free_port
from support.configuration import configuration
from support.server import ROOT, Dextra
from support.waiting import until


@pytest.fixture(scope="module", params=["database", "cookie"])
def site(request):
    with edge(edge={"session": {"store": request.param}}) as server:
        yield server


def get(server, path, cookie=None, headers=HTML):
    return requests.get(server.edge + path, headers=headers | ({"Cookie": cookie} if cookie else {}), allow_redirects=False, timeout=30)


# People

def test_a_person_logs_in_and_sees_the_page_first_asked_for(site):
    visitor = Visitor(site)
    first = visitor.get(site.edge + "/models?a=b&c=d")
    assert first.status_code == 302 and first.headers["Location"] == "/oauth2/start?rd=%2Fmodels%3Fa%3Db%26c%3Dd"
    page = visitor.log_in(site.edge + "/models?a=b&c=d")
    assert page.status_code == 200 and page.url == site.edge + "/models?a=b&c=d"
    assert page.headers["X-Auth-Request-Email"] == JANE.email
    user = visitor.get(site.edge + "/oauth2/userinfo").json()
    assert user["email"] == JANE.email and user["preferredUsername"] == JANE.username


def test_somebody_without_the_group_is_known_and_refused(site):
    assert Visitor(site, JOHN).log_in(site.edge + "/models").status_code == 403


def test_cookies_are_as_safe_as_they_can_be(site):
    visitor = Visitor(site)
    start = visitor.get(site.edge + "/oauth2/start?rd=/models")
    assert re.search(r"^dextra_edge_login_[\w-]{8}=[\w-]+; Path=/; Max-Age=900; HttpOnly; SameSite=Lax$", start.headers["Set-Cookie"])
    assert start.headers["Cache-Control"] == "no-store"
    visitor.log_in(site.edge + "/models")
    value = visitor.cookie
    assert value.startswith("dextra_edge") and JANE.email not in value
    for prefix in ("name", "email", "sub"):
        assert prefix not in value


def test_programs_get_401_and_no_login(site):
    for headers in ({"Accept": "application/json"}, {"Authorization": "Bearer wrong", **HTML}, {"X-Requested-With": "XMLHttpRequest", **HTML},
                    {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}):
        answer = get(site, "/models", headers=headers)
        assert answer.status_code == 401 and "Bearer" in answer.headers["WWW-Authenticate"] and "Location" not in answer.headers
    assert requests.post(site.edge + "/models", headers=HTML, allow_redirects=False, timeout=30).status_code == 401


def test_many_tabs_log_in_at_once(site):
    visitor = Visitor(site)
    pages = [visitor.form(site.edge + f"/page/{number}") for number in range(4)]
    for number in (2, 0, 3, 1):
        assert visitor.fill(pages[number]).url == site.edge + f"/page/{number}"


# Out

def test_a_cookie_that_somebody_kept_is_worth_nothing_after_sign_out(site):
    visitor = Visitor(site)
    visitor.log_in(site.edge + "/models")
    kept = visitor.cookie
    assert get(site, "/models", kept).status_code == 200
    out = visitor.get(site.edge + "/oauth2/sign_out?rd=" + quote("/bye?x=y"))
    assert out.status_code == 302 and visitor.cookie == ""
    assert get(site, "/models", kept).status_code == 302
    assert get(site, "/oauth2/userinfo", kept).status_code == 401


def test_a_new_login_ends_the_session_before(site):
    visitor = Visitor(site)
    visitor.log_in(site.edge + "/models")
    kept = visitor.cookie
    visitor.log_in(site.edge + "/oauth2/start?rd=/models")
    assert visitor.cookie != kept
    assert get(site, "/models", kept).status_code == 302


def sign_out(server, visitor: Visitor, rd: str) -> tuple[list[str], str]:
    """Out, without answering any question. Returns the addresses on the way, and where it ends."""
    answer, way = visitor.get(server.edge + "/oauth2/sign_out?rd=" + quote(rd, safe="")), []
    while answer.is_redirect and answer.headers["Location"] != rd:
        url = urljoin(answer.url, answer.headers["Location"])
        way.append(url)
        for name, value in parse_qs(urlsplit(url).query).items():
            if name == "id_token_hint":
                server.keep_out_of_log(*value)
        answer = visitor.get(url)
    return way, answer.headers.get("Location") or f"{answer.url}: {answer.text}"


def test_sign_out_leads_by_the_logout_of_dextra_and_back(site):
    visitor = Visitor(site)
    visitor.log_in(site.edge + "/models")
    kept = visitor.cookie
    after = len(site.running.lines)
    way, end = sign_out(site, visitor, "/bye?x=y")
    assert end == "/bye?x=y" and [urlsplit(url)._replace(query="").geturl() for url in way] == [
        site.issuer + "/logout", site.edge + "/oauth2/signed_out"]
    given = parse_qs(urlsplit(way[0]).query)
    assert given["client_id"] == ["dextra-edge"] and given["post_logout_redirect_uri"] == [site.edge + "/oauth2/signed_out"]
    site.running.wait_for_log("logged out.*dextra-edge|dextra-edge.*logged out", after=after)
    assert get(site, "/models", kept).status_code == 302
    # Nobody is there any more: not even the provider's own page is on the way.
    assert sign_out(site, visitor, "/bye") == ([], "/bye")


def test_sign_out_reaches_the_provider_behind_the_connector():
    """Edge, Dextra, and another Dextra that people log in at."""
    port = free_port()
    there = Client("dextra", "upstream-secret-1", f"http://127.0.0.1:{port}/dex/callback",
                   {"postLogoutRedirectURIs": [f"http://127.0.0.1:{port}/dex/logout/callback"]})
    upstream_port = free_port()
    with running(port=upstream_port, issuer=f"http://localhost:{upstream_port}/idp", clients=(there,)) as upstream:
        config = {"issuer": upstream.issuer, "clientID": there.id, "clientSecret": there.secret, "redirectURI": there.redirect_uri,
                  "scopes": ["profile", "email", "groups"], "insecureSkipEmailVerified": True, "insecureEnableGroups": True}
        with edge(port=port, enablePasswordDB=None, staticPasswords=None, oauth2={"passwordConnector": None},
                  connectors=[{"type": "oidc", "id": "upstream", "name": "Upstream", "config": config}]) as server:
            visitor = Visitor(server)
            answer = visitor.log_in(server.edge + "/models")
            while answer.status_code == 200 and "approval" in answer.text:
                form = Page(answer.text).forms[0]
                answer = visitor.follow(visitor.session.post(urljoin(answer.url, form.action), allow_redirects=False, timeout=30,
                                                             data=form.fields | {"approval": "approve"}))
            assert answer.url == server.edge + "/models"
            way, end = sign_out(server, visitor, "/bye")
            upstream.keep_out_of_log(*parse_qs(urlsplit(way[1]).query)["id_token_hint"])
            assert end == "/bye" and [urlsplit(url)._replace(query="").geturl() for url in way] == [
                server.issuer + "/logout", upstream.issuer + "/logout", server.issuer + "/logout/callback", server.edge + "/oauth2/signed_out"]


@pytest.mark.parametrize("registered", [True, False], ids=["registered", "the way back is not registered"])
def test_sign_out_leads_by_the_logout_of_another_provider(registered):
    port = free_port()
    back = {"postLogoutRedirectURIs": [f"http://127.0.0.1:{port}/oauth2/signed_out"]} if registered else {}
    app = Client("edge-elsewhere", "edge-secret-1a2b3c4d5e", f"http://127.0.0.1:{port}/oauth2/callback", back)
    with edge(clients=(app,)) as provider:
        login = {"issuer": provider.issuer, "clientID": app.id, "clientSecret": app.secret, "redirectURI": app.redirect_uri}
        with edge(edge={"http": f"127.0.0.1:{port}", "login": login}) as server:
            server.edge = f"http://127.0.0.1:{port}"
            visitor = Visitor(server)
            visitor.log_in(server.edge + "/models")
            kept = visitor.cookie
            way, end = sign_out(server, visitor, "/bye")
            provider.keep_out_of_log(*parse_qs(urlsplit(way[0]).query)["id_token_hint"])
            assert way[0].startswith(provider.issuer + "/logout?")
            assert (end == "/bye") == registered
            assert get(server, "/models", kept).status_code == 302


def test_a_client_of_the_file_returns_from_its_logout_though_nobody_wrote_it_there():
    port = free_port()
    app = Client("portal", "portal-secret-1a2b3c4d5e", f"http://127.0.0.1:{port}/oauth2/callback")
    with edge(clients=(app,), edge={"http": f"127.0.0.1:{port}", "login": {
            "clientID": app.id, "redirectURI": app.redirect_uri, "allowedRedirectHosts": [f"127.0.0.1:{port}"]}}) as server:
        server.edge = f"http://127.0.0.1:{port}"
        server.reload()
        visitor = Visitor(server)
        visitor.log_in(server.edge + "/models")
        assert sign_out(server, visitor, "/bye")[1] == "/bye"


CROSS = {"Sec-Fetch-Site": "cross-site"}
FOREIGN = [CROSS, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "same-site", "Referer": "https://app.example.com/"}, {"Referer": "https://evil.example/"},
           {"Referer": "http://127.0.0.1.evil.example/"}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "nonsense"},
           {"Referer": "http://127.0.0.1:1/"}]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("lead", FOREIGN)
def test_a_foreign_page_signs_nobody_out(site, lead, method):
    visitor = Visitor(site)
    visitor.log_in(site.edge + "/models")
    kept = visitor.cookie
    asked = visitor.session.request(method, site.edge + "/oauth2/sign_out?rd=/bye", headers=HTML | lead, allow_redirects=False, timeout=30)
    assert asked.status_code == 200 and not asked.headers.get("Set-Cookie") and asked.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in asked.headers["Content-Security-Policy"] and "<script" not in asked.text
    assert get(site, "/models", kept).status_code == 200
    # Nor does the page with the button, which ends the session of whoever opens it themselves.
    page = visitor.get(site.edge + "/oauth2/sign_in?rd=/models", headers=lead)
    assert page.status_code == 200 and "Set-Cookie" not in page.headers and get(site, "/models", kept).status_code == 200
    # A person who wants it says so; the browser may be one that tells nothing of where it was.
    form, = Page(asked.text).forms
    site.keep_out_of_log(form.fields["request"])
    url = urljoin(asked.url, html.unescape(form.action))
    assert form.method.lower() == "post" and urlsplit(url)._replace(query="").geturl() == site.edge + "/oauth2/sign_out"
    other = Visitor(site)
    other.log_in(site.edge + "/models")
    foreign = other.session.post(url, data=form.fields, headers=HTML | CROSS, allow_redirects=False, timeout=30)
    assert foreign.status_code == 200 and get(site, "/models", other.cookie).status_code == 200, "the answer of somebody else"
    out = visitor.session.post(url, data=form.fields, headers=HTML | lead, allow_redirects=False, timeout=30)
    site.keep_out_of_log(*parse_qs(urlsplit(out.headers["Location"]).query).get("id_token_hint", []))
    assert out.status_code == 303 and get(site, "/models", kept).status_code == 302
    assert parse_qs(urlsplit(out.headers["Location"]).query)["state"] == ["/bye"]


@pytest.mark.parametrize("lead", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Referer": "EDGE/models"}, {"Referer": "EDGE/models", "Origin": "EDGE"}])
def test_links_of_the_same_origin_typed_addresses_and_scripts_sign_out_at_once(site, lead):
    visitor = Visitor(site)
    visitor.log_in(site.edge + "/models")
    kept = visitor.cookie
    out = visitor.get(site.edge + "/oauth2/sign_out?rd=/bye", headers={name: value.replace("EDGE", site.edge) for name, value in lead.items()})
    site.keep_out_of_log(*parse_qs(urlsplit(out.headers["Location"]).query).get("id_token_hint", []))
    assert out.status_code == 302 and get(site, "/models", kept).status_code == 302


# A login that comes to nothing

def test_somebody_who_was_refused_may_try_again_for_the_same_page():
    with edge(oauth2={"skipApprovalScreen": False}) as server:
        visitor = Visitor(server)
        page = visitor.fill(visitor.form(server.edge + "/models?a=b&c=d"))
        form = Page(page.text).forms[0]
        page = visitor.follow(visitor.session.post(urljoin(page.url, form.action), allow_redirects=False, timeout=30,
                                                   data=form.fields | {"approval": "rejected"}))
        assert page.status_code == 403
        retry, = [href for href in re.findall(r'href="([^"]*)"', page.text) if "/oauth2/start" in href]
        page = visitor.fill(visitor.form(urljoin(server.edge, html.unescape(retry))))
        form = Page(page.text).forms[0]
        page = visitor.follow(visitor.session.post(urljoin(page.url, form.action), allow_redirects=False, timeout=30,
                                                   data=form.fields | {"approval": "approve"}))
        assert page.url == server.edge + "/models?a=b&c=d"


# Strangers

@pytest.mark.parametrize("rd", ["//evil.example", "/\\evil.example", "https://evil.example/", "https://evil.example\\@127.0.0.1/",
                                "javascript:alert(1)", "/%09/evil.example", "http://127.0.0.1@evil.example/", "/oauth2/sign_out"])
def test_nobody_is_sent_to_a_stranger(site, rd):
    visitor = Visitor(site)
    # What is encoded already must not be once more: then it is a harmless name.
    for raw in {rd, rd if "%" in rd else quote(rd, safe="")}:
        out = visitor.get(site.edge + "/oauth2/sign_out?rd=" + raw)
        assert out.headers.get("Location") == "/", out.headers
    assert visitor.log_in(site.edge + "/oauth2/start?rd=" + raw).url == site.edge + "/"


def test_a_code_from_elsewhere_logs_nobody_in(site):
    attacker, victim = Visitor(site), requests.Session()
    page = attacker.form(site.edge + "/models")
    answer = attacker.session.post(page.url, data={"login": JANE.email, "password": JANE.password}, allow_redirects=False, timeout=30)
    callback = answer.headers["Location"]
    assert urlsplit(callback).path == "/oauth2/callback"
    refused = victim.get(callback, headers=HTML, allow_redirects=False, timeout=30)
    assert refused.status_code == 403 and not refused.cookies
    assert "style-src 'self'" in refused.headers["Content-Security-Policy"] and "<script" not in refused.text
    # The attacker's own browser may still finish.
    assert attacker.get(callback).status_code == 302
    site.keep_out_of_log(parse_qs(urlsplit(callback).query)["code"][0])


@pytest.mark.parametrize("language, words", [("de", "Anmeldung"), ("fr", "connexion"), ("es", "sesión"), ("ja", "サインイン"), ("zh", "登录"),
                                             ("en", "sign-in")])
def test_errors_speak_the_persons_language(site, language, words):
    answer = requests.get(site.edge + "/oauth2/callback?code=a&state=b", headers=HTML | {"Accept-Language": language}, timeout=30)
    assert answer.status_code == 403 and words in answer.text and f'lang="{language}' in answer.text


def test_the_pages_bring_their_own_style(site):
    page = requests.get(site.edge + "/oauth2/sign_in?rd=/models", headers=HTML, timeout=30)
    assert page.status_code == 200 and 'value="/models"' in page.text
    for path in re.findall(r'(?:href|src)="(/oauth2/[^"?]*)"', page.text):
        assert requests.get(site.edge + path, timeout=30).status_code == 200, path


# Other processes, other times

def test_an_acknowledged_session_survives_a_power_cut():
    with edge(database=True) as server:
        visitor = Visitor(server)
        visitor.log_in(server.edge + "/models")
        server.kill()
        server.start()
        assert get(server, "/models", visitor.cookie).status_code == 200
        kept = visitor.cookie
        visitor.get(server.edge + "/oauth2/sign_out")
        server.kill()
        server.start()
        assert get(server, "/models", kept).status_code == 302


def test_another_process_hears_of_a_sign_out_within_a_second(tmp_path):
    with edge(database=True) as server:
        port = free_port()
        second = dict(server.configuration, web={"http": f"127.0.0.1:{free_port()}"},
                      edge=server.configuration["edge"] | {"http": f"127.0.0.1:{port}", "grpc": f"127.0.0.1:{free_port()}"})
        other = Dextra(second, tmp_path).start()
        try:
            visitor = Visitor(server)
            visitor.log_in(server.edge + "/models")
            kept = {"Cookie": visitor.cookie}
            there = f"http://127.0.0.1:{port}/models"
            assert requests.get(there, headers=HTML | kept, allow_redirects=False, timeout=30).status_code == 200
            visitor.get(server.edge + "/oauth2/sign_out")
            until(lambda: requests.get(there, headers=HTML | kept, allow_redirects=False, timeout=30).status_code == 302, 5)
        finally:
            other.stop()


def test_a_session_expires():
    with edge(edge={"session": {"lifetime": "2s"}}) as server:
        visitor = Visitor(server)
        assert visitor.log_in(server.edge + "/models").status_code == 200
        kept = visitor.cookie
        until(lambda: get(server, "/models", kept).status_code == 302)


@pytest.mark.parametrize("store", ["database", "cookie"])
def test_another_provider_is_asked_again_who_it_is(store):
    """A login at a provider that is not this Dextra: over the network, by discovery, with a refresh each second."""
    app = Client("edge-elsewhere", "edge-secret-1a2b3c4d5e", "")
    port = free_port()
    app = Client(app.id, app.secret, f"http://127.0.0.1:{port}/oauth2/callback")
    with edge(clients=(app,)) as provider:
        login = {"issuer": provider.issuer, "clientID": app.id, "clientSecret": app.secret, "redirectURI": app.redirect_uri}
        with edge(edge={"http": f"127.0.0.1:{port}", "login": login, "session": {"refreshInterval": "1s", "store": store}}) as server:
            server.edge = f"http://127.0.0.1:{port}"
            visitor = Visitor(server)
            assert visitor.log_in(server.edge + "/models").headers["X-Auth-Request-Email"] == JANE.email
            after = len(server.running.lines)
            until(lambda: visitor.get(server.edge + "/models").status_code == 200
                       and any("edge session refreshed" in line for line in server.running.lines[after:]))
            # A provider that is down logs nobody out.
            provider.kill()
            after = len(server.running.lines)
            until(lambda: visitor.get(server.edge + "/models").status_code == 200
                       and any("goes on" in line for line in server.running.lines[after:]))
            assert visitor.get(server.edge + "/models").status_code == 200
            provider.start()


# Scripts

@pytest.fixture(scope="module")
def cluster():
    """As Kubeflow's manifests have it, and `prompt=none` on every login."""
    with edge(edge={"login": ONE_INGRESS["login"] | {"prompt": "none"}}, oauth2={"promptNoneShowsLogin": True, "skipApprovalScreen": False},
              connectors=[{"type": "mockCallback", "id": "mock", "name": "Mock"}]) as server, backend() as port:
        with PROXIES["nginx"](server, port) as front:
            server.front = f"http://127.0.0.1:{front}"
            yield server


class KFPClientManager:
    """What the script in Kubeflow's documentation does, step by step (edge.md §6)."""

    def __init__(self, api_url, login, password, dex_auth_type="local"):
        self.api_url, self.login, self.password, self.dex_auth_type = api_url, login, password, dex_auth_type

    def cookies(self) -> str:
        session = requests.Session()
        response = session.get(self.api_url, allow_redirects=True, timeout=30)
        if response.status_code in (401, 403):
            url = urlsplit(response.url)._replace(path="/oauth2/start", query=f"rd={urlsplit(response.url).path}")
            response = session.get(url.geturl(), allow_redirects=True, timeout=30)
        assert response.status_code == 200, response.text
        if not response.history:
            return ""
        url = urlsplit(response.url)
        if re.search(r"/auth$", url.path):
            url = url._replace(path=re.sub(r"/auth$", f"/auth/{self.dex_auth_type}", url.path))
        if re.search(r"/auth/.*/login$", url.path):
            form = url.geturl()
        else:
            response = session.get(url.geturl(), allow_redirects=True, timeout=30)
            assert response.status_code == 200 and response.history
            form = response.url
        response = session.post(form, data={"login": self.login, "password": self.password}, allow_redirects=True, timeout=30)
        if not response.history:
            raise PermissionError("login credentials are probably invalid")
        assert response.status_code == 200, response.text
        url = urlsplit(response.url)
        if re.search(r"/approval$", url.path):
            response = session.post(url.geturl(), data={"approval": "approve"}, allow_redirects=True, timeout=30)
            assert response.status_code == 200, response.text
        return "; ".join(f"{c.name}={c.value}" for c in session.cookies)


def test_kubeflows_script_logs_in_unchanged(cluster):
    cookies = KFPClientManager(cluster.front + "/pipeline", JANE.email, JANE.password).cookies()
    answer = requests.get(cluster.front + "/pipeline/apis/v1beta1/healthz", headers={"Cookie": cookies}, timeout=30)
    assert answer.status_code == 200 and answer.json()["headers"]["x-auth-request-email"] == [JANE.email]


def test_kubeflows_script_sees_a_wrong_password(cluster):
    with pytest.raises((PermissionError, AssertionError)):
        KFPClientManager(cluster.front + "/pipeline", JANE.email, "wrong password").cookies()


def test_a_login_stays_at_the_host_of_the_ingress(cluster):
    visitor = Visitor(cluster)
    start = visitor.get(cluster.front + "/oauth2/start?rd=/pipeline")
    assert start.headers["Location"].startswith("/dex/auth?")
    assert parse_qs(urlsplit(start.headers["Location"]).query)["redirect_uri"] == ["/oauth2/callback"]


# The page of the documentation

def test_the_example_of_the_documentation_works(tmp_path):
    text = (ROOT / "docs/edge/login.md").read_text()
    example = yaml.safe_load(re.search(r"```yaml\n(issuer:.*?)```", text, re.DOTALL)[1])
    port, edge_port = free_port(), free_port()
    written = yaml.safe_dump(example).replace("127.0.0.1:5556", f"127.0.0.1:{port}").replace("127.0.0.1:5557", f"127.0.0.1:{edge_port}")
    written = written.replace("/var/lib/dextra/dextra.db", str(tmp_path / "dextra.db"))
    settings = yaml.safe_load(written)
    settings["staticPasswords"] = configuration(port)["staticPasswords"]
    server = Dextra(settings, tmp_path).start()
    try:
        server.edge = f"http://127.0.0.1:{edge_port}"
        page = Visitor(server).log_in(server.edge + "/models")
        assert page.status_code == 200 and page.headers["X-Auth-Request-Email"] == JANE.email
    finally:
        server.stop()
