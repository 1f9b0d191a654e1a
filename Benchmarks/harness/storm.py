"""A fleet whose hub was away comes back within seconds: how long until all has arrived, the newest state first."""
import os

from . import hub as hubs
from . import paths, tables

INVENTORY = os.path.join(paths.ROOT, "contracts", "hardware", "v1", "valid", "rack-server-with-everything.json")
PLANS = {"quick": {"machines": 500, "within": 1, "kept": 1}, "full": {"machines": 10_000, "within": 2, "kept": 3}}


def run(size, _):
    plan = PLANS[size]
    answered = paths.home("answered")
    with hubs.Hub() as hub:
        report = hubs.generate(hub, "storm", hub.enrollment_string(plan["machines"]), "--machines", plan["machines"],
                               "--within", plan["within"], "--kept", plan["kept"], "--inventory", INVENTORY,
                               "--answered", answered)
        report.update(hubs.verify(hub.data, answered))
    return report


def show(report):
    tables.show("Reconnect storm: newest metrics, an inventory, older metrics two seconds apart, over TLS",
                ["machines", "snapshots", "answered", "newest p50 s", "p99 s", "all s", "settled s", "told to wait",
                 "broken off", "hub CPU s", "peak MB", "others %", "checked"],
                [[report["machines"], report["snapshots"], report["answered"], report["newest_p50_seconds"],
                  report["newest_p99_seconds"], report["newest_all_seconds"], report["settled_seconds"],
                  report["asked_to_wait"], report["failures"], report["processors"]["server_cpu_seconds"],
                  tables.megabytes(report["server_peak_bytes"]), report["processors"]["others_share"] * 100,
                  report["verified"]]])


def failures(report):
    found = [] if report["verified"] else [f"storm: {report['verification']}"]
    if report["waiting"] or report["refused"]:
        found.append(f"storm: {report['waiting']} snapshots never answered, {report['refused']} refused")
    return found
