/// Where block devices are mounted, also through what is built on them: LVM, dm-crypt, md.
struct MountedDevices {
    private let points: [String: Set<String>]
    private let host: Host

    init(_ mounts: [Mount], host: Host) {
        points = mounts.reduce(into: [:]) { $0["\($1.major):\($1.minor)", default: []].insert($1.mountPoint) }
        self.host = host
    }

    /// Sorted; nil for none.
    func points(of path: String) -> [String]? {
        var found: Set<String> = []
        collect(path, depth: 0, &found)
        return found.sorted().nonEmpty
    }

    private func collect(_ path: String, depth: Int, _ found: inout Set<String>) {
        // disk → crypt → LVM → md are four; more is a loop in damaged files.
        guard depth < 8 else { return }
        if let device = host.line(path + "/dev"), let own = points[device] { found.formUnion(own) }
        for holder in host.names(path + "/holders") {
            collect("/sys/class/block/\(holder)", depth: depth + 1, &found)
        }
    }
}
