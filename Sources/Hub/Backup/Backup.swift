import Contracts
import Foundation
import GRDB

/// Writes a hub's database, its authority with the keys, and its configuration into a directory of their own, while the
/// hub serves: one consistent state, verified, complete or not there.
struct Backup {
    struct Written: Equatable {
        var path: String
        var bytes: Int64
        var manifest: BackupManifest
        /// Older backups that made room.
        var removed: [String]
    }

    let directory: DataDirectory
    /// Nil where there is none.
    let configurationFile: String?
    let configuration: HubConfiguration
    let now: Timestamp

    static let prefix = "vigie-hub-"
    private static let partialSuffix = ".partial"

    /// - Parameters:
    ///   - destination: a directory in which backups gather, one below another's name.
    ///   - keep: how many complete backups stay there, this one included; nil keeps all.
    func write(
        to destination: String, keep: Int?, progress: (String) -> Void = { _ in }
    ) throws -> Written {
        try SecretFile.makeDirectory(destination)
        let lock = try Self.lock(destination)
        defer { close(lock) }
        let name = Self.name(now)
        let target = "\(destination)/\(name)"
        guard access(target, F_OK) != 0 else {
            throw CommandFailure(.cannotCreate, "\(target) exists already; nothing was overwritten")
        }
        // With the lock, whatever is unfinished here was left by a run that was killed.
        for name in try Self.names(destination) where name.hasPrefix(".\(Self.prefix)") {
            try FileManager.default.removeItem(atPath: "\(destination)/\(name)")
        }
        let partial = "\(destination)/.\(name)\(Self.partialSuffix)"
        do {
            try SecretFile.makeDirectory(partial)
            let (manifest, bytes) = try fill(partial, progress)
            guard rename(partial, target) == 0 else {
                throw SecretFile.Failure(path: target, action: "write", code: errno)
            }
            try SecretFile.synchronize(destination)
            return Written(
                path: target, bytes: bytes, manifest: manifest,
                removed: try keep.map { try Self.removeOldest(destination, keeping: $0) } ?? [])
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            if let error = error as? DatabaseError { throw SQLiteStore.failure(error, path: target) }
            throw error
        }
    }

    private func fill(
        _ target: String, _ progress: (String) -> Void
    ) throws -> (manifest: BackupManifest, bytes: Int64) {
        var patient = Configuration()
        patient.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: directory.database, configuration: patient)
        let size = try DatabaseCopy.size(of: queue)
        let needed = size + size / 50 + (1 << 20)
        if let free = DiskSpace.of(target)?.available, free < needed {
            throw CommandFailure(
                .cannotCreate,
                "a backup needs \(DiskSpace.words(needed)) and there are \(DiskSpace.words(free)) free;"
                    + " free some, keep fewer backups with --keep, or choose another place")
        }
        let database = "\(target)/\(BackupManifest.database)"
        try DatabaseCopy.make(of: queue, at: database) { done, total in
            progress("database: \(DiskSpace.words(done)) of \(DiskSpace.words(total))")
        }
        try queue.close()
        progress("verifying the database")
        let problems = try DatabaseCopy.problems(of: database)
        guard problems.isEmpty else {
            throw CommandFailure(
                .software,
                "the database is damaged, and so is every copy of it: \(problems.prefix(3).joined(separator: "; "))"
                    + " (vigie-hub check says more); keep the backups that you have")
        }
        var files: [BackupManifest.File] = []
        func add(_ path: String, _ read: (digest: Contracts.Digest, bytes: Int64)) {
            files.append(.init(path: path, sizeBytes: Int(read.bytes), digest: read.digest))
        }
        add(BackupManifest.database, try FileCopy.digest(of: database) { progress("digest: \(DiskSpace.words($0))") })
        if access(directory.authority, F_OK) == 0 {
            try SecretFile.makeDirectory("\(target)/\(BackupManifest.authority)")
            for name in try Self.names(directory.authority)
            where BackupManifest.isFileName(name) && !name.hasSuffix(".tmp") {
                let path = "\(BackupManifest.authority)/\(name)"
                add(path, try FileCopy.copy("\(directory.authority)/\(name)", to: "\(target)/\(path)"))
            }
            try SecretFile.synchronize("\(target)/\(BackupManifest.authority)")
        }
        if let configurationFile {
            let path = BackupManifest.configuration
            add(path, try FileCopy.copy(configurationFile, to: "\(target)/\(path)"))
        }
        let manifest = try manifest(of: database, files: files)
        try SecretFile.write(
            String(decoding: try CanonicalJSON.encode(manifest), as: UTF8.self) + "\n",
            to: "\(target)/\(BackupManifest.name)")
        return (manifest, files.reduce(0) { $0 + Int64($1.sizeBytes) })
    }

    private func manifest(of database: String, files: [BackupManifest.File]) throws -> BackupManifest {
        var readOnly = Configuration()
        readOnly.readonly = true
        let queue = try DatabaseQueue(path: database, configuration: readOnly)
        let counts = try queue.read { connection in
            try ["max(version) FROM schema_migrations", "count(*) FROM machines", "count(*) FROM snapshots"].map {
                try Int.fetchOne(connection, sql: "SELECT \($0)") ?? 0
            }
        }
        try queue.close()
        let tls = configuration.tls
        return BackupManifest(
            format: 1, createdAt: now, version: Vigie.version, schemaVersion: counts[0], machines: counts[1],
            snapshots: counts[2], files: files.sorted { $0.path < $1.path },
            notIncluded: [tls.certificate, tls.key, tls.authority].compactMap { $0 })
    }

    /// `vigie-hub-20261121T074236Z`: names sort by time.
    static func name(_ now: Timestamp) -> String {
        prefix + now.description.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// The complete backups of a directory, the oldest first.
    static func list(_ destination: String) throws -> [String] {
        try names(destination).filter { name in
            name.hasPrefix(prefix) && access("\(destination)/\(name)/\(BackupManifest.name)", F_OK) == 0
        }
    }

    private static func removeOldest(_ destination: String, keeping keep: Int) throws -> [String] {
        let old = try list(destination).dropLast(keep)
        for name in old {
            // Without its manifest it is none any more, should the rest not go.
            unlink("\(destination)/\(name)/\(BackupManifest.name)")
            try FileManager.default.removeItem(atPath: "\(destination)/\(name)")
        }
        return Array(old)
    }

    static func names(_ path: String) throws -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw CommandFailure(
                .noPermission, "unable to list \(path): \(error.localizedDescription); give it to the hub's user")
        }
    }

    private static func lock(_ destination: String) throws -> Int32 {
        let file = open(destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else {
            throw CommandFailure(
                errno == ENOTDIR ? .usage : .noPermission,
                "unable to use \(destination) (\(String(cString: strerror(errno)))): it must be a directory of the hub's user"
            )
        }
        guard access(destination, W_OK | X_OK) == 0 else {
            close(file)
            throw CommandFailure(
                .noPermission, "\(destination) may not be written; give it to the hub's user with chown")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw CommandFailure(.unavailable, "another backup is being written to \(destination); wait for its end")
        }
        return file
    }
}
