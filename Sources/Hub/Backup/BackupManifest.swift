import Contracts

/// What a backup holds: `manifest.json` beside it, written last. Its JSON is stable.
struct BackupManifest: Codable, Equatable, Sendable {
    struct File: Codable, Equatable, Sendable {
        /// Relative to the backup.
        var path: String
        var sizeBytes: Int
        /// SHA-256.
        var digest: Digest

        enum CodingKeys: String, CodingKey {
            case path, digest
            case sizeBytes = "size_bytes"
        }
    }

    static let name = "manifest.json"
    static let database = "hub.sqlite"
    static let configuration = "hub.toml"
    static let authority = "ca"

    /// Of this document: 1.
    var format: Int
    var createdAt: Timestamp
    /// Of the program that wrote the backup.
    var version: String
    /// Of the database.
    var schemaVersion: Int
    var machines: Int
    var snapshots: Int
    var files: [File]
    /// What the configuration names and the backup leaves to the administrator: certificates of theirs.
    var notIncluded: [String]

    enum CodingKeys: String, CodingKey {
        case format, version, machines, snapshots, files
        case createdAt = "created_at"
        case schemaVersion = "schema_version"
        case notIncluded = "not_included"
    }

    /// A file that a backup may hold: nothing outside of it, nothing that a hub's directory has no place for.
    static func isKnown(_ path: String) -> Bool {
        if [database, configuration].contains(path) { return true }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0] == authority && isFileName(String(parts[1]))
    }

    static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && name.first != "."
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2E, 0x2D, 0x5F].contains($0)
            }
    }

    /// Reads and checks the manifest of a backup.
    static func read(_ backup: String) throws -> BackupManifest {
        guard let text = try SecretFile.read("\(backup)/\(name)") else {
            throw CommandFailure(
                .noInput,
                "\(backup) holds no \(name): it is no backup of vigie-hub, or one whose writing was not finished")
        }
        guard let document = try? StrictJSON.read(Array(text.utf8)),
            let manifest = try? JSONTreeDecoder.decode(BackupManifest.self, from: document.root)
        else { throw CommandFailure(.software, "\(backup)/\(name) is damaged; take another backup") }
        guard manifest.format == 1 else {
            throw CommandFailure(
                .configuration,
                "\(backup) was written by vigie-hub \(manifest.version), in a form that this one does not"
                    + " know; install that version or a newer one")
        }
        let paths = manifest.files.map(\.path)
        guard paths.allSatisfy(isKnown), Set(paths).count == paths.count, paths.contains(database) else {
            throw CommandFailure(.software, "\(backup)/\(name) names files that no backup has; take another backup")
        }
        return manifest
    }
}
