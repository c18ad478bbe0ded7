"""docs/connectors/ldap.md: what it shows works as it stands there."""
import re

import pytest
import yaml

from support.command import dextra, write
from support.configuration import configuration
from support.directory import SERVICE_PASSWORD
from support.launch import running
from support.ldap import ID, claims, person, tokens
from support.server import ROOT

PAGE = ROOT / "docs/connectors/ldap.md"
EXAMPLES = [text for text in re.findall(r"^```ya?ml\n(.*?)^```", PAGE.read_text() if PAGE.exists() else "", re.S | re.M)
            if "type: ldap" in text]


def on_this_machine(text: str, company, port: int = 5556) -> dict:
    """A configuration with the page's connectors; only where the server is and which files exist here is changed."""
    shown = yaml.safe_load(text)
    shown = shown if isinstance(shown, dict) else {"connectors": shown}
    base = configuration(port, oauth2={"passwordConnector": None})
    whole = base | {key: value for key, value in shown.items() if key not in ("issuer", "storage", "web", "staticClients", "telemetry")}
    for connector in whole["connectors"]:
        config = connector.get("config", {})
        for name in ("rootCA", "clientCert", "clientKey", "bindPWFile"):
            if name in config:
                config[name] = str(company.authority.file)
    return whole


def test_there_is_an_example():
    assert EXAMPLES, f"{PAGE} shows no connector of type ldap"


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_what_the_page_shows_is_accepted(tmp_path, company, text):
    variables = {name: "secret" for name in re.findall(r"\$\{?(\w+)", text)}
    file = write(tmp_path, yaml.safe_dump(on_this_machine(text, company), allow_unicode=True))
    result = dextra("check", file, environment=variables)
    assert result.code == 0, result.text
    assert "unknown" not in result.text, result.text


def test_the_worked_example_logs_a_person_in(company):
    whole = on_this_machine(EXAMPLES[0], company)
    connector = next(connector for connector in whole["connectors"] if connector["type"] == "ldap")
    assert connector["id"] == ID
    config = connector["config"]
    assert not config.get("insecureNoSSL") and not config.get("insecureSkipVerify"), "an example is what people copy"
    config["host"] = company.host if config.get("startTLS") else company.tls_host
    variables = {name: SERVICE_PASSWORD for name in re.findall(r"\$\{?(\w+)", EXAMPLES[0])}
    with running(environment=variables, connectors=[connector], oauth2={"passwordConnector": ID}) as provider:
        for known in (person(provider, "jane"), claims(provider, tokens(provider, "jane"))):
            assert (known["name"], known["email"]) == ("Jane Doe", "jane@example.org")
            assert {"authors", "staff"} <= set(known["groups"])
