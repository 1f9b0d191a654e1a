import Contracts

/// What `vgs` and `lvs` say with `--reportformat json --units b --nosuffix` (lvmreport(7)).
enum LVMReport {
    /// Volume groups with size and free space, sorted by name. Nil where the output is no report of volume groups.
    static func groups(_ bytes: [UInt8]) -> [HardwareV1.VolumeGroup]? {
        rows(bytes, "vg")?.compactMap { row in
            guard let name = row["vg_name"]?.text else { return nil }
            var group = HardwareV1.VolumeGroup(name: name)
            group.sizeBytes = size(row["vg_size"])
            group.freeBytes = size(row["vg_free"])
            return group
        }.sorted { $0.name < $1.name }
    }

    /// Logical volumes by their groups, each group's sorted by name. Nil where the output is no report of volumes.
    static func volumes(_ bytes: [UInt8]) -> [String: [HardwareV1.LogicalVolume]]? {
        guard let rows = rows(bytes, "lv") else { return nil }
        var volumes: [String: [HardwareV1.LogicalVolume]] = [:]
        for row in rows {
            guard let group = row["vg_name"]?.text, let name = row["lv_name"]?.text else { continue }
            volumes[group, default: []].append(HardwareV1.LogicalVolume(name: name, sizeBytes: size(row["lv_size"])))
        }
        return volumes.mapValues { $0.sorted { $0.name < $1.name } }
    }

    private static func rows(_ bytes: [UInt8], _ name: String) -> [JSONValue]? {
        guard let root = try? StrictJSON.read(bytes).root, let reports = root["report"]?.arrayValue else { return nil }
        let found = reports.compactMap { $0[name]?.arrayValue }
        return found.isEmpty ? nil : Array(found.joined().prefix(4096))
    }

    /// Numbers come as text.
    private static func size(_ value: JSONValue?) -> Int? {
        value?.text.flatMap { UInt64($0) }.map(WireInteger.size)
    }
}
