"""Instructions of the hot parts, counted by callgrind: the same on every run, however busy the machine is.

    python3 -m harness.micro [--update]

Benchmarks/micro-thresholds.json holds what each part may take. More than TOLERANCE above it fails; so much below is
told, so that the threshold follows and what was won is not lost again. --update writes the file anew.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

from . import hub as hubs
from . import paths, tables
from .peers import install

THRESHOLDS = os.path.join(paths.ROOT, "Benchmarks", "micro-thresholds.json")
TOLERANCE = 0.05
# Each part this often and twice as often; the difference is without the program's start.
TIMES = {"compress": 50, "inflate": 200, "digest": 200, "read-json": 100, "decode-head": 200, "decode-payload": 100,
         "encode-payload": 50, "parse-identifier": 2000, "parse-timestamp": 2000, "write-timestamp": 2000}
# Rounds of metrics in the archive that is derived again; by so many machines.
MACHINES, ROUNDS = 4, 40


def keep_to_one_core():
    """On more, rederive has more readers, and whether the second one finds anything left to do is chance."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def instructions(command, first=None):
    """Instructions of a command and its threads, in user space; `first` is done in its process before it starts."""
    environment = dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1")
    answer = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)],
                            capture_output=True, text=True, env=environment, preexec_fn=first)
    found = re.search(r"Collected\s*:\s*(\d+)", answer.stderr)
    if answer.returncode != 0 or not found:
        sys.exit(f"error: {' '.join(map(str, command))} under valgrind: {answer.stderr[-2000:]}")
    return int(found[1])


def stripped(program):
    """A copy without debugging information, at whose newest forms valgrind 3.19 gives up."""
    copy = paths.home("micro", os.path.basename(program))
    subprocess.check_call(["strip", "-o", copy, program])
    return copy


def parts():
    results = {}
    load = stripped(paths.LOAD)
    for part, times in TIMES.items():
        once, twice = (instructions([load, "micro", part, "--times", count]) for count in (times, 2 * times))
        results[part] = round((twice - once) / times)
    return results


def rederive():
    """Inflate, strict reading, validation, deriving and every statement of a snapshot, by the hub itself."""
    counts = []
    program = stripped(paths.HUB)
    for rounds in (ROUNDS, 2 * ROUNDS):
        with hubs.Hub("micro-hub") as hub:
            report = hubs.generate(hub, "run", hub.enrollment_string(MACHINES), "--machines", MACHINES, "--connections",
                                   1, "--limit", MACHINES * rounds, "--seconds", 60)
            data = hub.data
        if report["answered"] != MACHINES * rounds:
            sys.exit(f"error: the hub answered {report['answered']} of {MACHINES * rounds} snapshots")
        counts.append(instructions([program, "rederive", "--data-dir", data], keep_to_one_core))
    return round((counts[1] - counts[0]) / (MACHINES * ROUNDS))


def main():
    parser = argparse.ArgumentParser(prog="make bench-micro", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the thresholds anew")
    options = parser.parse_args()
    if not shutil.which("valgrind") and not install("valgrind"):
        sys.exit("error: valgrind is missing, and could not be installed")
    results = parts()
    results["rederive-snapshot"] = rederive()
    with open(THRESHOLDS) as file:
        thresholds = json.load(file)
    failures, better, rows = [], [], []
    for part, count in results.items():
        allowed = thresholds.get(part)
        change = count / allowed - 1 if allowed else None
        rows.append([part, count, allowed, f"{change:+.1%}" if allowed else "-"])
        if allowed is None or change > TOLERANCE:
            failures.append(f"{part}: {count:,} instructions, where {allowed or 'nothing'} is allowed")
        elif change < -TOLERANCE:
            better.append(part)
    tables.show("Instructions of one pass", ["part", "instructions", "threshold", "change"], rows)
    if options.update:
        with open(THRESHOLDS, "w") as file:
            json.dump(results, file, indent=2)
            file.write("\n")
        return
    if better:
        print(f"\nfaster than their thresholds, which should follow (make bench-micro UPDATE=1): {', '.join(better)}")
    for failure in failures:
        print(f"error: {failure}; if that is meant: make bench-micro UPDATE=1", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
