"""Bytes between agent and hub, TLS and headers of TCP and IP counted, and what a kept connection saves."""
import re
import socket
import ssl
import struct
import subprocess
import time

from . import tables

# Of IPv4 and TCP with time stamps, each segment (RFC 791, RFC 9293, RFC 7323). Ethernet would add 14 and more.
HEADERS = 20 + 20 + 12
CONNECTIONS = 200


def counters(pid, hub):
    """Bytes and segments of a process's connections to the hub, as the kernel counts them (ss -ti)."""
    port = hub.port
    output = subprocess.run(["ss", "-tinpHO", "state", "established", "dport", "=", f":{port}"],
                            capture_output=True, text=True).stdout
    total = {"sent": 0, "received": 0, "segments": 0}
    for line in output.splitlines():
        if f"pid={pid}," not in line:
            continue
        numbers = dict(re.findall(r"(bytes_sent|bytes_received|segs_out|segs_in):(\d+)", line))
        total["sent"] += int(numbers.get("bytes_sent", 0))
        total["received"] += int(numbers.get("bytes_received", 0))
        total["segments"] += int(numbers.get("segs_out", 0)) + int(numbers.get("segs_in", 0))
    return total


def of_agent(lines):
    """Bytes of a metrics snapshot and of an unchanged check-in, and of a day of the default intervals."""
    def each(before, after, cycles):
        spent = {key: (after[key] - before[key]) / cycles for key in after}
        return {"sent": round(spent["sent"]), "received": round(spent["received"]),
                "segments": round(spent["segments"], 1),
                "bytes": round(spent["sent"] + spent["received"] + HEADERS * spent["segments"])}
    metrics, check_in = (each(*line) for line in lines)
    # Hardware once, APT four times and containers every quarter of an hour: nothing changed.
    check_ins = 1 + 4 + 96
    return {"metrics": metrics, "check_in": check_in,
            "day_bytes": 1440 * metrics["bytes"] + check_ins * check_in["bytes"], "check_ins_a_day": check_ins}


def connection_cost(hub):
    """A new TLS connection with one small request, against the same request on a kept one; from Python's OpenSSL."""
    port = hub.port
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"

    def ask(connection):
        connection.sendall(request)
        answer = b""
        while b"ok" not in answer:
            answer += connection.recv(4096)

    def connect(session=None):
        plain = socket.create_connection(("127.0.0.1", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(plain, session=session)

    with connect() as kept:
        ask(kept)
        before = _info(kept)
        span = (time.process_time(), hub.cpu_seconds())
        for _ in range(CONNECTIONS):
            ask(kept)
        on_kept = _cost(span, hub, [spent - old for spent, old in zip(_info(kept), before)], CONNECTIONS)
        session = kept.session
    results = {"kept": on_kept}
    for name, resumed in (("new", None), ("resumed", session)):
        span = (time.process_time(), hub.cpu_seconds())
        seen = []
        reused = 0
        for _ in range(CONNECTIONS):
            with connect(resumed) as connection:
                ask(connection)
                seen = _info(connection)
                reused += connection.session_reused
        # Its end: a closing message of TLS and three segments more.
        results[name] = _cost(span, hub, [CONNECTIONS * count for count in seen], CONNECTIONS)
        results[name]["resumed"] = reused
    return results


def _cost(span, hub, counts, times):
    sent, received, segments = (count / times for count in counts)
    return {"client_cpu_us": round((time.process_time() - span[0]) * 1e6 / times),
            "hub_cpu_us": round((hub.cpu_seconds() - span[1]) * 1e6 / times),
            "bytes": round(sent + received + HEADERS * segments), "segments": round(segments, 1)}


def _info(connection):
    """Bytes sent and received and segments of both ways, from struct tcp_info (linux/tcp.h)."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    acked, received = struct.unpack_from("=QQ", info, 120)
    out, into = struct.unpack_from("=II", info, 136)
    return [acked, received, out + into]


def show(results):
    metrics, check_in = results["metrics"], results["check_in"]
    tables.show("Bytes on the wire: TLS, TCP and IP headers counted",
                ["what", "sent", "received", "segments", "bytes in all"],
                [["a metrics snapshot", metrics["sent"], metrics["received"], metrics["segments"], metrics["bytes"]],
                 ["an unchanged check-in", check_in["sent"], check_in["received"], check_in["segments"],
                  check_in["bytes"]]],
                [f"A machine's day: 1,440 snapshots and {results['check_ins_a_day']} unchanged check-ins: "
                 f"{results['day_bytes'] / 1e6:.2f} MB."])
    rows = [[words, cost["bytes"], cost["segments"], cost["hub_cpu_us"], cost["client_cpu_us"]]
            for words, cost in (("a request on a kept connection", results["connection"]["kept"]),
                                ("the same with a new connection", results["connection"]["new"]),
                                ("the same, session resumed", results["connection"]["resumed"]))]
    tables.show("What a kept connection saves", ["what", "bytes", "segments", "hub CPU us", "client CPU us"], rows,
                [f"{results['connection']['resumed']['resumed']} of {CONNECTIONS} sessions were resumed."])
