import Contracts
import Foundation

/// Puts a backup into a data directory: verified before anything is written, whole or not at all.
///
/// While it works, and after it was interrupted, a directory `.restore` stands in the data directory: no hub starts over
/// half of one, and the next restore begins anew.
struct Restore {
    let source: String
    let directory: DataDirectory

    func run(progress: (String) -> Void = { _ in }) throws -> BackupManifest {
        let manifest = try BackupManifest.read(source)
        guard manifest.schemaVersion <= Migrations.newest else {
            throw CommandFailure(
                .configuration,
                "the backup has schema \(manifest.schemaVersion), this vigie-hub knows up to \(Migrations.newest);"
                    + " install vigie-hub \(manifest.version) or a newer one")
        }
        try refuseWhatIsThere()
        try verify(manifest, progress)
        let needed = manifest.files.reduce(Int64(1 << 20)) { $0 + Int64($1.sizeBytes) }
        try directory.prepare(mayBeUnfinished: true)
        let lock = try directory.takeLock()
        try refuseWhatIsThere()
        if let free = DiskSpace.of(directory.path)?.available, free < needed {
            throw CommandFailure(
                .cannotCreate,
                "the backup needs \(DiskSpace.words(needed)) in \(directory.path) and there are"
                    + " \(DiskSpace.words(free)) free")
        }
        try fill(manifest, progress)
        try lock.close()
        return manifest
    }

    private var parts: [String] { [directory.database, directory.authority] }

    private func refuseWhatIsThere() throws {
        // What stands beside an unfinished restore came with it: the directory was empty before.
        guard !directory.hasUnfinishedRestore, let part = parts.first(where: { access($0, F_OK) == 0 }) else { return }
        throw CommandFailure(
            .cannotCreate,
            "there is a hub in \(directory.path) already (\(part)); stop it and move its directory away, or"
                + " name an empty one with --data-dir")
    }

    private func verify(_ manifest: BackupManifest, _ progress: (String) -> Void) throws {
        for file in manifest.files {
            let path = "\(source)/\(file.path)"
            let found = try FileCopy.digest(of: path) { progress("verifying \(file.path): \(DiskSpace.words($0))") }
            guard found.bytes == Int64(file.sizeBytes), found.digest == file.digest else {
                throw CommandFailure(
                    .software, "\(path) is not what was backed up; nothing was restored, take another one")
            }
        }
        progress("verifying the database")
        let problems = try DatabaseCopy.problems(of: "\(source)/\(BackupManifest.database)")
        guard problems.isEmpty else {
            throw CommandFailure(
                .software,
                "the database of \(source) is damaged: \(problems.prefix(3).joined(separator: "; "));"
                    + " nothing was restored, take another one")
        }
    }

    private func fill(_ manifest: BackupManifest, _ progress: (String) -> Void) throws {
        let files = FileManager.default
        let staging = directory.unfinishedRestore
        if directory.hasUnfinishedRestore {
            for part in parts + [directory.database + "-wal", directory.database + "-shm"]
            where access(part, F_OK) == 0 {
                try files.removeItem(atPath: part)
            }
            try files.removeItem(atPath: staging)
        }
        try SecretFile.makeDirectory(staging)
        try SecretFile.synchronize(directory.path)
        do {
            if manifest.files.contains(where: { $0.path.hasPrefix(BackupManifest.authority + "/") }) {
                try SecretFile.makeDirectory("\(staging)/\(BackupManifest.authority)")
            }
            for file in manifest.files where file.path != BackupManifest.configuration {
                let target = "\(staging)/\(file.path)"
                let copied = try FileCopy.copy("\(source)/\(file.path)", to: target) {
                    progress("\(file.path): \(DiskSpace.words($0))")
                }
                guard copied.digest == file.digest else {
                    throw CommandFailure(.software, "\(source)/\(file.path) changed while it was copied; try again")
                }
            }
        } catch {
            // Nothing has left the staging yet: the directory is again as it was.
            try? files.removeItem(atPath: staging)
            throw error
        }
        try giveToOwner()
        for (from, to) in [
            ("\(staging)/\(BackupManifest.authority)", directory.authority),
            ("\(staging)/\(BackupManifest.database)", directory.database),
        ] where access(from, F_OK) == 0 {
            guard rename(from, to) == 0 else { throw SecretFile.Failure(path: to, action: "write", code: errno) }
        }
        try SecretFile.synchronize(directory.path)
        try files.removeItem(atPath: staging)
        try SecretFile.synchronize(directory.path)
    }

    /// Called by root, the hub's user gets what was written.
    private func giveToOwner() throws {
        var status = stat()
        guard geteuid() == 0, stat(directory.path, &status) == 0, status.st_uid != 0 else { return }
        let inside = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        for name in inside {
            let path = "\(directory.path)/\(name)"
            guard lchown(path, status.st_uid, status.st_gid) == 0 else {
                throw SecretFile.Failure(path: path, action: "give away", code: errno)
            }
        }
    }
}
