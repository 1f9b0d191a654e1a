"""A large fleet's database, made in minutes: a hub takes a small fleet's snapshots, and their rows are multiplied.

The rows are those that the hub wrote, in the hub's own schema, with other machine ids, names and tokens. Archived
bodies are copies: they name the machine that they were sent by, so nothing can be derived again from them.
"""
import base64
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import time
import uuid

from . import hub as hubs
from . import paths

# What stands for one machine in the whole; the rest are its copies.
TEMPLATES = 100
# Snapshots of each kind that stay in the archive: what the hub needs to have of a machine, and some history.
ARCHIVED = 5
CONFIGURATION = """# Nothing is too old: a database that was filled yesterday is measured as it was.
[limits]
requests_per_minute = 100000
[retention]
metrics_hours = 87600
host_metrics_days = 3650
rollup_5m_days = 3650
rollup_1h_days = 3650
"""


class Filled:
    """A database kept under out/bench, and the machines in it."""

    def __init__(self, directory):
        self.directory = directory
        self.data = os.path.join(directory, "data")
        self.fleet = os.path.join(directory, "fleet")
        self.configuration = os.path.join(directory, "hub.toml")
        with open(os.path.join(directory, "counts.json")) as file:
            self.counts = json.load(file)

    def hub(self, name):
        """A hub on a copy of it."""
        target = paths.home(name, "data")
        shutil.rmtree(target, ignore_errors=True)
        subprocess.check_call(["cp", "-a", "--reflink=auto", self.data, target])
        # Gigabytes that the system would write while something is measured.
        os.sync()
        return CopiedHub(name, keep=True, configuration=self.configuration)


class CopiedHub(hubs.Hub):
    """Its database is a copy of some gigabytes, and goes with it."""

    def stop(self):
        super().stop()
        shutil.rmtree(self.data, ignore_errors=True)


def filled(machines, rounds, age=3600):
    """The database of so many machines with so many rounds of metrics, the newest so many seconds old; made once for
    each schema of the hub.

    An hour by default: all of it is rolled up then, and what is sent to the filled hub is not late.
    """
    with hubs.Hub("schema"):
        pass
    schema = subprocess.check_output(["sqlite3", paths.home("schema", "data", "hub.sqlite"), ".schema"])
    name = f"filled-{machines}-{rounds}-{age}"
    directory = paths.home(name, hashlib.sha256(schema).hexdigest()[:12])
    if not os.path.exists(os.path.join(directory, "counts.json")):
        shutil.rmtree(paths.home(name, ""), ignore_errors=True)
        os.makedirs(directory)
        _make(directory, machines, rounds, age)
    return Filled(directory)


def _make(directory, machines, rounds, age):
    start = time.monotonic()
    with open(os.path.join(directory, "hub.toml"), "w") as file:
        file.write(CONFIGURATION)
    with hubs.Hub("template") as hub:
        report = hubs.generate(hub, "run", hub.enrollment_string(TEMPLATES), "--machines", TEMPLATES, "--inventory",
                               os.path.join(paths.ROOT, "contracts"), "--limit", TEMPLATES * rounds, "--seconds", 600,
                               "--age", age)
        if report["answered"] != TEMPLATES * rounds:
            raise SystemExit(f"error: the hub answered {report['answered']} of {TEMPLATES * rounds} templates")
    # Rolled up as by a hub that has been there all the time, and nothing deleted, for nothing is too old.
    subprocess.check_call([paths.HUB, "retention", "--apply", "--config", os.path.join(directory, "hub.toml"),
                           "--data-dir", hub.data], stdout=subprocess.DEVNULL)
    shutil.move(hub.data, os.path.join(directory, "data"))
    database = sqlite3.connect(os.path.join(directory, "data", "hub.sqlite"), isolation_level=None)
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "locking_mode = EXCLUSIVE", "cache_size = -400000"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("BEGIN")
    _multiply(database, machines)
    fleet = _identities(database)
    with open(os.path.join(directory, "fleet"), "w") as file:
        file.writelines(json.dumps(machine) + "\n" for machine in fleet)
    database.execute("COMMIT")
    database.execute("ANALYZE") if _has_statistics(database) else None
    counts = {"machines": len(fleet), "history_rows": _count(database, "host_metrics"),
              "snapshots": _count(database, "snapshots WHERE kind = 'metrics'"),
              "bytes": os.path.getsize(os.path.join(directory, "data", "hub.sqlite")),
              "filled_in_seconds": round(time.monotonic() - start)}
    database.close()
    with open(os.path.join(directory, "counts.json"), "w") as file:
        json.dump(counts, file)


def _count(database, what):
    return database.execute(f"SELECT count(*) FROM {what}").fetchone()[0]


def _has_statistics(database):
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone())


