import Contracts
import Glibc
import Synchronization
import TestSupport
import Transport

/// An engine on a Unix socket that answers what a real one answered, or misbehaves where a test wants it.
final class DockerEngineSimulator: Sendable {
    enum Answer: Sendable {
        case json([UInt8])
        case status(Int)
        /// Says nothing until the test is over.
        case hang
        /// Announces more than it sends, then closes.
        case cut([UInt8])
        /// Sends this many bytes of a never-ending string.
        case flood(Int)
        /// Sends these lines, then keeps the connection open.
        case stream([String])
        /// Sends these lines and ends, as an engine that is stopped.
        case ended([String])
        /// Sends a byte of the answer every now and then, and never comes to its end.
        case trickle
        /// Closes without a word.
        case drop
    }

    let path: String
    private let directory: TemporaryDirectory
    private let listener: Int32
    private let answers: Mutex<[String: Answer]>
    private let asked = Mutex<[String]>([])
    private let stopped = Atomic<Bool>(false)
    /// Counts up with every `cut`: what a connection began under an older number is over.
    private let generation = Atomic<Int>(0)

    /// - Parameter answers: by path without version and query; anything else is 404.
    init(_ answers: [String: Answer], apiVersion: String = "1.41") throws {
        self.answers = Mutex(answers)
        directory = try TemporaryDirectory()
        path = directory.file("engine.sock")
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0, listen(listener, 16) == 0 else { throw ReadFailed() }
        DedicatedThread.start { [self] in
            while !stopped.load(ordering: .relaxed) {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { continue }
                DedicatedThread.start { [self] in
                    serve(connection, apiVersion)
                    close(connection)
                }
            }
            // Here, where nobody waits on it any more: its number may be another's a moment later.
            close(listener)
        }
    }

    struct ReadFailed: Error {}

    /// What was asked, in order.
    var questions: [String] { asked.withLock { $0 } }

    func set(_ path: String, _ answer: Answer) { answers.withLock { $0[path] = answer } }

    /// Ends the answers that are under way, as a restart of the engine would.
    func cut() { generation.add(1, ordering: .relaxed) }

    func stop() {
        stopped.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    private func serve(_ connection: Int32, _ apiVersion: String) {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !stopped.load(ordering: .relaxed) {
            var descriptor = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 50) > 0 else { continue }
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            received += buffer[..<count]
            while let end = Self.endOfHead(received) {
                let head = String(decoding: received[..<end], as: UTF8.self)
                received.removeFirst(end)
                let target = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                asked.withLock { $0.append(target) }
                guard answer(target, on: connection, apiVersion) else { return }
            }
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (3..<bytes.count).first { Array(bytes[($0 - 3)...$0]) == [13, 10, 13, 10] }.map { $0 + 1 }
    }

    /// Whether the connection goes on.
    private func answer(_ target: String, on connection: Int32, _ apiVersion: String) -> Bool {
        let began = generation.load(ordering: .relaxed)
        var goesOn: Bool { !stopped.load(ordering: .relaxed) && generation.load(ordering: .relaxed) == began }
        var path = String(target.prefix { $0 != "?" })
        if path.hasPrefix("/v1."), let slash = path.dropFirst().firstIndex(of: "/") { path = String(path[slash...]) }
        switch answers.withLock({ $0[path] }) ?? (path == "/_ping" ? .json(Array("OK".utf8)) : .status(404)) {
        case .json(let body): send(connection, 200, body, apiVersion)
        case .status(let status): send(connection, status, Array("{\"message\":\"no\"}".utf8), apiVersion)
        case .hang:
            while goesOn {
                var descriptor = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                if poll(&descriptor, 1, 20) != 0 { return false }
            }
            return false
        case .cut(let body):
            write(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count + 100)\r\n\r\n".utf8) + body)
            return false
        case .flood(let size):
            write(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n[\"".utf8))
            let chunk = [UInt8](repeating: 0x78, count: 1 << 16)
            var left = size
            while left > 0, write(connection, chunk) { left -= chunk.count }
            return false
        case .stream(let lines):
            chunks(lines, on: connection)
            while goesOn {
                var descriptor = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                if poll(&descriptor, 1, 20) != 0 { return false }
            }
            return false
        case .ended(let lines):
            chunks(lines, on: connection)
            write(connection, Array("0\r\n\r\n".utf8))
            return false
        case .trickle:
            write(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[".utf8))
            while goesOn, write(connection, [0x20]) {
                var descriptor = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                if poll(&descriptor, 1, 20) != 0 { return false }
            }
            return false
        case .drop: return false
        }
        return true
    }

    private func chunks(_ lines: [String], on connection: Int32) {
        write(connection, Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
        for line in lines {
            let body = Array((line + "\n").utf8)
            write(connection, Array("\(String(body.count, radix: 16))\r\n".utf8) + body + [13, 10])
        }
    }

    private func send(_ connection: Int32, _ status: Int, _ body: [UInt8], _ apiVersion: String) {
        let head = "HTTP/1.1 \(status) X\r\nApi-Version: \(apiVersion)\r\nContent-Length: \(body.count)\r\n\r\n"
        write(connection, Array(head.utf8) + body)
    }

    @discardableResult
    private func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}

extension DockerEngineSimulator {
    /// A moment just after the recording: its events are of the last day.
    static func recordedAt(_ name: String = "docker-20.10") throws -> Timestamp {
        let lines = try Repository.bytes("Tests/AgentTests/Recorded/\(name)/events.jsonl").split(separator: 0x0A)
        let last = try lines.last.flatMap { try StrictJSON.read(Array($0)).root["time"]?.integerValue }
        return Timestamp(seconds: (last ?? 0) + 60)
    }

    /// Everything that the recorded engine answered; `record-engine.py` tells where it comes from.
    static func recorded(_ name: String = "docker-20.10") throws -> [String: Answer] {
        func bytes(_ file: String) throws -> [UInt8] {
            try Repository.bytes("Tests/AgentTests/Recorded/\(name)/\(file)")
        }
        var answers: [String: Answer] = [
            "/info": .json(try bytes("info.json")), "/version": .json(try bytes("version.json")),
            "/containers/json": .json(try bytes("containers.json")), "/images/json": .json(try bytes("images.json")),
            "/volumes": .json(try bytes("volumes.json")), "/networks": .json(try bytes("networks.json")),
            "/events": .json(try bytes("events.jsonl")), "/system/df": .json(try bytes("df.json")),
        ]
        for (file, kind) in [("inspections.json", "containers"), ("image-inspections.json", "images")] {
            guard case .object(let object) = try StrictJSON.read(try bytes(file)).root else { throw ReadFailed() }
            for member in object.members {
                answers["/\(kind)/\(member.name)/json"] = .json(try CanonicalJSON.encode(member.value))
            }
        }
        return answers
    }
}
