"""A connector of type `ldap` and people who log in by it."""
import requests

from .application import SCOPE, authorization_url, redeem, token
from .browser import Answer, Browser
from .company import PASSWORD
from .configuration import merged
from .keys import verified
from .ldap_settings import settings
from .people import APP
from .server import Dextra

ID = "ldap"


def connector(config: dict, id: str = ID, **further) -> dict:
    return {"type": "ldap", "id": id, "name": f"The {id}", "config": config} | further


def changes(*configs: dict, **further) -> dict:
    """What `start` and `running` take for a provider with these connectors (`ldap`, `ldap-2`, …); the first answers the password grant."""
    ids = [ID if n == 0 else f"{ID}-{n + 1}" for n in range(len(configs))]
    return merged({"connectors": [connector(config, id) for config, id in zip(configs, ids)], "oauth2": {"passwordConnector": ID}}, further)


def form(provider: Dextra, connector_id: str = ID, scope: str = SCOPE) -> tuple[Browser, Answer]:
    """A browser in front of the connector's form."""
    browser = Browser(provider)
    answer = browser.open(authorization_url(provider, connector_id=connector_id, scope=scope))
    assert answer.status == 200, f"{answer.status}: {answer.response.text[:400]}"
    return browser, answer


def log_in(provider: Dextra, login: str, password: str = PASSWORD, connector_id: str = ID, scope: str = SCOPE) -> Answer:
    """From the application's link to the application, or to the page that comes after the password."""
    provider.keep_out_of_log(password)
    browser, answer = form(provider, connector_id, scope)
    return browser.submit(answer, login=login, password=password)


def tokens(provider: Dextra, login: str, password: str = PASSWORD, connector_id: str = ID, scope: str = SCOPE) -> dict:
    answer = log_in(provider, login, password, connector_id, scope)
    response = redeem(provider, answer.code)
    assert response.status_code == 200, response.text
    return response.json()


def password_grant(provider: Dextra, login: str, password: str = PASSWORD, scope: str = SCOPE) -> requests.Response:
    provider.keep_out_of_log(password)
    return token(provider, grant_type="password", username=login, password=password, scope=scope)


def claims(provider: Dextra, response: requests.Response | dict) -> dict:
    """Of an ID token, checked."""
    if isinstance(response, requests.Response):
        assert response.status_code == 200, f"{response.status_code}: {response.text[:400]}"
        response = response.json()
    return verified(provider, response["id_token"], APP)


def person(provider: Dextra, login: str, **options) -> dict:
    """The claims of somebody who logs in by the password grant, the quickest way."""
    return claims(provider, password_grant(provider, login, **options))
