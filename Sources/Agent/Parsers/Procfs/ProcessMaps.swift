/// `/proc/PID/maps` (proc_pid_maps(5)): which program files a process still runs that are gone from the disk.
enum ProcessMaps {
    /// Paths of deleted programs and libraries that are mapped to be executed, sorted, each once.
    static func deletedFiles(_ bytes: [UInt8]) -> [String] {
        var found: Set<String> = []
        var text = ByteScanner(bytes)
        while var line = text.line() {
            // Most lines are of files that are there: nothing is made of those.
            guard line.ends(with: deleted) else { continue }
            // Range, permissions, offset, device, inode, path.
            guard line.word() != nil, let permissions = line.word(), permissions.rest.contains(0x78),
                line.word() != nil, line.word() != nil, line.word() != nil
            else { continue }
            line.skipBlanks()
            let path = String(cleaning: line.rest.dropLast(deleted.utf8CodeUnitCount))
            if isProgram(path), found.count < 256 { found.insert(path) }
        }
        return found.sorted()
    }

    private static let deleted: StaticString = " (deleted)"

    /// Where packages put programs and libraries; what a process maps from elsewhere (shared memory, what a compiler
    /// made at run time) is deleted on purpose.
    private static func isProgram(_ path: String) -> Bool {
        places.contains { path.hasPrefix($0) } && !path.hasPrefix("/usr/share/") && path.utf8.count <= 4096
    }

    private static let places = ["/usr/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/bin/", "/sbin/", "/opt/"]
}

extension ByteScanner {
    fileprivate func ends(with suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        guard count >= length else { return false }
        let bytes = rest.suffix(length)
        return (0..<length).allSatisfy { bytes[bytes.startIndex + $0] == suffix.utf8Start[$0] }
    }
}
