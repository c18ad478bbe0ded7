"""Samba as a domain controller: what speaks Active Directory's dialect of LDAP, in a folder of its own."""
import base64, itertools, os, re, shutil, socket, subprocess, threading
from pathlib import Path

from . import ldif
from .certificates import Authority
from .directory import ldap

SAMBA, TOOL = (shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin") for name in ("samba", "samba-tool"))
#: It listens at ports below 1024 only, and changes the owners of files.
CAN_RUN = bool(SAMBA and TOOL and os.geteuid() == 0)
REALM, SUFFIX = "ad.example.org", "DC=ad,DC=example,DC=org"
ADMINISTRATOR, PASSWORD = f"CN=Administrator,CN=Users,{SUFFIX}", "An administrator's 1st password"
START_SECONDS = 60
_numbers = itertools.count(1)


class ActiveDirectory:
    def __init__(self, folder: Path):
        # The ports are fixed, so each has an address of its own: all of 127.0.0.0/8 is this machine.
        worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
        self.folder, self.address = folder, f"127.77.{worker}.{next(_numbers)}"
        self.authority = Authority(folder)
        certificate, key = self.authority.issue("dc1", (self.address,))
        key.chmod(0o600)
        self._provision()
        self.file = folder / "smb.conf"
        self.file.write_text("\n".join([
            "[global]", "netbios name = DC1", f"realm = {REALM.upper()}", "workgroup = AD", "server role = active directory domain controller",
            "server services = ldap", f"interfaces = {self.address}/8", "bind interfaces only = yes", "ldap server require strong auth = no",
            f"tls certfile = {certificate}", f"tls keyfile = {key}", f"tls cafile = {self.authority.file}", f"private dir = {folder}/private",
            f"state directory = {folder}/state", f"cache directory = {folder}/cache", f"lock directory = {folder}", f"pid directory = {folder}",
            f"ncalrpc dir = {folder}/ncalrpc", f"binddns dir = {folder}/bind-dns", f"log file = {folder}/log", ""]))
        self.process: subprocess.Popen | None = None

    def _provision(self):
        done = subprocess.run(
            [TOOL, "domain", "provision", f"--targetdir={self.folder}", f"--realm={REALM.upper()}", "--domain=AD", f"--adminpass={PASSWORD}",
             "--server-role=dc", "--dns-backend=NONE", "--host-name=dc1", "--host-ip=127.0.0.1"], text=True, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr

    def __enter__(self) -> "ActiveDirectory":
        (self.folder / "cache").mkdir(exist_ok=True)
        self.process = subprocess.Popen([SAMBA, "-i", "-M", "single", "-s", self.file], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        pause, left = threading.Event(), START_SECONDS
        while True:
            try:
                socket.create_connection((self.address, 389), timeout=START_SECONDS).close()
                return self
            except ConnectionRefusedError:
                left -= .05
                if left < 0 or self.process.poll() is not None:
                    self.__exit__()
                    raise AssertionError("samba did not start") from None
                pause.wait(.05)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # What is in it

    def _as_administrator(self, tool: str, *arguments: str, input: str | None = None) -> str:
        return ldap(tool, f"ldap://{self.address}", "-D", ADMINISTRATOR, "-w", PASSWORD, *arguments, input=input)

    def add(self, entries: str):
        self._as_administrator("ldapadd", input=entries)

    def change(self, text: str):
        self._as_administrator("ldapmodify", input=text)

    def value(self, dn: str, attribute: str) -> bytes:
        """The first value of an attribute, as it is."""
        text = self._as_administrator("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", dn, attribute)
        name, value = re.search(rf"^{attribute}(::?) (.*)$", text, re.M).groups()
        return base64.b64decode(value) if name == "::" else value.encode()


def user_dn(name: str) -> str:
    return f"CN={name},CN=Users,{SUFFIX}"


def user(name: str, password: str, *, control: int = 512, **further) -> str:
    """`control` is userAccountControl: 512 is a usual account, 514 a disabled one (MS-ADTS §2.2.16)."""
    return ldif.entry(user_dn(name), objectClass="user", sAMAccountName=name, userPrincipalName=f"{name}@{REALM}", displayName=name.title(),
                      mail=f"{name}@example.org", unicodePwd=f'"{password}"'.encode("utf-16-le"), userAccountControl=str(control), **further)


def group(name: str, *members: str) -> str:
    return ldif.entry(f"CN={name},CN=Users,{SUFFIX}", objectClass="group", sAMAccountName=name, member=list(members))
