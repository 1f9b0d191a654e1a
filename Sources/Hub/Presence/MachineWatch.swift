import Contracts
import Logging
import ServiceLifecycle
import Synchronization

/// Notices what no snapshot tells: that a machine does not report any more, that it does again, that its clock goes
/// wrong, that its package lists grow old.
final class MachineWatch: Service {
    static let period = Duration.seconds(15)

    private let store: any Store
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger
    private let attention: HubAttention
    private let tagsDue = Mutex(Pace(period: 60_000))

    /// - Parameters:
    ///   - attention: shared with who answers questions; its own where nobody else asks.
    ///   - now: the hub's clock.
    ///   - sleep: waits for the next look; tests have their own.
    init(
        store: any Store, logger: Logger, attention: HubAttention? = nil,
        now: @escaping @Sendable () -> Timestamp = Clock.now,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.store = store
        self.logger = logger
        self.now = now
        self.sleep = sleep
        self.attention = attention ?? HubAttention(since: now())
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await self.sleep(Self.period)
                do { try await self.look() } catch is CancellationError { throw CancellationError() } catch {
                    self.logger.error("unable to look after the machines: \(error)")
                }
            }
        }
    }

    /// Looks once; writes only where something begins or ends.
    func look() async throws {
        let now = now()
        if tagsDue.withLock({ $0.take(at: now.milliseconds) }) { try await giveTags() }
        let heardSince = attention.look(at: now.milliseconds)
        let changed = try await store.read { connection in
            let open = try Self.open(connection)
            let failing = Dictionary(grouping: try connection.rows(Self.failing), by: { $0[0].integer ?? 0 })
            var changed: [Int64] = []
            // Row by row: of a large fleet, all of them at once would be most of the hub's memory.
            try connection.each(Self.machines, []) { row in
                guard var signs = MachineSigns(row) else { return true }
                signs.failing = (failing[signs.machine] ?? []).compactMap(Self.failingKind)
                let changes = signs.changes(
                    open: open[signs.machine] ?? [], now: now.milliseconds, heardSince: heardSince)
                if !changes.isEmpty { changed.append(signs.machine) }
                return true
            }
            return changed
        }
        guard !changed.isEmpty else { return }
        for machine in changed {
            // Looked at again: a report may have come in between.
            try await store.write { connection in
                guard var signs = try connection.row(Self.machine, machine)?.read(MachineSigns.init) else { return }
                signs.failing = try connection.rows(Self.failingOfOne, machine).compactMap(Self.failingKind)
                let open = Set(try connection.rows(Self.openOfOne, machine).compactMap { Self.key($0[0], $0[1]) })
                let messages = HubMessages(machine: machine, connection: connection)
                for change in signs.changes(open: open, now: now.milliseconds, heardSince: heardSince) {
                    try change.note(in: messages, at: now)
                }
            }
        }
    }

    /// Machines may fit other rules than before.
    private func giveTags() async throws {
        let isRight = try await store.read { try TagRules(connection: $0).difference().isEmpty }
        if !isRight { _ = try await store.write { try TagRules(connection: $0).apply() } }
    }

    private static func open(_ connection: any SQLConnection) throws -> [Int64: Set<MessageKey>] {
        var open: [Int64: Set<MessageKey>] = [:]
        for row in try connection.rows(openAll) {
            if let machine = row[0].integer, let key = key(row[1], row[2]) { open[machine, default: []].insert(key) }
        }
        return open
    }

    private static func key(_ code: SQLValue, _ component: SQLValue) -> MessageKey? {
        guard let code = code.text, let component = component.text else { return nil }
        return MessageKey(code: code, component: component)
    }

    /// Of a row of `failing`.
    private static func failingKind(_ row: SQLRow) -> MachineSigns.FailingKind? {
        guard let kind = row[1].text else { return nil }
        return MachineSigns.FailingKind(
            kind: kind, error: row[2].text ?? "the collecting failed", isLasting: !row[3].isNull)
    }

    static let machines = Statement(
        "watch.machines",
        """
        SELECT m.id, m.created_at, t.last_seen_at, t.next_due_at, t.clock_skew_ms, t.metrics_at, t.metrics_due_at,
          t.lists_updated_at
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id LEFT JOIN machine_state t ON t.machine_id = m.id
        WHERE s.retired_at IS NULL
        """)
    static let machine = Statement("watch.machine", machines.sql + " AND m.id = ?1")
    /// The condition on the code is met by all; it makes SQLite take the index that has the hub's own messages only.
    static let openAll = Statement(
        "watch.open",
        """
        SELECT machine_id, code, component FROM important_messages
        WHERE closed_at IS NULL AND source = 'hub' AND code >= ''
        """)
    static let openOfOne = Statement(
        "watch.open_of_one",
        """
        SELECT code, component FROM important_messages
        WHERE machine_id = ?1 AND category = 'machine' AND closed_at IS NULL AND source = 'hub'
        """)

    /// Kinds whose newest collecting failed, which are few, with the error, and with an attempt where as many have failed
    /// since the last good one that it is worth a message.
    static let failing = Statement("watch.failing", failing(of: ""))
    static let failingOfOne = Statement("watch.failing_of_one", failing(of: " AND t.machine_id = ?1"))

    private static func failing(of machine: String) -> String {
        func failing(_ kind: String, since: String, _ columns: String) -> String {
            """
            SELECT t.machine_id, \(kind) AS kind, \(columns), (SELECT a.id FROM snapshots a
              WHERE a.machine_id = t.machine_id AND a.kind = \(kind) AND a.effective_at > coalesce(\(since), 0)
                AND a.collection_status = 'failed'
              ORDER BY a.effective_at LIMIT 1 OFFSET \(MachineSigns.failuresUntilMessage - 1)) AS attempt
            FROM machine_state t
            """
        }
        return """
            \(failing("f.kind", since: "f.effective_at", "f.last_error")) CROSS JOIN machine_inventories f
            WHERE f.machine_id = t.machine_id AND t.last_error_kind IS NOT NULL AND f.collection_status = 'failed'\(machine)
            UNION ALL
            \(failing("'metrics'", since: "t.metrics_at", "t.metrics_last_error"))
            WHERE t.last_error_kind IS NOT NULL AND t.metrics_collection_status = 'failed'\(machine)
            """
    }

    static let statements = [machines, machine, openAll, openOfOne, failing, failingOfOne]
}

/// What is due once in a period, in milliseconds.
private struct Pace: Sendable {
    let period: Int64
    var last: Int64?

    init(period: Int64) { self.period = period }

    mutating func take(at now: Int64) -> Bool {
        if let last, now >= last, now - last < period { return false }
        last = now
        return true
    }
}
