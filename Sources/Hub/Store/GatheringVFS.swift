import Foundation
import GRDBSQLite
import Synchronization

/// SQLite's own way to files, with the write-ahead log written in large pieces, and where it is asked for, what is folded
/// back of it synced in small ones.
///
/// SQLite writes a commit page by page, and each page's header by a call of its own: some twenty calls of `pwrite` for a
/// snapshot. Here they are gathered and written together, at the latest with the frame that ends the transaction, when
/// the log is to be synced, or before anything is read of it. Other connections learn of frames only after that, and
/// what SQLite syncs is on the disk, as ever. Frames of a transaction that was rolled back are thrown away before the
/// lock on the log is let go: later they would be written over those of somebody else. (With `locking_mode = EXCLUSIVE`
/// SQLite lets no lock go, and nobody may turn to NORMAL again; the hub uses neither.)
///
/// Files are those of the system's VFS with some of their methods exchanged, and with room for `Companion` behind them.
enum GatheringVFS {
    /// Makes it the one that databases are opened with. To be called before the first is opened.
    static func register() { _ = registered }

    private typealias File = UnsafeMutablePointer<sqlite3_file>
    private typealias Methods = UnsafePointer<sqlite3_io_methods>

    /// What stands behind a file in the memory that SQLite gives for it.
    private struct Companion {
        /// The system's.
        let methods: Methods
        /// A database's log, while it is open.
        var log: File?
        /// A log's database.
        var database: File?
        var gathered = GatheredLog()
        /// A log's, and those of a database that is synced in pieces.
        var syncs: FileSyncs?
        var pieces: Pieces?
    }

    /// Of a database that is synced whenever so many bytes were written to it.
    private struct Pieces {
        let size: Int
        let haste: Haste
        var unsynced = 0

        /// Whether a sync is due.
        mutating func add(_ count: Int) -> Bool {
            unsynced += count
            guard unsynced >= size, !haste.isOn else { return false }
            unsynced = 0
            return true
        }
    }

    /// While somebody waits until a database is written, syncs of its pieces only make that longer: there are none.
    final class Haste: Sendable {
        private let waiting = Atomic(0)

        var isOn: Bool { waiting.load(ordering: .relaxed) > 0 }

        func during<Value>(_ body: () throws -> Value) rethrows -> Value {
            waiting.add(1, ordering: .relaxed)
            defer { waiting.subtract(1, ordering: .relaxed) }
            return try body()
        }
    }

    /// Syncs of one open file, one at a time. The kernel tells of what it could not write once, and whoever asks next would
    /// hear that all is well: so one that fails ends the process, before another can begin.
    private final class FileSyncs: Sendable {
        private let path: String
        private let lock = Mutex(())

        init(path: String) { self.path = path }

        func run(_ sync: () -> Int32) -> Int32 {
            lock.withLock { _ in
                let code = sync()
                if code != SQLITE_OK { FailedSync.end(path, code) }
                return code
            }
        }
    }

    /// SQLite has one table of methods for databases and one for logs; these are the ones to exchange, and what for.
    private struct Tables: @unchecked Sendable {
        var database: (system: Methods, ours: Methods)?
        var log: (system: Methods, ours: Methods)?
    }

    // SQLite keeps the address of whatever it is given here: that lives as long as the process.
    private nonisolated(unsafe) static let system = sqlite3_vfs_find(nil)!
    private static let tables = Mutex(Tables())

    private static let registered: Int32 = {
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        vfs.pointee.zName = UnsafePointer(strdup("vigie"))
        vfs.pointee.pNext = nil
        vfs.pointee.szOsFile += Int32(MemoryLayout<Companion>.stride)
        vfs.pointee.xOpen = { _, name, file, flags, outFlags in
            let code = GatheringVFS.system.pointee.xOpen(GatheringVFS.system, name, file, flags, outFlags)
            if code == SQLITE_OK, let file { GatheringVFS.opened(file, name, flags) }
            return code
        }
        return sqlite3_vfs_register(vfs, 1)
    }()

    private static func opened(_ file: File, _ name: UnsafePointer<CChar>?, _ flags: Int32) {
        guard let methods = file.pointee.pMethods else { return }
        tables.withLock { tables in
            if flags & SQLITE_OPEN_MAIN_DB != 0 {
                if tables.database == nil { tables.database = (methods, exchanged(methods, inDatabase)) }
                guard let table = tables.database, table.system == methods else { return }
                companion(file).initialize(to: Companion(methods: methods))
                file.pointee.pMethods = table.ours
            } else if flags & SQLITE_OPEN_WAL != 0, let name, let database = sqlite3_database_file_object(name),
                database.pointee.pMethods == tables.database?.ours
            {
                if tables.log == nil { tables.log = (methods, exchanged(methods, inLog)) }
                guard let table = tables.log, table.system == methods else { return }
                companion(file).initialize(
                    to: Companion(methods: methods, database: database, syncs: FileSyncs(path: String(cString: name))))
                companion(database).pointee.log = file
                file.pointee.pMethods = table.ours
            }
        }
    }

