"""TLS and HTTP/2, with curl, httpx and openssl."""
import asyncio, json, socket, ssl, subprocess, warnings

import httpx
import pytest
import requests

from support.application import authorization_url, tokens
from support.certificates import Authority
from support.keys import verified
from support.people import APP, JANE_SUB
from support.ports import free_port

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secure(start, authority):
    """`secure(**changes)` starts a server that speaks https."""
    def secure(**web):
        certificate, key = authority.issue("server")
        port = free_port()
        return start(port=port, ca=authority.file, issuer=f"https://127.0.0.1:{port}/dex",
                     web={"http": None, "https": f"127.0.0.1:{port}", "tlsCert": str(certificate), "tlsKey": str(key)} | web)
    return secure


def curl(authority, *arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", "--cacert", str(authority.file), *arguments],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_person_logs_in_over_tls(secure):
    provider = secure()
    assert all(value.startswith("https://") for key, value in provider.discovery.items() if key.endswith(("_endpoint", "_uri")))
    assert verified(provider, tokens(provider)["id_token"], APP)["sub"] == JANE_SUB


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_curl_speaks_both_versions_of_http(secure, authority, version):
    provider = secure()
    output = curl(authority, "--http2" if version == "2" else "--http1.1", "--write-out", "\n%{http_version}", provider.url(DISCOVERY))
    document, _, spoken = output.rpartition("\n")
    assert spoken == version
    assert json.loads(document)["issuer"] == provider.issuer


def test_hundred_streams_of_one_http_2_connection_are_answered(secure, authority):
    """By httpx's asynchronous client: threads that share its other one send heads out of the order of their streams now and then."""
    provider = secure()

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(http2=True, verify=ssl.create_default_context(cafile=str(authority.file)), timeout=60) as client:
            assert (await client.get(provider.url(DISCOVERY))).http_version == "HTTP/2"
            return await asyncio.gather(*[client.get(provider.url("/keys" if n % 2 else DISCOVERY)) for n in range(100)])

    answers = asyncio.run(ask())
    assert {(answer.status_code, answer.http_version) for answer in answers} == {(200, "HTTP/2")}
    assert len({answer.content for answer in answers}) == 2


def test_post_and_errors_work_over_http_2(secure, authority):
    provider = secure()
    with httpx.Client(http2=True, verify=ssl.create_default_context(cafile=str(authority.file)), timeout=60) as client:
        bad = client.post(provider.url("/token"), data={"grant_type": "please"}, auth=(APP.id, APP.secret))
        assert (bad.status_code, bad.json()["error"]) == (400, "unsupported_grant_type")
        assert client.get(provider.url("/nothing")).status_code == 404
        assert client.get(provider.url("/userinfo")).status_code == 401
        assert client.get(provider.url(DISCOVERY)).status_code == 200


def test_a_body_that_is_too_large_is_refused_over_http_2(secure, authority, tmp_path):
    """With curl: httpx takes an answer that comes before it has sent everything (RFC 9113 §8.1) for an error."""
    provider = secure()
    body = tmp_path / "body"
    body.write_text("grant_type=" + "a" * 3_000_000)
    assert curl(authority, "--http2", "--output", "/dev/null", "--write-out", "%{http_code} %{http_version}", "--data-binary", f"@{body}",
                provider.url("/token")) == "413 2"


def handshake(provider, authority, minimum=None, maximum=None):
    context = ssl.create_default_context(cafile=str(authority.file))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if minimum:
            context.minimum_version = minimum
        if maximum:
            context.maximum_version = maximum
    address = ("127.0.0.1", int(provider.issuer.split(":")[2].split("/")[0]))
    with socket.create_connection(address, timeout=30) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
        return secured.version(), secured.selected_alpn_protocol(), secured.getpeercert()["serialNumber"]


def test_the_default_is_tls_1_2_and_above(secure, authority):
    provider = secure()
    assert handshake(provider, authority)[:2] == ("TLSv1.3", "h2")
    assert handshake(provider, authority, maximum=ssl.TLSVersion.TLSv1_2)[0] == "TLSv1.2"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(provider, authority, minimum=ssl.TLSVersion.TLSv1, maximum=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("web, refused", [({"tlsMinVersion": "1.3"}, ssl.TLSVersion.TLSv1_2), ({"tlsMaxVersion": "1.2"}, ssl.TLSVersion.TLSv1_3)], ids=str)
def test_versions_can_be_narrowed(secure, authority, web, refused):
    provider = secure(**web)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(provider, authority, minimum=refused, maximum=refused)
    assert handshake(provider, authority)


def test_a_renewed_certificate_is_served_after_sighup_and_connections_stay(secure, authority):
    provider = secure()
    first = handshake(provider, authority)[2]
    with httpx.Client(verify=ssl.create_default_context(cafile=str(authority.file)), timeout=60) as kept:
        assert kept.get(provider.url(DISCOVERY)).status_code == 200
        authority.issue("server")
        provider.reload()
        assert kept.get(provider.url(DISCOVERY)).status_code == 200
    assert handshake(provider, authority)[2] != first


def test_a_broken_certificate_changes_nothing(secure, authority):
    provider = secure()
    first = handshake(provider, authority)[2]
    (authority.folder / "server.crt").write_text("nonsense")
    provider.reload(expecting="reload failed")
    assert handshake(provider, authority)[2] == first


def test_plain_http_at_the_tls_port_is_no_crash(secure, authority):
    provider = secure()
    with socket.create_connection(("127.0.0.1", int(provider.issuer.split(":")[2].split("/")[0])), timeout=30) as plain:
        plain.sendall(b"GET /dex/keys HTTP/1.1\r\nHost: a\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP/1.1 200")
    assert provider.get(DISCOVERY).status_code == 200


def test_clients_that_never_finish_the_handshake_delay_nobody(secure, authority):
    provider = secure()
    port = int(provider.issuer.split(":")[2].split("/")[0])
    idle = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(50)]
    try:
        for connection in idle:
            connection.sendall(b"\x16\x03\x01")
        assert provider.get(DISCOVERY).elapsed.total_seconds() < 5
    finally:
        [connection.close() for connection in idle]


def test_https_pages_carry_secure_cookies_and_hsts_when_asked(secure):
    provider = secure(headers={"Strict-Transport-Security": "max-age=31536000"})
    session = requests.Session()
    session.verify = provider.verify
    page = session.get(authorization_url(provider), timeout=30)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    for cookie in session.cookies:
        assert cookie.secure and cookie.has_nonstandard_attr("HttpOnly")
