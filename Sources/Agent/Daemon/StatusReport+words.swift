import Contracts

extension StatusReport {
    /// The report for a person, with what to do where something is wrong.
    func words(now: Timestamp) -> String {
        var lines: [String] = []
        if let name, let machineID {
            lines.append("Machine   \(name) (\(machineID))")
            lines.append("Hub       \((hubURLs ?? []).joined(separator: ", "))")
        } else {
            lines.append("Machine   not enrolled")
            lines.append("          Make a string on the hub with vigie-hub enrollment create, then run here:")
            lines.append("          vigie-agent enroll STRING")
        }
        lines.append("Daemon    \(running ? "running" : "not running"), version \(version)")
        for kind in kinds {
            let label = (kind.kind + "         ").prefix(10)
            guard kind.enabled else {
                lines.append("\(label)switched off")
                continue
            }
            let every = "every \(Self.duration(kind.intervalSeconds))"
            if let at = kind.lastAcceptedAt, let result = kind.lastResult {
                lines.append("\(label)accepted \(Self.ago(at, now)) (\(result)), \(every)")
            } else {
                lines.append("\(label)never accepted, \(every)")
            }
        }
        lines.append(
            "Spool     \(spool.files) waiting, \(Self.bytes(spool.bytes))"
                + (spool.droppedTotal > 0 ? ", \(spool.droppedTotal) lost since enrolment" : ""))
        if rejectedFiles > 0 {
            lines.append("Rejected  \(rejectedFiles) refused by the hub, kept in \(stateDirectory)/rejected")
        }
        if let lastError {
            lines.append("Problem   \(lastError.reason) (\(lastError.kind), \(Self.ago(lastError.at, now)))")
        }
        if let refused {
            lines.append("          The hub does not accept this machine's token: \(refused). On the hub:")
            lines.append(
                "          vigie-hub enrollment create --machine \(name ?? "NAME"); here, with what it prints:")
            lines.append("          vigie-agent enroll --force STRING")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Everything is as it should be.
    var isHealthy: Bool { enrolled && refused == nil && lastError == nil }

    static func ago(_ moment: Timestamp, _ now: Timestamp) -> String {
        let seconds = (now.milliseconds - moment.milliseconds) / 1000
        return seconds < 0 ? "in the future (\(moment))" : "\(duration(Int(seconds))) ago"
    }

    static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    static func bytes(_ count: Int) -> String {
        switch count {
        case ..<10_240: "\(count) bytes"
        case ..<10_485_760: "\(count >> 10) KiB"
        default: "\(count >> 20) MiB"
        }
    }
}
