import Contracts
import Inflate
import Transport

/// Whether the database is whole: its file, its references, the bytes of the archive, and what was derived from them.
struct StoreCheck {
    struct Finding: Sendable, Equatable, CustomStringConvertible {
        /// `file`, `references`, `archive`, `carriers`, `derived`.
        var check: String
        var message: String

        var description: String { "\(check): \(message)" }
    }

    struct Report: Sendable {
        var findings: [Finding] = []
        /// Archived snapshots in all, and those whose bytes were looked at.
        var snapshots: Int64 = 0
        var verified = 0

        var isSound: Bool { findings.isEmpty }
    }

    /// Snapshots whose bytes are looked at where not all are asked for.
    static let sampleSize: Int64 = 2_000
    private static let page: Int64 = 256
    /// More of one sort tells no more.
    private static let maximumFindings = 50

    let store: any Store
    /// As in `Rederive`.
    var workers = 1
    var isServed: () -> Bool = { true }

    /// - Parameter isFull: verify every archived body, not a sample spread over the archive.
    /// - Parameter comparesDerived: derive every machine again beside its tables, and compare.
    func run(
        isFull: Bool = false, comparesDerived: Bool = false, progress: @escaping (String) -> Void = { _ in }
    ) throws -> Report {
        var report = Report()
        progress("the database file")
        if store is SQLiteStore { report.findings += try file() }
        progress("the archive")
        try archive(isFull: isFull, into: &report)
        if comparesDerived {
            let rederive = Rederive(store: store, isCheck: true, workers: workers, isServed: isServed)
            let rebuilt = try rederive.run { progress("derived tables of \($0.machine)") }
            report.findings += rebuilt.differences.map { Finding(check: "derived", message: $0.description) }
            report.findings += rebuilt.skipped.map {
                Finding(check: "archive", message: "\($0.machine): snapshot \($0.snapshot): \($0.reason)")
            }
        }
        return report
    }

    private func file() throws -> [Finding] {
        try store.read { connection in
            let integrity = try connection.rows(Self.integrity).compactMap { $0[0].text }.filter { $0 != "ok" }
            let references = try connection.rows(Self.references).map { row in
                "a row of \(row["table"].text ?? "?") refers to a row of \(row["parent"].text ?? "?") that is not there"
            }
            return integrity.prefix(Self.maximumFindings).map { Finding(check: "file", message: $0) }
                + Set(references).sorted().map { Finding(check: "references", message: $0) }
        }
    }

    private func archive(isFull: Bool, into report: inout Report) throws {
        let counts = try store.read { try $0.row(Self.count) }
        report.snapshots = counts?["snapshots"].integer ?? 0
        let step = isFull ? 1 : max(1, report.snapshots / Self.sampleSize)
        let last = counts?["last_id"].integer ?? 0
        var next = counts?["first_id"].integer ?? 0
        while next <= last {
            // A transaction for each page, so that a long check keeps no old state of the database alive.
            let rows = try store.read { try $0.rows(Self.bodies, next, step, Self.page) }
            guard let newest = rows.last?["id"].integer else { break }
            for row in rows {
                report.verified += 1
                guard let problem = problem(of: row) else { continue }
                report.findings.append(
                    Finding(check: "archive", message: "snapshot \(row["snapshot_uuid"].text ?? "?"): \(problem)"))
                if report.findings.count >= Self.maximumFindings { return }
            }
            next = newest + 1
        }
        report.findings += try store.read { try $0.rows(Self.carriers, Self.maximumFindings) }.map {
            Finding(
                check: "carriers",
                message: "snapshot \($0["snapshot_uuid"].text ?? "?") names \($0["same_as"].text ?? "?"), "
                    + "which is not in the archive")
        }
    }

    private func problem(of row: SQLRow) -> String? {
        let inflated: [UInt8]
        do {
            inflated = try BodyInflater.inflate(row["body"].blob ?? [], limit: SnapshotNeighbors.inflateLimit)
        } catch { return error.description }
        if Int64(inflated.count) != row["inflated_bytes"].integer { return "inflates to another length" }
        if Digest(sha256: SHA256.digest(inflated)).text != row["body_digest"].text { return "has another digest" }
        return nil
    }

    /// SQLite's own; not in the registry.
    private static let integrity = Statement("check.integrity", "PRAGMA integrity_check(50)")
    private static let references = Statement("check.references", "PRAGMA foreign_key_check")

    static let count = Statement(
        "check.count",
        "SELECT count(*) AS snapshots, min(id) AS first_id, max(id) AS last_id FROM snapshots")
    static let bodies = Statement(
        "check.bodies",
        """
        SELECT id, snapshot_uuid, inflated_bytes, body_digest, body FROM snapshots
        WHERE id >= ?1 AND id % ?2 = 0 ORDER BY id LIMIT ?3
        """)
    static let carriers = Statement(
        "check.carriers",
        """
        SELECT s.snapshot_uuid, s.same_as FROM snapshots s WHERE s.same_as IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM snapshots c WHERE c.machine_id = s.machine_id AND c.snapshot_uuid = s.same_as) LIMIT ?1
        """)

    static let statements = [count, bodies, carriers]
}
