/// Whose process it is, by its control group (`/proc/PID/cgroup`, cgroups(7)).
enum ProcessUnit: Equatable, Sendable {
    /// A unit or a session of systemd, as `ssh.service`, `session-4.scope`, `user@1000.service`.
    case unit(String)
    /// In a container: its files are those of an image, and no package of this machine will replace them.
    case container
    /// Outside of every unit.
    case none

    static func parse(_ bytes: [UInt8]) -> ProcessUnit {
        var (named, unified) = (ProcessUnit.none, ProcessUnit.none)
        var text = ByteScanner(bytes)
        while var line = text.line() {
            guard let hierarchy = line.take(upTo: 0x3A), let controllers = line.take(upTo: 0x3A) else { continue }
            let path = line.text
            if controllers.equals("name=systemd") { named = of(path) }
            if hierarchy.equals("0") { unified = of(path) }
        }
        // Where both versions are mounted, systemd's own hierarchy says it; unless a manager that uses the other one runs
        // on a kernel that has both.
        return named == .none ? unified : named
    }

    private static func of(_ path: String) -> ProcessUnit {
        let parts = path.split(separator: "/")
        var unit: String?
        for part in parts {
            if isContainer(part) { return .container }
            guard part.utf8.count <= 256, units.contains(where: { part.hasSuffix($0) }) else { continue }
            // The units of a user's own manager are restarted by that user, with the manager.
            unit = String(part)
            if part.hasPrefix("user@") { break }
        }
        return unit.map { .unit($0) } ?? .none
    }

    private static let units = [".service", ".scope", ".socket", ".mount"]

    private static func isContainer(_ part: Substring) -> Bool {
        // LXC's, nspawn's; a virtual machine's process runs this machine's own programs.
        if part == "lxc" || part.hasPrefix("lxc.payload") || part == "payload" { return true }
        if part.hasPrefix("machine-"), part.hasSuffix(".scope"), !part.hasPrefix("machine-qemu") { return true }
        return Array(part.utf8).withUnsafeBufferPointer { ContainerCgroup.id(inName: $0) } != nil
    }
}
