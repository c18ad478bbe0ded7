"""The directory of a small company, as text: who is in it and in which groups."""
import base64, uuid

from .directory import SERVICE, SERVICE_PASSWORD, SUFFIX
from .ldif import entry

PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
PASSWORD = "a person's password"
GUID = uuid.UUID("5f1c9a3e-0b7d-4c2a-9e44-00ff80c3a90a")
# S-1-5-21-1004336348-1177238915-682003330-512, in Microsoft's binary form.
SID_TEXT = "S-1-5-21-1004336348-1177238915-682003330-512"
SID = bytes.fromhex("0105000000000005") + bytes.fromhex("15000000") + b"".join(
    number.to_bytes(4, "little") for number in (1004336348, 1177238915, 682003330, 512))

#: Names that filters and DNs could take for syntax.
ODD_NAMES = (r"o(pe*ra\tor", "müller", "名前", "a,b+c=d", 'quo"te', "semi;colon", "<angle>", "hash#1", "amp&or|not!", "x=y")


def unit(name: str, parent: str = SUFFIX) -> str:
    return entry(f"ou={name},{parent}", objectClass="organizationalUnit", ou=name)


def escaped(value: str) -> str:
    """A value in a DN (RFC 4514 §2.4)."""
    return "".join(f"\\{c}" if c in ',+"\\<>;=#' else c for c in value)


def person(uid: str, *, name: str | None = None, mail: str | None = None, parent: str = PEOPLE, password: str = PASSWORD, **further) -> str:
    return entry(f"uid={escaped(uid)},{parent}", objectClass=["inetOrgPerson", "extensibleObject"], uid=uid, cn=name or uid.title(), sn=uid,
                 mail=mail or f"{uid.encode('ascii', 'ignore').hex()}@example.org", userPassword=password, **further)


def dn(uid: str, parent: str = PEOPLE) -> str:
    return f"uid={escaped(uid)},{parent}"


def group(name: str, *members: str, parent: str = GROUPS, **further) -> str:
    return entry(f"cn={escaped(name)},{parent}", objectClass="groupOfNames", cn=name, member=list(members), **further)


def posix_group(name: str, number: int, *members: str) -> str:
    return entry(f"cn={name},{GROUPS}", objectClass="posixGroup", cn=name, gidNumber=str(number), memberUid=list(members))


BASE = (entry(SUFFIX, objectClass=["dcObject", "organization"], dc="example", o="Example")
        + unit("people") + unit("groups") + unit("services") + unit("open")
        + entry(SERVICE, objectClass=["organizationalRole", "simpleSecurityObject"], cn="dextra", userPassword=SERVICE_PASSWORD))


def nested(name: str, *members: str) -> str:
    return group(name, *members, parent=f"ou=nested,{GROUPS}")


def nested_dn(name: str) -> str:
    return f"cn={name},ou=nested,{GROUPS}"


COMPANY = (
    BASE
    + person("jane", name="Jane Doe", mail="jane@example.org", employeeNumber="17", displayName="Jane",
             objectGUID=GUID.bytes_le, objectSid=SID)
    + person("john", name="John Roe", mail="john@example.org", objectGUID=b"\0\xff\x80(*)\\\x01\x02\x03\x04\x05\x06\x07\x08\x09")
    + person("twin", mail="twin@example.org") + person("other twin", mail="twin@example.org")
    + person("open", mail="open@example.org", parent=f"ou=open,{SUFFIX}")
    # The same attribute names someone else here.
    + person("confusing", mail="confusing@example.org", employeeNumber="jane")
    + "".join(person(name) for name in ODD_NAMES)
    # Several addresses: the first counts.
    + entry(f"uid=many,{PEOPLE}", objectClass="inetOrgPerson", uid=["many", "lots"], cn="Many", sn="Many",
            mail=["first@example.org", "second@example.org"], userPassword=PASSWORD)
    + entry(f"uid=nomail,{PEOPLE}", objectClass="inetOrgPerson", uid="nomail", cn="No Mail", sn="Mail", userPassword=PASSWORD)
    + group("authors", dn("jane"), dn("john"))
    + group("staff", dn("jane"), dn("o(pe*ra\\tor"), dn("a,b+c=d"))
    + group("grüße, *all*", *[dn(name) for name in ODD_NAMES])
    + posix_group("wheel", 10, "jane", "john") + posix_group("audio", 11, "jane", *[n for n in ODD_NAMES if n.isascii()])
    # team ⊂ department ⊂ company ⊂ team: a loop, as people make them.
    + unit("nested", GROUPS)
    + nested("team", dn("jane"), nested_dn("company")) + nested("department", nested_dn("team")) + nested("company", nested_dn("department"))
    + nested("lonely", dn("john")))