    private static func exchanged(_ methods: Methods, _ exchange: (inout sqlite3_io_methods) -> Void) -> Methods {
        let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        copy.initialize(to: methods.pointee)
        exchange(&copy.pointee)
        return Methods(copy)
    }

    private static func companion(_ file: File?) -> UnsafeMutablePointer<Companion> {
        (UnsafeMutableRawPointer(file!) + Int(system.pointee.szOsFile)).assumingMemoryBound(to: Companion.self)
    }

    /// Has what a connection writes to its database synced in pieces of so many bytes; where that fails the process ends.
    ///
    /// Thousands of pages at once fill the disk's queue, and whoever syncs the log meanwhile waits behind them all.
    static func syncInPieces(
        _ database: UnsafeMutablePointer<sqlite3_file>, path: String, of size: Int, but haste: Haste
    ) {
        guard let methods = database.pointee.pMethods, tables.withLock({ methods == $0.database?.ours }) else { return }
        companion(database).pointee.syncs = FileSyncs(path: path)
        companion(database).pointee.pieces = Pieces(size: size, haste: haste)
    }

    private static func inDatabase(_ methods: inout sqlite3_io_methods) {
        methods.xWrite = { file, bytes, count, offset in
            let companion = GatheringVFS.companion(file)
            let methods = companion.pointee.methods.pointee
            let code = methods.xWrite(file, bytes, count, offset)
            guard code == SQLITE_OK, companion.pointee.pieces?.add(Int(count)) == true else { return code }
            return companion.pointee.syncs!.run { methods.xSync(file, SQLITE_SYNC_NORMAL) }
        }
        methods.xClose = { file in GatheringVFS.close(file) }
        methods.xShmLock = { file, first, count, flags in
            let companion = GatheringVFS.companion(file)
            // The first of the log's locks is the writer's.
            if first == 0, flags & SQLITE_SHM_UNLOCK != 0, flags & SQLITE_SHM_EXCLUSIVE != 0,
                let log = companion.pointee.log
            {
                GatheringVFS.companion(log).pointee.gathered.drop()
            }
            return companion.pointee.methods.pointee.xShmLock(file, first, count, flags)
        }
    }

    private static func inLog(_ methods: inout sqlite3_io_methods) {
        methods.xWrite = { file, bytes, count, offset in
            let companion = GatheringVFS.companion(file)
            return companion.pointee.gathered.add(bytes!, Int(count), at: offset) { bytes, count, offset in
                companion.pointee.methods.pointee.xWrite(file, bytes, Int32(count), offset)
            }
        }
        methods.xRead = { file, bytes, count, offset in
            GatheringVFS.flushed(file) { $0.xRead(file, bytes, count, offset) }
        }
        methods.xTruncate = { file, size in GatheringVFS.flushed(file) { $0.xTruncate(file, size) } }
        methods.xSync = { file, flags in
            GatheringVFS.flushed(file) { methods in
                GatheringVFS.companion(file).pointee.syncs!.run { methods.xSync(file, flags) }
            }
        }
        methods.xFileSize = { file, size in GatheringVFS.flushed(file) { $0.xFileSize(file, size) } }
        methods.xClose = { file in
            let companion = GatheringVFS.companion(file)
            companion.pointee.gathered.close()
            if let database = companion.pointee.database { GatheringVFS.companion(database).pointee.log = nil }
            return GatheringVFS.close(file)
        }
    }

    /// A file's memory is SQLite's to free; what the companion refers to goes here.
    private static func close(_ file: File?) -> Int32 {
        let companion = companion(file)
        let methods = companion.pointee.methods
        companion.deinitialize(count: 1)
        return methods.pointee.xClose(file)
    }

    /// Syncs what was committed to a log, on any thread: frames are written with their commit, and what is gathered of the
    /// next transaction stays where it is.
    static func syncLog(_ file: UnsafeMutablePointer<sqlite3_file>) -> Int32 {
        guard let methods = file.pointee.pMethods else { return SQLITE_IOERR }
        guard tables.withLock({ methods == $0.log?.ours }) else {
            return methods.pointee.xSync(file, SQLITE_SYNC_NORMAL)
        }
        let system = companion(file).pointee.methods
        return companion(file).pointee.syncs!.run { system.pointee.xSync(file, SQLITE_SYNC_NORMAL) }
    }

    /// Writes what is gathered, then does the rest.
    private static func flushed(_ file: File?, _ rest: (sqlite3_io_methods) -> Int32) -> Int32 {
        let companion = companion(file)
        let code = companion.pointee.gathered.flush { bytes, count, offset in
            companion.pointee.methods.pointee.xWrite(file, bytes, Int32(count), offset)
        }
        return code == SQLITE_OK ? rest(companion.pointee.methods.pointee) : code
    }
}
