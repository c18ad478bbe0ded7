"""Debian's Glewlwyd as OpenID provider, with everything it writes in a folder of the test."""
import contextlib, sqlite3, subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .ports import free_port

SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
PASSWORD = "a password of hers"


class Glewlwyd:
    def __init__(self, folder: Path):
        self.folder, self.port = folder, 0
        self.admin = requests.Session()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def issuer(self) -> str:
        return self.api + "/oidc"

    @contextlib.contextmanager
    def running(self):
        database = sqlite3.connect(self.folder / "glewlwyd.db")
        database.executescript(SCHEMA.read_text())
        database.close()
        process = self._start()
        try:
            yield self
        finally:
            process.terminate()
            process.wait(30)

    def _start(self) -> subprocess.Popen:
        """On another port if somebody else was faster on the first."""
        for _ in range(5):
            self.port = free_port()
            process = subprocess.Popen(["glewlwyd", f"--config-file={self._configuration()}"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
            if self._answers(process):
                return process
            process.kill()
            process.wait()
        raise AssertionError((self.folder / "glewlwyd.log").read_text())

    def _configuration(self) -> Path:
        file = self.folder / "glewlwyd.conf"
        home = "/usr/lib/glewlwyd"
        file.write_text(f"""port={self.port}
            bind_address="127.0.0.1"
            external_url="http://127.0.0.1:{self.port}"
            login_url="login.html" api_prefix="api" log_mode="file" log_level="WARNING" log_file="{self.folder}/glewlwyd.log"
            cookie_domain="127.0.0.1" cookie_secure=0 session_expiration=3600 session_key="GLEWLWYD" admin_scope="g_admin"
            profile_scope="g_profile" user_module_path="{home}/user" client_module_path="{home}/client"
            user_auth_scheme_module_path="{home}/scheme" plugin_module_path="{home}/plugin" hash_algorithm="SHA512"
            database = {{ type="sqlite3" path="{self.folder}/glewlwyd.db" }};""")
        return file

    def _answers(self, process) -> bool:
        for _ in range(600):
            with contextlib.suppress(requests.ConnectionError):
                return self.admin.post(self.api + "/auth/", json={"username": "admin", "password": "password"}, timeout=30).ok
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(.05)
                return False
        return False

    def _put(self, what: str, value: dict):
        answer = self.admin.post(f"{self.api}/{what}/", json=value, timeout=30)
        assert answer.status_code == 200, answer.text

    def configure(self, client_id: str, secret: str, redirect_uri: str, *, authentication: str = "client_secret_basic"):
        """The provider with a key of its own, our client, and Jane."""
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._put("mod/plugin", {"module": "oidc", "name": "oidc", "display_name": "OIDC", "parameters": {
            "iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": private.decode(), "cert": public.decode(),
            "access-token-duration": 3600, "refresh-token-duration": 86400, "code-duration": 60, "refresh-token-rolling": False,
            "allow-non-oidc": True, "auth-type-code-enabled": True, "auth-type-token-enabled": False, "auth-type-id-token-enabled": True,
            "auth-type-none-enabled": False, "auth-type-password-enabled": False, "auth-type-client-enabled": False,
            "auth-type-refresh-enabled": True, "auth-type-device-enabled": False, "scope": [], "additional-parameters": [], "claims": [],
            "name-claim": "mandatory", "email-claim": "mandatory", "scope-claim": "no", "address-claim": {"type": "no"},
            "allowed-scope": ["openid"], "subject-type": "public", "pkce-allowed": True, "pkce-method-plain-allowed": False,
            "pkce-required": False, "pkce-scopes": [], "introspection-revocation-allowed": False, "register-client-allowed": False,
            "session-management-allowed": False}})
        self._put("client", {"client_id": client_id, "name": "Dextra", "confidential": True, "client_secret": secret,
                             "redirect_uri": [redirect_uri], "authorization_type": ["code", "refresh_token"], "enabled": True, "scope": [],
                             "token_endpoint_auth_method": [authentication]})
        self._put("user", {"username": "jane", "name": "Jane Doe", "email": "jane@example.com", "password": PASSWORD, "enabled": True,
                           "scope": ["openid", "g_profile"]})

    def log_in(self, url: str) -> str:
        """What Jane's browser does with the provider's pages, which are scripts around this API. Returns where it leads her."""
        jane = requests.Session()
        page = jane.get(url, allow_redirects=False, timeout=30)
        assert page.status_code == 302 and urlsplit(page.headers["Location"]).path == "/login.html", page.text
        back = parse_qs(urlsplit(page.headers["Location"]).query)["callback_url"][0]
        assert jane.post(self.api + "/auth/", json={"username": "jane", "password": PASSWORD}, timeout=30).ok
        client = parse_qs(urlsplit(url).query)["client_id"][0]
        assert jane.put(f"{self.api}/auth/grant/{client}", json={"scope": "openid"}, timeout=30).ok
        return jane.get(back + "&g_continue", allow_redirects=False, timeout=30).headers["Location"]
