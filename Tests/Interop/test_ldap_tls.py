"""How a connector of type `ldap` reaches its server: encrypted, and only the right one."""
import base64

import pytest

from support.certificates import Authority
from support.company import COMPANY
from support.directory import Directory
from support.launch import running
from support.ldap import changes, claims, connector, log_in, settings, tokens


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory):
    """One that the directory's certificate does not come from."""
    return Authority(tmp_path_factory.mktemp("other-authority"))


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A directory that talks only to those who show a certificate."""
    folder = tmp_path_factory.mktemp("strict")
    authority = Authority(folder)
    with Directory(folder / "slapd", COMPANY, certificate=authority.issue("slapd"), authority=authority.file,
                   client_certificates="demand") as directory:
        directory.authority = authority
        yield directory


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A directory whose certificate is for the name `localhost` and for no address."""
    folder = tmp_path_factory.mktemp("named")
    authority = Authority(folder)
    with Directory(folder / "slapd", COMPANY, certificate=authority.issue("slapd", ("localhost",))) as directory:
        directory.authority = authority
        yield directory


def connectors(company, strict, named, other_authority) -> dict[str, dict]:
    ca, pem = str(company.authority.file), base64.b64encode(company.authority.file.read_bytes()).decode()
    wrong = {"rootCA": str(other_authority.file)}
    encrypted = dict(settings(company.tls_host, insecureNoSSL=None))
    started = dict(settings(company.host, insecureNoSSL=None, startTLS=True))
    elsewhere = f"127.0.0.2:{company.tls_port}"
    shown = dict(zip(("clientCert", "clientKey"), map(str, strict.authority.issue("client"))))
    foreign = dict(zip(("clientCert", "clientKey"), map(str, other_authority.issue("client"))))
    guarded = dict(settings(strict.tls_host, insecureNoSSL=None), rootCA=str(strict.authority.file))
    localhost = dict(settings(f"localhost:{named.tls_port}", insecureNoSSL=None), rootCA=str(named.authority.file))
    return {
        # Those that work
        "ldaps": encrypted | {"rootCA": ca},
        "ldaps-by-data": encrypted | {"rootCAData": pem},
        "ldaps-data-win": encrypted | {"rootCAData": pem} | wrong,
        "ldaps-localhost": localhost,
        "start-tls-localhost": localhost | {"host": f"localhost:{named.port}", "startTLS": True},
        "ldaps-unchecked": encrypted | {"insecureSkipVerify": True},
        "ldaps-unchecked-name": encrypted | {"insecureSkipVerify": True, "host": elsewhere},
        "start-tls": started | {"rootCA": ca},
        "start-tls-unchecked": started | {"insecureSkipVerify": True},
        "client-certificate": guarded | shown,
        # Those that must not
        "no-ldaps-wrong-ca": encrypted | wrong,
        "no-ldaps-system-ca": encrypted,
        "no-ldaps-wrong-name": encrypted | {"rootCA": ca, "host": elsewhere},
        "no-ldaps-address-for-a-name": localhost | {"host": named.tls_host},
        "no-start-tls-wrong-ca": started | wrong,
        "no-start-tls-system-ca": started,
        "no-start-tls-wrong-name": started | {"rootCA": ca, "host": f"127.0.0.2:{company.port}"},
        "no-ldaps-at-the-plain-port": encrypted | {"rootCA": ca, "host": company.host},
        "no-client-certificate": guarded,
        "no-client-certificate-of-another": guarded | foreign,
    }


@pytest.fixture(scope="module")
def provider(company, strict, named, other_authority):
    base = changes(settings(company.host))
    listed = [connector(config, id) for id, config in connectors(company, strict, named, other_authority).items()]
    # Nothing that this machine has for its users may decide whom the program trusts.
    with running(**base | {"connectors": base["connectors"] + listed}, environment={"LDAPTLS_REQCERT": "never"}) as server:
        yield server


GOOD = ("ldaps", "ldaps-by-data", "ldaps-data-win", "ldaps-localhost", "start-tls-localhost", "ldaps-unchecked", "ldaps-unchecked-name",
        "start-tls", "start-tls-unchecked", "client-certificate")
BAD = ("no-ldaps-wrong-ca", "no-ldaps-address-for-a-name", "no-ldaps-system-ca", "no-ldaps-wrong-name", "no-start-tls-wrong-ca",
       "no-start-tls-system-ca", "no-start-tls-wrong-name", "no-ldaps-at-the-plain-port", "no-client-certificate",
       "no-client-certificate-of-another")


@pytest.mark.parametrize("connector_id", GOOD)
def test_people_log_in_over(provider, connector_id):
    known = claims(provider, tokens(provider, "jane", connector_id=connector_id))
    assert known["email"] == "jane@example.org" and "staff" in known["groups"]


@pytest.mark.parametrize("connector_id", BAD)
def test_a_connection_that_is_not_right_is_not_used(provider, company, strict, connector_id):
    directory = strict if "client" in connector_id else company
    mark, told = directory.mark(), len(provider.running.lines)
    answer = log_in(provider, "jane", connector_id=connector_id)
    assert answer.location is None and answer.status in (500, 502, 503), answer.page.text
    # Neither the service's password nor the person's has left the program.
    assert not [line for line in directory.since(mark) if " BIND dn=" in line]
    # The page does not tell people how the house is built; the log tells operators.
    for secret in ("127.0.0", "certificate", "TLS", str(directory.port)):
        assert secret not in answer.page.text
    provider.running.wait_for_log("TLS|certificate", after=told)


def test_both_kinds_of_encryption_encrypt(provider, company):
    """slapd says how strong the encryption of a bind was: `ssf=0` is none."""
    for connector_id in ("ldaps", "start-tls"):
        mark = company.mark()
        assert log_in(provider, "john", connector_id=connector_id).code
        binds = [line for line in company.since(mark) if "mech=SIMPLE" in line]
        assert binds and all(" ssf=0" not in line for line in binds), binds


def test_start_tls_is_not_skipped_when_the_server_has_none(tmp_path, start):
    """A server (or somebody in between) that says no to StartTLS gets no password."""
    with Directory(tmp_path / "plain", COMPANY) as directory:
        provider = start(**changes(settings(directory.host, insecureNoSSL=None, startTLS=True, insecureSkipVerify=True)))
        mark = directory.mark()
        answer = log_in(provider, "jane")
        assert answer.location is None and answer.status in (500, 502, 503)
        assert not [line for line in directory.since(mark) if " BIND dn=" in line]
