import ArgumentParser
import HubAPI

/// `vigie disks`
struct DiskList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disks",
        abstract: "List file systems, the fullest first.",
        discussion: """
            EXAMPLES:
              vigie disks
              vigie disks --machine web-01
              vigie disks --used 80
            """)

    @Option(help: ArgumentHelp("Only this machine.", valueName: "name")) var machine: String?
    @Option(help: ArgumentHelp("Only file systems that are at least this full.", valueName: "percent")) var used: Int?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        query.add("machine", machine)
        query.add("used_percent", used)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/disks", query, columns: DiskColumns.filesystems, empty: "no file system is like that")
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
        Column("NAME", "name") { .text($0.name) },
        Column("SIZE", "size_bytes") { .bytes($0.sizeBytes) },
        Column("MODEL", "model") { .text($0.model) },
        Column("SERIAL", "serial") { .text($0.serial) },
        Column("KIND", "kind") { .text([$0.transport, rotation($0)].compactMap { $0 }.joined(separator: ", ")) },
        Column("SMART", "smart_passed", style: { $0.smartPassed == false ? .bad : .plain }) {
            .text($0.smartPassed.map { $0 ? "passed" : "failing" })
        },
    ]

    private static func rotation(_ disk: DiskAnswer) -> String? {
        disk.rotational.map { $0 ? "rotating" : "solid state" }
    }
}
