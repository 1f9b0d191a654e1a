import CSQLite
import GRDBSQLite
import Glibc

/// How much of SQLite's memory a thread has taken, for whoever wants to bound it.
///
/// SQLite counts for the whole process, with a lock for each allocation that all connections share, and the count of one
/// statement would have the caches of all others in it. Its own count is off; here only threads that ask are counted.
enum SQLiteMemory {
    /// Puts it in place, once. To be called before anything else of SQLite is; later SQLite refuses, and goes on with its
    /// own.
    static func install() { _ = isInstalled }

    /// Bytes that a thread has taken and not given back.
    final class Count {
        private let bytes = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
        private var outside: Int64 = 0

        init() { bytes.initialize(to: 0) }

        deinit { bytes.deallocate() }

        /// Since `of` began; where SQLite counts itself, of all threads.
        var value: Int64 { isInstalled ? bytes.pointee : sqlite3_memory_used() - outside }

        /// Counts what this thread takes in the body.
        func of<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
            bytes.pointee = 0
            outside = sqlite3_memory_used()
            pthread_setspecific(key, bytes)
            defer { pthread_setspecific(key, nil) }
            return try body()
        }
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "no key for this thread's memory")
        return key
    }()

    // Lives as long as the process, and is only written by SQLite, below.
    private nonisolated(unsafe) static let system = UnsafeMutablePointer<sqlite3_mem_methods>.allocate(capacity: 1)

    private static func note(_ memory: UnsafeMutableRawPointer?, sign: Int64) {
        guard let memory, let bytes = pthread_getspecific(key) else { return }
        bytes.assumingMemoryBound(to: Int64.self).pointee += sign * Int64(system.pointee.xSize(memory))
    }

    static let isInstalled: Bool = {
        guard vigie_sqlite_configure(SQLITE_CONFIG_GETMALLOC, system) == SQLITE_OK else { return false }
        var methods = system.pointee
        methods.xMalloc = { count in
            let memory = SQLiteMemory.system.pointee.xMalloc(count)
            SQLiteMemory.note(memory, sign: 1)
            return memory
        }
        methods.xRealloc = { memory, count in
            SQLiteMemory.note(memory, sign: -1)
            let moved = SQLiteMemory.system.pointee.xRealloc(memory, count)
            SQLiteMemory.note(moved ?? memory, sign: 1)
            return moved
        }
        methods.xFree = { memory in
            SQLiteMemory.note(memory, sign: -1)
            SQLiteMemory.system.pointee.xFree(memory)
        }
        guard vigie_sqlite_configure(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK else { return false }
        return vigie_sqlite_set(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK
    }()
}
