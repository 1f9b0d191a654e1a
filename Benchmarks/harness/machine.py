"""What a figure was measured on, and with what."""
import datetime
import os
import platform
import re
import subprocess

from . import paths
from .peers import version


def _first(path, key):
    with open(path) as file:
        for line in file:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return None


def _disk():
    """The file system that the measured databases stand on, and its device."""
    answer = subprocess.run(["findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", paths.HOME], capture_output=True, text=True)
    # A bind mount names its directory in brackets besides.
    return " ".join(re.sub(r"\[.*?\]", "", answer.stdout.split("\n")[0]).split()) or None


def _words(*command):
    try:
        answer = subprocess.run(command, capture_output=True, text=True, cwd=paths.ROOT)
    except FileNotFoundError:
        return None
    return answer.stdout.strip() or None


def describe(peers):
    """Machine, versions, commit and date."""
    packages = {package: version(package) for package in peers}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": _words("git", "describe", "--always", "--dirty", "--tags"),
        "hub": _words(paths.HUB, "--version"),
        "hub_is": "this tree's" if paths.HUB.startswith(paths.ROOT) else "another build",
        "versions": {package: version for package, version in packages.items() if version},
        "machine": {
            "cpu": _first("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "memory_bytes": int(_first("/proc/meminfo", "MemTotal").split()[0]) * 1024,
            "architecture": platform.machine(), "kernel": platform.release(), "disk": _disk(),
            "system": _first_quoted("/etc/os-release", "PRETTY_NAME="),
        },
    }


def _first_quoted(path, key):
    try:
        with open(path) as file:
            return next((line[len(key):].strip().strip('"') for line in file if line.startswith(key)), None)
    except FileNotFoundError:
        return None
