"""Servers under test: `provider` is shared by a file's tests, `start` makes one for a single test."""
import os

import pytest

from support.certificates import Authority
from support.company import COMPANY, dn, group
from support.directory import Directory
from support.launch import launch, running
from support.server import BINARY, Dextra


# requests prefers these to the `verify` of a session, and the tests bring their own authorities.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
    os.environ.pop(name, None)


def pytest_configure(config):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} does not exist: 'make build' makes it, or name another in DEXTRA")


def pytest_report_header(config):
    return f"program under test: {BINARY}"


@pytest.fixture(scope="module")
def provider():
    """One server for all tests of a file. What it logged is checked when they are through."""
    with running() as server:
        yield server


@pytest.fixture
def start(tmp_path_factory):
    """`start(**changes)` starts a server of the test's own; all are stopped and their logs checked at the end."""
    servers: list[Dextra] = []

    def start(**options) -> Dextra:
        server = launch(tmp_path_factory.mktemp("server"), **options)
        servers.append(server)
        return server
    try:
        yield start
        for server in servers:
            server.stop()
    finally:
        for server in servers:
            if server.running:
                server.kill()


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """A company's directory that no test changes: without TLS, by StartTLS and by LDAPS. Its `authority` signed its certificate."""
    folder = tmp_path_factory.mktemp("company")
    authority = Authority(folder)
    directory = Directory(folder / "slapd", COMPANY, certificate=authority.issue("slapd"), overlays="overlay memberof")
    directory.authority = authority
    with directory:
        # While it runs, so that the overlay writes memberOf into Jane's entry.
        directory.add(group("vips", dn("jane")) + group("editors", dn("jane")))
        yield directory