def _multiply(database, machines):
    """Copies the rows of the template machines; the copy of machine m with number k gets the id m + TEMPLATES * k."""
    database.create_function("another_uuid", 0, lambda: _uuid7())
    # Only the newest snapshots of each machine and kind are copied: an archive of two days would be hundreds of them.
    database.execute("CREATE TEMP TABLE kept AS SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY machine_id, "
                     "kind ORDER BY effective_at DESC, sequence DESC) AS place FROM snapshots) WHERE place <= ?",
                     (ARCHIVED,))
    database.execute("DELETE FROM snapshots WHERE id NOT IN (SELECT id FROM kept)")
    database.execute("CREATE TEMP TABLE copies AS WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n "
                     "WHERE k < ?) SELECT k FROM n", (machines // TEMPLATES - 1,))
    tables = [name for (name,) in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]
    # Indexes are made again at the end: one by one, each row would look for its place in all of them. Those of the
    # archive stay: made at once their pages would be full, and each snapshot of the measured run would split one, as it
    # does in no database that has been written for a while. Triggers keep the feed of events, which holds the newest
    # entries only and has nothing to do with how many machines there are.
    dropped = database.execute("SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') "
                               "AND sql IS NOT NULL AND tbl_name <> 'snapshots'").fetchall()
    for kind, name, _ in dropped:
        database.execute(f"DROP {kind} {name}")
    for table in ["machines", *(table for table in tables if table not in ("machines", "event_feed"))]:
        _copy(database, table)
    for _, _, sql in dropped:
        database.execute(sql)
    newest = ("FROM (SELECT id, machine_id, kind, snapshot_uuid, max(effective_at) FROM snapshots "
              "GROUP BY machine_id, kind) AS s WHERE s.machine_id =")
    database.execute("UPDATE machine_inventories SET archive_id = s.id, snapshot_uuid = s.snapshot_uuid, payload_uuid = "
                     f"s.snapshot_uuid {newest} machine_inventories.machine_id AND s.kind = machine_inventories.kind")
    database.execute("UPDATE machine_state SET metrics_archive_id = s.id, metrics_snapshot_uuid = s.snapshot_uuid "
                     f"{newest} machine_state.machine_id AND s.kind = 'metrics'")


def _copy(database, table):
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    names = [column[1] for column in columns]
    machine = "id" if table == "machines" else "machine_id"
    if machine not in names:
        return
    key = [column[1] for column in sorted(columns, key=lambda column: column[5]) if column[5]]
    if len(key) == 1 and key[0] != machine and key[0] in ("id", "entry"):
        names.remove(key[0])
    new = {machine: f"t.{machine} + {TEMPLATES} * k", "machine_uuid": "another_uuid()", "token_hash": "another_uuid()",
           # As the load generator says it: it counts them from 0.
           "hostname": f"'load-' || (t.{machine} + {TEMPLATES} * k - 1)"}
    template = f"SELECT * FROM {table}"
    if table == "snapshots":
        new["snapshot_uuid"] = "another_uuid()"
    if table == "machine_settings":
        new["name"] = new["hostname"]
    # Machines that have been silent since the fill are not to be found missing by the hub that is measured.
    new.update({name: f"t.{name} + 315360000000" for name in names if name.endswith("due_at")})
    values = ", ".join(new.get(name, f"t.{name}") for name in names)
    # In the order of the table's key, so that its pages fill one after the other: a part for each value of what stands
    # before the machine in it.
    before = key[:key.index(machine)] if machine in key else []
    if table == "snapshots":
        # In the order in which they would have come.
        template = ("SELECT *, row_number() OVER (PARTITION BY machine_id, kind ORDER BY effective_at, sequence) AS round "
                    "FROM snapshots")
        before = ["round"]
    if table == "host_metrics":
        # As well: its rows stand as they come.
        template = "SELECT *, row_number() OVER (PARTITION BY machine_id ORDER BY at) AS round FROM host_metrics"
        before = ["round"]
    parts = [()]
    where = " AND ".join(f"t.{column} = ?" for column in before)
    database.execute(f"CREATE TEMP TABLE template AS {template}")
    if before:
        parts = database.execute(f"SELECT DISTINCT {', '.join(before)} FROM temp.template ORDER BY 1").fetchall()
        database.execute(f"CREATE INDEX temp.template_order ON template ({', '.join(before)}, machine_id)")
    for part in parts:
        database.execute(f"INSERT INTO main.{table} ({', '.join(names)}) SELECT {values} FROM copies CROSS JOIN "
                         f"temp.template AS t {'WHERE ' + where if where else ''} ORDER BY k, t.{machine}", part)
    database.execute("DROP TABLE temp.template")


def _identities(database):
    """Gives every machine a token, and tells who they are."""
    rows = database.execute("SELECT m.id, m.machine_uuid, m.boot_id, t.highest_sequence FROM machines m "
                            "JOIN machine_state t ON t.machine_id = m.id ORDER BY m.id").fetchall()
    fleet = []
    hashes = []
    for number, (machine, machine_uuid, boot, sequence) in enumerate(rows):
        token = base64.urlsafe_b64encode(random.randbytes(32)).decode().rstrip("=")
        hashes.append(("sha256:" + hashlib.sha256(token.encode()).hexdigest(), machine))
        fleet.append({"token": token, "id": machine_uuid, "boot_id": boot, "sequence": sequence})
    database.executemany("UPDATE machine_credentials SET token_hash = ? WHERE machine_id = ?", hashes)
    return fleet


def _uuid7():
    bits = (time.time_ns() // 1_000_000) << 80 | 0x7 << 76 | random.getrandbits(12) << 64 | 0x2 << 62
    return str(uuid.UUID(int=bits | random.getrandbits(62)))
