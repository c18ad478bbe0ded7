"""Debian's SimpleSAMLphp as identity provider, served by PHP's own server, with everything it writes in a folder of the test."""
import contextlib, os, subprocess, threading
from pathlib import Path

from .ports import free_port
from .saml import KeyPair

HOME = Path("/usr/share/simplesamlphp")


class SimpleSAMLphp:
    def __init__(self, folder: Path, pair: KeyPair):
        self.folder, self.pair, self.port = folder, pair, free_port()
        self.url = f"http://localhost:{self.port}"
        self.entity_id, self.sso = self.url + "/saml2/idp/metadata.php", self.url + "/saml2/idp/SSOService.php"

    def configure(self, sp_entity_id: str, acs: str, *, encrypt_to: KeyPair | None = None, further: str = ""):
        config, metadata = self.folder / "config", self.folder / "metadata"
        for name in (config, metadata, self.folder / "log", self.folder / "sessions", self.folder / "temp", self.folder / "data"):
            name.mkdir(exist_ok=True)
        encryption = (f"'assertion.encryption' => true, 'sharedkey_algorithm' => 'http://www.w3.org/2009/xmlenc11#aes256-gcm', "
                      f"'certData' => '{encrypt_to.certificate_text}'," if encrypt_to else "")
        (config / "config.php").write_text(f"""<?php $config = [
            'baseurlpath' => '{self.url}/', 'certdir' => '{self.pair.key.parent}/', 'loggingdir' => '{self.folder}/log/',
            'datadir' => '{self.folder}/data/', 'tempdir' => '{self.folder}/temp', 'metadatadir' => '{metadata}/',
            'attributenamemapdir' => '/etc/simplesamlphp/attributemap/', 'timezone' => 'UTC', 'secretsalt' => 'a salt for tests',
            'auth.adminpassword' => 'a password for tests', 'technicalcontact_name' => 'x', 'technicalcontact_email' => 'x@example.com',
            'logging.handler' => 'file', 'logging.logfile' => 'log', 'logging.level' => SimpleSAML\\Logger::DEBUG,
            'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
            'session.phpsession.savepath' => '{self.folder}/sessions', 'session.cookie.secure' => false,
            'store.type' => 'phpsession', 'showerrors' => true, 'errorreporting' => true, 'admin.checkforupdates' => false,
            'metadata.sources' => [['type' => 'flatfile']]];""")
        (config / "authsources.php").write_text("""<?php $config = ['people' => ['exampleauth:UserPass', 'jane:secret' => [
            'uid' => ['jane-at-idp'], 'name' => ['Jane Doe'], 'email' => ['jane@example.com'], 'groups' => ['staff', 'everybody']]]];""")
        (metadata / "saml20-idp-hosted.php").write_text(f"""<?php $metadata['{self.entity_id}'] = [
            'host' => '__DEFAULT__', 'privatekey' => '{self.pair.key.name}', 'certificate' => '{self.pair.certificate.name}',
            'auth' => 'people', 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
            'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid',
                                 'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent']]];""")
        (metadata / "saml20-sp-remote.php").write_text(f"""<?php $metadata['{sp_entity_id}'] = [
            'AssertionConsumerService' => '{acs}', 'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
            {encryption} {further}];""")

    @contextlib.contextmanager
    def running(self):
        process = subprocess.Popen(
            ["php", "-d", "error_reporting=0", "-S", f"localhost:{self.port}", "-t", str(HOME / "www")], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"SIMPLESAMLPHP_CONFIG_DIR": str(self.folder / "config")})
        started, lines = threading.Event(), []

        def read():
            for line in process.stderr:
                lines.append(line)
                if "started" in line:
                    started.set()
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            assert started.wait(30), lines
            yield self
        finally:
            process.terminate()
            process.wait(30)
            reader.join()
            process.stderr.close()
