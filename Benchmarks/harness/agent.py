"""The agent beside others that look at a machine: memory, CPU of a cycle, wake-ups, system calls, bytes on the wire."""
import os
import re
import shutil
import socket
import struct
import subprocess
import time
import urllib.request

from . import hub as hubs
from . import paths, tables, wire
from .peers import install
from .processes import Server, free_port, listens, switches_between

# Seconds between two cycles, the shortest that an agent's configuration allows; measured for so many of them.
CYCLE = 10
PLANS = {"quick": {"cycles": 2, "settle": 15}, "full": {"cycles": 6, "settle": 30}}


class Agent(Server):
    """An agent of its own identity, enrolled at a hub; all kinds on, with other intervals."""

    def __init__(self, name, hub, intervals):
        self.name = name
        state = paths.home(name, "state")
        shutil.rmtree(state, ignore_errors=True)
        configuration = paths.home(name, "agent.toml")
        with open(configuration, "w") as file:
            file.write(f'state_dir = "{state}"\n')
            for kind, seconds in intervals.items():
                file.write(f"[collect.{kind}]\ninterval_seconds = {seconds}\n")
        subprocess.run([paths.AGENT, "enroll", "-", "--config", configuration], input=hub.enrollment_string(1),
                       text=True, check=True, stdout=subprocess.DEVNULL)
        super().__init__(name, [paths.AGENT, "run", "--config", configuration], paths.home(name, "log"))

    def cycle(self):
        """Its own timer does it."""


