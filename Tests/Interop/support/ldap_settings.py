"""The `config` of a connector of type `ldap`. Standard library only."""
from .company import GROUPS, PEOPLE
from .configuration import merged
from .directory import SERVICE, SERVICE_PASSWORD

MEMBERS = [{"userAttr": "DN", "groupAttr": "member"}]


def settings(host: str | list[str], **changes) -> dict:
    """To a plain port, for the company's directory. `changes` are merged into it; None removes."""
    return merged({
        "host": host, "insecureNoSSL": True, "bindDN": SERVICE, "bindPW": SERVICE_PASSWORD,
        "userSearch": {"baseDN": PEOPLE, "filter": "(objectClass=inetOrgPerson)", "username": "uid", "idAttr": "uid", "emailAttr": "mail",
                       "nameAttr": "cn", "preferredUsernameAttr": "uid"},
        "groupSearch": {"baseDN": GROUPS, "scope": "one", "filter": "(objectClass=groupOfNames)", "userMatchers": MEMBERS, "nameAttr": "cn"},
    }, changes)
