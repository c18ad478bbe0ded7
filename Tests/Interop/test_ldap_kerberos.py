"""People log in by a ticket of Kerberos that they have already: MIT's KDC, curl and Chromium."""
import base64, os, re, subprocess
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
import yaml

from support.application import SCOPE, authorization_url, redeem, refresh
from support.applications import Application
from support.browser import Browser
from support.chromium import chromium
from support.command import dextra, write
from support.company import BASE, PASSWORD, group, dn, person
from support.configuration import configuration
from support.directory import Directory
from support.kerberos import CAN_RUN, Realm
from support.keys import verified
from support.launch import running
from support.ldap import changes, claims, connector, settings
from support.people import APP, Client
from support.ports import free_port

pytestmark = pytest.mark.skipif(not CAN_RUN, reason="needs MIT Kerberos (Debian: krb5-kdc, krb5-admin-server, krb5-user)")

REALM, ELSEWHERE = "EXAMPLE.ORG", "ELSEWHERE.ORG"
TICKET = "a password for the KDC alone"


@pytest.fixture(scope="module")
def realm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kerberos")
    with Realm(folder / "elsewhere", ELSEWHERE) as elsewhere, Realm(folder / "here", REALM, trusts=(elsewhere, "")) as realm:
        # People of elsewhere get tickets for services here.
        for each in (elsewhere, realm):
            each.add(f"krbtgt/{REALM}@{ELSEWHERE}", "a password that both KDCs know")
        for name in ("jane", "stranger", "disabled"):
            realm.add(name, TICKET)
        elsewhere.add("jane", TICKET)
        realm.elsewhere = elsewhere
        text = elsewhere.file.read_text().replace("[realms]\n", f"[realms]\n  {REALM} = {{\n    kdc = 127.0.0.1:{realm.port}\n  }}\n")
        elsewhere.file.write_text(text.replace(f"localhost = {ELSEWHERE}\n  127.0.0.1 = {ELSEWHERE}", f"localhost = {REALM}\n  127.0.0.1 = {REALM}"))
        yield realm


@pytest.fixture(scope="module")
def keytab(realm):
    return realm.keytab("keytab", "HTTP/127.0.0.1", "HTTP/localhost", "host/127.0.0.1")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    people = person("jane", name="Jane Doe", mail="jane@example.org") + person("disabled", userAccountControl="514") + person(
        f"jane@{REALM}", name="Jane by Principal")
    with Directory(tmp_path_factory.mktemp("directory") / "slapd", BASE + people + group("staff", dn("jane"))) as directory:
        yield directory


@pytest.fixture(scope="module")
def application():
    with Application().listening() as application:
        yield application


@pytest.fixture(scope="module")
def client(application):
    return Client("browser-app", "browser-secret-9f8e7d6c", application.url + "/callback")


@pytest.fixture(scope="module")
def provider(directory, realm, keytab, client):
    def config(**kerberos):
        return settings(directory.host, kerberos={"enabled": True, "keytabPath": str(keytab)} | kerberos)
    # Whatever the environment says, no ticket counts twice.
    base = changes(config(fallbackToPassword=True), environment=realm.variables | {"KRB5RCACHENAME": "none:"})
    further = [
        connector(config(), "only"), connector(config(usernameFromPrincipal="userPrincipalName"), "principal"),
        connector(config(expectedRealm=ELSEWHERE), "elsewhere"), connector(config(expectedRealm="example.org"), "case"),
        connector(config(spn=f"HTTP/localhost@{REALM}"), "named"), connector(config(keytabPrincipal=f"host/127.0.0.1@{REALM}"), "host"),
    ]
    metrics = f"127.0.0.1:{free_port()}"
    with running(**base | {"connectors": base["connectors"] + further, "clients": (APP, client), "telemetry": {"http": metrics}}) as server:
        server.telemetry = f"http://{metrics}"
        server.keep_out_of_log(TICKET)
        yield server


