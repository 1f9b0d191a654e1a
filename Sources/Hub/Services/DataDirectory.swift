import Foundation

/// The hub's data directory: database, authority, socket, and the lock that keeps a second hub away.
struct DataDirectory: Sendable {
    /// Absolute, so that it can be told to other programs.
    let path: String

    init(path: String) {
        self.path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// What the address of a Unix socket can hold, in bytes (unix(7)).
    private static let longestSocketPath = 107

    var database: String { path + "/hub.sqlite" }
    var authority: String { path + "/ca" }
    var socket: String { path + "/hub.sock" }
    /// Room that is given to the database when the disk is full.
    var reserve: String { path + "/hub.reserve" }
    /// Copies that are made before an upgrade changes the tables.
    var upgradeCopies: String { path + "/before-upgrade" }
    /// Stands here while a restore is at work, and after one that was interrupted.
    var unfinishedRestore: String { path + "/.restore" }
    private var lock: String { path + "/hub.lock" }

    var hasUnfinishedRestore: Bool { access(unfinishedRestore, F_OK) == 0 }

    /// A part of a hub is no hub.
    func refuseUnfinishedRestore() throws {
        guard hasUnfinishedRestore else { return }
        throw CommandFailure(
            .configuration, "a restore into \(path) was interrupted or is at work; run vigie-hub restore again")
    }

    /// Makes it where it is not there; says what to do where it cannot be used.
    func prepare(mayBeUnfinished: Bool = false) throws {
        if !mayBeUnfinished { try refuseUnfinishedRestore() }
        guard socket.utf8.count <= Self.longestSocketPath else {
            throw CommandFailure(
                .configuration, "\(path) is too long a path for the socket in it; choose a shorter one with --data-dir")
        }
        do { try SecretFile.makeDirectory(path) } catch {
            throw CommandFailure(
                error.code == EACCES || error.code == EPERM ? .noPermission : .cannotCreate,
                "\(error); make it, give it to the user that the hub runs as, or choose another with --data-dir")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                errno == EACCES ? .noPermission : .cannotCreate,
                "\(path) is not writable (\(String(cString: strerror(errno)))); give it to the user that the hub runs as"
            )
        }
    }

    /// Whether a hub serves it at this moment.
    var isServed: Bool {
        let file = open(lock, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno != ENOENT }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0
    }

    /// Held for as long as the answer lives; there is one serving hub for a directory.
    func takeLock() throws -> FileHandle {
        let file = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw CommandFailure(
                .cannotCreate, "unable to write \(lock): \(String(cString: strerror(errno)))")
        }
        // Who looks whether it is held holds it for some microseconds.
        var tries = 0
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR, tries < 5 else {
                close(file)
                throw code == EWOULDBLOCK
                    ? CommandFailure(.unavailable, "another vigie-hub serves \(path); stop it first")
                    : CommandFailure(.cannotCreate, "unable to lock \(lock): \(String(cString: strerror(code)))")
            }
            tries += 1
            usleep(20_000)
        }
        return FileHandle(fileDescriptor: file, closeOnDealloc: true)
    }
}
