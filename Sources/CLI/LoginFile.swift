import Contracts
import FoundationEssentials
import Glibc

/// What `vigie login` leaves for later: `$XDG_CONFIG_HOME/vigie/hub.json`, readable by its owner alone.
struct LoginFile {
    struct Content: Codable, Equatable {
        var urls: [String]
        var token: String
        /// PEM; absent where the system's certificates are trusted.
        var ca: String?
    }

    let path: String

    init(environment: [String: String]) {
        let configured = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let directory = configured ?? (environment["HOME"] ?? "") + "/.config"
        path = directory + "/vigie/hub.json"
    }

    func read() throws -> Content? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let text = try TextFile.read(path, what: "the login")
        guard let document = try? StrictJSON.read(Array(text.utf8)),
            let content = try? JSONTreeDecoder.decode(Content.self, from: document.root), !content.urls.isEmpty
        else {
            throw CLIFailure(.failure, "\(path) is damaged", advice: "remove it and log in again")
        }
        return content
    }

    /// Written beside and renamed into place, so that a token is never in a file that others may read, and a full
    /// disk leaves the old login.
    func write(_ content: Content) throws {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let temporary = path + ".new"
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw failure("\(directory) cannot be made") }
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        let bytes = Array(try CanonicalJSON.pretty(content).utf8)
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let reason = String(cString: strerror(errno))
        let isWhole = written == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWhole, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw failure(reason)
        }
    }

    private func failure(_ reason: String) -> CLIFailure {
        CLIFailure(.failure, "unable to write \(path): \(reason)")
    }
}
