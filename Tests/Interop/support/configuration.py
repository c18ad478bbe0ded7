"""Configurations in Dex's format. JSON is YAML, so a dictionary is enough."""
import copy

from .people import APP, JANE, JOHN, OTHER_APP, PUBLIC_APP, Client, Person


def configuration(port: int, database: str | None = None, *, clients: tuple[Client, ...] = (APP, OTHER_APP, PUBLIC_APP),
                  people: tuple[Person, ...] = (JANE, JOHN), cost: int = 10, **changes) -> dict:
    """What most tests start from. `changes` are merged into it, dictionaries member by member; None removes."""
    base = {
        "issuer": f"http://127.0.0.1:{port}/dex",
        "storage": {"type": "sqlite3", "config": {"file": database}} if database else {"type": "memory"},
        "web": {"http": f"127.0.0.1:{port}"},
        # What must not be logged must not be logged by anyone who looks for a problem either.
        "logger": {"level": "debug"},
        "enablePasswordDB": True,
        "oauth2": {"skipApprovalScreen": True, "passwordConnector": "local"},
        "staticClients": [client.entry() for client in clients],
        "staticPasswords": [person.entry(cost) for person in people],
    }
    return merged(base, changes)


def merged(base: dict, changes: dict) -> dict:
    """`base` with `changes` written over it."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result
