import Contracts

/// How bad something is that a snapshot shows; the worst one of a machine is its status.
enum Severity: String, Codable, Comparable, CaseIterable, Sendable {
    case ok
    /// Worth a message; the machine's status stays ok.
    case info
    case warning, critical

    private var rank: Int {
        switch self {
        case .ok: 0
        case .info: 1
        case .warning: 2
        case .critical: 3
        }
    }

    static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}

/// One reason why a machine is not ok, as `machine_state.…_warnings_json` lists it.
struct StateWarning: Codable, Equatable, Sendable {
    /// Stable and in snake case: `filesystem_full`, `reboot_required`, …
    var code: String
    var severity: Severity
    /// What it is about: a mount point, a package, a container.
    var subject: String
    var message: String
    /// JSON pointer of the section that shows it; while that is unknown the warning stays.
    var section: String

    /// The status that follows: what is only worth knowing does not count.
    static func worst(_ warnings: [StateWarning]) -> Severity {
        warnings.map(\.severity).filter { $0 > .info }.max() ?? .ok
    }

    /// In an order of their own, so that equal warnings are equal text.
    static func text(_ warnings: [StateWarning]) throws -> SQLValue {
        try JSONText.encode(warnings.sorted { ($0.code, $0.subject) < ($1.code, $1.subject) })
    }

    static func read(_ text: String?) -> [StateWarning] {
        guard let text, let document = try? StrictJSON.read(Array(text.utf8)) else { return [] }
        return (try? JSONTreeDecoder.decode([StateWarning].self, from: document.root)) ?? []
    }
}

/// Where ok ends. Every threshold of the hub's statuses stands here.
enum Thresholds {
    /// Used share of a writable file system's bytes or inodes, percent.
    static let filesystemWarning = 90.0
    static let filesystemCritical = 97.0
    /// Memory that is not available, percent.
    static let memoryWarning = 95.0
    /// Wear of a solid-state disk as its SMART data tell, percent of the design life.
    static let wearWarning = 95
    /// A message ends only when its value is this much below its limit: percent of a file system, of the memory, °C.
    static let filesystemMargin = 2.0
    static let memoryMargin = 5.0
    static let temperatureMargin = 3.0
    /// How many subjects one warning names before it only counts.
    static let namedSubjects = 5

    static func filesystem(_ percent: Double) -> Severity {
        percent >= filesystemCritical ? .critical : percent >= filesystemWarning ? .warning : .ok
    }
}
