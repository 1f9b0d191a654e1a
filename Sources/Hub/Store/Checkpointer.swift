import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Folds the write-ahead log into the database beside the writer.
///
/// SQLite does that on the connection whose commit made the log long enough, and all who wait for the writer wait for
/// thousands of pages to be written and synced. Here a connection of its own does it while the writer goes on, again and
/// again until little is left; that little the writer does, since only then may the log begin anew: SQLite starts it from
/// the front where a transaction finds all of it in the database.
///
/// Nothing here decides what is durable. Each commit is synced in the log before it is answered, and SQLite neither
/// forgets a frame before its page is synced in the database, nor takes a frame that a reader's past still needs. A
/// checkpoint that fails (a full disk) leaves the log as it is, and the next one tries again.
///
/// A checkpoint beside the writer never begins while all of the log is in the database: until 3.51.3 SQLite forgets frames
/// where the log begins anew in that moment (https://www.sqlite.org/wal.html#walresetbug).
final class Checkpointer: Sendable {
    /// Bytes of the log.
    struct Sizes {
        /// So much is not in the database: a checkpoint begins. Rarer ones write the pages that change all the time less
        /// often.
        var start: Int
        /// So much is left to the writer.
        var rest: Int
        /// So much is not in the database although a checkpoint goes on: the disk does not keep up, and the writer waits.
        var limit: Int
        /// So much is written to the database before it is synced: the log's syncs come between, and wait for no more.
        var piece = 512 << 10
    }

    private enum Phase {
        case idle
        /// The connection beside the writer is at it.
        case folding
        /// The writer is to do what is left, and again, until the log has begun anew.
        case finishing
        case closed
    }

    private struct Log {
        var phase = Phase.idle
        /// Frames in the log, and how many of them are in the database. What was there before the first commit counts as
        /// being there: it is another process's to fold, and small where there is none.
        var frames: Int?
        var folded = 0
        /// How often it has begun anew.
        var beginnings = 0
        /// With fewer frames than this another try is not worth it.
        var waitsFor = 0
        /// Frames, and those that were not in the database, when the checkpoint began.
        var began = (frames: 0, left: 0)

        var left: Int { (frames ?? 0) - folded }

        /// Has the connection beside the writer begin no other round.
        mutating func stop() { if phase != .closed { phase = .idle } }

        mutating func beginFolding() {
            phase = .folding
            began = (frames ?? 0, left)
        }

        /// Tries again when the log is longer by so many frames.
        mutating func tryAgain(after more: Int) { waitsFor = (frames ?? 0) + more }

        /// Begins anew with what is there then.
        mutating func giveUp(for more: Int) {
            stop()
            tryAgain(after: more)
        }

        mutating func grew(to frames: Int) {
            if let known = self.frames, frames < known {
                beginnings += 1
                (folded, waitsFor) = (0, 0)
                if phase == .finishing { phase = .idle }
            } else if self.frames == nil {
                folded = frames
            }
            self.frames = frames
        }
    }

    /// What a checkpoint found: frames in the log when it began, and how many of them are in the database now.
    private struct Checkpoint {
        var frames: Int
        var folded: Int
    }

    private let path: String
    private let beside: DatabaseQueue
    /// On where the writer waits for the connection beside it.
    private let haste = GatheringVFS.Haste()
    private let log = Mutex(Log())
    /// The sizes in frames.
    private let start: Int
    private let rest: Int
    private let limit: Int
    /// To so many it is cut when it begins anew.
    let limitBytes: Int64

    /// Opens the connection beside the writer.
    init(path: String, pageSize: Int, sizes: Sizes) throws {
        var configuration = Configuration()
        configuration.label = "checkpoint"
        configuration.busyMode = .timeout(10)
        // What it reads and writes passes by its cache.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -64") }
        self.path = path
        beside = try DatabaseQueue(path: path, configuration: configuration)
        beside.inDatabase { [haste] database in
            if let file = Self.file(database.sqliteConnection) {
                GatheringVFS.syncInPieces(file, path: path, of: sizes.piece, but: haste)
            }
        }
        start = sizes.start / pageSize
        rest = sizes.rest / pageSize
        limit = sizes.limit / pageSize
        limitBytes = Int64(sizes.limit)
    }

