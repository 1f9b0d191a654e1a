"""What a hub does besides taking snapshots: deriving again from its archive, and retention beside ingest."""
import json
import os
import re
import subprocess
import time

from . import fill, paths, tables
from . import hub as hubs

PLANS = {
    "quick": {"machines": 20, "seconds": 3, "limit": 10_000, "aged": (500, 20)},
    "full": {"machines": 100, "seconds": 8, "limit": 100_000, "aged": (10_000, 50)},
}
# Older than all that the default rules keep as it came.
AGE_DAYS = 20


def run(size, _):
    plan = PLANS[size]
    return {"rederive": rederive(plan), "retention": retention(plan)}


def rederive(plan):
    """On the database of a saturated run, with the hub stopped, then compared with what stands."""
    with hubs.Hub() as hub:
        report = hubs.load(hub, "saturated", plan["machines"], 32, 0, plan["seconds"], plan["limit"])
        data = hub.data
    # Some hundred snapshots of each machine, a few hours of its archive: fewer would measure how a machine begins.
    results = {"machines": plan["machines"], "verified": report["verified"], "verification": report["verification"]}
    for name, words in (("as it stands", ["rederive"]), ("compared only", ["rederive", "--check"])):
        start = time.monotonic()
        answer = subprocess.run([paths.HUB, *words, "--data-dir", data], capture_output=True, text=True)
        seconds = time.monotonic() - start
        found = re.search(r"(\d+) snapshots", answer.stdout)
        if answer.returncode != 0 or not found:
            words = f"{' '.join(words)} ended with {answer.returncode} after {seconds:.0f} s"
            results["error"] = f"{words}: {(answer.stdout + answer.stderr).strip()[-500:]}"
            break
        results[name] = {"snapshots": int(found[1]), "seconds": round(seconds, 2),
                         "per_second": round(int(found[1]) / seconds, 1)}
    return results


def retention(plan):
    """`vigie-hub retention --apply` with the default rules on a database that is full of what is too old."""
    machines, rounds = plan["aged"]
    aged = fill.filled(machines, rounds, AGE_DAYS * 86_400)
    rules = paths.home("retention.toml")
    with open(rules, "w"):
        pass
    counts = {key: aged.counts[key] for key in ("snapshots", "history_rows")}
    with aged.hub("retention") as hub:
        alone = hubs.load(hub, "alone", 1, 32, 0, plan["seconds"], plan["limit"], fleet=aged.fleet,
                          earlier=counts)
        started = paths.home("started")
        if os.path.exists(started):
            os.remove(started)
        words = ["run", hub.enrollment_string(1), "--fleet", aged.fleet, "--seconds", plan["seconds"] * 3, "--limit",
                 plan["limit"], "--started", started, "--server", hub.pid, "--later", 1000]
        load = subprocess.Popen([paths.LOAD, *map(str, words)], stdout=subprocess.PIPE)
        hub.wait_for(lambda: os.path.exists(started) or load.poll() is not None, 300)
        start = time.monotonic()
        command = subprocess.run([paths.HUB, "retention", "--apply", "--config", rules, "--data-dir", hub.data, "-o",
                                  "json"], capture_output=True, text=True)
        seconds = time.monotonic() - start
        beside = json.loads(load.communicate()[0].splitlines()[-1])
    rows = 0
    if command.returncode == 0:
        answer = json.loads(command.stdout)
        rows = sum(row["rows"] for row in (answer if isinstance(answer, list) else answer["rows"]))
    return {"alone": alone, "beside": beside, "rows_deleted": rows, "seconds": round(seconds, 2),
            "rows_per_second": round(rows / seconds, 1),
            "error": command.stderr.strip() if command.returncode else None}


def show(results):
    again = results["rederive"]
    rows = [[f"rederive, {again['machines']} machines: {name}",
             *(again[name][key] for key in ("snapshots", "seconds", "per_second"))]
            for name in ("as it stands", "compared only") if name in again]
    kept = results["retention"]
    rows.append(["retention --apply beside ingest", kept["rows_deleted"], kept["seconds"], kept["rows_per_second"]])
    tables.show("Upkeep", ["what", "snapshots or rows", "seconds", "/s"], rows,
                [f"Ingest: {kept['alone']['per_second']:,.0f}/s, p99 {kept['alone']['p99_ms']:.0f} ms by itself; "
                 f"{kept['beside']['per_second']:,.0f}/s, p99 {kept['beside']['p99_ms']:.0f} ms beside retention."])


def failures(results):
    found = [results["rederive"].get("error"), results["retention"]["error"]]
    if not results["rederive"]["verified"]:
        found.append(results["rederive"]["verification"])
    if not results["retention"]["alone"]["verified"]:
        found.append(results["retention"]["alone"]["verification"])
    return [f"upkeep: {text}" for text in found if text]
