import Foundation
import GRDB

/// A consistent copy of a database that others may be writing: one state of it, whole, in one file.
enum DatabaseCopy {
    /// About 8 MiB between two reports of progress.
    private static let pagesPerStep: Int32 = 1024

    /// Copies by SQLite's online backup interface, and syncs. Writers go on; the write-ahead log grows meanwhile.
    ///
    /// - Parameter progress: bytes copied, and all.
    static func make(
        of source: any DatabaseReader, at path: String, progress: (_ done: Int64, _ total: Int64) -> Void
    ) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // Synced once, at the end: until then the file is worth nothing anyway.
            try database.execute(sql: "PRAGMA synchronous = OFF")
        }
        let target = try DatabaseQueue(path: path, configuration: configuration)
        chmod(path, 0o600)
        try withoutActuallyEscaping(progress) { progress in
            try target.writeWithoutTransaction { copy in
                try source.read { original in
                    let pageSize = try Int64.fetchOne(original, sql: "PRAGMA page_size") ?? 0
                    // Fixes the state that is read: without an open transaction every write elsewhere would begin the
                    // copy anew, and under load it would never end.
                    _ = try Int.fetchOne(original, sql: "SELECT count(*) FROM sqlite_schema")
                    try original.backup(to: copy, pagesPerStep: pagesPerStep) { step in
                        progress(Int64(step.completedPageCount) * pageSize, Int64(step.totalPageCount) * pageSize)
                    }
                }
            }
        }
        try target.close()
        // The copy says of itself that it has a write-ahead log. A single file is easier to carry.
        try withQueue(path) { _ = try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE") }
        try SecretFile.synchronize(path)
    }

    /// What SQLite finds wrong with a file that nobody writes; empty where it is sound.
    ///
    /// - Parameter isQuick: leaves the comparison of indexes with their tables out.
    static func problems(of path: String, isQuick: Bool = false) throws -> [String] {
        do {
            return try withQueue(path, isReadOnly: true) { database in
                try String.fetchAll(database, sql: isQuick ? "PRAGMA quick_check(20)" : "PRAGMA integrity_check(20)")
            }.filter { $0 != "ok" }
        } catch let error as DatabaseError { return ["it cannot be read: \(error.message ?? "\(error.resultCode)")"] }
    }

    /// Bytes that a copy takes.
    static func size(of source: any DatabaseReader) throws -> Int64 {
        try source.read { database in
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            return pages * (try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
        }
    }

    private static func withQueue<Value>(
        _ path: String, isReadOnly: Bool = false, _ body: (Database) throws -> Value
    ) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let value = try queue.inDatabase(body)
        try queue.close()
        return value
    }
}
