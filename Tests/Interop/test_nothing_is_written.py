"""Strangers fill no disk, and the database holds no secret that anybody could use."""
import base64, json, re, sqlite3
from contextlib import closing

import pytest

from support.application import SCOPE, authorization_url, get_code, redeem, refresh, token, tokens
from support.browser import Browser
from support.command import dextra
from support.launch import running
from support.people import APP, JANE, PUBLIC_APP, Client
from support.server import ROOT

TABLES = re.findall(r"^CREATE TABLE (\w+)", (ROOT / "migrations/0001_initial.sqlite.sql").read_text(), re.MULTILINE)
STRANGERS = 300


@pytest.fixture(scope="module")
def provider():
    # Cheap passwords: many of them are checked.
    with running(database=True, cost=4, oauth2={"responseTypes": ["code", "token", "id_token"]}, expiry={"authorizationCodes": "1h"}) as server:
        server.keep_out_of_log(JANE.password)
        yield server


@pytest.fixture
def database(provider):
    """Read-only, and asked in short transactions: a reader must not be what keeps the server from writing."""
    with closing(sqlite3.connect(f"file:{provider.folder / 'dextra.db'}?mode=ro", uri=True)) as database:
        yield database


def rows(database):
    """Rows by table."""
    found = {name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")}
    assert set(TABLES) <= found
    return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in sorted(found)}


def version(database):
    """Another number after every change that somebody else has committed, be it one within a row."""
    return database.execute("PRAGMA data_version").fetchone()[0]


def bytes_of(provider):
    """Everything that a thief of the database has."""
    parts = sorted(provider.folder.glob("dextra.db*"))
    assert any(part.name == "dextra.db" for part in parts)
    return b"".join(part.read_bytes() for part in parts)


# What strangers do: each takes the number of a try.

def opens_the_start(provider, number):
    answer = provider.get("/auth", params={"client_id": APP.id, "redirect_uri": APP.redirect_uri, "response_type": "code", "scope": "openid",
                                           "state": f"state {number}"})
    assert answer.status_code == 302


def opens_the_form(provider, number):
    answer = Browser(provider).open(authorization_url(provider, path="/auth/local", state=f"state {number}", nonce=f"nonce {number}"))
    assert answer.status == 200 and "password" in answer.page.forms[0].fields


def asks_for_tokens_at_the_start(provider, number):
    answer = Browser(provider).open(authorization_url(provider, response_type="code id_token token", nonce=f"nonce {number}"))
    assert answer.status == 200 and "password" in answer.page.forms[0].fields


def asks_what_is_refused(provider, number):
    answer = Browser(provider).open(authorization_url(provider, scope=f"openid scope{number}"))
    assert answer.parameters["error"] == "invalid_scope"


def guesses_a_password(provider, number):
    answer = Browser(provider).log_in(authorization_url(provider), JANE, password=f"wrong password {number}")
    assert answer.location is None and answer.status == 401


def guesses_a_password_at_the_token_endpoint(provider, number):
    who = (JANE.email, f"nobody{number}@example.com")[number % 2]
    assert token(provider, grant_type="password", username=who, password=f"wrong password {number}", scope=SCOPE).status_code == 400


def guesses_a_client_secret(provider, number):
    guess = Client(APP.id, f"a wrong secret {number}", APP.redirect_uri)
    assert redeem(provider, "a code", guess).status_code == 401


def invents_a_client(provider, number):
    assert redeem(provider, "a code", Client(f"nobody{number}", "a secret of nobody", APP.redirect_uri)).status_code == 401


def invents_a_code(provider, number):
    assert redeem(provider, f"an unknown code {number}", PUBLIC_APP, code_verifier="v" * 43).status_code == 400


def invents_a_refresh_token(provider, number):
    inner = b"\x0a\x19" + f"{number:025}".encode() + b"\x12\x29" + b"s" * 41
    invented = (f"nonsense {number}", base64.urlsafe_b64encode(inner).rstrip(b"=").decode())[number % 2]
    assert refresh(provider, invented, PUBLIC_APP).status_code == 400


def invents_an_access_token(provider, number):
    assert provider.get("/userinfo", headers={"Authorization": f"Bearer e30.e30.{number:086}"}).status_code == 401


