"""The people and applications that the tests know."""
import ctypes, ctypes.util, secrets, string
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Person:
    email: str
    password: str
    username: str
    user_id: str
    groups: tuple[str, ...] = ()
    name: str = ""

    def entry(self, cost: int = 10) -> dict:
        """The entry in `staticPasswords`."""
        return {"email": self.email, "hash": bcrypt(self.password, cost), "username": self.username, "userID": self.user_id,
                "preferredUsername": self.username} | ({"groups": list(self.groups)} if self.groups else {}) | (
                {"name": self.name} if self.name else {})


@dataclass(frozen=True)
class Client:
    id: str
    secret: str | None
    redirect_uri: str
    further: dict = field(default_factory=dict, hash=False)

    @property
    def is_public(self) -> bool:
        return self.secret is None

    def entry(self) -> dict:
        """The entry in `staticClients`."""
        # An empty secret stands for a client that signs instead.
        secret = {"public": True} if self.is_public else {"secret": self.secret} if self.secret else {}
        return {"id": self.id, "name": f"The {self.id}", "redirectURIs": [self.redirect_uri]} | secret | self.further


@cache
def bcrypt(password: str, cost: int = 10) -> str:
    """The `$2b$` hash of a password, by the system's libcrypt."""
    crypt = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1").crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    # The last of 22 characters carries two bits: "e", "u", "." and "O" are the ones that survive.
    salt = "".join(secrets.choice(string.ascii_letters) for _ in range(21)) + "u"
    return crypt(password.encode(), f"$2b${cost:02}${salt}".encode()).decode()


JANE = Person("jane@example.com", "correct horse battery", "jane", "08a8684b-db88-4b73-90a9-3cd1661f5466",
              ("authors", "staff"), "Jane Doe")
JOHN = Person("john@example.com", "staple of John's", "john", "41331323-6f44-45e6-b3b9-2c4b60c02be5")

# `sub` of Jane at the connector "local", as Dex makes it: dex.md §4.
JANE_SUB = "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"

# Nobody listens at these redirect URIs: the tests read the redirect instead of following it.
APP = Client("app", "app-secret-ZXhhbXBsZS1hcHAtc2VjcmV0", "http://127.0.0.1:5555/callback")
OTHER_APP = Client("other-app", "other-secret-8a5c5e0d2f9b", "https://other.example.com/callback")
PUBLIC_APP = Client("public-app", None, "http://127.0.0.1:5558/callback")
