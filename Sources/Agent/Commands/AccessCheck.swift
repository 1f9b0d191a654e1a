import Contracts
import Glibc

/// What `vigie-agent check` says; its JSON is stable.
struct CheckReport: Codable, Equatable, Sendable {
    struct Access: Codable, Equatable, Sendable {
        var path: String
        /// What the agent takes from it.
        var purpose: String
        /// `readable`, `absent`, `denied`.
        var state: String
        /// What to do where it is denied, or absent by choice.
        var advice: String?
    }

    struct Hub: Codable, Equatable, Sendable {
        var url: String
        var isReachable: Bool
        /// Whether it accepts this machine's token; absent where that could not be tried.
        var isAccepted: Bool?
        var detail: String

        enum CodingKeys: String, CodingKey {
            case url, detail
            case isReachable = "reachable"
            case isAccepted = "accepted"
        }
    }

    var access: [Access]
    /// Empty where the machine is not enrolled.
    var hubs: [Hub] = []

    init(_ access: [Access]) { self.access = access }

    var words: String {
        let width = access.map(\.path.count).max() ?? 0
        var lines: [String] = []
        for entry in access {
            let path = entry.path + String(repeating: " ", count: width - entry.path.count)
            lines.append("\(entry.state.padded(to: 9)) \(path)  \(entry.purpose)")
            if let advice = entry.advice { lines.append("          \(advice)") }
        }
        for hub in hubs {
            let word = hub.isAccepted == false ? "refused" : hub.isReachable ? "reached" : "not"
            lines.append("\(word.padded(to: 9)) \(hub.url)  \(hub.detail)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Tries what the collectors will read.
struct AccessCheck: Sendable {
    let host: Host
    let settings: CollectionSettings

    private static let rootOnly =
        "only root may read it; the package's unit hands it over (LoadCredential=), and so does vigie-agent-inspect.timer"

    func run() -> [CheckReport.Access] {
        var entries = [
            entry("/proc/stat", "CPU, processes"),
            entry("/proc/meminfo", "memory"),
            entry("/proc/1/mountinfo", "file systems", "do not hide other users' processes from it (ProtectProc=)"),
            entry("/sys/class/net", "network interfaces"),
            entry("/sys/block", "disks"),
            entry("/etc/os-release", "operating system"),
            entry("/var/lib/dpkg/status", "installed packages"),
            entry("/var/lib/apt/lists", "what could be upgraded"),
            entry(
                "/var/log/apt/history.log", "what was upgraded",
                "add the agent's user to the group that may read it: adduser vigie-agent adm"),
            entry("/etc/ssh/ssh_host_ed25519_key.pub", "SSH host keys"),
        ]
        if settings.serials {
            entries.append(entry("/sys/class/dmi/id/product_serial", "serial number", Self.rootOnly))
            entries.append(entry(SMBIOS.path, "memory modules", Self.rootOnly))
        }
        entries.append(inspection())
        for socket in settings.engineSockets { entries.append(engine(socket)) }
        for directory in settings.composeRoots { entries.append(entry(directory, "compose files")) }
        return entries
    }

    /// What only root may read, as the root oneshot left it.
    private func inspection() -> CheckReport.Access {
        let purpose = "SMART, sizes of LVM and ZFS, the BMC's address, services to restart"
        switch InspectionFile.read(host) {
        case .usable: return .init(path: InspectionFile.path, purpose: purpose, state: "readable", advice: nil)
        case .absent:
            return .init(
                path: InspectionFile.path, purpose: purpose, state: "absent",
                advice: "where they are wanted: systemctl enable --now vigie-agent-inspect.timer")
        case .unusable(let problem):
            return .init(path: InspectionFile.path, purpose: purpose, state: "denied", advice: problem.message)
        }
    }

    private func entry(_ path: String, _ purpose: String, _ advice: String = "give its user the right to read it")
        -> CheckReport.Access
    {
        do throws(ReadFailure) {
            let descriptor = try host.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            close(descriptor)
            return .init(path: path, purpose: purpose, state: "readable", advice: nil)
        } catch {
            return .init(
                path: path, purpose: purpose, state: error.isAbsence ? "absent" : "denied",
                advice: error.isAbsence ? nil : advice)
        }
    }

    /// A socket is not opened but connected to; for that it must be writable.
    private func engine(_ path: String) -> CheckReport.Access {
        let purpose = "containers"
        guard host.exists(path) else {
            return .init(path: path, purpose: purpose, state: "absent", advice: nil)
        }
        let full = host.isLive ? path : host.root + path
        guard access(full, R_OK | W_OK) == 0 else {
            return .init(
                path: path, purpose: purpose, state: "denied",
                advice: "adduser vigie-agent docker, then restart the agent; who may use this socket may become root")
        }
        return .init(path: path, purpose: purpose, state: "readable", advice: nil)
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
