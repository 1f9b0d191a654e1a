import Contracts

/// One table of a diff: what its rows are called, and which columns say that something is another.
struct DiffSection {
    let kind: Kind
    /// What one row is, in the singular.
    let word: String
    let table: DerivedTable
    /// What names an item; the table's key where it is empty. A container that was made again has another id.
    let naming: [String]
    let columns: [String]

    /// - Parameter leaving: columns that change without news: sizes, counters, what follows from another column.
    init(_ kind: Kind, _ word: String, _ table: DerivedTable, naming: [String] = [], leaving: Set<String> = []) {
        self.kind = kind
        self.word = word
        self.table = table
        self.naming = naming
        let all = table.keys + table.columns.map(\.name)
        let hidden = leaving.union(naming.isEmpty ? table.keys : naming)
        columns = all.filter { !hidden.contains($0) }
    }

    /// In the order in which they are shown.
    static let all: [DiffSection] = [
        DiffSection(.hardware, "system", HardwareDeriver.os),
        DiffSection(
            .hardware, "hardware", HardwareDeriver.hardware, leaving: ["default_routes_json", "power_supplies_json"]),
        DiffSection(
            .hardware, "disk", HardwareDeriver.disks,
            leaving: ["smart_power_on_hours", "smart_percentage_used", "mount_points_json"]),
        DiffSection(.hardware, "interface", HardwareDeriver.interfaces),
        DiffSection(.hardware, "address", HardwareDeriver.addresses),
        DiffSection(.hardware, "pci_device", HardwareDeriver.pciDevices),
        DiffSection(.hardware, "host_key", HardwareDeriver.hostKeys),
        DiffSection(.apt, "package", APTDeriver.packages, leaving: ["installed_size_bytes", "source"]),
        DiffSection(.apt, "update", APTDeriver.planned, leaving: ["size_bytes", "phased_percent", "pending"]),
        DiffSection(.apt, "source", APTDeriver.sources, leaving: ["fetched_at"]),
        DiffSection(
            .docker, "engine", DockerDeriver.engines,
            leaving: [
                "disk_measured_at", "images_bytes", "containers_bytes", "volumes_bytes", "build_cache_bytes",
            ]),
        DiffSection(
            .docker, "container", DockerDeriver.containers, naming: ["name"],
            leaving: ["started_at", "finished_at", "created_at", "restart_count"]),
        DiffSection(.docker, "image", DockerDeriver.images, leaving: ["containers_count", "created_at"]),
        DiffSection(.docker, "volume", DockerDeriver.volumes, leaving: ["in_use", "created_at"]),
        DiffSection(.docker, "network", DockerDeriver.networks),
        DiffSection(
            .docker, "stack", DockerDeriver.stacks,
            leaving: ["containers_running", "containers_healthy"]),
    ]

    /// Items by name, each with its values as text.
    struct Items {
        var items: [String: [String: String]] = [:]
        /// The section could not be read, and nothing of before is left.
        var isUnknown = false
    }

    func read(_ database: PastDatabase) throws -> Items {
        try database.read { connection in
            var result = Items()
            for row in try connection.rows(table.fetch, database.machine.id) {
                var name = (naming.isEmpty ? table.keys : naming).compactMap { row[$0].shown }.joined(separator: " ")
                // Two of one name: the second is told apart.
                var number = 2
                let first = name
                while result.items[name] != nil {
                    name = "\(first) (\(number))"
                    number += 1
                }
                result.items[name] = Dictionary(
                    uniqueKeysWithValues: columns.compactMap { column in row[column].shown.map { (column, $0) } })
            }
            guard result.items.isEmpty else { return result }
            let unknown = try connection.rows(UnreadSections.sections, database.machine.id, database.machine.id)
                .filter { $0["kind"].text == kind.rawValue }.compactMap { $0["pointer"].text }
            result.isUnknown = Taking.covers(Set(unknown), table.section)
            return result
        }
    }
}

extension SQLValue {
    /// As text; nil where there is none.
    fileprivate var shown: String? {
        switch self {
        case .null: nil
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .text(let value): value
        case .blob: nil
        }
    }
}
