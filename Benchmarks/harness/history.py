"""Every question of vigie to a hub with a fleet's history, as 'make bench-history' has filled it."""
import contextlib
import os
import shutil
import sqlite3
import sys
import time

from . import fill, paths, queries
from . import hub as hubs

MACHINE = "bench-1"


def questions():
    """Those of `vigie`, about a machine of that fleet. What is asked of the last hours has no answer: the history ended
    when it was made, and the benchmark itself has asked those."""
    return [(name.replace("load-1", MACHINE), path.replace("load-1", MACHINE))
            for name, path in queries.QUESTIONS if "since=" not in path]


def main(database):
    with hubs.Hub("history") as hub:
        data = hub.data
    for name in ("hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(data, name))
    shutil.move(database, os.path.join(data, "hub.sqlite"))
    with contextlib.closing(sqlite3.connect(os.path.join(data, "hub.sqlite"))) as connection:
        (machines,) = connection.execute("SELECT count(*) FROM machines").fetchone()
    configuration = paths.home("history", "hub.toml")
    with open(configuration, "w") as file:
        file.write(fill.CONFIGURATION)
    with fill.CopiedHub("history", keep=True, configuration=configuration) as hub:
        time.sleep(1)
        _, rows = queries.ask_all(hub, questions())
    queries.show_questions(f"Questions of vigie to a hub with this history of {machines:,} machines, over its local "
                           "socket", rows)
    failed = [row for row in rows if row["status"] != 200]
    for row in failed:
        print(f"{row['path']} was answered {row['status']}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
