/// Containers as the control groups tell of them (cgroups(7), kernel documents cgroup-v1 and cgroup-v2).
enum ContainerCgroup {
    /// The engine's id in a group's name: `docker-<id>.scope`, `libpod-payload-<id>`, `cri-containerd-<id>.scope`, or
    /// the id alone. Nil for anything else, and for a container's monitor process.
    static func id(inName name: UnsafeBufferPointer<UInt8>) -> String? {
        guard name.count >= 64 else { return nil }
        var end = name.count
        while end > 0 {
            var start = end
            while start > 0, isHexadecimal(name[start - 1]) { start -= 1 }
            if end - start == 64 {
                let prefix = String(decoding: name[..<start], as: UTF8.self)
                return prefix.contains("conmon") ? nil : String(decoding: name[start..<end], as: UTF8.self)
            }
            end = max(0, min(start, end - 1))
        }
        return nil
    }

    /// The number after a word at the begin of a line: `usage_usec 1234`, `inactive_file 0`.
    static func value(_ name: StaticString, in bytes: [UInt8]) -> UInt64? {
        var text = ByteScanner(bytes)
        while var line = text.line() {
            guard line.starts(with: name), let word = line.word(), word.equals(name) else { continue }
            return line.unsigned()
        }
        return nil
    }

    /// A file of one number; nil for `max` and anything else that is no number.
    static func number(_ bytes: [UInt8]) -> UInt64? {
        var text = ByteScanner(bytes)
        guard var line = text.line() else { return nil }
        return line.unsigned()
    }

    /// The path of a v1 controller in `/proc/PID/cgroup`: `4:cpu,cpuacct:/docker/0a…`.
    static func path(of controller: String, in bytes: [UInt8]) -> String? {
        var text = ByteScanner(bytes)
        while var line = text.line() {
            guard line.take(upTo: 0x3A) != nil, let controllers = line.take(upTo: 0x3A) else { continue }
            if controllers.text.split(separator: ",").contains(where: { $0 == controller }) { return line.text }
        }
        return nil
    }

    struct IO: Equatable, Sendable {
        var readBytes: UInt64 = 0
        var writtenBytes: UInt64 = 0
    }

    /// `io.stat` of v2: `8:0 rbytes=90112 wbytes=0 rios=…` for each device; added up.
    static func ioStat(_ bytes: [UInt8]) -> IO {
        var io = IO()
        var text = ByteScanner(bytes)
        while var line = text.line() {
            while var word = line.word() {
                let isRead = word.starts(with: "rbytes=")
                guard isRead || word.starts(with: "wbytes="), word.take(upTo: 0x3D) != nil,
                    let value = word.unsigned()
                else { continue }
                if isRead { io.readBytes &+= value } else { io.writtenBytes &+= value }
            }
        }
        return io
    }

    /// `blkio.throttle.io_service_bytes` of v1: `8:0 Read 4096` for each device; added up.
    static func blkio(_ bytes: [UInt8]) -> IO {
        var io = IO()
        var text = ByteScanner(bytes)
        while var line = text.line() {
            guard line.word() != nil, let operation = line.word(), let value = line.unsigned() else { continue }
            if operation.equals("Read") { io.readBytes &+= value }
            if operation.equals("Write") { io.writtenBytes &+= value }
        }
        return io
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
