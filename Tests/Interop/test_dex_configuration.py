"""Dex's configuration file, unchanged."""
import yaml

from support.certificates import Authority
from support.command import dextra
from support.people import bcrypt
from support.ports import free_port
from support.server import ROOT, Process

EXAMPLE = ROOT / "examples/dex-full.yaml"


def environment(folder):
    """What the example takes from it."""
    return {"DEXTRA_DATA": str(folder), "GRAFANA_CLIENT_ID": "grafana", "GRAFANA_CLIENT_SECRET": "a-secret-of-grafana",
            "MOCK_PASSWORD": "a password", "USER_HASH": bcrypt("a password", 10)}


def test_the_examples_pass_the_check(tmp_path):
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        result = dextra("check", file, environment=environment(tmp_path))
        assert result.code == 0, result.text


def test_full_dex_config(tmp_path):
    """Every key, in a copy that differs in listen addresses and certificate files only."""
    text = EXAMPLE.read_text()
    known = yaml.safe_load(text)
    for section in ("web", "telemetry"):
        for key in ("http", "https"):
            if address := (known.get(section) or {}).get(key):
                text = text.replace(f'"{address}"', address).replace(address, f"127.0.0.1:{free_port()}")
    for key, file in zip(("tlsCert", "tlsKey"), Authority(tmp_path).issue("server")):
        text = text.replace(known["web"][key], str(file))
    copy = tmp_path / "dex-full.yaml"
    copy.write_text(text)
    process = Process(["serve", str(copy)], environment(tmp_path))
    try:
        process.wait_for_log(r"\bready\b")
        assert process.terminate() == 0
        assert "a-secret-of-grafana" not in process.log
    finally:
        process.kill()
