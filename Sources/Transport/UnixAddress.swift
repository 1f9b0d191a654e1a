package import Glibc

/// The address of a Unix socket; `@name` is in the abstract namespace (unix(7)).
package struct UnixAddress: Sendable {
    private let address: sockaddr_un
    private let length: socklen_t

    /// Nil where the path is longer than the kernel takes (107 bytes) or empty.
    package init?(_ path: String) {
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

    package func with<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
