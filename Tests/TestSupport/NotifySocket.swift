import Foundation
import Transport

/// The service manager's side of sd_notify(3).
package final class NotifySocket: Sendable {
    package let path: String
    private let descriptor: Int32

    package init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0, let address = UnixAddress(path), address.with({ bind(descriptor, $0, $1) }) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        // A test that waits for a message which never comes fails, and does not hang.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The next message; waits for it, a minute at most: then it is empty.
    package func next() async -> String {
        await DedicatedThread.run { [descriptor] in
            let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
