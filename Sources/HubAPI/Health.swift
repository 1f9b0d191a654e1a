/// How urgently something wants an operator, in the words and order of monitoring plugins.
package enum HealthStatus: String, Codable, CaseIterable, Comparable, Sendable {
    case ok, unknown, warning, critical

    package static func < (left: HealthStatus, right: HealthStatus) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .ok: 0
        case .unknown: 1
        case .warning: 2
        case .critical: 3
        }
    }
}

/// One reason why a machine is not simply well.
package struct HealthReason: Codable, Equatable, Sendable {
    /// Stable, in snake case: `offline`, `security_updates`, `filesystem_full`, …
    package var code: String
    package var severity: HealthStatus
    /// A short phrase, as `3 security updates`.
    package var message: String

    package init(code: String, severity: HealthStatus, message: String) {
        self.code = code
        self.severity = severity
        self.message = message
    }
}