class NodeExporter(Server):
    package = "prometheus-node-exporter"

    def __init__(self):
        self.port = free_port()
        super().__init__("node_exporter", ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.port}"],
                         paths.home("node_exporter", "log"))
        self.wait_for(lambda: listens(self.port))

    def cycle(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            answer.read()


class Collectd(Server):
    package = "collectd-core"
    PLUGINS = ("cpu", "load", "memory", "swap", "df", "disk", "interface", "processes", "uptime", "csv")

    def __init__(self):
        configuration = paths.home("collectd", "collectd.conf")
        with open(configuration, "w") as file:
            file.write(f'BaseDir "{os.path.dirname(configuration)}"\nPIDFile "{configuration}.pid"\n'
                       f'TypesDB "/usr/share/collectd/types.db"\nInterval {CYCLE}\n')
            file.writelines(f"LoadPlugin {plugin}\n" for plugin in self.PLUGINS)
            file.write(f'<Plugin csv>\n  DataDir "{os.path.dirname(configuration)}/csv"\n</Plugin>\n')
        super().__init__("collectd", ["collectd", "-f", "-C", configuration], paths.home("collectd", "log"))

    def cycle(self):
        """Its own timer does it."""


class ZabbixAgent(Server):
    package = "zabbix-agent2"
    KEYS = ("system.uptime", "system.cpu.num", "system.cpu.load[all,avg1]", "system.cpu.load[all,avg5]",
            "system.cpu.load[all,avg15]", "system.cpu.util[,user]", "system.cpu.util[,system]",
            "system.cpu.util[,iowait]", "system.cpu.util[,idle]", "vm.memory.size[total]", "vm.memory.size[available]",
            "vm.memory.size[cached]", "system.swap.size[,used]", "vfs.fs.discovery", "vfs.fs.size[/,used]",
            "vfs.fs.inode[/,used]", "vfs.dev.discovery", "net.if.discovery", "net.if.in[lo]", "net.if.out[lo]",
            "proc.num[]", "proc.num[,,run]")

    def __init__(self):
        self.port = free_port()
        configuration = paths.home("zabbix", "agent2.conf")
        directory = os.path.dirname(configuration)
        with open(configuration, "w") as file:
            file.write(f"LogType=console\nServer=127.0.0.1\nListenIP=127.0.0.1\nListenPort={self.port}\n"
                       f"Hostname=bench\nControlSocket={directory}/control.sock\n"
                       f"PluginSocket={directory}/plugin.sock\n")
        super().__init__("zabbix_agent2", ["zabbix_agent2", "-f", "-c", configuration], paths.home("zabbix", "log"))
        self.wait_for(lambda: listens(self.port))

    def cycle(self):
        for key in self.KEYS:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
                connection.sendall(b"ZBXD\x01" + struct.pack("<Q", len(key)) + key.encode())
                while connection.recv(65536):
                    pass


PEERS = (NodeExporter, Collectd, ZabbixAgent)


def run(size, with_peers):
    plan = PLANS[size]
    started = []
    try:
        hub = hubs.Hub()
        started.append(hub)
        busy = Agent("vigie-agent", hub, {"metrics": CYCLE})
        idle = Agent("vigie-agent-idle", hub, {"metrics": 86_400})
        checking = Agent("vigie-agent-check-in", hub, {"metrics": 86_400, "hardware": CYCLE})
        started += [busy, idle, checking]
        subjects = [busy]
        for peer in PEERS if with_peers else ():
            if install(peer.package):
                subjects.append(peer())
                started.append(subjects[-1])
        _cycles(subjects, plan["settle"] // CYCLE)
        rows, silent, lines = _measure(subjects, idle, busy, checking, hub, plan["cycles"])
        results = {"cycle_seconds": CYCLE, "subjects": rows, "idle": silent}
        results["wire"] = wire.of_agent(lines)
        results["wire"]["connection"] = wire.connection_cost(hub)
        if size == "full":
            for subject, row in zip(subjects, rows):
                row["system_calls"] = _system_calls(subject, 2)
        return results
    finally:
        for server in reversed(started):
            server.stop()


def _cycles(subjects, count):
    end = time.monotonic()
    for _ in range(count):
        for subject in subjects:
            subject.cycle()
        end += CYCLE
        time.sleep(max(0, end - time.monotonic()))


def _measure(subjects, idle, busy, checking, hub, cycles):
    """CPU and wake-ups of all of them in the same span, the wire's counters of two agents before and after it."""
    start = time.monotonic()
    before = [(subject.switches(), subject.cpu_seconds()) for subject in subjects]
    silent = idle.switches()
    silent_cpu = idle.cpu_seconds()
    watched = [(agent, kind, wire.counters(agent.pid, hub), hub.archived(kind))
               for agent, kind in ((busy, "metrics"), (checking, "hardware"))]
    _cycles(subjects, cycles)
    seconds = time.monotonic() - start
    # Where a timer of its own decides, the hub knows how many cycles there were.
    lines = [(counted, wire.counters(agent.pid, hub), max(1, hub.archived(kind) - archived))
             for agent, kind, counted, archived in watched]
    rows = []
    for subject, (switches, cpu) in zip(subjects, before):
        memory = subject.memory()
        done = lines[0][2] if subject is busy else cycles
        rows.append({"name": subject.name, "cycles": done,
                     "cpu_ms": round((subject.cpu_seconds() - cpu) * 1000 / done, 2),
                     "switches_per_cycle": round(switches_between(switches, subject.switches()) / done, 1),
                     "threads": len(os.listdir(f"/proc/{subject.pid}/task")),
                     **{f"{key}_bytes": memory[key] for key in ("rss", "pss", "private_dirty", "anonymous")}})
    idle_row = {"seconds": round(seconds, 1), "cpu_ms_per_minute": (idle.cpu_seconds() - silent_cpu) * 60_000 / seconds,
                "wakeups_per_minute": round(switches_between(silent, idle.switches()) * 60 / seconds, 1)}
    return rows, idle_row, lines


def _system_calls(subject, cycles):
    """System calls of a cycle, counted by strace; None where that may not be."""
    if not shutil.which("strace"):
        return None
    summary = paths.home("strace.txt")
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", summary, "-p", str(subject.pid)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _cycles([subject], cycles)
    tracer.terminate()
    tracer.wait()
    with open(summary) as file:
        found = re.search(r"^100\.00\s+\S+\s+\S*\s+(\d+)\s.*total$", file.read(), re.MULTILINE)
    return round(int(found[1]) / cycles) if found else None


def show(results):
    tables.show(f"Agent beside others, a cycle every {results['cycle_seconds']} s",
                ["process", "CPU ms a cycle", "system calls", "switches a cycle", "threads", "RSS MB", "PSS MB",
                 "Private_Dirty MB"],
                [[row["name"], row["cpu_ms"], row.get("system_calls"), row["switches_per_cycle"], row["threads"],
                  *(tables.megabytes(row[f"{key}_bytes"]) for key in ("rss", "pss", "private_dirty"))]
                 for row in results["subjects"]],
                ["The agent collects, seals, compresses and posts over TLS; node_exporter answers one scrape, collectd",
                 "writes CSV files, zabbix_agent2 answers 22 questions, each on a connection of its own: without TLS.",
                 f"An agent between two cycles: {results['idle']['wakeups_per_minute']} wake-ups a minute, "
                 f"{results['idle']['cpu_ms_per_minute']:.1f} ms of CPU, over {results['idle']['seconds']:.0f} s."])
    wire.show(results["wire"])


def failures(results):
    return []
