"""Entries of a directory as text (RFC 2849)."""
import base64

Values = str | bytes | list


def line(name: str, value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    plain = raw and all(32 <= byte < 127 for byte in raw) and raw[0] not in b" :<" and raw[-1] != 32
    return f"{name}: {raw.decode()}" if plain else f"{name}:: {base64.b64encode(raw).decode()}"


def lines(name: str, values: Values) -> list[str]:
    return [line(name, value) for value in (values if isinstance(values, list) else [values])]


def entry(dn: str, **attributes: Values) -> str:
    """One entry; underscores in attributes' names stand for hyphens."""
    rows = [row for name, values in attributes.items() for row in lines(name.replace("_", "-"), values)]
    return "\n".join([line("dn", dn), *rows, "", ""])


def replacement(dn: str, **attributes: Values | None) -> str:
    rows = []
    for name, values in attributes.items():
        rows += [f"replace: {name}", *([] if values is None else lines(name, values)), "-"]
    return "\n".join([line("dn", dn), "changetype: modify", *rows, "", ""])
