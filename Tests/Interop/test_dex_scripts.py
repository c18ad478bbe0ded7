"""Scripts that drive Dex's login form: pipelines (KFPClientManager), CI jobs, curl. They must not notice a change."""
import re
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest
import requests

from support.application import authorization_url, redeem
from support.keys import verified
from support.people import APP, JANE, JANE_SUB, Client


class ScriptedLogin:
    """What `KFPClientManager` in Kubeflow's documentation does, step by step, with redirects followed by requests."""

    def __init__(self, provider, connector="local"):
        self.provider, self.connector = provider, connector
        self.session = requests.Session()

    def run(self, url, login, password):
        self.provider.keep_out_of_log(password)
        # 1. The application redirected here.
        response = self.session.get(url, timeout=30)
        assert response.status_code == 200, response.text
        # 2. At the list of connectors the script picks its own by changing the path.
        parts = urlsplit(response.url)
        if re.search(r"/auth$", parts.path):
            parts = parts._replace(path=re.sub(r"/auth$", f"/auth/{self.connector}", parts.path))
        # 3. That leads to the login form.
        if re.search(r"/auth/.*/login$", parts.path):
            form = urlunsplit(parts)
        else:
            response = self.session.get(urlunsplit(parts), allow_redirects=True, timeout=30)
            assert response.history, "a redirect to the form is expected"
            form = response.url
        assert re.search(r"/auth/[^/]+/login$", urlsplit(form).path), form
        # 4. The form is posted without having been read.
        response = self.session.post(form, data={"login": login, "password": password}, allow_redirects=False, timeout=30)
        if not response.is_redirect:
            raise PermissionError(response.status_code)
        return self._follow(response, form)

    def _follow(self, response, url):
        """5. To the application, by way of the approval page if there is one."""
        application = urlsplit(APP.redirect_uri)[:3]
        for _ in range(8):
            if not response.is_redirect:
                assert re.search(r"/approval$", urlsplit(url).path), f"{url}: {response.status_code}"
                response = self.session.post(url, data={"approval": "approve"}, allow_redirects=False, timeout=30)
                continue
            url = requests.compat.urljoin(url, response.headers["Location"])
            if urlsplit(url)[:3] == application:
                return parse_qs(urlsplit(url).query)
            response = self.session.get(url, allow_redirects=False, timeout=30)
        raise AssertionError("redirected in circles")


MOCK = {"type": "mockCallback", "id": "mock", "name": "Mock"}


@pytest.mark.parametrize("connectors", [[], [MOCK]], ids=["one connector", "a list of connectors"])
@pytest.mark.parametrize("approval", [False, True], ids=["approval skipped", "approval asked"])
def test_a_pipeline_script_logs_in(start, connectors, approval):
    provider = start(connectors=connectors, oauth2={"skipApprovalScreen": not approval})
    parameters = ScriptedLogin(provider).run(authorization_url(provider, state="of a script"), JANE.email, JANE.password)
    assert parameters["state"] == ["of a script"]
    provider.keep_out_of_log(parameters["code"][0])
    given = redeem(provider, parameters["code"][0]).json()
    assert verified(provider, given["id_token"], APP)["sub"] == JANE_SUB


def test_a_wrong_password_is_no_redirect_but_401(provider):
    with pytest.raises(PermissionError) as refusal:
        ScriptedLogin(provider).run(authorization_url(provider), JANE.email, "wrong password")
    assert refusal.value.args == (401,)


def test_prompt_none_shows_the_form_where_the_configuration_says_so(start):
    """Kubeflow's oauth2-proxy sends it on every login; without sessions Dex ignores it, and whole clusters depend on that."""
    provider = start(oauth2={"skipApprovalScreen": True, "promptNoneShowsLogin": True})
    parameters = ScriptedLogin(provider).run(authorization_url(provider, prompt="none"), JANE.email, JANE.password)
    assert parameters["code"]


def test_prompt_none_fails_by_default_as_nobody_may_be_asked(provider):
    response = requests.get(authorization_url(provider, prompt="none"), allow_redirects=False, timeout=30)
    while response.status_code in (302, 303) and not response.headers["Location"].startswith("http://127.0.0.1:5555/"):
        response = requests.get(requests.compat.urljoin(response.url, response.headers["Location"]), allow_redirects=False, timeout=30)
    assert parse_qs(urlsplit(response.headers["Location"]).query)["error"] == ["login_required"]


def test_a_path_only_redirect_uri_is_matched_and_used_as_it_is(start):
    """Kubeflow registers `/oauth2/callback`: the browser completes it with the host it is at."""
    client = Client("kubeflow-oidc-authservice", "pUBnBOY80SnXgjibTYM9ZWNzY2xreNGQok", "/oauth2/callback")
    provider = start(staticClients=[client.entry()])
    session = requests.Session()
    form = session.get(authorization_url(provider, client), timeout=30).url
    response = session.post(form, {"login": JANE.email, "password": JANE.password}, allow_redirects=False, timeout=30)
    for _ in range(5):
        location = response.headers["Location"]
        if location.startswith("/oauth2/callback?"):
            break
        response = session.get(requests.compat.urljoin(response.url, location), allow_redirects=False, timeout=30)
    code = parse_qs(urlsplit(location).query)["code"][0]
    assert redeem(provider, code, client).status_code == 200


def test_the_form_has_the_fields_that_scripts_fill_in(provider):
    page = requests.get(authorization_url(provider), timeout=30)
    assert page.status_code == 200
    path = urlsplit(page.url)
    assert path.path.endswith("/auth/local/login")
    assert set(parse_qs(path.query, keep_blank_values=True)) == {"back", "state"}
    assert 'name="login"' in page.text and 'name="password"' in page.text


def test_the_list_of_connectors_links_to_each_sorted_by_name(start):
    provider = start(connectors=[MOCK | {"id": "z", "name": "alpha"}, MOCK | {"id": "a", "name": "Zulu"}])
    page = requests.get(authorization_url(provider), timeout=30)
    assert urlsplit(page.url).path.endswith("/auth") and page.status_code == 200
    links = re.findall(r'href="[^"]*/auth/(\w+)\?', page.text)
    assert links == ["z", "local", "a"], "alpha, Email, Zulu"


@pytest.mark.parametrize("connector", ["local", "mock"])
def test_connector_id_leads_straight_there(start, connector):
    provider = start(connectors=[MOCK])
    response = requests.get(authorization_url(provider, connector_id=connector), allow_redirects=False, timeout=30)
    assert response.status_code == 302
    location = urlsplit(response.headers["Location"])
    assert location.path.endswith(f"/auth/{connector}")
    assert "connector_id" not in parse_qs(location.query)
