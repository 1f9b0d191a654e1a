import Contracts

/// `apt` into packages, what APT would do, sources, errors and the history of what was done.
enum APTDeriver: KindDeriver {
    static let packages = DerivedTable(
        "apt_packages", section: "/packages", keys: ["name", "architecture"],
        columns: ["version", "source", "state", "automatic", "held", "installed_size_bytes"].map { .row($0) })
    static let leftovers = DerivedTable(
        "apt_leftover_packages", section: "", keys: ["name", "architecture", "reason"], columns: [.row("version")],
        rowPointer: { "/" + ($0[2].text ?? "") })
    static let planned = DerivedTable(
        "apt_planned_packages", section: "/changes", keys: ["name", "architecture"],
        columns: [
            "current_version", "target_version", "origin", "suite", "operation", "security", "pending", "size_bytes",
            "status", "reason", "phased_percent",
        ].map { .row($0) })
    static let sources = DerivedTable(
        "apt_sources", section: "/sources", keys: ["file", "type", "uri", "suite", "line"],
        columns: [
            "format", "components_json", "architectures_json", "enabled", "signed_by", "trusted", "fetched_at",
            "signature", "key_expires_at", "problem_code", "problem",
        ].map { .row($0) })
    static let errors = DerivedTable(
        "apt_errors", section: "", keys: ["category", "subject"],
        columns: [.row("severity"), .row("message"), .row("lines_json"), .row("remedy")],
        rowPointer: { APTErrors.section(of: $0[0].text ?? "") })
    static let reboots = DerivedTable(
        "apt_reboots", section: "", keys: [],
        columns: ["required", "packages_json", "running_kernel", "newest_kernel"].map { .section($0, "/reboot") }
            + [.section("services_json", "/services_to_restart")])
    static let tables = [packages, leftovers, planned, sources, errors, reboots]

    static let state = StateColumns(
        .apt,
        [
            .init("packages_count", "/packages"), .init("updates_count", "/changes"),
            .init("security_updates_count", "/changes"), .init("held_count", "/changes"),
            .init("phased_count", "/changes"), .init("autoremovable_count", "/autoremovable"),
            .init("obsolete_count", "/obsolete"), .init("broken_count", "/broken"),
            .init("lists_updated_at", "/lists"), .init("reboot_required", "/reboot"),
            .init("services_to_restart_count", "/services_to_restart"),
        ])

    static func derive(_ payload: APTV1, of snapshot: ArchivedSnapshot) throws -> Derived {
        let changes = payload.changes
        let problems = APTErrors.of(payload)
        var derived = Derived()
        derived.tables = [
            .init(packages, (payload.packages ?? []).map(row)),
            .init(
                leftovers,
                (payload.autoremovable ?? []).map { row($0, reason: "autoremovable") }
                    + (payload.obsolete ?? []).map { row($0, reason: "obsolete") }),
            .init(planned, (changes ?? []).map(row)),
            .init(sources, (payload.sources ?? []).map(row)),
            .init(
                errors,
                problems.map {
                    DerivedRow(
                        keys: [$0.category, $0.subject],
                        [$0.severity.rawValue, $0.message, JSONText.strings($0.lines), $0.remedy])
                }),
            .init(reboots, [try reboot(payload)]),
        ]
        let state: [any SQLBindable] = [
            payload.packages?.count, changes?.count(where: \.isPendingUpdate),
            changes?.count { $0.isPendingUpdate && $0.security },
            changes?.count { $0.status == APTStatus.held.rawValue },
            changes?.count { $0.status == APTStatus.phased.rawValue }, payload.autoremovable?.count,
            payload.obsolete?.count, payload.broken?.count, payload.lists?.updatedAt, payload.reboot?.required,
            payload.servicesToRestart?.count,
        ]
        derived.state = state.map { $0.sqlValue }
        derived.warnings = warnings(payload)
        return derived
    }

    static func warnings(_ payload: APTV1) -> [StateWarning] {
        APTErrors.warnings(payload, APTErrors.of(payload)) + APTTrustWarnings.of(payload)
    }

