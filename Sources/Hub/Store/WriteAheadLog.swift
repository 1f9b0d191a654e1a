import Foundation
import GRDB
import GRDBSQLite

/// The file of a connection's write-ahead log; as long as the connection is open.
struct WriteAheadLog: @unchecked Sendable {
    let file: UnsafeMutablePointer<sqlite3_file>

    init(of database: Database) throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard code == SQLITE_OK, let file, file.pointee.pMethods != nil else {
            throw StoreFailure(code: .other, message: "the database has no write-ahead log (\(code))")
        }
        self.file = file
    }
}

/// What a process does that cannot have the disk's word for what it wrote.
///
/// Nothing can be trusted then that was written since the last time: the kernel forgets what it could not write, and shows
/// it as if it had. So the process ends, as PostgreSQL's does. Nothing that waits for that sync was answered; what was
/// answered before is in the log. The next hub folds all of it back before it serves (`SQLiteStore.foldAll`), so that it is
/// written anew.
enum FailedSync {
    /// `EX_IOERR` of sysexits.h.
    static let status: Int32 = 74

    static func end(_ path: String, _ code: Int32) -> Never {
        let words = "error: \(path) cannot be synced to its disk (\(code)); look at it, then start the hub again\n"
        FileHandle.standardError.write(Data(words.utf8))
        _exit(status)
    }
}
