"""TLS without forward secrecy or authenticated encryption is refused, by every listener and to every other server (RFC 9325)."""
import json, subprocess

import pytest

from support.certificates import Authority
from support.configuration import configuration
from support.ldap import ID, changes
from support.ldap_settings import settings
from support.openssl_peer import GOOD, WEAK, connect, listening
from support.ports import free_port
from support.server import BINARY

KINDS = ["rsa", "ec"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, and a certificate of each kind of key."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder)
    authority.pairs = {"ec": authority.issue("ec"), "rsa": authority.issue("rsa", kind="rsa")}
    return authority


def kind_of(suite: str) -> str:
    return "ec" if "ECDSA" in suite else "rsa"


# Listeners

@pytest.fixture(params=KINDS)
def listeners(request, start, certificates):
    """The ports of all listeners that speak TLS, with a certificate of one kind."""
    certificate, key = map(str, certificates.pairs[request.param])
    https, grpc, proxy = free_port(), free_port(), free_port()
    tls = {"tlsCert": certificate, "tlsKey": key}
    start(port=https, ca=certificates.file, issuer=f"https://127.0.0.1:{https}/dex", web={"http": None, "https": f"127.0.0.1:{https}"} | tls,
          edge={"grpc": {"addr": f"127.0.0.1:{grpc}"} | tls, "listen": {"https": f"127.0.0.1:{proxy}"} | tls,
                "upstreams": [{"host": "127.0.0.1", "url": f"http://127.0.0.1:{free_port()}"}],
                "policies": [{"name": "open", "path": "/*", "anonymous": True}]})
    return request.param, [https, grpc, proxy]


def test_listeners_agree_to_good_suites_and_to_no_other(listeners):
    kind, ports = listeners
    for port in ports:
        for suite in GOOD + WEAK:
            agreed = connect(port, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
            expected = suite if suite in GOOD and kind_of(suite) == kind else None
            assert agreed == expected, f"{suite}: {agreed}"
        assert connect(port, "-tls1_3").startswith("TLS_")
        for old in ("-tls1", "-tls1_1"):
            assert connect(port, old, "-cipher", "ALL:@SECLEVEL=0") is None


# Other servers

CASES = [pytest.param(suite, suite, id=suite) for suite in GOOD] + [pytest.param(suite, "refused", id=suite) for suite in WEAK]


def suite_of(suite: str, certificates, *further):
    return listening(*certificates.pairs[kind_of(suite)], "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0", *further)


def ask_as_client(start, certificates, peer):
    """A start looks whether its connectors could be used."""
    port = free_port()
    start(port=port, connectors=[{"type": "oidc", "id": "idp", "name": "IdP", "config": {
        "issuer": f"https://127.0.0.1:{peer.port}", "clientID": "a", "clientSecret": "b-secret",
        "redirectURI": f"http://127.0.0.1:{port}/dex/callback", "rootCAs": [str(certificates.file)]}}])


@pytest.mark.parametrize("suite, outcome", CASES)
def test_an_identity_provider_is_asked_by_good_suites_alone(start, certificates, suite, outcome):
    with suite_of(suite, certificates) as peer:
        ask_as_client(start, certificates, peer)
        assert peer.outcome() == outcome


@pytest.mark.parametrize("arguments, outcome", [(["-tls1_3"], "TLS_"), (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "refused")])
def test_an_identity_provider_is_asked_by_tls_1_3_and_never_below_1_2(start, certificates, arguments, outcome):
    with listening(*certificates.pairs["ec"], *arguments) as peer:
        ask_as_client(start, certificates, peer)
        assert peer.outcome().startswith(outcome)


def ask_as_directory(tmp_path, certificates, peer) -> str:
    """What became of the handshake. Nobody there speaks LDAP, and nobody waits until the command has noticed."""
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(configuration(5556, **changes(settings(
        f"127.0.0.1:{peer.port}", insecureNoSSL=None, rootCA=str(certificates.file))))))
    command = subprocess.Popen([BINARY, "connector", "test", ID, "--user", "jane", "--config", file], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        return peer.outcome()
    finally:
        command.kill()
        command.communicate()


@pytest.mark.parametrize("suite, outcome", CASES)
def test_a_directory_is_asked_by_good_suites_alone(tmp_path, certificates, suite, outcome):
    with suite_of(suite, certificates) as peer:
        assert ask_as_directory(tmp_path, certificates, peer) == outcome


@pytest.mark.parametrize("arguments, outcome", [(["-tls1_3"], "TLS_"), (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "refused")])
def test_a_directory_is_asked_by_tls_1_3_and_never_below_1_2(tmp_path, certificates, arguments, outcome):
    with listening(*certificates.pairs["ec"], *arguments) as peer:
        assert ask_as_directory(tmp_path, certificates, peer).startswith(outcome)
