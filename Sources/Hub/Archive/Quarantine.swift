import Contracts
import Synchronization

/// The bounded store of what authenticated senders had refused; the oldest go first.
final class Quarantine: Sendable {
    private struct Size {
        var entries: Int64
        var bytes: Int64
    }

    /// What is kept of a body that was refused for its size: its beginning says what it was.
    static let beginning = 64 * 1024

    private let maximumEntries: Int64
    private let maximumBytes: Int64
    /// Counted once, then kept up, since counting reads the whole table.
    private let size = Mutex<Size?>(nil)

    init(maximumEntries: Int, maximumBytes: Int) {
        self.maximumEntries = Int64(maximumEntries)
        self.maximumBytes = Int64(maximumBytes)
    }

    func add(_ entry: QuarantineEntry, into connection: any SQLConnection) throws {
        try connection.run(
            QuarantineStatements.insert, entry.machineID, entry.receivedAt, entry.status, entry.code.rawValue,
            entry.reason, entry.bodyBytes, entry.body)
        var size = self.size.withLock { $0 }
        size?.entries += 1
        size?.bytes += Int64(entry.body.count)
        // An operator or retention may have taken some since: nothing goes for a figure that is not true any more.
        if size.map(isTooMuch) ?? true { size = try counted(connection) }
        guard var size else { return }
        while isTooMuch(size) {
            let oldest = try connection.rows(QuarantineStatements.oldest)
            if oldest.isEmpty { break }
            for row in oldest where isTooMuch(size) {
                try connection.run(QuarantineStatements.delete, row["id"])
                size.entries -= 1
                size.bytes -= row["bytes"].integer ?? 0
            }
        }
        self.size.withLock { $0 = size }
    }

    /// After a rolled back transaction the figures are not known any more.
    func forget() { size.withLock { $0 = nil } }

    private func isTooMuch(_ size: Size) -> Bool { size.entries > maximumEntries || size.bytes > maximumBytes }

    private func counted(_ connection: any SQLConnection) throws -> Size {
        let row = try connection.row(QuarantineStatements.size)
        return Size(entries: row?["entries"].integer ?? 0, bytes: row?["bytes"].integer ?? 0)
    }
}
