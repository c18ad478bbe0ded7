"""MIT Kerberos' KDC as a process: in a folder of its own, on a free port. Standard library only."""
import os, shutil, socket, subprocess, threading
from pathlib import Path

from .ports import free_port

PATH = os.environ.get("PATH", "") + ":/usr/sbin"
KDC, DATABASE, ADMIN, KINIT = (shutil.which(name, path=PATH) for name in ("krb5kdc", "kdb5_util", "kadmin.local", "kinit"))
CAN_RUN = all((KDC, DATABASE, ADMIN, KINIT))
START_SECONDS = 30


class Realm:
    """One realm with its KDC. `variables` is what programs need to know of it."""

    def __init__(self, folder: Path, name: str, *, trusts: "tuple[Realm, str] | None" = None):
        """`trusts` is another realm whose tickets count here, and a password that both know."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name, self.port = folder, name, free_port()
        self.process: subprocess.Popen | None = None
        self.file = folder / "krb5.conf"
        known = {name: self.port} | ({trusts[0].name: trusts[0].port} if trusts else {})
        realms = "".join(f"  {realm} = {{\n    kdc = 127.0.0.1:{port}\n  }}\n" for realm, port in known.items())
        self.file.write_text(f"""\
[libdefaults]
  default_realm = {name}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[domain_realm]
  localhost = {name}
  127.0.0.1 = {name}
[realms]
{realms}""")
        kdc = folder / "kdc.conf"
        kdc.write_text(f"""\
[kdcdefaults]
  kdc_listen = 127.0.0.1:{self.port}
  kdc_tcp_listen = 127.0.0.1:{self.port}
[realms]
  {name} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
""")
        (folder / "replays").mkdir()
        self.variables = {"KRB5_CONFIG": str(self.file), "KRB5_KDC_PROFILE": str(kdc), "KRB5RCACHEDIR": str(folder / "replays")}
        self._run(DATABASE, "create", "-s", "-r", name, "-P", "the master's own password")

    def _run(self, *arguments: str, input: str | None = None) -> str:
        done = subprocess.run(arguments, input=input, text=True, capture_output=True, timeout=60, env=os.environ | self.variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def __enter__(self) -> "Realm":
        self.process = subprocess.Popen([KDC, "-n", "-r", self.name], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=os.environ | self.variables)
        pause, left = threading.Event(), START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS).close()
                return self
            except ConnectionRefusedError:
                left -= .02
                assert left > 0 and self.process.poll() is None, f"krb5kdc did not start:\n{(self.folder / 'kdc.log').read_text()}"
                pause.wait(.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS)

    # Who is in it

    def add(self, principal: str, password: str):
        self._run(ADMIN, "-r", self.name, "-q", f'addprinc -pw "{password}" "{principal}"')

    def keytab(self, name: str, *principals: str) -> Path:
        """A file with new keys of these services."""
        file = self.folder / name
        for principal in principals:
            self._run(ADMIN, "-r", self.name, "-q", f'addprinc -randkey "{principal}"')
            self._run(ADMIN, "-r", self.name, "-q", f'ktadd -k "{file}" "{principal}"')
        return file

    def log_in(self, principal: str, password: str) -> dict[str, str]:
        """What a program of somebody needs to know, who has typed the password this morning."""
        cache = self.folder / f"cache-{principal.replace('/', '-')}"
        self._run(KINIT, "-c", str(cache), principal, input=password + "\n")
        return self.variables | {"KRB5CCNAME": f"FILE:{cache}"}