class Curl:
    """curl with somebody's tickets, as a browser that takes redirects one at a time."""

    def __init__(self, provider, variables: dict, folder):
        self.provider, self.variables, self.jar = provider, variables, folder / "cookies"

    def get(self, url: str, *options: str) -> tuple[int, dict[str, str], str]:
        done = subprocess.run(["curl", "-sS", "-i", "-c", self.jar, "-b", self.jar, *options, url], text=True, capture_output=True,
                              timeout=60, env=os.environ | self.variables)
        assert done.returncode == 0, done.stderr
        # With --negotiate there may be an answer before the last.
        text = done.stdout
        while True:
            head, _, body = text.partition("\n\n")
            if not body.startswith("HTTP/"):
                break
            text = body
        status, *lines = head.split("\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if ": " in line)}
        return int(status.split()[1]), headers, body

    def to_the_form(self, connector_id: str, host: str = "127.0.0.1", scope: str = SCOPE) -> str:
        """The address of the connector's form."""
        origin = f"http://{host}:{urlsplit(self.provider.issuer).port}"
        url = authorization_url(self.provider, connector_id=connector_id, scope=scope)
        for _ in range(2):
            status, headers, body = self.get(urljoin(origin, url[url.index("/", 8) if url.startswith("http") else 0:]))
            assert status == 302, body
            url = headers["location"]
        return urljoin(origin, url)

    def log_in(self, connector_id: str = "ldap", **options) -> tuple[int, dict[str, str], str]:
        return self.get(self.to_the_form(connector_id, **options), "--negotiate", "-u", ":")


@pytest.fixture
def jane(provider, realm, tmp_path):
    return Curl(provider, realm.log_in("jane", TICKET), tmp_path)


def code(provider, answer) -> str:
    status, headers, body = answer
    assert status == 303, body
    code = parse_qs(urlsplit(headers["location"]).query)["code"][0]
    provider.keep_out_of_log(code)
    return code


@pytest.mark.parametrize("connector_id", ["ldap", "only", "case"])
def test_a_ticket_is_enough(provider, jane, connector_id):
    answer = jane.log_in(connector_id)
    # What proves this side to the browser (RFC 4559 §5).
    assert base64.b64decode(answer[1]["www-authenticate"].removeprefix("Negotiate "))
    known = claims(provider, redeem(provider, code(provider, answer)))
    assert (known["name"], known["email"], known["groups"]) == ("Jane Doe", "jane@example.org", ["staff"])
    assert known["amr"] == ["wia"]


def test_the_same_person_as_by_the_password(provider, jane):
    by_ticket = claims(provider, redeem(provider, code(provider, jane.log_in())))
    by_password = claims(provider, redeem(provider, submit_password(provider, "jane").code))
    assert by_ticket["sub"] == by_password["sub"]


def test_the_whole_principal_may_be_the_name(provider, jane):
    known = claims(provider, redeem(provider, code(provider, jane.log_in("principal"))))
    assert known["name"] == "Jane by Principal"


def test_a_refresh_asks_the_directory_again(provider, jane):
    given = redeem(provider, code(provider, jane.log_in())).json()
    assert claims(provider, refresh(provider, given["refresh_token"]))["name"] == "Jane Doe"


def submit_password(provider, login: str, password: str = PASSWORD, connector_id: str = "ldap"):
    browser = Browser(provider)
    provider.keep_out_of_log(password)
    answer = browser.open(authorization_url(provider, connector_id=connector_id))
    assert answer.status == 401 and answer.response.headers["WWW-Authenticate"] == "Negotiate"
    return browser.submit(answer, login=login, password=password)


def test_who_has_no_ticket_types_a_password_where_that_is_wanted(provider):
    assert submit_password(provider, "jane").code
    assert submit_password(provider, "jane", "a wrong password").status == 401


def test_where_only_tickets_count_there_is_no_form_and_none_is_taken(provider):
    browser = Browser(provider)
    answer = browser.open(authorization_url(provider, connector_id="only"))
    assert answer.status == 401 and answer.response.headers["WWW-Authenticate"] == "Negotiate"
    assert not answer.page.forms and "ticket" in answer.page.text
    # The right password all the same.
    for path in ("/login?", "/password?"):
        answer = browser.open(answer.response.url.replace("/login?", path), {
            "login": "jane", "password": PASSWORD, "old_password": PASSWORD, "new_password": "x", "new_password_again": "x"})
        assert answer.location is None and answer.status in (400, 403)
        answer = browser.open(authorization_url(provider, connector_id="only"))


def test_a_realm_that_is_not_ours_is_none(provider, realm, jane, tmp_path):
    """jane@ELSEWHERE.ORG is somebody else than jane@EXAMPLE.ORG, though her KDC is trusted."""
    other = Curl(provider, realm.elsewhere.log_in("jane", TICKET), tmp_path)
    # Of an address, libkrb5 does not know a realm.
    status, _, body = other.log_in("only", host="localhost")
    assert status == 403 and "may not log in" in body
    provider.running.wait_for_log("jane@ELSEWHERE.ORG is of another realm")
    # Unless the configuration says that it is hers.
    assert claims(provider, redeem(provider, code(provider, other.log_in("elsewhere", host="localhost"))))["name"] == "Jane Doe"
    assert jane.log_in("elsewhere")[0] == 403


@pytest.mark.parametrize("name, connector_id, status", [("stranger", "only", 403), ("stranger", "ldap", 200), ("disabled", "only", 403), ("disabled", "ldap", 403)])
def test_whoever_the_directory_does_not_let_in_does_not_come_in(provider, realm, tmp_path, name, connector_id, status):
    answer = Curl(provider, realm.log_in(name, TICKET), tmp_path).log_in(connector_id)
    assert answer[0] == status and "location" not in answer[1]
    assert "www-authenticate" not in answer[1], "asked again, a browser would send the same ticket again"


def test_a_ticket_that_comes_twice_is_good_once(provider, realm, jane, tmp_path):
    done = subprocess.run(["curl", "-sS", "-v", "-o", "/dev/null", "-c", jane.jar, "-b", jane.jar, "--negotiate", "-u", ":",
                           jane.to_the_form("only")], text=True, capture_output=True, env=os.environ | jane.variables)
    token = re.findall(r"> Authorization: Negotiate (\S+)", done.stderr)[-1]
    provider.keep_out_of_log(token)
    status, headers, _ = jane.get(jane.to_the_form("only"), "-H", f"Authorization: Negotiate {token}")
    assert status == 403
    provider.running.wait_for_log("failed login attempt.*replay", after=0)


@pytest.mark.parametrize("token", ["!!!", "AAAA", base64.b64encode(b"NTLMSSP\0\1\0\0\0" + bytes(32)).decode(),
                                   base64.b64encode(b"\x60\x28\x06\x06\x2b\x06\x01\x05\x05\x02" + bytes(30)).decode()])
def test_what_is_no_ticket_is_refused(provider, jane, token):
    for connector_id, status in (("only", 403), ("ldap", 200)):
        got, headers, body = jane.get(jane.to_the_form(connector_id), "-H", f"Authorization: Negotiate {token}")
        assert got == status and "location" not in headers
        assert ("name=\"password\"" in body) == (connector_id == "ldap")


KERBEROS, NTLM = b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"


def spnego(*mechanisms: bytes) -> bytes:
    """What a browser sends that would like the first of these most (RFC 4178 §4.2.1); it sends no token of it yet."""
    def tagged(tag: int, value: bytes) -> bytes:
        return bytes([tag, len(value)]) + value
    offer = tagged(0xA0, tagged(0x30, tagged(0xA0, tagged(0x30, b"".join(mechanisms)))))
    return tagged(0x60, b"\x06\x06\x2b\x06\x01\x05\x05\x02" + offer)


@pytest.mark.parametrize("token, words", [(b"NTLMSSP\0\1\0\0\0" + bytes(32), "has sent NTLM"), (spnego(NTLM), "the ticket: "),
                                          (spnego(NTLM, KERBEROS), "negotiate more than Kerberos alone")],
                         ids=["NTLM", "NTLM by SPNEGO", "NTLM rather than Kerberos"])
def test_nothing_but_kerberos_is_negotiated(provider, jane, token, words):
    status, headers, _ = jane.get(jane.to_the_form("only"), "-H", "Authorization: Negotiate " + base64.b64encode(token).decode())
    assert status == 403 and "location" not in headers and "www-authenticate" not in headers
    provider.running.wait_for_log(words)


@pytest.mark.parametrize("scheme", ["Basic", "Bearer", "Negotiation"])
def test_credentials_of_another_kind_are_no_ticket(provider, jane, scheme):
    """They are somebody else's business, such as a proxy's: the browser is asked for a ticket."""
    status, headers, _ = jane.get(jane.to_the_form("only"), "-H", f"Authorization: {scheme} amFuZTp4")
    assert status == 401 and headers["www-authenticate"] == "Negotiate"


def test_the_key_of_one_service_takes_no_ticket_of_another(provider, jane):
    """curl asks for HTTP/127.0.0.1."""
    assert jane.log_in("named")[0] == 403
    assert jane.log_in("host")[0] == 403


def test_a_ticket_for_something_else_than_a_web_server_is_none(provider, jane):
    """Its key is in the keytab, but whoever may ask for such tickets may be somebody else than a browser."""
    answer = jane.get(jane.to_the_form("only"), "--negotiate", "-u", ":", "--service-name", "host")
    assert answer[0] == 403 and "location" not in answer[1]
    provider.running.wait_for_log("which is no web server")


def test_who_came_by_a_ticket_can_log_out(provider, jane):
    """Without an ID token's word the browser's cookie alone says who is to be logged out."""
    given = redeem(provider, code(provider, jane.log_in())).json()
    status, _, page = jane.get(provider.discovery["end_session_endpoint"])
    assert status == 200
    answer = re.search(r'name="request" value="([^"]+)"', page)[1]
    assert jane.get(f"{provider.issuer}/logout/confirm", "--data-urlencode", f"request={answer}")[0] == 200
    assert refresh(provider, given["refresh_token"]).status_code == 400
    metrics = requests.get(provider.telemetry + "/metrics", timeout=30).text
    assert 'dextra_logouts_total{connector="ldap",outcome="success"} ' in metrics


def test_a_ticket_goes_with_the_browser_that_began(provider, realm, jane, tmp_path):
    url = jane.to_the_form("only")
    (tmp_path / "other").mkdir()
    other = Curl(provider, jane.variables, tmp_path / "other")
    assert other.get(url, "--negotiate", "-u", ":")[0] == 400


def test_a_keytab_that_cannot_be_used_is_told_at_start(tmp_path, directory, realm):
    config = settings(directory.host, kerberos={"enabled": True, "keytabPath": str(tmp_path / "nowhere")})
    file = write(tmp_path, yaml.safe_dump(configuration(5556, connectors=[connector(config)])))
    result = dextra("serve", file, environment=realm.variables)
    assert result.code != 0 and "keytabPath" in result.text and "nowhere" in result.text


def test_the_check_reads_the_keytab(tmp_path, directory, realm, keytab):
    def check(**kerberos):
        config = settings(directory.host, kerberos={"enabled": True} | kerberos)
        file = write(tmp_path, yaml.safe_dump(configuration(5556, connectors=[connector(config)])))
        line, text = next((number, text) for number, text in enumerate(file.read_text().split("\n"), 1) if "keytabPath" in text)
        place = f"{file}:{line}:{text.index('keytabPath: ') + len('keytabPath: ') + 1}: "
        return dextra("check", file, environment=realm.variables), place
    result, _ = check(keytabPath=str(keytab))
    assert result.code == 0, result.text
    no_keytab = tmp_path / "text"
    no_keytab.write_text("not a keytab")
    for kerberos, words in (({"keytabPath": str(tmp_path / "nowhere")}, "nowhere"), ({"keytabPath": str(no_keytab)}, "text"),
                            ({"keytabPath": str(keytab), "spn": f"HTTP/elsewhere@{REALM}"}, f"HTTP/elsewhere@{REALM}")):
        result, place = check(**kerberos)
        assert result.code == 1 and place in result.text and words in result.text, result.text


def test_the_pools_are_in_the_metrics(provider):
    text = requests.get(provider.telemetry + "/metrics", timeout=30).text
    for pool in ("ldap:ldap", "ldap:only", "kerberos:only"):
        assert f'dextra_queue_depth{{pool="{pool}"}} 0' in text


def test_a_browser_with_a_ticket_shows_no_form(provider, realm, application, client, monkeypatch):
    for name, value in realm.log_in("jane", TICKET).items():
        monkeypatch.setenv(name, value)
    with chromium(arguments=("--auth-server-allowlist=127.0.0.1",)) as browser:
        before = len(application.arrivals)
        # The first challenge makes a new Chromium load its GSSAPI; it shows the page and sends tickets from then on.
        for _ in range(2):
            browser.open(authorization_url(provider, client, connector_id="only"))
        browser.wait(lambda b: b.shows("#arrived"))
        arrival = application.wait_for_arrival(before + 1)
        provider.keep_out_of_log(arrival["code"])
        known = verified(provider, redeem(provider, arrival["code"], client).json()["id_token"], client)
        assert known["name"] == "Jane Doe"


def test_a_browser_without_one_shows_the_form(provider, application, client):
    with chromium() as browser:
        before = len(application.arrivals)
        browser.open(authorization_url(provider, client, connector_id="ldap"))
        browser.wait(lambda b: b.shows("input[name=password]"))
        browser.log_in("jane", PASSWORD)
        browser.wait(lambda b: b.shows("#arrived"))
        provider.keep_out_of_log(application.wait_for_arrival(before + 1)["code"])
