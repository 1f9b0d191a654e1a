"""Whether a snapshot costs the same in a large database as in an empty one."""
from . import fill, tables
from . import hub as hubs

MACHINES, ROUNDS = 100_000, 100
CONNECTIONS, SECONDS, LIMIT = 32, 10, 150_000


def run(*_):
    large = fill.filled(MACHINES, ROUNDS)
    runs = []
    # The empty one before and after: the machine's other work changes in the meantime.
    for name in ("empty, before", "large", "empty, after"):
        if name == "large":
            with large.hub("growth") as hub:
                # Every machine has reported once before: a hub hears a machine's first report only once, and looks for
                # its token in the database then. Just now: minutes ago, its five minutes would be over and be summed up
                # for all machines at once in some of the runs, which is two seconds' work in five minutes.
                first = hubs.generate(hub, "run", hub.enrollment_string(1), "--fleet", large.fleet, "--connections",
                                      CONNECTIONS, "--rate", 0, "--seconds", 120, "--limit", MACHINES)
                counts = {key: large.counts[key] + first["answered"] for key in ("snapshots", "history_rows")}
                # As many again: the round before and this one are made alike, so that each machine's snapshot is the
                # next of its own. Two rounds would begin before the one that came, and half of them would be late.
                report = hubs.load(hub, name, 1, CONNECTIONS, 0, SECONDS, MACHINES, fleet=large.fleet, earlier=counts,
                                   later=1)
        else:
            with hubs.Hub() as hub:
                report = hubs.load(hub, name, 2000, CONNECTIONS, 0, SECONDS, LIMIT)
        runs.append(report)
    rates = [report["per_second"] for report in runs]
    costs = [report["processors"]["server_cpu_seconds"] / max(1, report["answered"]) for report in runs]
    return {"filled": large.counts, "runs": runs, "ratio": round(2 * rates[1] / (rates[0] + rates[2]), 3),
            "cpu_ratio": round((costs[0] + costs[2]) / 2 / costs[1], 3)}


def show(results):
    def row(report):
        return [report["name"], report["machines"], report["answered"], report["per_second"], report["p50_ms"],
                report["p99_ms"], report["max_ms"],
                1e6 * report["processors"]["server_cpu_seconds"] / max(1, report["answered"]),
                tables.megabytes(report["server_peak_bytes"]), report["processors"]["others_share"] * 100,
                report["verified"]]
    counts = results["filled"]
    tables.show("Growth: the saturated run against a large database",
                ["database", "machines", "answered", "/s", "p50 ms", "p99 ms", "max ms", "CPU us each", "peak MB",
                 "others %", "checked"], [row(report) for report in results["runs"]],
                [f"Large: {counts['machines']:,} machines, {counts['history_rows']:,} rows of host_metrics, "
                 f"{counts['snapshots']:,} metrics snapshots, {counts['bytes'] / 1e9:.1f} GB.",
                 f"Rate in the large database: {results['ratio']:.0%} of that in an empty one; by the hub's CPU time a "
                 f"snapshot, {results['cpu_ratio']:.0%}."])


def failures(results):
    return [f"growth, {report['name']}: {report['verification']}" for report in results["runs"]
            if not report["verified"]]
