"""What can be measured, in the order in which it is."""
from . import agent, growth, idle, ingest, maintenance, queries, storm

SECTIONS = {"ingest": ingest, "storm": storm, "idle": idle, "queries": queries, "maintenance": maintenance,
            "agent": agent, "growth": growth}
# What shows in a minute that all is well. Agents need time to become quiet, and a large database to be filled.
QUICK = ["ingest", "storm", "idle", "queries", "maintenance"]
