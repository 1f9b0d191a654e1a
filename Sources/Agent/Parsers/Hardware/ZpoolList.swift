import Contracts

/// What `zpool list -Hp -o name,size,free,health` says: fields between tabs, sizes in bytes (zpool-list(8)).
enum ZpoolList {
    /// Sorted by name. Nil where a line is no pool's.
    static func parse(_ text: String) -> [HardwareV1.ZFSPool]? {
        var pools: [HardwareV1.ZFSPool] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 4, !fields[0].isEmpty, fields[0].utf8.count <= 256, !fields[3].isEmpty else {
                return nil
            }
            var pool = HardwareV1.ZFSPool(name: String(fields[0]))
            // A pool that cannot be opened has "-" in place of sizes.
            pool.sizeBytes = UInt64(fields[1]).map(WireInteger.size)
            pool.freeBytes = UInt64(fields[2]).map(WireInteger.size)
            pool.state = String(fields[3].prefix(64))
            pools.append(pool)
        }
        return pools.sorted { $0.name < $1.name }
    }
}
