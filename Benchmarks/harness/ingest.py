"""Metrics snapshots over kept connections: as fast as they are answered, and at a steady rate; peers beside."""
from . import hub as hubs
from . import peers as others
from . import tables

PLANS = {
    # machines, connections, seconds and most snapshots of a saturated run; times it is repeated; steady rates, seconds
    "quick": {"machines": 500, "connections": 32, "seconds": 6, "limit": 60_000, "rounds": 1,
              "rates": [500], "steady_seconds": 5},
    "full": {"machines": 2000, "connections": 32, "seconds": 10, "limit": 150_000, "rounds": 2,
             "rates": [1000, 2000], "steady_seconds": 15},
}

NOTES = (
    "Hub: TLS, gzip, strict validation, archive and derived tables, fsync before the answer. Peers: the same values,",
    "plain HTTP, gzip, no validation, no archive, nothing derived. VictoriaMetrics answers before anything is on the",
    "disk; InfluxDB syncs its log first. 'others' is the share of all cores that neither server nor load took.",
)


def run(size, with_peers):
    plan = PLANS[size]
    runs = []
    for _ in range(plan["rounds"]):
        # In turns, so that what else the machine does meanwhile falls on all of them.
        with hubs.Hub() as hub:
            runs.append(hubs.load(hub, "hub", plan["machines"], plan["connections"], 0, plan["seconds"],
                                  plan["limit"]))
        if with_peers:
            runs += [others.load(peer, plan["machines"], plan["connections"], plan["seconds"], plan["limit"])
                     for peer in others.PEERS if others.install(peer.package)]
    saturated = [merge([report for report in runs if report["name"] == name])
                 for name in dict.fromkeys(report["name"] for report in runs)]
    for report in saturated:
        report["ratio"] = round(saturated[0]["per_second"] / max(1, report["per_second"]), 3)
    steady = []
    for rate in plan["rates"]:
        with hubs.Hub() as hub:
            steady.append(hubs.load(hub, f"steady {rate}/s", plan["machines"], plan["connections"], rate,
                                    plan["steady_seconds"], 1_000_000))
    return {"saturated": saturated, "steady": steady, "rounds": runs}


def merge(reports):
    """One row of several runs: rates of all together, the worst latency and memory."""
    merged = dict(reports[0])
    for key in ("answered", "seconds", "lost"):
        merged[key] = sum(report[key] for report in reports)
    merged["per_second"] = merged["answered"] / merged["seconds"]
    for key in ("p50_ms", "p99_ms", "max_ms", "server_peak_bytes"):
        merged[key] = max(report[key] for report in reports)
    merged["processors"] = {key: sum(report["processors"][key] for report in reports) / len(reports)
                            for key in reports[0]["processors"]}
    merged["processors"]["server_cpu_seconds"] *= len(reports)
    merged["verified"] = all(report["verified"] for report in reports)
    return merged


def show(results):
    def row(report):
        processors = report["processors"]
        return [report["name"], report["answered"], report["per_second"], report["p50_ms"], report["p99_ms"],
                report["max_ms"], 1e6 * processors["server_cpu_seconds"] / max(1, report["answered"]),
                tables.megabytes(report["server_peak_bytes"]), processors["others_share"] * 100, report["verified"],
                report.get("ratio")]
    tables.show("Ingest: snapshots of 76 numbers, one a request",
                ["run", "answered", "/s", "p50 ms", "p99 ms", "max ms", "CPU us each", "peak MB", "others %", "checked",
                 "hub is x times"],
                [row(report) for report in results["saturated"] + results["steady"]], NOTES)


def failures(results):
    return [f"{report['name']}: {report['verification']}" for report in results["rounds"] + results["steady"]
            if not report["verified"]]
