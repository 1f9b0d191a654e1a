"""A hub on loopback with TLS, fsync and validation on, and the load generator against it."""
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess

from . import paths
from .processes import Server

CONFIGURATION = os.path.join(paths.ROOT, "packaging", "demo-hub.toml")


class Hub(Server):
    """A hub on a free port of loopback, on a new database or on one that is there."""

    def __init__(self, name="hub", keep=False, configuration=CONFIGURATION):
        self.data = paths.home(name, "data")
        ready = paths.home(name, "ready")
        if not keep:
            shutil.rmtree(self.data, ignore_errors=True)
        if os.path.exists(ready):
            os.remove(ready)
        self.configuration = configuration
        super().__init__("the hub", [paths.HUB, "serve", "--config", configuration, "--listen", "127.0.0.1:0",
                                     "--data-dir", self.data, "--ready-file", ready], paths.home(name, "log"))
        self.wait_for(lambda: os.path.exists(ready))
        with open(ready) as file:
            self.port = json.load(file)["port"]

    def command(self, *words):
        """What a command of vigie-hub prints as JSON."""
        return json.loads(subprocess.check_output([paths.HUB, *words, "--data-dir", self.data, "-o", "json"]))

    def archived(self, kind):
        """Snapshots of a kind in its archive."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/hub.sqlite?mode=ro", uri=True)) as database:
            return database.execute("SELECT count(*) FROM snapshots WHERE kind = ?", (kind,)).fetchone()[0]

    def enrollment_string(self, uses):
        return self.command("enrollment", "create", "--uses", str(max(1, uses)), "--ttl", "1h")["enrollment_string"]


def generate(server, *words):
    """Runs a command of the load generator; its report, with the server's memory afterwards."""
    output = subprocess.check_output([paths.LOAD, *map(str, words), "--server", str(server.pid)])
    report = json.loads(output.splitlines()[-1])
    report.update({f"server_{key}_bytes": value for key, value in server.memory().items()})
    return report


def verify(data, answered, earlier=None, in_order=False):
    """Whether what was answered is archived and derived, once; and the words for it.

    `earlier` counts what a database held before the run; the file itself is not checked then, which would take minutes.
    `in_order`: each snapshot was its machine's newest when it came.
    """
    words = ["--earlier-snapshots", str(earlier["snapshots"]), "--earlier-history", str(earlier["history_rows"]),
             "--no-integrity"] if earlier else []
    if in_order:
        words.append("--in-order")
    check = subprocess.run([paths.LOAD, "verify", "--data-dir", data, "--answered", answered, *words],
                           capture_output=True, text=True)
    return {"verified": check.returncode == 0, "verification": (check.stdout + check.stderr).strip()}


def load(hub, name, machines, connections, rate, seconds, limit, fleet=None, earlier=None, later=0):
    """One run against a hub, checked afterwards; `later` as of the load generator."""
    answered = paths.home("answered")
    words = ["run", hub.enrollment_string(machines), "--machines", machines, "--connections", connections,
             "--rate", rate, "--seconds", seconds, "--limit", limit, "--answered", answered, "--later", later]
    report = generate(hub, *words, *(["--fleet", fleet] if fleet else []))
    # Of a few machines two snapshots are under way at once, and may overtake each other.
    report.update(verify(hub.data, answered, earlier, in_order=fleet is not None or machines >= 16 * connections))
    report["name"] = name
    return report
