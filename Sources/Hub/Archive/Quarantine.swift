import Contracts
import Synchronization

/// The bounded store of what authenticated senders had refused; the oldest go first.
final class Quarantine: Sendable {
    private struct Size {
        var entries: Int64
        var bytes: Int64
    }

    /// Bytes of one entry that are kept; of a larger body only its beginning says what it was.
    static let entryLimit = 64 * 1024

    private let maximumEntries: Int64
    private let maximumBytes: Int64
    /// Counted once, then kept up, since counting reads the whole table.
    private let size = Mutex<Size?>(nil)

    init(maximumEntries: Int, maximumBytes: Int) {
        self.maximumEntries = Int64(maximumEntries)
        self.maximumBytes = Int64(maximumBytes)
    }

    func add(_ entry: QuarantineEntry, into connection: any SQLConnection) throws {
        let body = Array(entry.body.prefix(Self.entryLimit))
        try connection.run(
            ArchiveStatements.quarantineInsert, entry.machineID, entry.receivedAt, entry.status, entry.code.rawValue,
            entry.reason, entry.bodyBytes, body)
        var size = try self.size.withLock { $0 } ?? counted(connection, without: body.count)
        size.entries += 1
        size.bytes += Int64(body.count)
        while size.entries > maximumEntries || size.bytes > maximumBytes {
            let oldest = try connection.rows(ArchiveStatements.quarantineOldest)
            if oldest.isEmpty { break }
            for row in oldest where size.entries > maximumEntries || size.bytes > maximumBytes {
                try connection.run(ArchiveStatements.quarantineDelete, row["id"])
                size.entries -= 1
                size.bytes -= row["bytes"].integer ?? 0
            }
        }
        self.size.withLock { $0 = size }
    }

    /// After a rolled back transaction the figures are not known any more.
    func forget() { size.withLock { $0 = nil } }

    private func counted(_ connection: any SQLConnection, without added: Int) throws -> Size {
        let row = try connection.row(ArchiveStatements.quarantineSize)
        return Size(
            entries: (row?["entries"].integer ?? 1) - 1, bytes: (row?["bytes"].integer ?? 0) - Int64(added))
    }
}