def invents_a_client_assertion(provider, number):
    claims = base64.urlsafe_b64encode(json.dumps({"iss": APP.id, "sub": APP.id, "jti": str(number), "exp": 2 ** 40}).encode()).decode().rstrip("=")
    answer = provider.post("/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_assertion": f"eyJhbGciOiJIUzI1NiJ9.{claims}.AAAA",
                                      "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
    assert answer.status_code in (400, 401)


def invents_a_finished_sign_in(provider, number):
    for path in ("/auth/local/login", "/approval", "/callback"):
        answer = provider.post(path, {"state": f"a state {number}", "login": JANE.email, "password": "x", "approval": "approve"},
                               params={"state": "A" * 400 + str(number)})
        assert answer.status_code in (400, 403), (path, answer.status_code)


def revokes_what_never_was(provider, number):
    assert provider.post("/token/revoke", {"token": f"an unknown token {number}", "client_id": PUBLIC_APP.id}).status_code == 200


@pytest.mark.parametrize("act", [
    opens_the_start, opens_the_form, asks_for_tokens_at_the_start, asks_what_is_refused, guesses_a_password,
    guesses_a_password_at_the_token_endpoint, guesses_a_client_secret, invents_a_client, invents_a_code, invents_a_refresh_token,
    invents_an_access_token, invents_a_client_assertion, invents_a_finished_sign_in, revokes_what_never_was,
], ids=lambda act: act.__name__.replace("_", " "))
def test_nothing_is_written_for_a_stranger_who(provider, database, act):
    before = rows(database), version(database)
    for number in range(STRANGERS):
        act(provider, number)
    assert (rows(database), version(database)) == before


def test_a_login_writes_exactly_one_code_and_that_its_sign_in_is_over(provider, database):
    """The counter-check: these tests would see a change."""
    before, former = rows(database), version(database)
    get_code(provider)
    assert rows(database) == before | {name: before[name] + 1 for name in ("authorization_codes", "assertions")}
    assert version(database) != former


def test_a_login_at_the_token_endpoint_writes_no_more_than_its_refresh_token(provider, database):
    before = rows(database)
    for scope in ("openid", "openid offline_access"):
        assert token(provider, grant_type="password", username=JANE.email, password=JANE.password, scope=scope).status_code == 200
    assert rows(database) == before | {"refresh_grants": before["refresh_grants"] + 1}


def test_a_refresh_writes_no_row(provider, database):
    given = tokens(provider)
    before = rows(database)
    for _ in range(3):
        given = refresh(provider, given["refresh_token"]).json()
    assert rows(database) == before


# Secrets

def forms(value):
    """A secret as text, as the bytes behind its base64url, and for a refresh token the parts of its message (dex.md: Dex's form)."""
    padded = value + "=" * (-len(value) % 4)
    try:
        inner = base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError:
        return {value.encode()}
    return {value.encode(), inner} | {part for part in re.findall(rb"[a-z0-9]{40,}", inner)}


@pytest.mark.parametrize("is_running", [True, False], ids=["while it runs", "after the end"])
def test_what_was_given_out_is_not_in_the_file(start, is_running):
    provider = start(database=True)
    code, unused = get_code(provider), get_code(provider)
    given = redeem(provider, code).json()
    again = refresh(provider, given["refresh_token"]).json()
    if not is_running:
        provider.stop()
    content = bytes_of(provider)
    # The counter-check: these are the right files, and what was written is in them.
    assert JANE.email.encode() in content and JANE.user_id.encode() in content
    for name, value in {"code": code, "unused code": unused, "password": JANE.password, "client secret": APP.secret,
                        "hash": JANE.entry()["hash"]}.items():
        assert not [form for form in forms(value) if form in content], name
    for answer in (given, again):
        for name in ("refresh_token", "access_token", "id_token"):
            assert not [form for form in forms(answer[name]) if form in content], name
            assert answer[name].rpartition(".")[2].encode() not in content, name


def test_secrets_of_stored_clients_are_not_in_the_file(start):
    provider = start(database=True)
    uri = "https://dash.example.com/cb"
    made = dextra("client", "add", "dashboard", "--name", "Dashboard", "--redirect-uri", uri, "--config", provider.file, "--output", "json").json
    renewed = dextra("client", "rotate-secret", "dashboard", "--config", provider.file, "--output", "json").json
    secrets = [made["secret"], renewed["secret"]]
    provider.keep_out_of_log(*secrets)
    assert redeem(provider, "a code", Client("dashboard", secrets[1], uri)).status_code == 400, "the secret is right, the code is not"
    content = bytes_of(provider)
    assert b"dashboard" in content
    for secret in secrets:
        assert not [form for form in forms(secret) if form in content]


def test_passwords_of_stored_users_are_not_in_the_file(start):
    provider = start(database=True)
    password = "a long enough password"
    result = dextra("user", "add", "ann@example.com", "--config", provider.file, input=password + "\n")
    assert result.code == 0, result.text
    content = bytes_of(provider)
    assert b"ann@example.com" in content and password.encode() not in content


def test_others_on_the_machine_cannot_read_the_file(start):
    """The signing keys are in it."""
    provider = start(database=True)
    tokens(provider)
    for part in provider.folder.glob("dextra.db*"):
        assert part.stat().st_mode & 0o077 == 0, f"{part.name}: {part.stat().st_mode:o}"
