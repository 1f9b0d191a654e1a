import Contracts

/// Why a snapshot is not taken: the contract's table, without HTTP.
struct IngestRejection: Error, Equatable {
    /// Which row of the table.
    let code: ProblemCode
    /// What the sender may read.
    let detail: String
    var violations: [Violation]?

    init(_ code: ProblemCode, _ detail: String, violations: [Violation]? = nil) {
        self.code = code
        self.detail = detail
        self.violations = violations
    }

    static func violations(_ violations: [Violation]) -> IngestRejection {
        let first = violations.first.map { ": \($0.pointer) \($0.message)" } ?? ""
        return IngestRejection(
            .schemaViolation, "the document does not fit its schema in \(violations.count) places\(first)",
            violations: violations)
    }
}
