import Foundation
import GRDBSQLite
import Synchronization

@testable import Hub

/// Remembers what SQLite writes and what it syncs, so that a test can make what a power cut would leave of it.
///
/// A VFS under all others: to be registered in a process of its own, before any database is opened.
enum RecordingDisk {
    enum Step: Sendable {
        case write(file: String, offset: Int, bytes: [UInt8])
        case truncate(file: String, size: Int)
        /// What was written before the step `begin` is on the disk.
        case sync(file: String, begin: Int)
        case delete(file: String)
        /// Not the disk's: what a test wants to remember in its place.
        case mark(Int)
    }

    private typealias File = UnsafeMutablePointer<sqlite3_file>
    private typealias Methods = UnsafePointer<sqlite3_io_methods>

    private struct Companion {
        let methods: Methods
        let name: Int
    }

    private struct State: @unchecked Sendable {
        var steps: [Step] = []
        var names: [String] = []
        var exchanged: [Methods: Methods] = [:]
        var failing: String?
    }

    private nonisolated(unsafe) static let system = sqlite3_vfs_find(nil)!
    private static let state = Mutex(State())

    static var steps: [Step] { state.withLock { $0.steps } }

    /// From now on each sync of the file fails.
    static func failSyncs(of file: String) { state.withLock { $0.failing = file } }

    static func mark(_ number: Int) { note(.mark(number)) }

    private static func note(_ step: Step) { state.withLock { $0.steps.append(step) } }

    /// Notes what was done, after it was: several threads write and sync.
    private static func noted(_ code: Int32, _ step: @autoclosure () -> Step) -> Int32 {
        if code == SQLITE_OK { note(step()) }
        return code
    }

    static func register() {
        // Before the first look at SQLite's ways to files: later it refuses. The hub's own way comes on top of this one.
        SQLiteLibrary.exchangeParts()
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        vfs.pointee.zName = UnsafePointer(strdup("recording"))
        vfs.pointee.pNext = nil
        vfs.pointee.szOsFile += Int32(MemoryLayout<Companion>.stride)
        vfs.pointee.xOpen = { _, name, file, flags, outFlags in
            let code = RecordingDisk.system.pointee.xOpen(RecordingDisk.system, name, file, flags, outFlags)
            if code == SQLITE_OK, let file, let name { RecordingDisk.opened(file, String(cString: name)) }
            return code
        }
        vfs.pointee.xDelete = { _, name, syncsDirectory in
            if let name { RecordingDisk.note(.delete(file: RecordingDisk.last(String(cString: name)))) }
            return RecordingDisk.system.pointee.xDelete(RecordingDisk.system, name, syncsDirectory)
        }
        sqlite3_vfs_register(vfs, 1)
    }

    private static func last(_ path: String) -> String { (path as NSString).lastPathComponent }

    private static func companion(_ file: File?) -> UnsafeMutablePointer<Companion> {
        (UnsafeMutableRawPointer(file!) + Int(system.pointee.szOsFile)).assumingMemoryBound(to: Companion.self)
    }

    private static func opened(_ file: File, _ name: String) {
        guard let methods = file.pointee.pMethods else { return }
        state.withLock { state in
            companion(file).initialize(to: Companion(methods: methods, name: state.names.count))
            state.names.append(last(name))
            if state.exchanged[methods] == nil { state.exchanged[methods] = exchanged(methods) }
            file.pointee.pMethods = state.exchanged[methods]
        }
    }

    private static func name(_ file: File?) -> String {
        let index = companion(file).pointee.name
        return state.withLock { $0.names[index] }
    }

    private static func exchanged(_ methods: Methods) -> Methods {
        let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        copy.initialize(to: methods.pointee)
        copy.pointee.xWrite = { file, bytes, count, offset in
            RecordingDisk.noted(
                RecordingDisk.companion(file).pointee.methods.pointee.xWrite(file, bytes, count, offset),
                .write(
                    file: RecordingDisk.name(file), offset: Int(offset),
                    bytes: Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))))
        }
        copy.pointee.xTruncate = { file, size in
            RecordingDisk.noted(
                RecordingDisk.companion(file).pointee.methods.pointee.xTruncate(file, size),
                .truncate(file: RecordingDisk.name(file), size: Int(size)))
        }
        copy.pointee.xSync = { file, flags in
            let name = RecordingDisk.name(file)
            let (begin, fails) = RecordingDisk.state.withLock { ($0.steps.count, $0.failing == name) }
            if fails { return SQLITE_IOERR }
            return RecordingDisk.noted(
                RecordingDisk.companion(file).pointee.methods.pointee.xSync(file, flags),
                .sync(file: name, begin: begin))
        }
        return Methods(copy)
    }

    /// The files as a power cut before the step `end` may leave them: what was synced is there, and of what was written
    /// since then any pages, in any order, or none.
    static func files(
        cutBefore end: Int, of steps: [Step], using random: inout some RandomNumberGenerator
    ) -> [String: [UInt8]] {
        var synced: [String: Int] = [:]
        for step in steps[..<end] {
            if case .sync(let file, let begin) = step { synced[file] = max(begin, synced[file] ?? 0) }
        }
        var files: [String: [UInt8]] = [:]
        let loses = Int.random(in: 0...4, using: &random)
        for (index, step) in steps[..<end].enumerated() {
            switch step {
            case .write(let file, let offset, let bytes):
                let isSafe = index < synced[file] ?? 0
                var start = 0
                while start < bytes.count {
                    let length = min(bytes.count - start, 4096 - (offset + start) % 4096)
                    if isSafe || Int.random(in: 0..<4, using: &random) >= loses {
                        write(bytes[start..<start + length], at: offset + start, to: &files[file, default: []])
                    }
                    start += length
                }
            case .truncate(let file, let size):
                if index < synced[file] ?? 0 || Bool.random(using: &random) {
                    let known = files[file, default: []]
                    files[file] = Array(known.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - known.count))
                }
            case .delete(let file): files[file] = nil
            case .sync, .mark: break
            }
        }
        return files
    }

    private static func write(_ bytes: ArraySlice<UInt8>, at offset: Int, to file: inout [UInt8]) {
        let end = offset + bytes.count
        if file.count < end { file += [UInt8](repeating: 0, count: end - file.count) }
        file.replaceSubrange(offset..<end, with: bytes)
    }
}
