import Foundation
import GRDBSQLite

/// What a connection wrote to its write-ahead log and the system does not have yet.
struct GatheredLog {
    /// Bytes at most, for each connection that writes: SQLite's own VFS takes no more in one call (`seekAndWriteFd`).
    static let capacity = 0x1_ffff

    /// A frame's header: page number, then the size of the database after the commit, or 0 where more frames of the
    /// transaction follow (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
    private static let frameHeader = 24

    /// The file's own way to write.
    typealias Write = (_ bytes: UnsafeRawPointer, _ count: Int, _ offset: sqlite3_int64) -> Int32

    private var bytes: UnsafeMutableRawPointer?
    private var count = 0
    /// Where in the file the first of them belongs.
    private var start: sqlite3_int64 = 0
    /// The frame that ends the transaction has begun: what comes now is written at once.
    private var isEnding = false

    mutating func add(_ new: UnsafeRawPointer, _ length: Int, at offset: sqlite3_int64, _ write: Write) -> Int32 {
        if length == Self.frameHeader {
            isEnding = (4..<8).contains { new.load(fromByteOffset: $0, as: UInt8.self) != 0 }
        }
        if count > 0, offset != start + sqlite3_int64(count) || count + length > Self.capacity {
            let code = flush(write)
            guard code == SQLITE_OK else { return code }
        }
        if bytes == nil { bytes = malloc(Self.capacity) }
        guard let bytes, length <= Self.capacity else { return write(new, length, offset) }
        if count == 0 { start = offset }
        memcpy(bytes + count, new, length)
        count += length
        guard isEnding else { return SQLITE_OK }
        let code = flush(write)
        // SQLite is told of this piece; of the ones before it was told that they are written.
        if code != SQLITE_OK { count -= length }
        return code
    }

    /// Writes what is gathered. Where that fails it is kept: SQLite counts on it, and may ask for it yet.
    mutating func flush(_ write: Write) -> Int32 {
        guard count > 0, let bytes else { return SQLITE_OK }
        let code = write(bytes, count, start)
        if code == SQLITE_OK { count = 0 }
        return code
    }

    /// Forgets what is gathered: frames that nobody will ask for.
    mutating func drop() {
        count = 0
        isEnding = false
    }

    mutating func close() {
        drop()
        free(bytes)
        bytes = nil
    }
}
