"""The program under test, as a process."""
import json, os, re, signal, subprocess, threading
from pathlib import Path
from urllib.parse import quote

import requests

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("DEXTRA", ROOT / ".build/release/dextra"))
# Generous: a start takes milliseconds, but the machine that runs the tests may be busy.
START_SECONDS, STOP_SECONDS = 30, 30


class Process:
    """A running program whose stderr is a log that can be waited on."""

    def __init__(self, arguments: list[str], environment: dict[str, str] | None = None):
        self.lines: list[str] = []
        self.stdout_lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            [str(BINARY), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=os.environ | (environment or {}), text=True, errors="replace")
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self.process.stderr, self.lines), (self.process.stdout, self.stdout_lines))]
        [reader.start() for reader in self._readers]

    def _read(self, stream, lines):
        for line in stream:
            with self._news:
                lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = self._ended or stream is self.process.stderr
            self._news.notify_all()

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def wait_for_log(self, pattern: str, *, after: int = 0, seconds: float = START_SECONDS) -> str:
        """The first line of the log, from line `after` on, that matches. Kills the process when none comes in time."""
        def found():
            return next((line for line in self.lines[after:] if re.search(pattern, line)), None)
        with self._news:
            self._news.wait_for(lambda: found() is not None or self._ended, timeout=seconds)
            line = found()
        if line is None:
            self.kill()
            raise AssertionError(f"no line like {pattern!r} within {seconds} s; the log:\n{self.log}")
        return line

    def wait_for_stdout(self, seconds: float = START_SECONDS) -> str:
        """The first line on stdout."""
        with self._news:
            self._news.wait_for(lambda: self.stdout_lines or self._ended, timeout=seconds)
        if not self.stdout_lines:
            self.kill()
            raise AssertionError(f"nothing on stdout within {seconds} s; the log:\n{self.log}")
        return self.stdout_lines[0]

    def signal(self, number: int):
        self.process.send_signal(number)

    def kill(self):
        """As a power cut would."""
        if self.process.poll() is None:
            self.process.kill()
        self._reap()

    def terminate(self) -> int:
        """Asks it to end, and returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {STOP_SECONDS} s after SIGTERM; the log:\n{self.log}") from None
        self._reap()
        return self.process.returncode

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def _reap(self):
        self.process.wait()
        [reader.join() for reader in self._readers]
        self.process.stdout.close()
        self.process.stderr.close()


class Dextra:
    """`dextra serve` with a configuration of its own, in a folder of its own."""

    def __init__(self, configuration: dict, folder: Path, environment: dict[str, str] | None = None, ca: Path | None = None):
        self.configuration, self.folder, self.environment = configuration, folder, environment
        self.file = folder / "config.yaml"
        self.issuer: str = configuration["issuer"]
        self.verify = str(ca) if ca else True
        self.running: Process | None = None
        self.logs: list[str] = []
        self._secrets: set[str] = set()
        for client in configuration.get("staticClients", []):
            self.keep_out_of_log(client.get("secret"))
        for person in configuration.get("staticPasswords", []):
            self.keep_out_of_log(person.get("hash"))

    # Life

    def start(self) -> "Dextra":
        self.write()
        self.running = Process(["serve", str(self.file)], self.environment)
        self.running.wait_for_log(r"\bready\b")
        return self

    def write(self):
        """Writes the configuration as it is now; a running server sees it at the next reload."""
        self.file.write_text(json.dumps(self.configuration, indent=1))

    def reload(self, expecting: str = r"reloaded"):
        """SIGHUP, and waits until the log says what came of it."""
        self.write()
        after = len(self.running.lines)
        self.running.signal(signal.SIGHUP)
        return self.running.wait_for_log(expecting, after=after)

    def stop(self):
        """SIGTERM; the end must be clean, and the log without secrets."""
        if self.running is None:
            return
        process, self.running = self.running, None
        code = process.terminate()
        self.logs.append(process.log)
        assert code == 0, f"ended with {code}; the log:\n{process.log}"
        self.check_log()

    def kill(self):
        process, self.running = self.running, None
        process.kill()
        self.logs.append(process.log)

    def restart(self) -> "Dextra":
        self.stop()
        return self.start()

    @property
    def log(self) -> str:
        return "\n".join(self.logs + ([self.running.log] if self.running else []))

    # What must not be logged

    def keep_out_of_log(self, *values: str | None):
        """Remembers secrets, tokens, codes and passwords. Short ones are left out: they could stand there by chance."""
        for value in values:
            if value and len(value) >= 8:
                self._secrets.update({value, quote(value, safe="")})
                if value.count(".") == 2 and len(value.rpartition(".")[2]) >= 8:
                    # A JWT without its signature is harmless, and its signature alone is the secret part.
                    self._secrets.add(value.rpartition(".")[2])

    def check_log(self):
        log = self.log
        leaked = [secret for secret in self._secrets if secret in log]
        assert not leaked, f"the log shows {leaked}:\n{log}"

    # HTTP

    def url(self, path: str) -> str:
        return self.issuer + path

    def get(self, path: str, **options) -> requests.Response:
        return requests.get(self.url(path), verify=self.verify, allow_redirects=False, timeout=30, **options)

    def post(self, path: str, data=None, **options) -> requests.Response:
        return requests.post(self.url(path), data=data, verify=self.verify, allow_redirects=False, timeout=30, **options)

    @property
    def discovery(self) -> dict:
        return self.get("/.well-known/openid-configuration").json()

    @property
    def jwks(self) -> dict:
        return self.get("/keys").json()
