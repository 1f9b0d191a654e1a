"""How long each shipped question takes in a hub with a fleet of ten thousand."""
import http.client
import os
import socket
import statistics
import subprocess
import time

from . import fill, paths, tables

PLANS = {"quick": (500, 10), "full": (10_000, 120)}
REPEATS = 21

# What `vigie` asks for each of its commands.
QUESTIONS = [
    ("machines", "/v1/machines?limit=100000"),
    ("machines --stale", "/v1/machines?stale=true"),
    ("machine show load-1", "/v1/machines/load-1"),
    ("metrics load-1 --since 4h", "/v1/machines/load-1/metrics?since=4h"),
    ("metrics load-1 --since 7d", "/v1/machines/load-1/metrics?since=7d"),
    ("snapshots load-1", "/v1/machines/load-1/snapshots"),
    ("messages", "/v1/messages"),
    ("events", "/v1/events"),
    ("disks", "/v1/disks"),
    ("interfaces", "/v1/interfaces"),
    ("neighbors", "/v1/neighbors"),
    ("pci", "/v1/pci-devices"),
    ("host-keys", "/v1/host-keys"),
    ("updates", "/v1/updates"),
    ("updates by package", "/v1/update-groups"),
    ("packages --name 'open*'", "/v1/packages?name=open*"),
    ("reboots", "/v1/reboots"),
    ("apt history", "/v1/apt-history"),
    ("apt sources", "/v1/apt-sources"),
    ("containers", "/v1/containers"),
    ("stacks", "/v1/stacks"),
    ("images", "/v1/images"),
    ("volumes", "/v1/volumes"),
    ("networks", "/v1/networks"),
    ("hub status", "/v1/hub"),
]


class LocalConnection(http.client.HTTPConnection):
    """HTTP over the hub's own socket, where no token is asked for."""

    def __init__(self, path):
        super().__init__("hub", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, path):
    start = time.monotonic()
    connection.request("GET", path)
    answer = connection.getresponse()
    begun = time.monotonic()
    body = answer.read()
    return answer.status, len(body), (begun - start) * 1000, (time.monotonic() - start) * 1000


def ask_all(hub, questions):
    """The connection, and each question with how long it took."""
    rows = []
    connection = LocalConnection(os.path.join(hub.data, "hub.sock"))
    for name, path in questions:
        status, length, _, first = ask(connection, path)
        begun, times = zip(*(ask(connection, path)[2:] for _ in range(REPEATS)))
        # The hub begins to answer when it has all of the answer.
        rows.append({"name": name, "path": path, "status": status, "bytes": length, "first_ms": round(first, 2),
                     "hub_ms": round(statistics.median(begun), 2), "warm_ms": round(statistics.median(times), 2),
                     "best_ms": round(min(times), 2)})
    return connection, rows


def run(size, _):
    database = fill.filled(*PLANS[size])
    with database.hub("queries") as hub:
        time.sleep(1)
        connection, rows = ask_all(hub, QUESTIONS)
        start = time.monotonic()
        command = subprocess.run([paths.CLI, "machines", "-o", "json", "--socket", connection.path],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        cli = {"command": "vigie machines -o json", "ms": round((time.monotonic() - start) * 1000, 1),
               "error": command.stderr.strip() if command.returncode else None}
    return {"filled": database.counts, "questions": rows, "cli": cli}


def show(results):
    show_questions(
        f"Questions of vigie to a hub with {results['filled']['machines']:,} machines, over its local socket",
        results["questions"],
        [f"{results['cli']['command']}, the program's start and printing included: {results['cli']['ms']} ms"
         if not results["cli"]["error"] else f"vigie: {results['cli']['error']}"])


def show_questions(title, rows, notes=()):
    tables.show(title, ["question", "answer KB", "first ms", "in the hub ms", "warm ms", "best ms"],
                [[row["name"], row["bytes"] / 1000, row["first_ms"], row["hub_ms"], row["warm_ms"],
                  row["best_ms"]] for row in rows],
                notes)


def failures(results):
    return [f"{row['path']} was answered {row['status']}" for row in results["questions"] if row["status"] != 200]
