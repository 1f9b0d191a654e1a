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
        var changed: [PackageChange] = []
        var removed: [PackageChange] = []
        for (key, version) in after.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let change = PackageChange(name: key[0], architecture: key[1], from: before[key], to: version)
            if change.from == nil { installed.append(change) } else if change.from != version { changed.append(change) }
        }
        for (key, version) in before.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where after[key] == nil {
            removed.append(PackageChange(name: key[0], architecture: key[1], from: version))
        }
        return try [("installed", installed), ("upgraded", changed), ("removed", removed)].compactMap { verb, changes in
            guard !changes.isEmpty else { return nil }
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
