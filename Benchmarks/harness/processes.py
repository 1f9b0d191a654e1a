"""Processes that are measured: started here, stopped by their id, their CPU and memory read from procfs."""
import contextlib
import glob
import os
import random
import signal
import socket
import subprocess
import time


class Server:
    """A process that serves until it is stopped; use as a context."""

    def __init__(self, name, command, log, environment=None, directory=None):
        self.name = name
        with open(log, "w") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL,
                                            env=environment, cwd=directory)
        self.log = log

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    @contextlib.contextmanager
    def paused(self):
        """It does nothing meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_for(self, condition, seconds=60):
        """Waits until the condition holds; the log's end is the reason where it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log) as file:
            raise SystemExit(f"error: {self.name} did not start; the end of {self.log}:\n{file.read()[-1000:]}")

    def cpu_seconds(self):
        """User and system time of all its threads, also of those that have ended; to the nanosecond."""
        # The clock of another process, as clock_getcpuclockid(3) makes its number.
        return time.clock_gettime_ns(~self.pid << 3 | 2) / 1e9

    def memory(self):
        """Bytes: resident, its peak, proportional, private and dirty, anonymous."""
        values = {}
        with open(f"/proc/{self.pid}/status") as status:
            lines = dict(line.split(":", 1) for line in status)
        values["rss"] = int(lines["VmRSS"].split()[0]) * 1024
        values["peak"] = int(lines["VmHWM"].split()[0]) * 1024
        with open(f"/proc/{self.pid}/smaps_rollup") as rollup:
            lines = dict(line.split(":", 1) for line in rollup if ":" in line and "kB" in line)
        for name, key in (("pss", "Pss"), ("private_dirty", "Private_Dirty"), ("anonymous", "Anonymous")):
            values[name] = int(lines[key].split()[0]) * 1024
        return values

    def switches(self):
        """Context switches of each of its threads since their start: each is a time that the thread went to sleep or
        was put aside, so those of a process that sleeps are its wake-ups."""
        counts = {}
        for path in glob.glob(f"/proc/{self.pid}/task/*/status"):
            try:
                with open(path) as status:
                    counts[path] = sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
            except (FileNotFoundError, ProcessLookupError):
                pass
        return counts

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def switches_between(before, after):
    """Those of threads that were there at the end; of one that ended in between nobody knows."""
    return sum(count - before.get(thread, 0) for thread, count in after.items())


def free_port():
    """A port that nobody has, below those that the kernel gives away: some agents take no higher one."""
    while True:
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", random.randrange(15_000, 32_000)))
                return sock.getsockname()[1]
            except OSError:
                continue


def listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
