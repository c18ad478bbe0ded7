"""Apache's mod_auth_openidc as a relying party in front of a page."""
import contextlib, re
from urllib.parse import urlsplit

import pytest
import requests

from support.apache import apache as run
from support.browser import Browser
from support.people import JANE, JANE_SUB, Client
from support.ports import free_port

@contextlib.contextmanager
def apache(port: int, provider, client: Client, *directives: str):
    """One Apache that asks everyone to log in, and shows who they are. Gives its log."""
    page = "".join(f'{variable}=<!--#echo encoding="entity" var="{variable}" -->\n'
                   for variable in ("REMOTE_USER", "OIDC_CLAIM_sub", "OIDC_CLAIM_email", "OIDC_CLAIM_groups", "OIDC_CLAIM_iss"))
    with run(port, ["authz_user", "include", "mime", "dir", "auth_openidc"], "\n".join([
            "DocumentRoot {folder}/root", "TypesConfig /etc/mime.types", "AddType text/html .shtml",
            "AddOutputFilter INCLUDES .shtml", "DirectoryIndex index.shtml",
            f"OIDCProviderMetadataURL {provider.issuer}/.well-known/openid-configuration",
            f"OIDCClientID {client.id}", f"OIDCClientSecret {client.secret}", f"OIDCRedirectURI {client.redirect_uri}",
            "OIDCCryptoPassphrase a-passphrase-for-tests", 'OIDCScope "openid email groups"', "OIDCRemoteUserClaim email",
            "OIDCPKCEMethod S256", *directives,
            "<Location />", "AuthType openid-connect", "Require valid-user", "Options +Includes", "</Location>"]),
            {"root/index.shtml": page}) as folder:
        yield folder / "log"


def shown(page: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", page, re.M))


@pytest.mark.parametrize("directives", [(), ("OIDCResponseMode form_post",), ("OIDCProviderTokenEndpointAuth client_secret_post",)],
                         ids=["query", "form_post", "secret in the form"])
def test_a_person_reaches_the_page_behind_apache(start, directives):
    port = free_port()
    client = Client("apache", "apache-secret-5d8f2b9c", f"http://127.0.0.1:{port}/callback")
    provider = start(staticClients=[client.entry()])
    with apache(port, provider, client, *directives) as log:
        browser = Browser(provider)
        arrived = browser.session.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30)
        assert arrived.status_code == 302
        answer = browser.log_in(arrived.headers["Location"], JANE)
        if answer.location is None:
            [form] = answer.page.forms
            assert form.action == client.redirect_uri
            provider.keep_out_of_log(form.fields["code"])
            response = browser.session.post(form.action, form.fields, timeout=30)
        else:
            response = browser.session.get(answer.location, timeout=30)
        assert response.status_code == 200, log.read_text()
        claims = shown(response.text)
        assert urlsplit(response.url).path == "/"
        assert claims["REMOTE_USER"].startswith(JANE.email)
        assert claims["OIDC_CLAIM_sub"] == JANE_SUB
        assert claims["OIDC_CLAIM_iss"] == provider.issuer
        assert sorted(claims["OIDC_CLAIM_groups"].split(",")) == sorted(JANE.groups)


def test_an_answer_without_the_browser_s_state_is_refused_by_apache(start):
    """The counter-check: Apache does look."""
    port = free_port()
    client = Client("apache", "apache-secret-5d8f2b9c", f"http://127.0.0.1:{port}/callback")
    provider = start(staticClients=[client.entry()])
    with apache(port, provider, client):
        arrived = requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30)
        answer = Browser(provider).log_in(arrived.headers["Location"], JANE)
        assert requests.get(answer.location, timeout=30, allow_redirects=False).status_code in (302, 400, 401, 500)
