"""Whether a snapshot costs the same in a large database as in an empty one."""
import statistics
import time

from . import fill, tables
from . import hub as hubs

MACHINES, ROUNDS = 100_000, 100
CONNECTIONS, SECONDS, LIMIT = 32, 6, 75_000
# Runs against each, in turns: the machine's own speed changes by as much as is to be measured.
TURNS = 3
# Seconds that all of it takes in the large database, at most, and of a history's bucket, which is summed up a minute after
# it is over.
TAKES, BUCKET = 200, 300


def run(*_):
    large = fill.filled(MACHINES, ROUNDS)
    runs = []
    with large.hub("growth") as hub:
        # Every machine has reported once before: a hub hears a machine's first report only once, and looks for its token
        # in the database then.
        _wait()
        first = hubs.generate(hub, "run", hub.enrollment_string(1), "--fleet", large.fleet, "--connections", CONNECTIONS,
                              "--rate", 0, "--seconds", 120, "--limit", MACHINES)
        if first["answered"] != MACHINES:
            raise SystemExit(f"error: the hub answered {first['answered']} of {MACHINES} machines' first reports")
        counts = {key: large.counts[key] + first["answered"] for key in ("snapshots", "history_rows")}
        for turn in range(TURNS):
            with hub.paused():
                runs.append(_empty(f"empty, {turn + 1}"))
            # Its timers are overdue, and run at once.
            time.sleep(1)
            report = hubs.load(hub, f"large, {turn + 1}", 1, CONNECTIONS, 0, SECONDS, LIMIT, fleet=large.fleet,
                               earlier=counts, later=turn + 1)
            runs.append(report)
            counts = {key: count + report["answered"] for key, count in counts.items()}
    runs.append(_empty("empty, after"))
    return {"filled": large.counts, "runs": runs, "ratio": _ratio(runs, lambda report: report["per_second"]),
            "cpu_ratio": _ratio(runs, lambda report: 1 / _cost(report))}


def _wait():
    """Until no five minutes will be over in the middle: to sum them up for all machines at once is two seconds' work in
    five minutes, and would be in some of the runs."""
    place = (time.time() - 60) % BUCKET
    if place + TAKES > BUCKET:
        time.sleep(BUCKET - place)


def _empty(name):
    with hubs.Hub() as hub:
        return hubs.load(hub, name, 2000, CONNECTIONS, 0, SECONDS, LIMIT)


def _cost(report):
    """CPU seconds of the hub for a snapshot."""
    return report["processors"]["server_cpu_seconds"] / max(1, report["answered"])


def _ratio(runs, value):
    """Each large one against the mean of its neighbours; the middle of those."""
    values = [value(report) for report in runs]
    return round(statistics.median(2 * values[place] / (values[place - 1] + values[place + 1])
                                   for place in range(1, len(values), 2)), 3)


def show(results):
    def row(report):
        return [report["name"], report["machines"], report["answered"], report["per_second"], report["p50_ms"],
                report["p99_ms"], report["max_ms"], 1e6 * _cost(report), tables.megabytes(report["server_peak_bytes"]),
                report["processors"]["others_share"] * 100, report["verified"]]
    counts = results["filled"]
    tables.show("Growth: the saturated run against a large database",
                ["database", "machines", "answered", "/s", "p50 ms", "p99 ms", "max ms", "CPU us each", "peak MB",
                 "others %", "checked"], [row(report) for report in results["runs"]],
                [f"Large: {counts['machines']:,} machines, {counts['history_rows']:,} rows of host_metrics, "
                 f"{counts['snapshots']:,} metrics snapshots, {counts['bytes'] / 1e9:.1f} GB.",
                 f"Rate in the large database: {results['ratio']:.0%} of that in an empty one just before and after, in "
                 f"the middle one of {len(results['runs']) // 2} turns; by the hub's CPU time a snapshot, "
                 f"{results['cpu_ratio']:.0%}."])


def failures(results):
    return [f"growth, {report['name']}: {report['verification']}" for report in results["runs"]
            if not report["verified"]]