    private static func row(_ package: APTV1.Package) -> DerivedRow {
        DerivedRow(
            keys: [package.name, package.architecture],
            [
                package.version, package.source, package.state ?? "installed", package.automatic ?? false,
                package.held ?? false, package.installedSizeBytes,
            ])
    }

    private static func row(_ package: APTV1.PackageReference, reason: String) -> DerivedRow {
        DerivedRow(keys: [package.name, package.architecture, reason], [package.version])
    }

    private static func row(_ change: APTV1.Change) -> DerivedRow {
        DerivedRow(
            keys: [change.name, change.architecture],
            [
                change.currentVersion, change.targetVersion, change.origin, change.suite, change.operation,
                change.security, change.isPendingUpdate, change.sizeBytes, change.status, change.reason,
                change.phasedPercent,
            ])
    }

    private static func reboot(_ payload: APTV1) throws -> DerivedRow {
        let reboot = payload.reboot
        return DerivedRow([
            reboot?.required, JSONText.strings(reboot?.packages), reboot?.runningKernel, reboot?.newestKernel,
            try JSONText.encode(payload.servicesToRestart),
        ])
    }

    private static func row(_ source: APTV1.Source) -> DerivedRow {
        DerivedRow(
            keys: [source.file, source.type, source.uri, source.suite, source.line ?? 0],
            [
                source.format, JSONText.strings(source.components), JSONText.strings(source.architectures),
                source.enabled, source.signedBy, source.trusted, source.fetchedAt, source.signature,
                source.keyExpiresAt, source.problemCode, source.problem,
            ])
    }

    static func enterHistories(
        _ payload: APTV1, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {
        for transaction in payload.history ?? [] {
            for action in transaction.actions {
                try connection.run(
                    applied, snapshot.machineID, transaction.startedAt, action.name, action.architecture,
                    action.operation, action.fromVersion, action.toVersion, action.automatic, transaction.endedAt,
                    transaction.commandLine, transaction.requestedBy, transaction.error)
            }
        }
    }

    static func noteUnknown(_ machine: Int64, in connection: any SQLConnection) throws {
        try connection.run(updatesUnknown, machine)
    }

    /// Lists that nobody updates become stale without a change.
    static func changesByAge(
        _ machine: Int64, from earlier: Int64, to later: Int64, in connection: any SQLConnection
    ) throws -> Bool {
        guard let index = state.columns.firstIndex(where: { $0.name == "lists_updated_at" }),
            let updated = try state.stored(machine, in: connection)?.values[index].integer
        else { return false }
        return FreshnessRule.areListsStale(updated, now: earlier) != FreshnessRule.areListsStale(updated, now: later)
    }

    /// A run that was still going on when its first snapshot was made gets its end from a later one.
    static let applied = Statement(
        "derive.apt_applied_packages",
        """
        INSERT INTO apt_applied_packages (machine_id, started_at, name, architecture, operation, from_version,
          to_version, automatic, ended_at, command_line, requested_by, error)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE CAST(?2 AS BIGINT) >= \(EventStore.cut)
        ON CONFLICT (machine_id, started_at, name, architecture, operation) DO UPDATE SET
          ended_at = COALESCE(apt_applied_packages.ended_at, excluded.ended_at),
          error = COALESCE(apt_applied_packages.error, excluded.error)
        WHERE (apt_applied_packages.ended_at IS NULL AND excluded.ended_at IS NOT NULL)
          OR (apt_applied_packages.error IS NULL AND excluded.error IS NOT NULL)
        """)
    static let updatesUnknown = Statement(
        "derive.machine_state.updates_unknown",
        """
        UPDATE machine_state SET updates_unknown_since_at = (SELECT min(unknown_since_at) FROM machine_sections
          WHERE machine_id = ?1 AND kind = 'apt' AND pointer IN ('', '/changes'))
        WHERE machine_id = ?1
        """)
    static let historyStatements = [applied, updatesUnknown]
}

extension APTV1.Change {
    /// An installed package that an operator can bring up to date now; what `updates_count` counts.
    var isPendingUpdate: Bool { operation == "upgrade" && APTStatus(rawValue: status)?.isPending == true }
}
