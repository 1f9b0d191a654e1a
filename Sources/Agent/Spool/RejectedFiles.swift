/// A directory of what was refused or broken, bounded in count and bytes: the oldest go.
struct RejectedFiles: Sendable {
    static let maximumFiles = 200
    static let maximumBytes = 16 << 20

    let directory: String

    func prune() {
        guard let names = try? Files.names(directory) else { return }
        var files = names.compactMap { name -> (path: String, bytes: Int)? in
            guard name.hasSuffix(SpoolEntry.suffix) || directory.hasSuffix("broken") else { return nil }
            let path = "\(directory)/\(name)"
            return Files.size(path).map { (path, $0) }
        }
        var bytes = files.reduce(0) { $0 + $1.bytes }
        // Names begin with the sequence number, so that the first is the oldest.
        while files.count > Self.maximumFiles || bytes > Self.maximumBytes, let oldest = files.first {
            try? Files.remove(oldest.path)
            bytes -= oldest.bytes
            files.removeFirst()
        }
    }
}
