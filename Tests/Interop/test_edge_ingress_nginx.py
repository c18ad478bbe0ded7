"""What ingress-nginx makes of the annotations `auth-url`, `auth-signin`, `auth-response-headers` and `auth-snippet`, in Debian's nginx."""
from urllib.parse import quote

import pytest
import requests

from support import edge_login
from support.application import token
from support.edge_login import HTML, ONE_INGRESS, Visitor
from support.edge_proxies import ingress_nginx
from support.people import APP, JANE, JOHN
from support.told_backend import backend
from support.waiting import until

#: As people paste it; the port is part of the host here.
SIGNIN = {"start": "http://$http_host/oauth2/start", "with a query": "http://$http_host/oauth2/start?x=y",
          "with rd": "http://$http_host/oauth2/start?rd=$escaped_request_uri"}


@pytest.fixture(scope="module")
def edge():
    with edge_login.edge(edge={**ONE_INGRESS, "issuers": [{"issuer": "self", "audiences": [APP.id]}], "policies": [
            {"path": "/public", "anonymous": True}, {"path": "/write", "method": "POST", "allow": [{"groups": ["admins"]}]},
            {"path": "/admin/*", "allow": [{"groups": ["admins"]}]}, {"path": "/*", "allow": [{"groups": ["authors"]}]}]}) as server, backend() as port:
        server.backend_port = port
        yield server


@pytest.fixture(scope="module", params=SIGNIN)
def front(request, edge):
    with ingress_nginx(edge, edge.backend_port, signin=SIGNIN[request.param]) as port:
        yield f"http://127.0.0.1:{port}"


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, allow_redirects=False, timeout=30)


def bearer(edge, person=JANE) -> str:
    return "Bearer " + token(edge, grant_type="password", username=person.email, password=person.password,
                             scope="openid email groups").json()["id_token"]


def test_a_browser_is_led_to_the_login_and_back(front, edge):
    page = front + "/models?a=b&c=d%26e"
    first = get(page, **HTML)
    assert first.status_code == 302
    address, _, rd = first.headers["Location"].partition("rd=")
    # The scheme and host, if the controller writes them, stand there as they are; path and query are encoded.
    assert address.startswith(front + "/oauth2/start?") and rd.removeprefix(front) == quote("/models?a=b&c=d%26e", safe="")
    visitor = Visitor(edge)
    answer = visitor.log_in(page)
    assert answer.url == page and answer.json()["path"] == "/models?a=b&c=d%26e"
    assert answer.json()["headers"]["x-auth-request-email"] == [JANE.email]
    visitor.get(front + "/oauth2/sign_out?rd=/public")
    assert visitor.get(page).status_code == 302


def test_auth_signin_leads_programs_there_too(front):
    """`error_page 401` knows no exceptions: an Ingress without `auth-signin` is for those."""
    assert get(front + "/models", Accept="application/json").status_code == 302
    assert get(front + "/models", Authorization="Bearer a.b.c").status_code == 302


def test_a_token_is_enough(front, edge):
    assert get(front + "/models", Authorization=bearer(edge)).json()["headers"]["x-auth-request-email"] == [JANE.email]
    assert get(front + "/models", Authorization=bearer(edge, JOHN)).status_code == 403


@pytest.mark.parametrize("address", ["/oauth2/auth/ingress-nginx", "/oauth2/auth"])
@pytest.mark.parametrize("headers", [
    {}, {"X-Original-URL": "http://127.0.0.1/public"}, {"X-Original-URI": "/public"}, {"X-Forwarded-Uri": "/public"},
    {"X-Original-Method": "GET", "X-Auth-Request-Redirect": "/public"}, {"X-Forwarded-Host": "other.example", "X-Forwarded-Proto": "https"}])
def test_a_client_cannot_tell_the_edge_what_it_asks_for(edge, address, headers):
    """Also at oauth2-proxy's address, which is what people have."""
    with ingress_nginx(edge, edge.backend_port, address=address) as port:
        credentials = {"Authorization": bearer(edge), "Accept": "application/json"}
        url = f"http://127.0.0.1:{port}"
        assert requests.post(url + "/write", headers=headers | credentials, timeout=30).status_code == 403
        assert get(url + "/admin/users", **headers, **credentials).status_code == 403
        assert get(url + "/models", **credentials).status_code == 200


def test_a_snippet_may_say_more(edge):
    """Here, which of several policies' groups count: oauth2-proxy's query narrows what is allowed."""
    with ingress_nginx(edge, edge.backend_port, address="/oauth2/auth/ingress-nginx?allowed_groups=staff") as port:
        assert get(f"http://127.0.0.1:{port}/models", Authorization=bearer(edge)).status_code == 200
    with ingress_nginx(edge, edge.backend_port, address="/oauth2/auth/ingress-nginx?allowed_groups=others") as port:
        assert get(f"http://127.0.0.1:{port}/models", Authorization=bearer(edge)).status_code == 403
    # A client's cookies kept from the edge.
    with ingress_nginx(edge, edge.backend_port, snippet='proxy_set_header Cookie "";') as port:
        url = f"http://127.0.0.1:{port}"
        visitor = Visitor(edge)
        visitor.follow(visitor.fill(visitor.form(url + "/oauth2/start?rd=/public")))
        assert visitor.cookie and visitor.get(url + "/models").status_code == 401
        assert get(url + "/models", Authorization=bearer(edge)).status_code == 200


def test_a_renewed_session_reaches_the_browser():
    """`Set-Cookie` of the edge's yes is added to the backend's answer."""
    with edge_login.edge(edge=ONE_INGRESS | {"session": {"store": "cookie", "refreshInterval": "1s"}}) as server, backend() as backend_port:
        with ingress_nginx(server, backend_port) as port:
            page = f"http://127.0.0.1:{port}/models"
            visitor = Visitor(server)
            visitor.follow(visitor.fill(visitor.form(f"http://127.0.0.1:{port}/oauth2/start?rd=/models")))
            before = visitor.cookie
            until(lambda: visitor.get(page).status_code == 200 and visitor.cookie != before)
            assert visitor.get(page).status_code == 200
