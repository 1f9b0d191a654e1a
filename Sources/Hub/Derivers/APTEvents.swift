import Contracts

extension APTDeriver {
    /// One package that changed, as an event's detail lists it.
    private struct PackageChange: Codable {
        var name: String
        var architecture: String
        var from: String?
        var to: String?
    }

    static func events(
        from previous: ObservedSnapshot, _ old: APTV1, to current: ObservedSnapshot, _ new: APTV1
    ) throws -> [MachineEvent] {
        func known(_ pointer: String) -> Bool { previous.knows(pointer) && current.knows(pointer) }
        var events: [MachineEvent] = []
        if known("/packages"), let before = old.packages, let after = new.packages {
            events += try packages(before, after)
        }
        if known("/reboot"), let before = old.reboot?.required, let after = new.reboot?.required, before != after {
            events.append(
                after
                    ? MachineEvent("reboot_required", .warning, "reboot", "a reboot is required")
                    : MachineEvent("reboot_done", .info, "reboot", "no reboot is required any more"))
        }
        if known("/changes"), let before = old.changes, let after = new.changes {
            events += security(before, after)
        }
        if known("/sources") { events += sources(old.sources ?? [], new.sources ?? []) }
        if known("/lists"), let before = old.lists?.updatedAt, let after = new.lists?.updatedAt {
            events += lists(before, at: previous.order.effectiveAt, after, at: current.order.effectiveAt)
        }
        if known("/errors") { events += errors(old.errors ?? [], new.errors ?? []) }
        if known("/broken") {
            let before = Set((old.broken ?? []).map(\.name))
            for package in new.broken ?? [] where !before.contains(package.name) {
                events.append(
                    MachineEvent(
                        "package_broken", .warning, "\(package.name):\(package.architecture)",
                        "\(package.name) is \(package.state)"))
            }
        }
        return events
    }

    private static func packages(_ old: [APTV1.Package], _ new: [APTV1.Package]) throws -> [MachineEvent] {
        let before = Dictionary(
            old.map { ([$0.name, $0.architecture], $0.version) }, uniquingKeysWith: { _, last in last })
        let after = Dictionary(
            new.map { ([$0.name, $0.architecture], $0.version) }, uniquingKeysWith: { _, last in last })
        var installed: [PackageChange] = []
        var upgraded: [PackageChange] = []
        var downgraded: [PackageChange] = []
        var removed: [PackageChange] = []
        for (key, version) in after.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let change = PackageChange(name: key[0], architecture: key[1], from: before[key], to: version)
            guard let from = change.from else {
                installed.append(change)
                continue
            }
            if from == version { continue }
            if DebianVersion.compare(version, from) < 0 { downgraded.append(change) } else { upgraded.append(change) }
        }
        for (key, version) in before.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where after[key] == nil {
            removed.append(PackageChange(name: key[0], architecture: key[1], from: version))
        }
        return try single("installed", installed) + single("removed", removed)
            + [("upgraded", upgraded), ("downgraded", downgraded)].filter { !$0.1.isEmpty }.map(bundle)
    }

    /// What comes and goes has an event each, as long as that can be read; a release upgrade is one.
    private static func single(_ verb: String, _ changes: [PackageChange]) throws -> [MachineEvent] {
        guard changes.count > singleEvents else {
            return try changes.map { change in
                let version = change.to ?? change.from ?? ""
                return MachineEvent(
                    "package_\(verb)", .info, "\(change.name):\(change.architecture)",
                    "\(change.name) \(version) was \(verb)", detail: try JSONText.encode([change]))
            }
        }
        var event = try bundle(verb, changes)
        event.type = "package_\(verb)"
        return [event]
    }

    /// Beyond this many packages one event names them all.
    private static let singleEvents = 25

    private static func bundle(_ verb: String, _ changes: [PackageChange]) throws -> MachineEvent {
        let names = changes.prefix(Thresholds.namedSubjects).map { change in
            change.from != nil && change.to != nil
                ? "\(change.name) \(change.from ?? "") → \(change.to ?? "")" : change.name
        }
        let more = changes.count > names.count ? ", …" : ""
        return MachineEvent(
            "packages_\(verb)", .info, "apt",
            "\(changes.count) package\(changes.count == 1 ? "" : "s") \(verb): \(names.joined(separator: ", "))\(more)",
            detail: try JSONText.encode(changes))
    }

    private static func security(_ old: [APTV1.Change], _ new: [APTV1.Change]) -> [MachineEvent] {
        func pending(_ changes: [APTV1.Change]) -> Set<String> {
            Set(changes.filter { $0.isPendingUpdate && $0.security }.map { "\($0.name) \($0.targetVersion ?? "")" })
        }
        let added = pending(new).subtracting(pending(old)).sorted()
        guard !added.isEmpty else { return [] }
        let names = added.prefix(Thresholds.namedSubjects).joined(separator: ", ")
        let more = added.count > Thresholds.namedSubjects ? ", …" : ""
        return [
            MachineEvent(
                "security_updates_available", .warning, "apt",
                "\(added.count) new security update\(added.count == 1 ? "" : "s"): \(names)\(more)",
                detail: JSONText.strings(added))
        ]
    }

    /// The lists age by themselves: each snapshot is asked how old they were when it was made.
    private static func lists(
        _ before: Timestamp, at earlier: Int64, _ after: Timestamp, at later: Int64
    ) -> [MachineEvent] {
        let wereStale = FreshnessRule.areListsStale(before.milliseconds, now: earlier)
        let areStale = FreshnessRule.areListsStale(after.milliseconds, now: later)
        if areStale, !wereStale {
            return [
                MachineEvent(
                    "lists_stale", .warning, "apt", "the package lists are of \(after): updates are not known since")
            ]
        }
        return wereStale && !areStale
            ? [MachineEvent("lists_updated", .info, "apt", "the package lists are up to date again")] : []
    }

    private static func errors(_ old: [APTV1.Fault], _ new: [APTV1.Fault]) -> [MachineEvent] {
        func grave(_ faults: [APTV1.Fault]) -> [String: APTV1.Fault] {
            Dictionary(
                faults.filter { $0.severity == "error" }.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let before = grave(old)
        return grave(new).sorted { $0.key < $1.key }.filter { before[$0.key] == nil }.map { kind, fault in
            kind == "dpkg_interrupted"
                ? MachineEvent("dpkg_interrupted", .critical, "dpkg", fault.lines.first ?? kind)
                : MachineEvent("apt_error", .warning, kind, fault.lines.first ?? kind)
        }
    }

    private static func sources(_ old: [APTV1.Source], _ new: [APTV1.Source]) -> [MachineEvent] {
        func enabled(_ sources: [APTV1.Source]) -> Set<String> {
            Set(sources.filter { $0.enabled && $0.type == "deb" }.map { "\($0.uri) \($0.suite)" })
        }
        let before = enabled(old)
        let after = enabled(new)
        return after.subtracting(before).sorted().map {
            MachineEvent("source_added", .info, $0, "package source \($0) was added")
        }
            + before.subtracting(after).sorted().map {
                MachineEvent("source_removed", .info, $0, "package source \($0) was removed")
            }
    }
}
