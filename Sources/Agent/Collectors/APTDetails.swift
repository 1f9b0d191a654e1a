import Contracts

/// Says of each change how large it is and why it has its status, from the records of the new versions
/// (`apt-cache show`) and from what APT says to a request for what it keeps back.
struct APTDetails {
    let nativeArchitecture: String
    var unmet: [APTSimulation.Unmet] = []
    private var records: [String: Record] = [:]

    private struct Record {
        var sizeBytes: Int?
        var phasedPercent: Int?
        /// Names that it needs or recommends, each alternative by itself.
        var needs: Set<String> = []
        var provides: Set<String> = []
        /// Names that it conflicts with or breaks.
        var conflicts: Set<String> = []
    }

    init(nativeArchitecture: String) { self.nativeArchitecture = nativeArchitecture }

    mutating func read(_ shown: String) {
        Deb822.forEach(in: Array(shown.utf8)) { stanza in
            guard let name = stanza["Package"], let version = stanza["Version"] else { return true }
            var record = Record()
            record.sizeBytes = stanza["Size"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
            record.phasedPercent = stanza["Phased-Update-Percentage"].flatMap { Int($0) }
                .flatMap { (0..<100).contains($0) ? $0 : nil }
            for field in [stanza["Pre-Depends"], stanza["Depends"], stanza["Recommends"]] {
                record.needs.formUnion(Self.names(field))
            }
            record.provides = Self.names(stanza["Provides"])
            record.conflicts = Self.names(stanza["Conflicts"]).union(Self.names(stanza["Breaks"]))
            records[key(name, stanza["Architecture"] ?? "", version)] = record
            return true
        }
    }

    func explain(_ changes: [APTV1.Change]) -> [APTV1.Change] {
        let installed = changes.filter { $0.operation == "install" }
        let removed = changes.filter { $0.operation == "remove" }
        return changes.map { change in
            var change = change
            let record = record(of: change)
            change.sizeBytes = record?.sizeBytes
            change.phasedPercent = change.phasedPercent ?? record?.phasedPercent
            if change.reason == nil { change.reason = reason(change, installed, removed, changes) }
            return change
        }
    }

    private func reason(
        _ change: APTV1.Change, _ installed: [APTV1.Change], _ removed: [APTV1.Change], _ all: [APTV1.Change]
    ) -> String? {
        switch (change.operation, APTStatus(rawValue: change.status)) {
        case ("install", _):
            let names = all.filter { $0.name != change.name && needs($0, change) }.map(\.name)
            return names.isEmpty ? "needed by what is upgraded" : "needed by \(Self.list(names))"
        case ("remove", _):
            let names = all.filter { record(of: $0)?.conflicts.contains(change.name) ?? false }.map(\.name)
            return names.isEmpty ? "in the way of what is upgraded" : "in conflict with \(Self.list(names))"
        case ("downgrade", _): return "a preference asks for the older version"
        case (_, .keptBack):
            let found = unmet.first {
                $0.name == change.name && ($0.qualifier ?? nativeArchitecture) == owner(change.architecture)
            }
            return found?.detail ?? "APT finds no way to install it"
        case (_, .needsFullUpgrade):
            let conflicts = record(of: change)?.conflicts ?? []
            let names = removed.map(\.name).filter(conflicts.contains)
            return names.isEmpty ? "needs other packages installed or removed" : "removes \(Self.list(names))"
        case (_, .upgradableWithNew):
            let names = installed.filter { needs(change, $0) }.map(\.name)
            return names.isEmpty
                ? "needs packages that are not installed"
                : "needs \(Self.list(names)), which \(names.count == 1 ? "is" : "are") not installed"
        default: return nil
        }
    }

    private func needs(_ change: APTV1.Change, _ other: APTV1.Change) -> Bool {
        guard let needs = record(of: change)?.needs else { return false }
        return needs.contains(other.name) || !needs.isDisjoint(with: record(of: other)?.provides ?? [])
    }

    private func record(of change: APTV1.Change) -> Record? {
        change.targetVersion.flatMap { records[key(change.name, change.architecture, $0)] }
    }

    private func owner(_ architecture: String) -> String { architecture == "all" ? nativeArchitecture : architecture }

    private func key(_ name: String, _ architecture: String, _ version: String) -> String {
        "\(APTResolver.qualified(name, architecture, nativeArchitecture))=\(version)"
    }

    /// Names of a relationship field, deb-control(5): `a (>= 1) | b:any [amd64], c`.
    private static func names(_ field: String?) -> Set<String> {
        guard let field else { return [] }
        return Set(
            field.split { $0 == "," || $0 == "|" }.compactMap { part in
                let name = part.trimmed.prefix { !" (:[<\n".contains($0) }
                return name.isEmpty ? nil : String(name)
            })
    }

    private static func list(_ names: [String]) -> String {
        let unique = Set(names).sorted()
        let shown = unique.prefix(5).joined(separator: ", ")
        return unique.count > 5 ? "\(shown), …" : shown
    }
}
