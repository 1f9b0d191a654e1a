import CLinux
import Glibc

/// Tells the service manager how the daemon is (sd_notify(3)); without one it does nothing.
struct ServiceNotifier: Sendable {
    let socketPath: String?

    func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

    func status(_ text: String) { send("STATUS=\(text)") }

    func alive() { send("WATCHDOG=1") }

    func stopping() { send("STOPPING=1") }

    private func send(_ message: String) {
        guard let socketPath, let address = UnixAddress(socketPath) else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        _ = address.with { sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
    }
}

/// The address of a Unix socket; `@name` is in the abstract namespace (unix(7)).
struct UnixAddress: Sendable {
    private let address: sockaddr_un
    private let length: socklen_t

    /// Nil where the path is longer than the kernel takes (107 bytes) or empty.
    init?(_ path: String) {
        let bytes = Array(path.utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < capacity else { return nil }
        let isAbstract = bytes[0] == 0x40
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            buffer.copyBytes(from: bytes)
            if isAbstract { buffer[0] = 0 }
        }
        self.address = address
        // An abstract name's length counts; a path ends with a zero.
        length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
    }

    func with<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
