"""`dextra user`, `client`, `key`, `hash`, `token`, `version`: for people, and with `--output json` for programs."""
import json, stat, subprocess

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support.application import authorization_url, get_code, refresh, token, tokens, userinfo
from support.browser import Browser
from support.command import dextra, write
from support.configuration import configuration
from support.keys import header, payload, verified
from support.people import APP, JANE, JANE_SUB, Client, Person
from support.ports import free_port
from support.server import Process


@pytest.fixture
def config(tmp_path):
    """A configuration with a database that no server has opened yet."""
    return write(tmp_path, json.dumps(configuration(5556, str(tmp_path / "dextra.db"))))


def run(*arguments, **options):
    result = dextra(*arguments, **options)
    assert result.code == 0, result.text
    return result


@pytest.mark.parametrize("command", [[], ["serve"], ["user"], ["client"], ["key"], ["token"]], ids=str)
def test_help_says_what_there_is(command):
    result = run(*command, "--help")
    assert "USAGE" in result.stdout.upper()


def test_version_is_one_line():
    assert len(run("version").stdout.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve"], ["serve", "a", "b"], ["check"], ["user", "add"], ["dev", "--port", "x"],
                                       ["dev", "--port", "70000"]], ids=str)
def test_wrong_arguments_are_64(arguments):
    assert dextra(*arguments).code == 64


# People

def test_a_user_is_added_listed_changed_and_removed(config):
    run("user", "add", "ann@example.com", "--config", config, input="a long enough password\n")
    listed = run("user", "list", "--config", config, "--output", "json").json
    assert "ann@example.com" in json.dumps(listed) and "$2" not in json.dumps(listed), "hashes are not for lists"
    again = dextra("user", "add", "ann@example.com", "--config", config, input="a long enough password\n")
    assert again.code != 0 and "ann@example.com" in again.text
    run("user", "set-password", "ann@example.com", "--config", config, input="another long password\n")
    run("user", "remove", "ann@example.com", "--config", config)
    assert "ann@example.com" not in run("user", "list", "--config", config).stdout
    assert dextra("user", "remove", "ann@example.com", "--config", config).code != 0


@pytest.mark.parametrize("password", ["", "tiny-pw", "a" * 73, "nul\0in it, long enough"], ids=["empty", "short", "73 bytes", "NUL"])
def test_a_password_that_bcrypt_cannot_hold_or_nobody_should_have_is_refused(config, password):
    result = dextra("user", "add", "ann@example.com", "--config", config, input=password + "\n")
    assert result.code != 0
    assert not password or password not in result.text


def test_a_password_is_never_an_argument_and_never_asked_for_without_a_terminal(config):
    assert dextra("user", "add", "ann@example.com", "--config", config).code != 0
    assert dextra("user", "add", "ann@example.com", "--password", "a long enough password", "--config", config).code == 64


def test_a_running_server_knows_a_user_that_was_added(start):
    provider = start(database=True)
    ann = Person("ann@example.com", "a long enough password", "ann", "")
    run("user", "add", ann.email, "--config", provider.file, input=ann.password + "\n")
    given = tokens(provider, person=ann)
    assert payload(given["id_token"])["email"] == ann.email
    run("user", "disable", ann.email, "--config", provider.file)
    answer = Browser(provider).log_in(authorization_url(provider), ann)
    assert answer.location is None and answer.status == 401
    assert refresh(provider, given["refresh_token"]).status_code == 400
    run("user", "enable", ann.email, "--config", provider.file)
    assert get_code(provider, person=ann)


def test_static_users_are_the_file_s(config):
    result = dextra("user", "remove", JANE.email, "--config", config)
    assert result.code != 0 and JANE.email in result.text


# Applications

def test_a_client_is_added_with_a_secret_that_is_shown_once(start):
    provider = start(database=True)
    made = run("client", "add", "dashboard", "--name", "Dashboard", "--redirect-uri", "https://dash.example.com/cb",
               "--config", provider.file, "--output", "json").json
    secret = made["secret"]
    provider.keep_out_of_log(secret)
    assert len(secret) >= 32
    assert secret not in run("client", "list", "--config", provider.file, "--output", "json").stdout
    client = Client("dashboard", secret, "https://dash.example.com/cb")
    assert verified(provider, tokens(provider, client)["id_token"], client)["sub"] == JANE_SUB

    renewed = run("client", "rotate", "dashboard", "--config", provider.file, "--output", "json").json["secret"]
    provider.keep_out_of_log(renewed)
    assert renewed != secret
    assert refresh(provider, "x", client).status_code == 401
    assert refresh(provider, "x", Client("dashboard", renewed, client.redirect_uri)).status_code == 400

    run("client", "remove", "dashboard", "--config", provider.file)
    assert refresh(provider, "x", Client("dashboard", renewed, client.redirect_uri)).status_code == 401


