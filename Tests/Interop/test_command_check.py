"""`dextra check`: says what is wrong in a configuration, where, and what would be right."""
import json, re

import pytest

from support.command import dextra, write
from support.configuration import configuration
from support.people import bcrypt

GOOD = """\
issuer: http://127.0.0.1:5556/dex
storage:
  type: memory
web:
  http: 127.0.0.1:5556
enablePasswordDB: true
staticClients:
- id: app
  name: App
  secret: app-secret-1234
  redirectURIs: [http://127.0.0.1:5555/callback]
"""


def test_a_good_file_is_good(tmp_path):
    result = dextra("check", write(tmp_path, GOOD))
    assert result.code == 0, result.text


def test_what_the_tests_serve_passes(tmp_path):
    assert dextra("check", write(tmp_path, json.dumps(configuration(5556)))).code == 0


# Name → (a line of GOOD, what stands there instead, the line it is in, words that must be in the message)
MISTAKES = {
    "a misspelt key": ("storage:", "storag:", 2, ("storag",)),
    "an unknown key": ("web:", "telemetri: {}\nweb:", 4, ("telemetri", "telemetry")),
    "an unknown key within": ("  http: 127.0.0.1:5556", "  htp: 127.0.0.1:5556", 5, ("htp",)),
    "a number for a string": ("  secret: app-secret-1234", "  secret: 1234", 10, ("secret", "quot")),
    "a bool for a string": ("  name: App", "  name: yes", 9, ("name",)),
    "a string for a bool": ("enablePasswordDB: true", 'enablePasswordDB: "maybe"', 6, ("enablePasswordDB",)),
    "an unknown storage": ("  type: memory", "  type: floppy", 3, ("floppy", "sqlite3")),
    "a bad duration": ("enablePasswordDB: true", "enablePasswordDB: true\nexpiry: {idTokens: 1d}", 7, ("1d", "24h")),
    "an unknown response type": ("enablePasswordDB: true", "enablePasswordDB: true\noauth2: {responseTypes: [coffee]}", 7, ("coffee",)),
    "an unknown connector": ("enablePasswordDB: true", "connectors:\n- {type: fax, id: fax, name: Fax}", 7, ("fax",)),
    "a tab": ("  http: 127.0.0.1:5556", "\thttp: 127.0.0.1:5556", 5, ()),
    "an unclosed quote": ("  name: App", '  name: "App', 9, ()),
    "a list for a map": ("storage:", "storage: []\nx:", 2, ("storage",)),
}


