import CLinux
import Contracts
import Glibc
import Logging
import Transport

/// The daemon's socket in the state directory (mode 0600): how `once`, `enroll` and `status` speak to it instead of
/// racing it. The other side closes its sending half after the request; the answer ends with the connection.
enum ControlSocket {
    static let requestLimit = 64 << 10
    static let replyLimit = 4 << 20
    /// Of a client that sends nothing.
    static let receiveSeconds = 5

    private static let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    /// Asks the daemon; nil where none listens. Waits as long as its collectors may take.
    static func ask(_ request: ControlRequest, state: StateDirectory) async -> ControlReply? {
        guard let bytes = try? CanonicalJSON.encode(request), let address = UnixAddress(state.socket) else {
            return nil
        }
        let answer = await DedicatedThread.run { () -> [UInt8]? in
            let descriptor = socket(AF_UNIX, type, 0)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            guard address.with({ connect(descriptor, $0, $1) }) == 0 else { return nil }
            setTimeout(descriptor, seconds: 600)
            guard sendAll(descriptor, bytes), shutdown(descriptor, Int32(SHUT_WR)) == 0 else { return nil }
            return receiveAll(descriptor, limit: replyLimit)
        }
        guard let answer, let document = try? StrictJSON.read(answer) else { return nil }
        return try? JSONTreeDecoder.decode(ControlReply.self, from: document.root)
    }

    /// Listens until the process ends; the caller holds the lock, so a socket that is there is a leftover.
    static func listen(
        state: StateDirectory, logger: Logger, handler: @escaping @Sendable (ControlRequest) async -> ControlReply
    ) {
        guard let address = UnixAddress(state.socket) else {
            logger.warning("the state directory's path is too long for a socket; commands cannot ask this daemon")
            return
        }
        unlink(state.socket)
        let listening = socket(AF_UNIX, type, 0)
        guard listening >= 0, address.with({ bind(listening, $0, $1) }) == 0, chmod(state.socket, 0o600) == 0,
            Glibc.listen(listening, 16) == 0
        else {
            logger.warning("unable to listen on \(state.socket): \(String(cString: strerror(errno)))")
            if listening >= 0 { close(listening) }
            return
        }
        DedicatedThread.start {
            while true {
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    logger.error("unable to accept on \(state.socket): \(String(cString: strerror(errno)))")
                    return
                }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                setTimeout(connection, seconds: receiveSeconds)
                let request = receiveAll(connection, limit: requestLimit).flatMap(decode)
                Task {
                    defer { close(connection) }
                    guard let request, let reply = try? CanonicalJSON.encode(await handler(request)) else { return }
                    _ = await DedicatedThread.run { sendAll(connection, reply) }
                }
            }
        }
    }

    private static func decode(_ bytes: [UInt8]) -> ControlRequest? {
        guard let document = try? StrictJSON.read(bytes) else { return nil }
        return try? JSONTreeDecoder.decode(ControlRequest.self, from: document.root)
    }

    private static func setTimeout(_ descriptor: Int32, seconds: Int) {
        var time = timeval()
        time.tv_sec = seconds
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = send(
                    descriptor, buffer.baseAddress! + offset, buffer.count - offset, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return false }
                offset += count
            }
            return true
        }
    }

    private static func receiveAll(_ descriptor: Int32, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, initialized in
                count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                initialized = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return bytes }
        }
        return nil
    }
}