@pytest.mark.parametrize("uri", ["not a uri", "https://a.example.com/#fragment", "", "javascript:alert(1)", "relative/path"])
def test_a_redirect_uri_that_could_never_work_is_refused(config, uri):
    assert dextra("client", "add", "x", "--name", "X", "--redirect-uri", uri, "--config", config).code != 0


# Keys

def test_after_a_rotation_the_old_tokens_are_good(start):
    provider = start(database=True)
    before = tokens(provider)
    run("key", "rotate", "--config", provider.file)
    listed = run("key", "list", "--config", provider.file, "--output", "json").stdout
    assert "PRIVATE" not in listed and '"d"' not in listed
    assert verified(provider, before["id_token"], APP)["sub"] == JANE_SUB
    assert userinfo(provider, before["access_token"]).status_code == 200


@pytest.mark.parametrize("kind", ["RSA", "P-256"])
def test_an_imported_key_is_published(start, tmp_path, kind):
    key = rsa.generate_private_key(65537, 2048) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    provider = start(database=True)
    known = {key["kid"] for key in provider.jwks["keys"]}
    run("key", "import", file, "--config", provider.file)
    provider.restart()
    assert len({key["kid"] for key in provider.jwks["keys"]} - known) == 1


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_not_imported(config, tmp_path, text):
    result = dextra("key", "import", write(tmp_path, text, "key.pem"), "--config", config)
    assert 0 < result.code < 128


def test_a_weak_key_is_not_imported(config, tmp_path):
    weak = rsa.generate_private_key(65537, 1024).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()).decode()
    result = dextra("key", "import", write(tmp_path, weak, "weak.pem"), "--config", config)
    assert result.code != 0 and "2048" in result.text


# Tokens and hashes

def test_a_token_is_decoded_and_verified_with_a_key_set(provider, tmp_path):
    given = tokens(provider)["id_token"]
    shown = run("token", "decode", input=given)
    assert JANE_SUB in shown.stdout and header(given)["kid"] in shown.stdout
    keys = write(tmp_path, json.dumps(provider.jwks), "keys.json")
    assert run("token", "decode", "--jwks", keys, "--output", "json", input=given).json["claims"]["sub"] == JANE_SUB
    head, body, signature = given.split(".")
    assert dextra("token", "decode", "--jwks", keys, input=f"{head}.{body}.{signature[::-1]}").code != 0
    foreign = write(tmp_path, json.dumps({"keys": []}), "none.json")
    assert dextra("token", "decode", "--jwks", foreign, input=given).code != 0


@pytest.mark.parametrize("text", ["", "nonsense", "a.b", "a.b.c", "....", "e30.e30.", "\0"], ids=range(7))
def test_what_is_no_token_is_said_to_be_none(text):
    assert 0 < dextra("token", "decode", input=text).code < 128


def test_a_hash_can_be_put_into_the_configuration(start):
    ann = Person("ann@example.com", "a long enough password", "ann", "ann-id")
    made = run("hash", input=ann.password + "\n").stdout.strip()
    assert made.startswith("$2") and len(made) == 60
    provider = start(staticPasswords=[ann.entry() | {"hash": made}])
    assert token(provider, grant_type="password", username=ann.email, password=ann.password, scope="openid").status_code == 200


def test_two_hashes_of_one_password_differ():
    assert len({run("hash", input="a long enough password\n").stdout for _ in range(2)}) == 2


# Development

def test_dev_serves_in_one_step_and_says_how_to_log_in():
    process = Process(["dev", "--port", str(free_port()), "--output", "json"])
    try:
        told = json.loads(process.wait_for_stdout())
        assert {"issuer", "user", "password", "clientID", "clientSecret", "exampleApp", "curl"} <= set(told)
        document = requests.get(told["issuer"] + "/.well-known/openid-configuration", timeout=30).json()
        answer = requests.post(document["token_endpoint"], {"grant_type": "password", "username": told["user"],
                                                            "password": told["password"], "scope": "openid"},
                               auth=(told["clientID"], told["clientSecret"]), timeout=30)
        assert answer.status_code == 200, answer.text
        assert told["password"] not in process.log
        assert process.terminate() == 0
    finally:
        process.kill()


def test_the_curl_line_of_dev_works_as_printed():
    process = Process(["dev", "--port", str(free_port()), "--output", "json"])
    try:
        told = json.loads(process.wait_for_stdout())
        done = subprocess.run(["bash", "-c", told["curl"]], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "access_token" in done.stdout, done.stdout + done.stderr
        assert process.terminate() == 0
    finally:
        process.kill()
