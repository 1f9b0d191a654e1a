import Contracts

/// The values that a metrics snapshot adds to `host_metrics`: those worth a history.
enum MetricsValues {
    /// Columns in the order of `values`, with the section that each comes from.
    static let columns: [(name: String, section: String)] = [
        ("load_1m", "/load"), ("load_5m", "/load"), ("load_15m", "/load"),
        ("cpu_used_percent", "/cpu"), ("cpu_user_percent", "/cpu"), ("cpu_system_percent", "/cpu"),
        ("cpu_iowait_percent", "/cpu"), ("cpu_steal_percent", "/cpu"),
        ("memory_total_bytes", "/memory"), ("memory_used_bytes", "/memory"), ("memory_available_bytes", "/memory"),
        ("memory_used_percent", "/memory"), ("swap_total_bytes", "/memory"), ("swap_used_bytes", "/memory"),
        ("root_used_percent", "/filesystems"), ("fullest_used_percent", "/filesystems"),
        ("disk_read_bytes_per_second", "/disks"), ("disk_written_bytes_per_second", "/disks"),
        ("received_bytes_per_second", "/interfaces"), ("transmitted_bytes_per_second", "/interfaces"),
        ("pressure_cpu_percent", "/pressure"), ("pressure_memory_percent", "/pressure"),
        ("pressure_io_percent", "/pressure"),
        ("processes_total", "/processes"), ("celsius_max", "/temperatures"),
    ]

    static func values(_ payload: MetricsV1) -> [SQLValue] {
        let cpu = payload.cpu
        let memory = payload.memory
        let disks = payload.disks?.filter { !isStacked($0.name) }
        let interfaces = payload.interfaces?.filter { !isInside($0.name) }
        return [
            (payload.load?.oneMinute).sqlValue, (payload.load?.fiveMinutes).sqlValue,
            (payload.load?.fifteenMinutes).sqlValue,
            (cpu?.usedPercent).sqlValue, (cpu?.userPercent).sqlValue,
            (cpu?.systemPercent).sqlValue, (cpu?.iowaitPercent).sqlValue, (cpu?.stealPercent).sqlValue,
            (memory?.totalBytes).sqlValue, (memory?.usedBytes).sqlValue, (memory?.availableBytes).sqlValue,
            (memory?.usedPercent).sqlValue, (memory?.swapTotalBytes).sqlValue, (memory?.swapUsedBytes).sqlValue,
            (root(payload)?.usedPercent).sqlValue, (fullest(payload)?.usedPercent).sqlValue,
            sum(disks, \.readBytesPerSecond).sqlValue, sum(disks, \.writtenBytesPerSecond).sqlValue,
            sum(interfaces, \.receivedBytesPerSecond).sqlValue, sum(interfaces, \.transmittedBytesPerSecond).sqlValue,
            (payload.pressure?.cpu?.someAvg60Percent).sqlValue, (payload.pressure?.memory?.someAvg60Percent).sqlValue,
            (payload.pressure?.io?.someAvg60Percent).sqlValue,
            (payload.processes?.total).sqlValue, (payload.temperatures?.map(\.celsius).max()).sqlValue,
        ]
    }

    static func root(_ payload: MetricsV1) -> MetricsV1.Filesystem? {
        payload.filesystems?.first { $0.mountPoint == "/" }
    }

    /// The writable file system with the largest used share; read-only images are always full.
    static func fullest(_ payload: MetricsV1) -> MetricsV1.Filesystem? {
        payload.filesystems?.filter { !$0.readOnly && $0.usedPercent != nil }
            .max { ($0.usedPercent?.value ?? 0, $1.mountPoint) < ($1.usedPercent?.value ?? 0, $0.mountPoint) }
    }

    private static func sum<Item>(_ items: [Item]?, _ rate: (Item) -> Double?) -> Double? {
        let rates = items?.compactMap(rate) ?? []
        return rates.isEmpty ? nil : rates.reduce(0, +)
    }

    /// A device on top of others, whose traffic is theirs: device-mapper and md.
    private static func isStacked(_ disk: String) -> Bool { disk.hasPrefix("dm-") || disk.hasPrefix("md") }

    /// An interface whose traffic stays in the machine, or passes another one on its way out.
    private static func isInside(_ interface: String) -> Bool {
        interface == "lo"
            || ["veth", "br-", "docker", "virbr", "vnet", "tap", "cni", "cali", "flannel"].contains {
                interface.hasPrefix($0)
            }
    }
}
