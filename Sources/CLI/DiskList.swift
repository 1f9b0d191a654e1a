import ArgumentParser
import HubAPI

/// `vigie disks`
struct DiskList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disks",
        abstract: "List file systems, the fullest first; or disks, or RAID, LVM and ZFS.",
        discussion: """
            Health is what SMART says of a disk, and what an array or a pool says of itself: ok, warning, critical; "-"
            where nothing says it.

            EXAMPLES:
              vigie disks
              vigie disks web-01
              vigie disks --used 80
              vigie disks --devices --unhealthy
              vigie disks --pools --tag proxmox
            """)

    @OptionGroup var machines: MachineArgument
    @Option(help: ArgumentHelp("Only file systems that are at least this full.", valueName: "percent")) var used: Int?
    @Flag(help: "The disks themselves, with what SMART says of them.") var devices = false
    @Flag(help: "RAID arrays, volume groups and ZFS pools.") var pools = false
    @Flag(help: "With --devices or --pools: only those that are not well.") var unhealthy = false
    @OptionGroup var options: ListOptions

    func validate() throws {
        if devices, pools { throw ValidationError("Use --devices or --pools, not both.") }
        if unhealthy, !devices, !pools { throw ValidationError("--unhealthy goes with --devices or --pools.") }
        if used != nil, devices || pools { throw ValidationError("--used is about file systems alone.") }
    }

    func run() async throws {
        let session = try options.session()
        var query = Query()
        machines.add(to: &query)
        query.add("used_percent", used)
        query.add(flag: "unhealthy", unhealthy)
        query.add("limit", options.limit)
        if devices {
            try await session.list(
                "/v1/disk-devices", query, columns: DiskColumns.devices,
                empty: unhealthy ? "no disk says that it is not well" : "no disk is known")
        } else if pools {
            try await session.list(
                "/v1/storage-pools", query, columns: DiskColumns.pools,
                empty: unhealthy ? "none says that it is not well" : "no RAID, volume group or ZFS pool is known")
        } else {
            try await session.list(
                "/v1/disks", query, columns: DiskColumns.filesystems, empty: "no file system is like that")
        }
    }
}

/// Columns that tell of file systems and disks.
enum DiskColumns {
    static let filesystems: [Column<FilesystemAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("MOUNTED ON", "mount_point") { .text($0.mountPoint) },
        Column("USED", "used_percent", style: { MachineColumns.fullnessStyle($0.usedPercent) }) {
            .percent($0.usedPercent)
        },
        Column("FREE", "available_bytes") { .bytes($0.availableBytes) },
        Column("SIZE", "total_bytes") { .bytes($0.totalBytes) },
        .csv("used_bytes") { .bytes($0.usedBytes) },
        Column("INODES", "inodes_used_percent", style: { MachineColumns.fullnessStyle($0.inodesUsedPercent) }) {
            .percent($0.inodesUsedPercent)
        },
        Column("TYPE", "type") { .text($0.type) },
        Column("DEVICE", "device") { .text($0.device) },
        .csv("read_only") { .flag($0.readOnly) },
        .csv("collected_at") { .time($0.collectedAt) },
        Column("AS OF", "as_of", .tableOnly, style: { $0.unknownSince == nil ? .plain : .faint }) {
            Value.time($0.collectedAt).unless(unknownSince: $0.unknownSince)
        },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    static let devices: [Column<DiskAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("NAME", "name") { .text($0.name) },
        Column("SIZE", "size_bytes") { .bytes($0.sizeBytes) },
        Column("MODEL", "model") { .text($0.model) },
        Column("SERIAL", "serial") { .text($0.serial) },
        .csv("wwn") { .text($0.wwn) },
        .csv("firmware") { .text($0.firmware) },
        Column("KIND", "kind", .tableOnly) {
            .text([$0.transport, rotation($0)].compactMap { $0 }.joined(separator: ", "))
        },
        .csv("transport") { .text($0.transport) },
        .csv("rotational") { .flag($0.rotational) },
        .csv("removable") { .flag($0.removable) },
        Column("HEALTH", "health", style: { healthStyle($0.health) }) {
            Value.text($0.health).unless(unknownSince: $0.unknownSince)
        },
        .csv("smart_passed") { .flag($0.smartPassed) },
        Column("ON", "smart_power_on", .tableOnly) {
            .duration($0.smartPowerOnHours.map { Double($0) * 3600 })
        },
        .csv("smart_power_on_hours") { .integer($0.smartPowerOnHours) },
        Column("WORN", "smart_percentage_used") { .percent($0.smartPercentageUsed.map(Double.init)) },
        Column(
            "BAD SECTORS", "smart_reallocated_sectors", .roomy,
            style: { ($0.smartReallocatedSectors ?? 0) > 0 ? .warning : .plain }
        ) {
            .integer($0.smartReallocatedSectors)
        },
        .csv("smart_critical_warning") { .integer($0.smartCriticalWarning) },
        Column("MOUNTED ON", "mount_points", .roomy) { .list($0.mountPoints ?? []) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    static let pools: [Column<StoragePoolAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("KIND", "kind") { .text($0.kind) },
        Column("NAME", "name") { .text($0.name) },
        Column("LEVEL", "level") { .text($0.level) },
        Column("STATE", "state", style: { healthStyle($0.health) }) {
            Value.text($0.state).unless(unknownSince: $0.unknownSince)
        },
        .csv("health") { .text($0.health) },
        Column("SIZE", "size_bytes") { .bytes($0.sizeBytes) },
        Column("FREE", "free_bytes") { .bytes($0.freeBytes) },
        Column("DEVICES", "devices", .tableOnly) { pool in
            .text(pool.devicesTotal.map { "\(pool.devicesActive.map(String.init) ?? "?")/\($0)" })
        },
        .csv("devices_total") { .integer($0.devicesTotal) },
        .csv("devices_active") { .integer($0.devicesActive) },
        Column("HOLDS", "members", .roomy) { .list($0.members ?? []) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    private static func healthStyle(_ health: String?) -> Style {
        switch health {
        case "critical": .bad
        case "warning": .warning
        default: .plain
        }
    }

    private static func rotation(_ disk: DiskAnswer) -> String? {
        disk.rotational.map { $0 ? "rotating" : "solid state" }
    }
}
