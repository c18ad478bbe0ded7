"""The machine: which core does what, who else uses it, and what a process takes of its memory."""
import contextlib, os, platform, re, statistics, subprocess, time
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1


def to_server_core():
    """For `preexec_fn`: the program that follows runs on the server's core, and sees only that one."""
    os.sched_setaffinity(0, {SERVER_CORE})


def busy_seconds() -> float:
    """How long the two cores have been busy since the machine started, whoever it was."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        if re.match(rf"cpu[{SERVER_CORE}{LOAD_CORE}] ", line):
            user, nice, system, _, _, irq, softirq, steal = map(int, line.split()[1:9])
            total += user + nice + system + irq + softirq + steal
    return total / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(patience: float) -> float:
    """Until nobody else uses the cores, or patience is over. Returns the seconds of patience that are left."""
    while patience > 0:
        before, begun = busy_seconds(), time.monotonic()
        time.sleep(.3)
        elapsed = time.monotonic() - begun
        if busy_seconds() - before < .1 * elapsed:
            break
        patience -= elapsed
    return patience


def processor_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """MiB. `anonymous` is what no file backs: heap and stacks. `private` is what ending the process would give back."""
    kib = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)}
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
    return {name: round(value / 1024, 2) for name, value in {
        "anonymous": kib["Anonymous"], "private": kib["Private_Clean"] + kib["Private_Dirty"], "rss": kib["Rss"], "peak": peak}.items()}


def description() -> dict[str, str]:
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    def first_line(*command):
        with contextlib.suppress(OSError):
            done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return done.stdout.strip().split("\n")[0]
        return "absent"
    return {"processor": model[1] if model else platform.machine(), "cores": str(os.cpu_count()), "kernel": platform.release(),
            "openssl": first_line("openssl", "version"), "nginx": first_line("nginx", "-v"), "wrk": first_line("wrk", "-v").partition(" Copyright")[0]}


class Samples:
    """The values of one measurement over the rounds."""

    def __init__(self):
        self.values: list[float] = []

    def add(self, value: float):
        self.values.append(value)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self.values), max(self.values)
