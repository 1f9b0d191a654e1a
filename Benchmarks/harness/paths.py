"""Where things are."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOME = os.path.join(ROOT, "out", "bench")
BIN = os.path.join(ROOT, "out", "bin")
SCRATCH = os.environ.get("SCRATCH", ".build")

# Another build can be measured in place of this tree's: VIGIE_BENCH_HUB, VIGIE_BENCH_AGENT.
HUB = os.environ.get("VIGIE_BENCH_HUB", os.path.join(BIN, "vigie-hub"))
AGENT = os.environ.get("VIGIE_BENCH_AGENT", os.path.join(BIN, "vigie-agent"))
CLI = os.path.join(BIN, "vigie")
LOAD = os.path.join(ROOT, SCRATCH, "release", "LoadGenerator")


def home(*names):
    """A path below out/bench, whose directory is there."""
    path = os.path.join(HOME, *names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path
