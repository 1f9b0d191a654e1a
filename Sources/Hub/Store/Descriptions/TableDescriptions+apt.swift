extension TableDescriptions {
    static let apt = [
        DocumentedTable(
            "apt_packages", .derived, "packages that dpkg knows",
            [
                "machine_id": machineID, "name": "name", "architecture": "as amd64 or all",
                "version": "installed version", "source": "source package where its name differs",
                "state": "dpkg's state, usually installed", "automatic": "1 where it came as a dependency",
                "held": "1 where it is on hold", "installed_size_bytes": "size on disk",
            ]),
        DocumentedTable(
            "apt_leftover_packages", .derived, "installed packages that nothing needs, or no enabled source has",
            [
                "machine_id": machineID, "name": "name", "architecture": "as amd64 or all",
                "reason": "autoremovable or obsolete", "version": "installed version",
            ]),
        DocumentedTable(
            "apt_planned_packages", .derived, "what upgrading would change, and why not where it would not",
            [
                "machine_id": machineID, "name": "name", "architecture": "as amd64 or all",
                "current_version": "installed version", "target_version": "newest version", "origin": "as Debian",
                "suite": "as bookworm-security", "operation": "upgrade, install, remove, downgrade",
                "security": "1 where it comes from an origin of security updates",
                "pending": "1 where an operator can upgrade it now",
                "size_bytes": "bytes to download",
                "status": "upgradable, upgradable_with_new, needs_full_upgrade, held, phased, kept_back, pinned, …",
                "reason": "why, where APT tells", "phased_percent": "share of machines that get it already",
            ]),
        DocumentedTable(
            "apt_applied_packages", .derived, "history of what APT did, from its log",
            [
                "machine_id": machineID, "started_at": "when the run began", "name": "package",
                "architecture": "as amd64", "operation": "install, upgrade, downgrade, reinstall, remove, purge",
                "from_version": "version before", "to_version": "version after",
                "automatic": "1 where it came as a dependency", "ended_at": "when the run ended",
                "command_line": "the command", "requested_by": "who ran it", "error": "what went wrong",
            ]),
        DocumentedTable(
            "apt_sources", .derived, "package sources",
            [
                "machine_id": machineID, "file": "file that lists it", "type": "deb or deb-src",
                "uri": "without user and password", "suite": "as bookworm", "line": "line in the file, 0 if not known",
                "format": "one-line or deb822", "components_json": "as main, contrib",
                "architectures_json": "those it is limited to", "enabled": "1 where it is in use",
                "signed_by": "key that signs it; null trusts every key of the machine",
                "trusted": "1 where signatures are not asked for", "fetched_at": "when its lists were fetched",
                "problem": "what is wrong with it", "signature": "signed or unsigned, as fetched",
                "key_expires_at": "when the last key for it expires",
                "problem_code": "not_fetched, not_updated, key_missing, key_expired, …",
            ]),
        DocumentedTable(
            "apt_errors", .derived, "what is wrong with packages and sources, and what to do",
            [
                "machine_id": machineID,
                "category": "broken, source, key_expired, key_missing, unsigned, trusted, dpkg_interrupted, …",
                "subject": "the package, source or command", "severity": "ok, warning or critical",
                "message": "what is wrong", "remedy": "what to run or look at", "lines_json": "what APT or dpkg said",
            ]),
    ]
}
