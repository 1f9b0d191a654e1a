import Contracts
import TestSupport
import Testing

@testable import Hub

/// What becomes of APT's findings: errors with what to do, warnings, and a history that names each action once.
@Suite struct DeriverAPTTests {
    static let start: Int64 = 1_790_000_000_000

    private func source(_ suite: String, _ bend: (inout APTV1.Source) -> Void = { _ in }) -> APTV1.Source {
        var source = APTV1.Source(
            file: "/etc/apt/x.list", format: "one-line", type: "deb", uri: "https://h", suite: suite, enabled: true)
        source.signature = "signed"
        source.signedBy = "/usr/share/keyrings/x.gpg"
        bend(&source)
        return source
    }

    private func warnings(_ hub: TestHubStore) throws -> [String] {
        StateWarning.read(try hub.value("SELECT apt_warnings_json FROM machine_state").text)
            .map { "\($0.severity) \($0.code) \($0.section)" }
    }

    @Test func `Everything that has to be mended is an error with a remedy, and a warning`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        var broken = APTV1.BrokenPackage(name: "postfix", architecture: "amd64", state: "half-configured")
        broken.detail = "triggers"
        payload.broken = [
            broken, APTV1.BrokenPackage(name: "postfix", architecture: "amd64", state: "unmet-dependencies"),
        ]
        payload.sources = [
            source("ok"), source("trusted") { ($0.trusted, $0.signature) = (true, "unsigned") },
            source("unsigned") { $0.signature = "unsigned" },
            source("expired") { ($0.problemCode, $0.problem) = ("key_expired", "its key expired") },
            source("gone") { ($0.problemCode, $0.problem) = ("not_fetched", "never fetched") },
            source("off") { ($0.enabled, $0.trusted) = (false, true) },
        ]
        payload.errors = [
            APTV1.Fault(
                kind: "dpkg_interrupted", severity: "error", source: "/var/lib/dpkg/updates", lines: ["one", "two"]),
            APTV1.Fault(kind: "source_unreadable", severity: "error", source: "/etc/apt/y.list", lines: ["denied"]),
            APTV1.Fault(kind: "apt_warning", severity: "warning", source: "apt-cache policy", lines: ["twice"]),
        ]
        var removal = APTV1.Change(
            name: "exim4", architecture: "amd64", operation: "remove", security: false, status: "needs_full_upgrade")
        removal.currentVersion = "1"
        payload.changes = [removal]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        #expect(
            try warnings(hub) == [
                "warning apt_error /errors", "critical dpkg_interrupted /errors", "critical package_broken /broken",
                "warning source_key_expired /sources", "warning source_problem /sources",
                "warning source_trusted /sources", "warning source_unsigned /sources", "info upgrade_removes /changes",
            ])
        let rows = try hub.rows(
            "SELECT category, severity, remedy, lines_json FROM apt_errors ORDER BY category, subject")
        #expect(
            rows.compactMap { $0["category"].text } == [
                "apt_warning", "broken", "broken", "dpkg_interrupted", "key_expired", "source", "source_unreadable",
                "trusted",
                "unsigned",
            ])
        #expect(rows.allSatisfy { $0["category"].text == "apt_warning" || $0["remedy"].text?.isEmpty == false })
        #expect(rows.first { $0["category"].text == "dpkg_interrupted" }?["lines_json"] == .text(#"["one","two"]"#))

        // What is unknown keeps its rows and warnings; what was mended goes.
        payload.errors = nil
        payload.broken = nil
        try hub.take(DeriverSnapshot(payload, at: Self.start + 1, sequence: 2, unknown: ["/broken"]))
        #expect(try warnings(hub).contains("critical package_broken /broken"))
        #expect(!(try warnings(hub).contains("critical dpkg_interrupted /errors")))
        #expect(try hub.value("SELECT count(*) FROM apt_errors WHERE category = 'broken'") == .integer(2))
        try hub.take(DeriverSnapshot(APTV1(), at: Self.start + 2, sequence: 3))
        #expect(try warnings(hub).isEmpty)
        #expect(try hub.value("SELECT count(*) FROM apt_errors") == .integer(0))
    }

    @Test func `What a source says of signatures and keys stands in its row`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.sources = [
            source("s") {
                $0.keyExpiresAt = Timestamp(milliseconds: 42_000)
                ($0.problemCode, $0.problem) = ("key_expired", "its key expired")
            }
        ]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        let row = try #require(try hub.rows("SELECT * FROM apt_sources").first)
        #expect(row["signature"] == .text("signed"))
        #expect(row["key_expires_at"] == .integer(42_000))
        #expect(row["problem_code"] == .text("key_expired"))
    }

    @Test func `Each action is in the history once, whatever windows overlap, and gets its end and error later`() throws
    {
        let hub = try TestHubStore()
        func run(_ minute: Int64, ended: Bool, error: String? = nil) -> APTV1.Transaction {
            var install = APTV1.Action(operation: "install", name: "a", architecture: "amd64")
            install.toVersion = "1"
            var upgrade = APTV1.Action(operation: "upgrade", name: "b", architecture: "i386")
            (upgrade.fromVersion, upgrade.toVersion, upgrade.automatic) = ("1", "2", true)
            let at = Self.start + minute * 60_000
            var transaction = APTV1.Transaction(startedAt: Timestamp(milliseconds: at), actions: [install, upgrade])
            transaction.commandLine = "apt-get install a"
            transaction.requestedBy = "alice (1000)"
            if ended { transaction.endedAt = Timestamp(milliseconds: at + 5000) }
            transaction.error = error
            return transaction
        }
        var payload = APTV1()
        payload.history = [run(0, ended: true), run(1, ended: false)]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 100_000, sequence: 1))
        // The next window has lost the first run, and knows the end of the second.
        payload.history = [run(1, ended: true, error: "dpkg returned 1"), run(2, ended: true)]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 200_000, sequence: 2))
        // A late one knows less, and takes nothing back.
        payload.history = [run(1, ended: false)]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 150_000, sequence: 3))
        let rows = try hub.rows(
            """
            SELECT started_at, name, architecture, operation, from_version, to_version, automatic, ended_at,
              command_line, requested_by, error FROM apt_applied_packages ORDER BY started_at, name
            """)
        #expect(rows.count == 6)
        #expect(
            rows[3].values == [
                .integer(Self.start + 60_000), .text("b"), .text("i386"), .text("upgrade"), .text("1"), .text("2"),
                .integer(1), .integer(Self.start + 65_000), .text("apt-get install a"), .text("alice (1000)"),
                .text("dpkg returned 1"),
            ])
        #expect(rows[0]["error"] == .null)
    }
}
