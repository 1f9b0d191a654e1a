"""Databases that others keep metrics in, from Debian, given the values that a hub is given."""
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from . import paths
from .hub import generate
from .processes import Server, free_port, listens


def install(*packages):
    """Installs what is missing; False where that is not possible here."""
    missing = [package for package in packages if not version(package)]
    if not missing:
        return True
    print(f"installing {' '.join(missing)}", file=sys.stderr)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    if os.getuid() != 0:
        command.insert(0, "sudo")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def version(package):
    """That of an installed package, or nothing."""
    answer = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package],
                            capture_output=True, text=True)
    status, _, number = answer.stdout.partition(" ")
    return number if status == "installed" else ""


def fetch(port, path, parameters, data=None):
    url = f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, data=data, timeout=120) as answer:
        return answer.read()


class VictoriaMetrics(Server):
    """Keeps what it takes in memory and writes it some seconds later: its answer does not wait for the disk."""

    package = "victoria-metrics"
    words = "VictoriaMetrics"

    def __init__(self):
        data = paths.home("victoria-metrics", "data")
        shutil.rmtree(data, ignore_errors=True)
        self.port = free_port()
        super().__init__(self.words, ["victoria-metrics", f"-storageDataPath={data}",
                                      f"-httpListenAddr=127.0.0.1:{self.port}", "-retentionPeriod=1"],
                         paths.home("victoria-metrics", "log"))
        self.wait_for(lambda: listens(self.port))

    def stored(self):
        """Snapshots and values that a query finds."""
        # What was taken becomes visible some seconds later, by parts.
        fetch(self.port, "/internal/force_flush", {})
        counts = None
        for _ in range(10):
            before, counts = counts, (self._count("host_uptime_seconds"), self._count('{machine!=""}'))
            if counts == before:
                break
            time.sleep(1)
        return counts

    def _count(self, selector):
        answer = json.loads(fetch(self.port, "/api/v1/query",
                                  {"query": f"sum(count_over_time({selector}[1d]))", "nocache": "1"}))
        result = answer["data"]["result"]
        return int(float(result[0]["value"][1])) if result else 0


class InfluxDB(Server):
    """Appends what it takes to a log and syncs that before it answers."""

    package = "influxdb"
    words = "InfluxDB 1"

    def __init__(self):
        directory = paths.home("influxdb", "data")
        shutil.rmtree(directory, ignore_errors=True)
        self.port, rpc = free_port(), free_port()
        configuration = paths.home("influxdb", "influxdb.conf")
        with open(configuration, "w") as file:
            file.write(f"""reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{directory}/meta"
[data]
dir = "{directory}/data"
wal-dir = "{directory}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
log-enabled = false
""")
        super().__init__(self.words, ["influxd", "-config", configuration], paths.home("influxdb", "log"))
        self.wait_for(lambda: listens(self.port))
        fetch(self.port, "/query", {"q": "CREATE DATABASE vigie"}, data=b"")

    def stored(self):
        total = 0
        snapshots = 0
        for measurement in ("host", "cpu_per_core", "filesystems", "disks", "interfaces"):
            answer = json.loads(fetch(self.port, "/query", {"db": "vigie", "q": f"SELECT count(*) FROM {measurement}"}))
            series = answer["results"][0]["series"][0]
            counts = dict(zip(series["columns"], series["values"][0]))
            del counts["time"]
            total += sum(counts.values())
            snapshots = snapshots or counts["count_uptime_seconds"]
        return snapshots, total


PEERS = [VictoriaMetrics, InfluxDB]


def load(peer, machines, connections, seconds, limit):
    """The saturated run against a peer, checked by a question to it."""
    with peer() as server:
        report = generate(server, "peer", server.port, "--machines", machines, "--connections", connections,
                          "--seconds", seconds, "--limit", limit)
        snapshots, values = server.stored()
    report["name"] = peer.words
    report["verified"] = snapshots == report["answered"]
    report["verification"] = f"answered {report['answered']}, stored {snapshots} snapshots with {values} values"
    return report
