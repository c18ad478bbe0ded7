"""A command of `examples/` as somebody at a terminal runs it: in a group of processes that Ctrl-C goes to."""
import os, signal, subprocess, threading

from .server import BINARY, ROOT


class Example:
    def __init__(self, command: str, *arguments: str, folder, **environment: str):
        self.folder = folder
        self.process = subprocess.Popen(
            [ROOT / "examples" / command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True, env=os.environ | {"DEXTRA": str(BINARY), "TMPDIR": str(folder)} | environment)
        self.lines: list[str] = []

    def wait(self, seconds: float = 90):
        """Until it has said what to do with it."""
        watch = threading.Timer(seconds, self.stop, [signal.SIGKILL])
        watch.start()
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Ctrl-C"):
                watch.cancel()
                return
        watch.cancel()
        raise AssertionError("it ended: " + "".join(self.lines))

    def stop(self, number: int = signal.SIGINT):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.stop(signal.SIGKILL)
                self.process.wait()
        self.process.stdout.close()
