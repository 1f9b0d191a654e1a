"""Measures hub, agent and peers on loopback; prints tables and writes out/bench/bench.json.

Every run is checked: what was answered is in the archive and in the tables, once.
"""
import argparse
import fcntl
import json
import os
import resource
import subprocess
import sys
import time

from . import machine, paths
from . import peers as databases
from .agent import PEERS as AGENTS
from .sections import QUICK, SECTIONS


def build():
    """The load generator; the programs that are measured are built by 'make build'."""
    if not os.path.exists(paths.HUB):
        sys.exit(f"error: there is no {paths.HUB}; run 'make build' first")
    answer = subprocess.run(["scripts/build", "LoadGenerator"], cwd=paths.ROOT, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"{answer.stdout[-3000:]}{answer.stderr[-3000:]}error: the load generator does not build")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=["quick", "full"], nargs="?", default="quick")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--no-peers", action="store_true", help="install and measure nothing of others")
    parser.add_argument("--no-build", action="store_true", help="take the load generator as it is")
    parser.add_argument("--output", default=paths.home("bench.json"), help="where the JSON goes")
    options = parser.parse_args()
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no such section: {', '.join(unknown)}")
    lock = open(paths.home("lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("error: another benchmark is at work in this tree; both would use the same directories")
    if not options.no_build:
        build()
    # Ten thousand connections are as many files, in the hub and in the load generator.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with_peers = options.size == "full" and not options.no_peers
    results = {"size": options.size, **machine.describe(peer.package for peer in (*databases.PEERS, *AGENTS))}
    failures = []
    for name in options.sections or (QUICK if options.size == "quick" else SECTIONS):
        if sys.stderr.isatty():
            print(f"measuring {name}", file=sys.stderr)
        start = time.monotonic()
        section = SECTIONS[name]
        results[name] = section.run(options.size, with_peers)
        results[name]["took_seconds"] = round(time.monotonic() - start, 1)
        section.show(results[name])
        failures += section.failures(results[name])
    with open(options.output, "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    print(f"\n{os.path.relpath(options.output)}")
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
