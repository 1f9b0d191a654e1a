import Contracts
import Transport

/// A new enrolment token, which is shown once and kept as its hash.
struct EnrollmentToken {
    private let token = SecureRandom.token()
    private let createdAt: Timestamp
    let expiresAt: Timestamp

    init(at now: Timestamp, goodFor seconds: Int) {
        createdAt = now
        expiresAt = now.adding(milliseconds: Int64(seconds) * 1000)
    }

    /// Lets machines enrol with it; answers its row.
    ///
    /// - Parameter machine: whose identity it gives; nil for one of the host's own.
    @discardableResult
    func allow(
        uses: Int = 1, tags: [String] = [], for machine: Int64? = nil, in connection: any SQLConnection
    ) throws -> Int64 {
        let row = try connection.row(
            TrustStatements.enrollmentInsert, TokenHash.of(token), createdAt, expiresAt, uses,
            tags.joined(separator: " "), machine)
        return row?["id"].integer ?? 0
    }

    /// What the operator carries to the machine.
    func string(_ announcement: HubAnnouncement) throws -> String {
        try ConnectionString(
            purpose: .enrollment, urls: announcement.urls, trust: announcement.trust, token: token
        ).encoded()
    }
}
