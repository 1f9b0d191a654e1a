"""Keeps a run for a release: its JSON, a plot and a page in docs/benchmarks.

    python3 -m harness.page VERSION [RESULTS]
"""
import contextlib
import io
import json
import os
import sys

from . import paths, plot
from .sections import SECTIONS


def text(results):
    """What the run printed."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        for name, section in SECTIONS.items():
            if name in results:
                section.show(results[name])
    return output.getvalue().strip("\n")


def others(results):
    """The shares of the machine that others took, in the order of the runs."""
    found = []
    for value in results.values() if isinstance(results, dict) else results if isinstance(results, list) else ():
        if isinstance(value, dict) and "others_share" in value:
            found.append(value["others_share"])
        found += others(value)
    return found


def page(results, version):
    machine = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    busy = sorted(others(results)) or [0]
    return f"""# Benchmarks of {version}

| | |
|---|---|
| measured | {results['date'][:10]}, commit {results['commit']} |
| machine | {machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 1e9:.0f} GB, {machine['disk']} |
| system | {machine['system']}, kernel {machine['kernel']} |
| peers | {versions} |
| others' share of the cores | {busy[0]:.0%} to {busy[-1]:.0%}, half of the runs above {busy[len(busy) // 2]:.0%} |

How it was measured, and whom the comparison favours: [performance](../performance.md). What counts are ratios within
this run; absolute figures are this machine's. All that was measured: [{version}.json]({version}.json).

![Bars of the figures below]({version}.svg)

```text
{text(results)}
```
"""


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    version = sys.argv[1]
    with open(sys.argv[2] if len(sys.argv) == 3 else os.path.join(paths.HOME, "bench.json")) as file:
        results = json.load(file)
    directory = os.path.join(paths.ROOT, "docs", "benchmarks")
    os.makedirs(directory, exist_ok=True)
    for suffix, content in (("json", json.dumps(results, indent=1) + "\n"),
                            ("svg", plot.draw(results, f"Vigie {version}, measured beside its peers")),
                            ("md", page(results, version))):
        with open(os.path.join(directory, f"{version}.{suffix}"), "w") as file:
            file.write(content)
        print(os.path.relpath(file.name))


if __name__ == "__main__":
    main()
