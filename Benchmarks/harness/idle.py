"""What a kept connection costs a hub that has nothing to say on it."""
import json
import subprocess
import time

from . import hub as hubs
from . import paths, tables
from .processes import switches_between

PLANS = {"quick": 500, "full": 5000}


def run(size, _):
    connections = PLANS[size]
    with hubs.Hub() as hub:
        # Work first, so that what the hub keeps for working is there already.
        hubs.load(hub, "before", 500, 32, 0, 3, 10_000)
        time.sleep(1)
        before = hub.memory()
        words = [paths.LOAD, "idle", hub.enrollment_string(500), "--connections", str(connections), "--machines",
                 "500", "--server", str(hub.pid)]
        client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            report = json.loads(client.stdout.readline())
            time.sleep(2)
            after = hub.memory()
            switches, cpu, start = hub.switches(), hub.cpu_seconds(), time.monotonic()
            time.sleep(10)
            seconds = time.monotonic() - start
            report["idle_cpu_share"] = (hub.cpu_seconds() - cpu) / seconds
            report["idle_switches_per_second"] = switches_between(switches, hub.switches()) / seconds
            report["descriptors"] = hub.descriptors()
        finally:
            client.communicate()
        report["per_connection_bytes"] = round((after["rss"] - before["rss"]) / report["connections"])
        report["rss_bytes"] = after["rss"]
        report["handshake_and_post_us"] = round(
            1e6 * report["processors"]["server_cpu_seconds"] / report["connections"])
        time.sleep(2)
        report["rss_after_bytes"] = hub.memory()["rss"]
    return report


def show(report):
    tables.show("Idle connections, kept over TLS",
                ["connections", "bytes each", "RSS MB", "RSS MB when closed", "opened in s", "hub CPU us to open one",
                 "CPU % idle", "wake-ups/s", "others %"],
                [[report["connections"], report["per_connection_bytes"], tables.megabytes(report["rss_bytes"]),
                  tables.megabytes(report["rss_after_bytes"]), report["seconds"], report["handshake_and_post_us"],
                  report["idle_cpu_share"] * 100, report["idle_switches_per_second"],
                  report["processors"]["others_share"] * 100]])


def failures(report):
    return [] if report["answered"] == report["connections"] else [
        f"idle: {report['connections']} connections, {report['answered']} answers"]