    /// Looks at each commit of the writer from now on, instead of SQLite's own checkpoints. It must be kept as long as
    /// that connection is open.
    func watch(_ writer: Database) {
        sqlite3_wal_hook(
            writer.sqliteConnection,
            { checkpointer, writer, _, frames in
                Unmanaged<Checkpointer>.fromOpaque(checkpointer!).takeUnretainedValue()
                    .committed(Int(frames), by: writer!)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Folds what is there, unless the writer is just at that.
    func foldBeside() {
        beside.writeWithoutTransaction { database in
            log.withLock { log in if log.phase == .idle, log.left > 0 { log.beginFolding() } }
            fold(database)
        }
    }

    /// Runs what needs the log for itself: SQLite refuses a checkpoint while another one goes on. To be called on the
    /// writer's queue; the body commits nothing.
    func alone<Value>(_ body: () throws -> Value) throws -> Value {
        log.withLock { $0.stop() }
        return try haste.during { try beside.writeWithoutTransaction { _ in try body() } }
    }

    func close() throws {
        log.withLock { $0.phase = .closed }
        try beside.close()
    }

    private func committed(_ frames: Int, by writer: OpaquePointer) {
        enum Step { case nothing, begin, wait, finish }
        let step = log.withLock { log -> Step in
            log.grew(to: frames)
            guard frames >= log.waitsFor else { return .nothing }
            switch log.phase {
            case .idle:
                guard log.left >= start else { return .nothing }
                log.beginFolding()
                return .begin
            case .folding:
                // After a long reader much is left from the beginning, and the disk does keep up.
                guard log.left >= max(limit, log.began.left + limit / 2) || frames - log.began.frames >= 4 * limit
                else { return .nothing }
                log.phase = .finishing
                return .wait
            case .finishing: return .finish
            case .closed: return .nothing
            }
        }
        switch step {
        case .nothing: break
        case .begin: beside.asyncWriteWithoutTransaction { self.fold($0) }
        case .wait:
            // Its round ends, and it begins no other.
            haste.during { beside.inDatabase { _ in } }
            finish(by: writer)
        case .finish: finish(by: writer)
        }
    }

    /// On the connection beside the writer, which goes on meanwhile.
    private func fold(_ database: Database) {
        while log.withLock({ $0.phase == .folding }) { round(database) }
    }

    private func round(_ database: Database) {
        let before = log.withLock { (folded: $0.folded, beginnings: $0.beginnings) }
        let found = Self.checkpoint(database.sqliteConnection)
        if found != nil { sync(database.sqliteConnection) }
        log.withLock { log in
            if let found, log.beginnings == before.beginnings { log.folded = max(log.folded, found.folded) }
            guard log.phase == .folding else { return }
            if found == nil {
                log.giveUp(for: start / 4)
            } else if log.left <= rest || log.folded - before.folded < rest {
                // Little is left, or readers keep it: at some commit none will.
                log.phase = .finishing
            }
        }
    }

    /// On the writer, after its commit.
    private func finish(by writer: OpaquePointer) {
        let found = Self.checkpoint(writer)
        log.withLock { log in
            guard let found else { return log.giveUp(for: start / 4) }
            log.folded = found.folded
            // The next transaction begins the log anew, unless a reader still looks into it; or one stood in the way just
            // now. Another try soon, but not with each commit: it syncs the database.
            log.tryAgain(after: start / 8)
            if log.left >= start { log.stop() }
        }
    }

    /// Nil where it could not be done.
    private static func checkpoint(_ connection: OpaquePointer?) -> Checkpoint? {
        var frames: Int32 = 0
        var folded: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection, "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &folded)
        return code == SQLITE_OK && frames >= 0 ? Checkpoint(frames: Int(frames), folded: Int(folded)) : nil
    }

    /// Gives the disk what is written of the database: SQLite does so only with the whole log, on the writer, which then
    /// waits for less. Where that fails the process ends, since SQLite counts it as done.
    private func sync(_ connection: OpaquePointer?) {
        guard let file = Self.file(connection),
            let code = file.pointee.pMethods?.pointee.xSync?(file, SQLITE_SYNC_NORMAL)
        else { return }
        if code != SQLITE_OK { FailedSync.end(path, code) }
    }

    /// A connection's database file.
    static func file(_ connection: OpaquePointer?) -> UnsafeMutablePointer<sqlite3_file>? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        return code == SQLITE_OK ? file : nil
    }
}

extension Checkpointer.Sizes {
    /// 192, 96 and 1 MiB, or less on a small file system: its reserve has room for all that the database must grow for.
    ///
    /// - Parameter total: bytes of the file system.
    init(total: Int64?) {
        limit = max(1 << 20, Int(DiskReserve.bytes(ofTotal: total) / 4 * 3))
        start = limit / 2
        rest = min(1 << 20, start / 8)
    }
}
