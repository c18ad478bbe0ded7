"""OpenLDAP's slapd as a process: in a folder of its own, on free ports, with what the tests want of it. Standard library only."""
import os, re, shutil, socket, subprocess, threading
from pathlib import Path

from . import ldif
from .ports import free_port

# Debian keeps it where only root looks.
SLAPD = shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/openldap")
SCHEMAS = "/etc/ldap/schema"
START_SECONDS = 30

SUFFIX = "dc=example,dc=org"
MANAGER, MANAGER_PASSWORD = f"cn=manager,{SUFFIX}", "the manager's own password"
SERVICE, SERVICE_PASSWORD = f"cn=dextra,ou=services,{SUFFIX}", "the service's own password"


class Directory:
    """One slapd with one database.

    People see nothing before they have logged in, but for `ou=open`. Searches give at most 1,000 entries, as in Active Directory;
    a client that reads page by page gets all.
    """

    def __init__(self, folder: Path, entries: str, *, certificate: tuple[Path, Path] | None = None, authority: Path | None = None,
                 client_certificates: str = "never", settings: str = "", overlays: str = "",
                 limits: str = "size=1000 size.pr=1000 size.prtotal=unlimited", log: bool = True, service_writes_passwords: bool = False):
        """`certificate` (file, key) opens LDAPS and StartTLS; `client_certificates` is never, try or demand, by `authority`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.has_tls, self.logs = certificate is not None, log
        self.password_writers = f'by dn.exact="{SERVICE}" write ' if service_writes_passwords else ""
        self.lines: list[str] = []
        self._marks: set[str] = set()
        self._news = threading.Condition()
        self._ended = True
        self.process: subprocess.Popen | None = None
        self.file = folder / "slapd.conf"
        self.file.write_text(self._configuration(certificate, authority, client_certificates, settings, overlays, limits))
        (folder / "data").mkdir()
        self._load(entries)

    def _configuration(self, certificate, authority, client_certificates, settings, overlays, limits) -> str:
        tls = "" if certificate is None else "\n".join((
            f"TLSCertificateFile {certificate[0]}", f"TLSCertificateKeyFile {certificate[1]}",
            *([f"TLSCACertificateFile {authority}"] if authority else ()), f"TLSVerifyClient {client_certificates}"))
        includes = "\n".join(f"include {SCHEMAS}/{name}.schema" for name in ("core", "cosine", "inetorgperson", "nis"))
        modules = "\n".join(f"moduleload {name}" for name in ("back_mdb", *re.findall(r"^overlay\s+(\w+)", overlays, re.M)))
        # objectGUID and objectSid with Active Directory's names and kinds of value, without the rest of its schema.
        return f"""\
{includes}
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 EQUALITY octetStringMatch SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.146 NAME 'objectSid' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 EQUALITY octetStringMatch SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 EQUALITY integerMatch SINGLE-VALUE )
pidfile {self.folder}/pid
modulepath /usr/lib/ldap
{modules}
{tls}
{settings}
database mdb
suffix {SUFFIX}
rootdn "{MANAGER}"
rootpw "{MANAGER_PASSWORD}"
directory {self.folder}/data
maxsize 1073741824
# A crash of the machine is not tested.
dbnosync
index objectClass,uid,mail,member,memberUid,uniqueMember,cn,entryUUID eq
limits * {limits}
access to attrs=userPassword by self write {self.password_writers}by anonymous auth by * none
access to dn.subtree="ou=open,{SUFFIX}" by * read
access to * by users read by anonymous auth by * none
{overlays}
"""

    def _load(self, entries: str):
        done = subprocess.run([str(Path(SLAPD).with_name("slapadd")), "-q", "-f", self.file], input=entries, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr

    # Life

    @property
    def urls(self) -> list[str]:
        # 127.0.0.2 is this machine under a name that no certificate has.
        hosts = ("127.0.0.1", "127.0.0.2")
        return [f"ldap://{host}:{self.port}" for host in hosts] + ([f"ldaps://{host}:{self.tls_port}" for host in hosts] if self.has_tls else [])

    def start(self) -> "Directory":
        self._ended = False
        self.process = subprocess.Popen(
            [SLAPD, "-f", self.file, "-h", " ".join(self.urls), "-d", "stats" if self.logs else "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE if self.logs else subprocess.DEVNULL,
            text=True, errors="replace")
        if self.logs:
            begun = len(self.lines)
            self._reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
            self._reader.start()
            self.wait_for_log("slapd starting", after=begun)
        self._wait_for_connection()
        return self

    def _read(self, stream):
        for line in stream:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _wait_for_connection(self):
        pause, left = threading.Event(), START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS).close()
                return
            except ConnectionRefusedError:
                left -= .01
                if left < 0 or self.process.poll() is not None:
                    raise AssertionError("slapd did not start:\n" + "\n".join(self.lines)) from None
                pause.wait(.01)

    def stop(self):
        """As an administrator would."""
        self._end(lambda process: process.terminate())

    def kill(self):
        """As a power cut would."""
        self._end(lambda process: process.kill())

    def _end(self, how):
        if self.process is None:
            return
        process, self.process = self.process, None
        how(process)
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self.logs:
            self._reader.join()
            process.stderr.close()

    def __enter__(self) -> "Directory":
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # What it was asked

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def wait_for_log(self, pattern: str, *, after: int = 0, seconds: float = START_SECONDS) -> str:
        """The first line of the log, from line `after` on, that matches."""
        def found():
            return next((line for line in self.lines[after:] if re.search(pattern, line)), None)
        with self._news:
            self._news.wait_for(lambda: found() is not None or self._ended, timeout=seconds)
            line = found()
        assert line is not None, f"slapd has logged no line like {pattern!r} within {seconds} s:\n" + "\n".join(self.lines[after:])
        return line

    def mark(self) -> int:
        """A place in the log that everything asked before is in front of."""
        before, name = len(self.lines), f"cn=mark-{os.urandom(8).hex()}"
        ldap("ldapwhoami", self.url, "-D", name, "-w", "nothing", check=False)
        connection = re.search(r"conn=\d+ ", self.wait_for_log(name, after=before))[0]
        self._marks.add(connection)
        self.wait_for_log(f"{connection}.*closed", after=before)
        return len(self.lines)

    def since(self, mark: int) -> list[str]:
        """What the log says of connections after a mark, all of it. A line of no connection is slapd's word about itself,
        such as one of a connection that closed before the mark and that another of its threads still wanted to read."""
        end = self.mark()
        return [line for line in self.lines[mark:end] if "conn=" in line and not any(connection in line for connection in self._marks)]

    # Changing what is in it

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        """As a connector's `host` has it."""
        return f"127.0.0.1:{self.port}"

    @property
    def tls_host(self) -> str:
        return f"127.0.0.1:{self.tls_port}"

    def change(self, text: str):
        """Applies LDIF change records as the manager."""
        ldap("ldapmodify", self.url, "-D", MANAGER, "-w", MANAGER_PASSWORD, input=text)

    def add(self, entries: str):
        ldap("ldapadd", self.url, "-D", MANAGER, "-w", MANAGER_PASSWORD, input=entries)

    def delete(self, dn: str):
        ldap("ldapdelete", self.url, "-D", MANAGER, "-w", MANAGER_PASSWORD, dn)

    def replace(self, dn: str, **attributes):
        """Each attribute gets this value or these values; None removes it."""
        self.change(ldif.replacement(dn, **attributes))

    def search(self, base: str, filter: str, *attributes: str) -> str:
        return ldap("ldapsearch", self.url, "-D", MANAGER, "-w", MANAGER_PASSWORD, "-LLL", "-o", "ldif-wrap=no", "-b", base, filter, *attributes)


def ldap(tool: str, url: str, *arguments: str, input: str | None = None, check: bool = True) -> str:
    """One of OpenLDAP's tools; only what it is told here counts, not this machine's settings."""
    done = subprocess.run([tool, "-x", "-H", url, *arguments], input=input, text=True, capture_output=True, timeout=60,
                          env=os.environ | {"LDAPNOINIT": "1"})
    assert not check or done.returncode == 0, done.stderr
    return done.stdout
