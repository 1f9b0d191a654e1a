import Contracts
import Foundation
import GRDB

/// What opening an older database does.
enum SchemaUpgrade {
    /// Its tables are changed at once.
    case now
    /// A copy is made before.
    case afterCopy(UpgradeCopy)
    /// It is left as it is: a program that works beside a serving hub does not change tables under it.
    case refused
}

/// The copy of a database that is made before its tables are changed, and how many of them stay.
struct UpgradeCopy {
    let directory: String
    /// None are made where it is 0.
    let keep: Int
    /// Long work is told.
    let report: (String) -> Void

    private static let suffix = ".sqlite"

    /// Copies; answers the path, nil where none is wanted.
    ///
    /// - Parameter room: bytes that the upgrade itself needs.
    func make(
        of source: any DatabaseReader, from version: Int, to newest: Int, room: Int64, now: Timestamp
    ) throws -> String? {
        guard keep > 0 else { return nil }
        try SecretFile.makeDirectory(directory)
        let size = try DatabaseCopy.size(of: source)
        let needed = size + size / 10 + (1 << 20) + room
        if let free = DiskSpace.of(directory)?.available, free < needed {
            throw StoreFailure(
                code: .storageFull,
                message:
                    "the database must be upgraded from schema \(version) to \(newest), which, with the copy that is"
                    + " made before, needs \(DiskSpace.words(needed)) in \(directory), where \(DiskSpace.words(free)) are free; free some,"
                    + " or make a backup elsewhere and set upgrade_copies = 0 in hub.toml")
        }
        let moment = now.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        let path = "\(directory)/schema-\(version)-\(moment)Z\(Self.suffix)"
        report("copying the database (\(DiskSpace.words(size))) before its upgrade from schema \(version) to \(newest)")
        do {
            try DatabaseCopy.make(of: source, at: path) { _, _ in }
            let problems = try DatabaseCopy.problems(of: path, isQuick: true)
            guard problems.isEmpty else {
                throw StoreFailure(
                    code: .damaged,
                    message:
                        "the database is damaged and is not upgraded: \(problems.prefix(3).joined(separator: "; "));"
                        + " restore a backup")
            }
        } catch {
            unlink(path)
            throw error
        }
        return path
    }

    /// Drops the oldest copies; called when the upgrade is done.
    func dropOld() throws {
        let names = try Backup.names(directory).filter { $0.hasPrefix("schema-") && $0.hasSuffix(Self.suffix) }
        let byTime = names.sorted { Self.moment($0) < Self.moment($1) }
        for name in byTime.dropLast(keep) { unlink("\(directory)/\(name)") }
    }

    private static func moment(_ name: String) -> Substring { name.split(separator: "-").last ?? "" }
}