@pytest.mark.parametrize("old, new, line, words", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_shown_with_its_line(tmp_path, old, new, line, words):
    assert old in GOOD
    file = write(tmp_path, GOOD.replace(old, new, 1))
    result = dextra("check", file)
    assert result.code != 0
    # A parser may see that something is missing only on the line after.
    assert re.search(rf"{re.escape(str(file))}:({line}|{line + 1}):\d+", result.text), result.text
    for word in words:
        assert word in result.text, result.text


@pytest.mark.parametrize("old, new, line, words", MISTAKES.values(), ids=MISTAKES)
def test_serve_does_not_start_with_it(tmp_path, old, new, line, words):
    result = dextra("serve", write(tmp_path, GOOD.replace(old, new, 1)))
    assert result.code != 0 and str(tmp_path) in result.text


MISSING = {
    "no issuer": ("issuer: http://127.0.0.1:5556/dex\n", "", "issuer"),
    "no storage": ("storage:\n  type: memory\n", "", "storage"),
    "nothing to listen on": ("web:\n  http: 127.0.0.1:5556\n", "", "web"),
    "nobody can log in": ("enablePasswordDB: true\n", "", "connector"),
    "https without a certificate": ("  http: 127.0.0.1:5556", "  https: 127.0.0.1:5556", "tlsCert"),
    "a client without an id": ("- id: app\n  name", "- name", "id"),
    "a client without a name": ("  name: App\n", "", "name"),
    "a client without a secret": ("  secret: app-secret-1234\n", "", "secret"),
    "passwords without the password database": ("enablePasswordDB: true", "staticPasswords: [{email: a@b.c, hash: x}]", "enablePasswordDB"),
    "a hash that is none": ("enablePasswordDB: true", "enablePasswordDB: true\nstaticPasswords: [{email: a@b.c, hash: x, userID: u}]", "hash"),
}


@pytest.mark.parametrize("old, new, word", MISSING.values(), ids=MISSING)
def test_what_is_missing_is_named(tmp_path, old, new, word):
    assert old in GOOD
    result = dextra("check", write(tmp_path, GOOD.replace(old, new, 1)))
    assert result.code != 0
    assert word.lower() in result.text.lower()


def test_all_mistakes_are_shown_at_once(tmp_path):
    text = GOOD.replace("  type: memory", "  type: floppy").replace("  name: App", "  nam: App")
    result = dextra("check", write(tmp_path, text))
    assert "floppy" in result.text and "nam" in result.text


def test_lenient_forgives_unknown_keys_as_dex_does(tmp_path):
    file = write(tmp_path, GOOD + "somethingNew: 1\n")
    assert dextra("check", file).code != 0
    result = dextra("check", "--lenient", file)
    assert result.code == 0 and "somethingNew" in result.text


def test_output_json_is_for_programs(tmp_path):
    good = dextra("check", write(tmp_path, GOOD), "--output", "json")
    assert good.code == 0 and isinstance(good.json, (dict, list))
    bad = dextra("check", write(tmp_path, GOOD.replace("storage:", "storag:"), "bad.yaml"), "--output", "json")
    assert bad.code != 0
    assert '"line"' in bad.stdout and '"column"' in bad.stdout


def test_secrets_are_not_repeated(tmp_path):
    secret, hash = "a-secret-in-the-wrong-place-991", bcrypt("password", 4)
    text = GOOD.replace("  secret: app-secret-1234", f"  secret: [{secret}]") + f"staticPasswords: [{{email: 1, hash: {hash}}}]\n"
    result = dextra("check", write(tmp_path, text))
    assert result.code != 0 and secret not in result.text and hash not in result.text


@pytest.mark.parametrize("text", ["", "null", "[]", "just text", "{", "a: &a [*a]", "\0", "- - - -", "{" * 5000], ids=range(9))
def test_no_text_makes_it_crash(tmp_path, text):
    result = dextra("check", write(tmp_path, text))
    assert 0 < result.code < 128, result.text
    assert "Fatal error" not in result.text


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    result = dextra("check", tmp_path / name)
    assert result.code != 0 and str(tmp_path) in result.text


def test_a_billion_laughs_stay_quiet(tmp_path):
    lines = ["a0: &a0 [lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert dextra("check", write(tmp_path, "\n".join(lines))).code != 0


def test_the_environment_expands_where_dex_expands_it(tmp_path):
    text = GOOD.replace("storage:\n  type: memory", "storage:\n  type: sqlite3\n  config: {file: $FOLDER/dex.db}")
    result = dextra("check", write(tmp_path, text), environment={"FOLDER": str(tmp_path)})
    assert result.code == 0, result.text


# U+212A (Kelvin) for K, U+037E for a semicolon, U+1FEF for a backtick, and é in one code point and in two: pairs that characters count as one.
LOOKALIKES = {"kelvin": ("K8s", "\u212a8s"), "semicolon": ("a;b", "a\u037eb"), "backtick": ("a`b", "a\u1fefb"), "accent": ("e\u0301", "\u00e9")}


@pytest.mark.parametrize("one, other", LOOKALIKES.values(), ids=LOOKALIKES)
def test_clients_that_only_look_the_same_are_two(tmp_path, one, other):
    def check(*ids: str):
        clients = [{"id": id, "name": "App", "secret": "app-secret-1234", "redirectURIs": ["http://127.0.0.1:5555/callback"]} for id in ids]
        text = GOOD.split("staticClients:")[0] + "staticClients: " + json.dumps(clients, ensure_ascii=False) + "\n"
        return dextra("check", write(tmp_path, text))

    assert check(one, other).code == 0
    assert check(one, one).code != 0


@pytest.mark.parametrize("host", ["a.test%2f", "a.test..", "[::1]x", "a.test:08080", "\u212a.test", "a.test\u0301", "a.test:"])
@pytest.mark.parametrize("place", ["policies", "login"])
def test_a_host_that_readers_could_read_in_two_ways_is_none(tmp_path, place, host):
    edge = {"policies": [{"host": host, "anonymous": True}]} if place == "policies" else {"login": {"allowedRedirectHosts": ["ok.test", host]}}
    result = dextra("check", write(tmp_path, GOOD + "edge: " + json.dumps(edge, ensure_ascii=False) + "\n"))
    assert result.code != 0 and "host" in result.text, result.text


def test_the_headers_that_an_envoy_must_hand_on_are_told(tmp_path):
    edge = {"headers": {"claims": {"X-Team": "team"}, "authorization": "token"}}
    file = write(tmp_path, GOOD + "edge: " + json.dumps(edge) + "\n")
    told = dextra("check", file, "--output", "json").json["summary"]["edgeHeaders"]
    assert {"x-team", "authorization", "x-auth-request-email", "x-forwarded-groups", "kubeflow-userid"} <= set(told)
    text = dextra("check", file).stdout
    assert "allowed_upstream_headers" in text and " ".join(told) in text
