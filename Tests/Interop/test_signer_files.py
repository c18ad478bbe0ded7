"""`signer.type: file`: keys of the `openssl` program sign, are replaced while the server runs, and are never shown."""
import json, subprocess

import pytest
from joserfc import jwk

from support.application import tokens, userinfo
from support.command import dextra, write
from support.configuration import configuration
from support.keys import header, key_set, verified
from support.people import APP, JANE_SUB
from support.ports import free_port

PASSPHRASE = "a passphrase that nobody logs"
# Files are read again every ten seconds.
REREAD_SECONDS = 40

# Name → (what openssl is asked for, the algorithm of such a key)
KINDS = {
    "RSA in PKCS#1": (["genrsa", "-traditional", "2048"], "RS256"),
    "RSA in PKCS#8": (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RS256"),
    "P-256 in SEC1": (["ecparam", "-name", "prime256v1", "-genkey", "-noout"], "ES256"),
    "P-256 behind its parameters": (["ecparam", "-name", "prime256v1", "-genkey"], "ES256"),
    "P-384": (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ES384"),
    "Ed25519": (["genpkey", "-algorithm", "ED25519"], "EdDSA"),
    "encrypted PKCS#1": (["genrsa", "-traditional", "-aes256", "-passout", f"pass:{PASSPHRASE}", "2048"], "RS256"),
    "encrypted PKCS#8": (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass", f"pass:{PASSPHRASE}"], "ES256"),
}


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make(kind, file):
    """Writes a new key over the file, and returns the key id that RFC 7638 gives it, by joserfc."""
    (command, *further), algorithm = KINDS[kind]
    # Moved into place as secret managers do it: nobody reads half a file.
    openssl(command, "-out", new := file.with_suffix(".new"), *further)
    new.rename(file)
    public = openssl("pkey", "-in", file, "-pubout", "-passin", f"pass:{PASSPHRASE}")
    kinds = {"RS": jwk.RSAKey, "ES": jwk.ECKey, "Ed": jwk.OKPKey}
    return kinds[algorithm[:2]].import_key(public).thumbprint()


def signer(*files, passphrase=None):
    return {"type": "file", "config": {"keys": [str(file) for file in files]} | ({"passphraseFile": str(passphrase)} if passphrase else {})}


def published(provider):
    return [key["kid"] for key in provider.jwks["keys"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_openssl_signs_and_joserfc_verifies(start, tmp_path, kind):
    key = make(kind, tmp_path / "key.pem")
    passphrase = write(tmp_path, PASSPHRASE + "\n", "passphrase") if "encrypted" in kind else None
    provider = start(signer=signer(tmp_path / "key.pem", passphrase=passphrase))
    provider.keep_out_of_log(PASSPHRASE)
    given = tokens(provider)
    for name in ("id_token", "access_token"):
        assert header(given[name]) | {"typ": ""} == {"alg": KINDS[kind][1], "kid": key, "typ": ""}
        assert verified(provider, given[name], APP)["sub"] == JANE_SUB
    assert published(provider) == [key]
    assert not set(provider.jwks["keys"][0]) & {"d", "p", "q", "dp", "dq", "qi"}
    assert userinfo(provider, given["access_token"]).json()["sub"] == JANE_SUB


def test_the_first_key_signs_and_the_others_are_published_only(start, tmp_path):
    kinds = ("P-384", "RSA in PKCS#1", "Ed25519")
    files = [tmp_path / f"{number}.pem" for number in range(len(kinds))]
    keys = [make(kind, file) for kind, file in zip(kinds, files)]
    provider = start(signer=signer(*files))
    assert published(provider) == keys
    assert provider.discovery["id_token_signing_alg_values_supported"] == ["ES384", "RS256", "EdDSA"]
    assert {header(tokens(provider)["id_token"])["kid"] for _ in range(3)} == {keys[0]}


def test_algorithm_chooses_among_those_of_the_key(start, tmp_path):
    key = make("RSA in PKCS#8", tmp_path / "key.pem")
    provider = start(signer={"type": "file", "config": {"keys": [str(tmp_path / "key.pem")], "algorithm": "PS256"}})
    given = tokens(provider)
    assert (header(given["id_token"])["alg"], header(given["id_token"])["kid"]) == ("PS256", key)
    assert verified(provider, given["id_token"], APP)["sub"] == JANE_SUB


def test_the_list_may_be_turned_around_without_any_verifier_noticing(start, tmp_path):
    """A key that was listed second comes to the front: whichever signs from then on, it is in the copies that verifiers keep."""
    files = [tmp_path / "old.pem", tmp_path / "new.pem"]
    keys = [make("P-256 in SEC1", file) for file in files]
    provider = start(database=True, signer=signer(*files))
    before, cached = tokens(provider), key_set(provider)
    provider.configuration["signer"] = signer(*reversed(files))
    provider.restart()
    after = tokens(provider)
    assert sorted(published(provider)) == sorted(keys)
    for given in (before, after):
        assert verified(provider, given["id_token"], APP, cached)["sub"] == JANE_SUB
        assert userinfo(provider, given["access_token"]).status_code == 200


# Changes while it runs

def replace(provider, kind, file):
    """Another key in the file, and the server has noticed: the new key id."""
    after = len(provider.running.lines)
    key = make(kind, file)
    provider.running.wait_for_log(key, after=after, seconds=REREAD_SECONDS)
    # The log tells of the key a moment before it is published.
    for _ in range(200):
        if key in published(provider):
            return key
    raise AssertionError(f"{key} is not published")


@pytest.mark.parametrize("old_kind, new_kind", [("RSA in PKCS#1", "RSA in PKCS#8"), ("RSA in PKCS#8", "P-256 in SEC1")], ids=["the same kind", "another kind"])
def test_a_replaced_file_is_published_then_signs_and_the_old_key_is_still_good(start, tmp_path, old_kind, new_kind):
    file = tmp_path / "key.pem"
    old = make(old_kind, file)
    provider = start(database=True, signer=signer(file))
    before = tokens(provider)
    new = replace(provider, new_kind, file)

    def check(signs):
        after = tokens(provider)
        assert header(after["id_token"])["kid"] == header(after["access_token"])["kid"] == signs
        assert published(provider) == [new, old]
        for given in (before, after):
            assert verified(provider, given["id_token"], APP)["sub"] == JANE_SUB
            assert userinfo(provider, given["access_token"]).json()["sub"] == JANE_SUB
    # Verifiers that keep the key set for minutes have not seen the new one.
    check(signs=old)
    # Without the old one nobody can wait for them.
    provider.restart()
    check(signs=new)
    # Whoever steals the database can sign with neither.
    for part in provider.folder.glob("dextra.db*"):
        assert b"PRIVATE KEY" not in part.read_bytes()


def test_the_former_file_can_be_put_back(start, tmp_path):
    """A new key makes trouble at some application, and the operator goes back to the old one."""
    file, former = tmp_path / "key.pem", tmp_path / "former.pem"
    old = make("P-256 in SEC1", former)
    file.write_bytes(former.read_bytes())
    provider = start(database=True, signer=signer(file))
    new = replace(provider, "P-256 in SEC1", file)
    file.write_bytes(former.read_bytes())
    provider.restart()
    given = tokens(provider)
    assert header(given["id_token"])["kid"] == old
    assert set(published(provider)) == {old, new}
    assert verified(provider, given["id_token"], APP)["sub"] == JANE_SUB


@pytest.mark.parametrize("way", ["from files to its own keys", "from its own keys to files"])
def test_the_kind_of_signer_can_be_changed(start, tmp_path, way):
    make("RSA in PKCS#8", tmp_path / "key.pem")
    kinds = [signer(tmp_path / "key.pem"), {"type": "local", "config": {"algorithm": "ES256"}}]
    first, second = kinds if way.startswith("from files") else reversed(kinds)
    provider = start(database=True, signer=first)
    before = tokens(provider)
    provider.configuration["signer"] = second
    provider.restart()
    after = tokens(provider)
    assert header(after["id_token"])["alg"] != header(before["id_token"])["alg"]
    for given in (before, after):
        assert verified(provider, given["id_token"], APP)["sub"] == JANE_SUB
        assert userinfo(provider, given["access_token"]).status_code == 200


@pytest.mark.parametrize("spoil", [lambda file: file.write_text("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n"),
                                   lambda file: file.unlink()], ids=["becomes garbage", "is gone"])
def test_a_file_that_cannot_be_read_any_more_changes_nothing_and_is_named(start, tmp_path, spoil):
    file = tmp_path / "key.pem"
    key = make("P-256 in SEC1", file)
    provider = start(signer=signer(file))
    before, after = tokens(provider), len(provider.running.lines)
    spoil(file)
    line = provider.running.wait_for_log("maintenance failed", after=after, seconds=REREAD_SECONDS)
    assert published(provider) == [key]
    assert header(tokens(provider)["id_token"])["kid"] == key
    assert userinfo(provider, before["access_token"]).status_code == 200
    assert str(file) in line and "keep the keys" in line
    after = len(provider.running.lines)
    replace(provider, "P-256 in SEC1", file)
    provider.running.wait_for_log("maintenance works again", after=after)


# What cannot sign does not start

def missing(folder):
    return signer(folder / "key.pem")


def weak(folder):
    openssl("genrsa", "-traditional", "-out", folder / "key.pem", "1024")
    return signer(folder / "key.pem")


def wrong_passphrase(folder):
    make("encrypted PKCS#8", folder / "key.pem")
    return signer(folder / "key.pem", passphrase=write(folder, "another passphrase of no use", "passphrase"))


def no_passphrase(folder):
    make("encrypted PKCS#1", folder / "key.pem")
    return signer(folder / "key.pem")


def public_half(folder):
    make("P-256 in SEC1", folder / "private.pem")
    openssl("pkey", "-in", folder / "private.pem", "-pubout", "-out", folder / "key.pem")
    return signer(folder / "key.pem")


def unknown_curve(folder):
    openssl("ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", folder / "key.pem")
    return signer(folder / "key.pem")


def wrong_second(folder):
    make("P-256 in SEC1", folder / "first.pem")
    write(folder, "nonsense", "key.pem")
    return signer(folder / "first.pem", folder / "key.pem")


def unfitting_algorithm(folder):
    make("P-256 in SEC1", folder / "key.pem")
    return {"type": "file", "config": signer(folder / "key.pem")["config"] | {"algorithm": "RS256"}}


def missing_passphrase_file(folder):
    make("encrypted PKCS#8", folder / "encrypted.pem")
    return signer(folder / "encrypted.pem", passphrase=folder / "key.pem")


@pytest.mark.parametrize("case, words", [
    (missing, ()), (weak, ("2048",)), (wrong_passphrase, ("passphrase",)), (no_passphrase, ("passphrase",)), (public_half, ()),
    (unknown_curve, ()), (wrong_second, ()), (unfitting_algorithm, ("rs256",)), (missing_passphrase_file, ()),
], ids=lambda value: getattr(value, "__name__", "").replace("_", " "))
def test_a_key_that_cannot_sign_stops_the_start_and_is_named(tmp_path, case, words):
    config = write(tmp_path, json.dumps(configuration(free_port(), signer=case(tmp_path))))
    result = dextra("serve", config)
    assert 0 < result.code < 128, result.text
    assert str(tmp_path / "key.pem") in result.text
    for word in words:
        assert word in result.text.lower(), result.text
    lines = [line for file in tmp_path.glob("*.pem") for line in file.read_text().splitlines() if "-----" not in line and len(line) > 8]
    for secret in (PASSPHRASE, "another passphrase of no use", *lines):
        assert secret not in result.text
