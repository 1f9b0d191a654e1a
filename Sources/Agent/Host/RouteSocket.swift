import CLinux
import Glibc

/// Asks the kernel about its network over a route socket (rtnetlink(7)); needs no privilege.
enum RouteSocket {
    enum Question: UInt16 {
        case links = 18
        case addresses = 22
        case neighbors = 30

        /// Bytes of the fixed part: ifinfomsg, ifaddrmsg, ndmsg.
        fileprivate var size: Int {
            switch self {
            case .links: 16
            case .addresses: 8
            case .neighbors: 12
            }
        }
    }

    /// The whole answer of a dump as it came.
    static func ask(_ question: Question) throws(ReadFailure) -> [UInt8] {
        // AF_NETLINK, NETLINK_ROUTE
        let descriptor = socket(16, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let request = request(question)
        guard send(descriptor, request, request.count, 0) == request.count else { throw failure() }
        var answer: [UInt8] = []
        while true {
            var count = 0
            let part = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
                count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                initialized = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            answer += part
            if NetlinkMessages.isComplete(part) { return answer }
            // A router's full table is not asked for here: more than this is no answer to these questions.
            guard answer.count < 8 << 20 else { throw ReadFailure(path: "netlink", errno: EFBIG) }
        }
    }

    private static func request(_ question: Question) -> [UInt8] {
        let length = UInt32(16 + question.size)
        var bytes: [UInt8] = []
        withUnsafeBytes(of: length) { bytes += $0 }
        withUnsafeBytes(of: question.rawValue) { bytes += $0 }
        // NLM_F_REQUEST | NLM_F_DUMP
        withUnsafeBytes(of: UInt16(0x301)) { bytes += $0 }
        withUnsafeBytes(of: UInt32(1)) { bytes += $0 }
        return bytes + [UInt8](repeating: 0, count: 4 + question.size)
    }

    private static func failure() -> ReadFailure { ReadFailure(path: "netlink", errno: errno) }
}
