import Contracts

/// The file that the root oneshot writes and the agent reads.
enum InspectionFile {
    static let directory = "/run/vigie"
    static let name = "inspection.json"
    static let path = "\(directory)/\(name)"
    /// A server with a hundred disks has 40 KB.
    static let limit = 1 << 20
    /// The timer runs hourly. What is older than six of its rounds is what the machine was like, not what it is.
    static let maxAgeSeconds = 21_600.0
    /// A temperature is of no use for that long: two rounds.
    static let maxTemperatureAgeSeconds = 7_200.0

    enum Reading: Equatable, Sendable {
        /// The oneshot is not enabled, or has not run yet.
        case absent
        case usable(Inspection, ageSeconds: Double)
        /// It is there and of no use.
        case unusable(Problem)

        var inspection: Inspection? {
            guard case .usable(let inspection, _) = self else { return nil }
            return inspection
        }
    }

    static func read(_ host: Host) -> Reading {
        let bytes: [UInt8]
        do { bytes = try host.bytes(path, limit: limit) } catch {
            return error.isAbsence ? .absent : .unusable(error.problem())
        }
        guard let inspection = parse(bytes) else {
            return .unusable(problem("malformed", "is no inspection of this version"))
        }
        guard let now = uptimeSeconds(host) else {
            return .unusable(problem("unreadable", "has an age that cannot be told without /proc/uptime"))
        }
        let age = now - inspection.uptimeSeconds
        // Negative: of an earlier boot, on a file system that outlived it.
        guard age >= 0, age <= maxAgeSeconds else {
            return .unusable(
                problem("stale", age < 0 ? "is of an earlier boot" : "is \(Int(age / 3600)) hours old"))
        }
        return .usable(inspection, ageSeconds: age)
    }

    /// Nil for what is damaged, and for what another version wrote in another format.
    static func parse(_ bytes: [UInt8]) -> Inspection? {
        guard let root = try? StrictJSON.read(bytes).root,
            root["format"]?.integerValue == Int64(Inspection.currentFormat)
        else { return nil }
        return try? JSONTreeDecoder.decode(Inspection.self, from: root)
    }

    static func uptimeSeconds(_ host: Host) -> Double? {
        guard let bytes = try? host.bytes("/proc/uptime", limit: 4096) else { return nil }
        var text = ByteScanner(bytes)
        return text.decimal().flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func problem(_ code: String, _ what: String) -> Problem {
        Problem(
            code: code, severity: "warning", source: path,
            message: "\(path) \(what); look at systemctl status vigie-agent-inspect.timer vigie-agent-inspect.service")
    }
}
