"""The worked example of each page in docs/connectors is right: the check passes it, and it signs people in."""
import re

import pytest
import yaml

from support.application import authorization_url
from support.browser import Browser
from support.command import dextra, write
from support.recorded.world import PASSWORD, REDIRECTING, said, world
from support.server import ROOT

PAGES = ROOT / "docs/connectors"
TYPES = list(REDIRECTING | PASSWORD)
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
#: Keys that say where the provider is and who we are there: these are the recording's.
PLACES = {"clientID", "clientSecret", "redirectURI", "rootCAs", "rootCA", "rootCAData", "hostName", "baseURL", "issuer", "apiURL", "graphURL",
          "authURL", "directoryURL", "tokenURL", "authorizationURL", "userInfoURL", "keystoneHost", "keystoneUsername", "keystonePassword",
          "tenant", "domain", "scopes"}


def example(kind: str) -> str:
    text = (PAGES / f"{kind}.md").read_text()
    blocks = re.findall(r"^```ya?ml\n(.*?)^```", text, re.M | re.S)
    assert blocks, "no example"
    return blocks[0]


def environment(text: str) -> dict[str, str]:
    """Whatever it takes from there: `$NAME` in values, and names under keys like `clientSecretEnv`."""
    names = [one or other for one, other in VARIABLE.findall(text)] + re.findall(r"^\s*\w+Env: *(\w+)", text, re.M)
    return {name: f"value of {name}" for name in names}


def settings(kind: str) -> dict:
    known = yaml.safe_load(example(kind))
    found = [c for c in known["connectors"] if c["type"] == kind]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("kind", TYPES)
def test_the_check_passes_the_example(kind, tmp_path):
    text = example(kind)
    with world((REDIRECTING | PASSWORD)[kind]) as made:
        up, known = made.recordings[kind], yaml.safe_load(text)
        paths = {"rootCA": up.ca, "rootCAs": up.ca, "clientAssertion": up.ca}
        if kind == "google":
            paths["serviceAccountFilePath"] = up.service_account_file(tmp_path)
        for key, path in paths.items():
            # The text is kept as it is but for paths, which lead nowhere on this machine.
            for value in files_in(known["connectors"], key):
                text = text.replace(value, path)
        if "issuer" not in known:
            # A block of connectors: the rest of the file is any.
            redirect = next((c["config"].get("redirectURI") for c in known["connectors"] if c.get("config")), None)
            issuer = redirect.removesuffix("/callback") if redirect else "https://id.example.com"
            text = f"issuer: {issuer}\nstorage: {{type: memory}}\nweb: {{http: 127.0.0.1:5556}}\n" + text
        result = dextra("check", write(tmp_path, text), environment=environment(text))
        assert result.code == 0, result.text
        assert not [v for v in environment(text).values() if v in result.text and "ID" not in v], "the check shows secrets"


def files_in(value, wanted, name="") -> list[str]:
    if isinstance(value, dict):
        return [path for key, inner in value.items() for path in files_in(inner, wanted, key)]
    if isinstance(value, list):
        return [path for inner in value for path in files_in(inner, wanted, name)]
    return [value] if name == wanted and isinstance(value, str) and value.startswith("/") else []


@pytest.mark.parametrize("kind", TYPES)
def test_the_example_signs_people_in(kind):
    connector = settings(kind)
    with world((REDIRECTING | PASSWORD)[kind]) as made:
        up = made.recordings[kind]
        config = {key: value for key, value in connector["config"].items() if key.removesuffix("Env").removesuffix("File") not in PLACES} | up.config()
        if "serviceAccountFilePath" in config:
            config |= up.directory(made.folder)
        if "clientAssertion" in config:
            config.pop("clientAssertion")
        admit(up, config)
        made.start({connector["id"]: (kind, config)})
        if kind in PASSWORD:
            browser = Browser(made.server)
            answer = browser.submit(browser.open(authorization_url(made.server, connector_id=connector["id"])), login="jane",
                                    password=up.passwords["jane"])
        else:
            answer = made.sign_in(connector["id"])
        assert answer.location, said(answer)
        assert answer.code


def admit(up, config: dict):
    """Makes Jane a member of whatever the example asks for."""
    def named(key):
        return config.get(key) or []
    match up.type:
        case "github":
            up.orgs["jane"] = [org["name"] for org in named("orgs")]
            up.teams["jane"] = [(org["name"], team, team) for org in named("orgs") for team in org.get("teams", ["any"])]
        case "gitea":
            up.teams["jane"] = [(org["name"], team) for org in named("orgs") for team in org.get("teams", ["any"])]
        case "gitlab":
            up.direct["jane"] = dict.fromkeys(named("groups"), 30)
        case "google":
            up.memberships["jane@example.com"] = list(named("groups"))
            up.users["jane"]["hd"] = (named("hostedDomains") or ["example.com"])[0]
        case "microsoft":
            up.groups["jane"] = {f"id-{n}": (name, True) for n, name in enumerate(named("groups"))}
        case "bitbucket-cloud":
            up.workspaces["jane"] = dict.fromkeys(named("teams"), "member")
        case "openshift" | "atlassian-crowd":
            up.groups["jane"] = list(named("groups"))


@pytest.mark.parametrize("kind", TYPES)
def test_each_key_of_the_example_stands_in_the_table(kind):
    text = (PAGES / f"{kind}.md").read_text()
    for key in settings(kind)["config"]:
        assert f"`{key}`" in text or f"`{key}." in text, f"{key} is not explained"
