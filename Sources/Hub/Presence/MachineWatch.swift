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
            return try connection.rows(Self.machines).compactMap { row -> Int64? in
                guard let signs = MachineSigns(row) else { return nil }
                let changes = signs.changes(
                    open: open[signs.machine] ?? [], now: now.milliseconds, heardSince: heardSince)
                return changes.isEmpty ? nil : signs.machine
            }
        }
        guard !changed.isEmpty else { return }
        for machine in changed {
            // Looked at again: a report may have come in between.
            try await store.write { connection in
                guard let signs = try connection.row(Self.machine, machine).flatMap(MachineSigns.init) else { return }
                let open = Set(try connection.rows(Self.openOfOne, machine).compactMap { $0[0].text })
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

    private static func open(_ connection: any SQLConnection) throws -> [Int64: Set<String>] {
        var open: [Int64: Set<String>] = [:]
        for row in try connection.rows(openAll) {
            if let machine = row[0].integer, let code = row[1].text { open[machine, default: []].insert(code) }
        }
        return open
    }

    static let machines = Statement(
        "watch.machines",
        """
        SELECT m.id, m.created_at, m.last_seen_at, m.next_due_at, m.clock_skew_ms, t.metrics_at, t.metrics_due_at,
          t.lists_updated_at
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id LEFT JOIN machine_state t ON t.machine_id = m.id
        WHERE s.retired_at IS NULL
        """)
    static let machine = Statement("watch.machine", machines.sql + " AND m.id = ?1")
    static let openAll = Statement(
        "watch.open", "SELECT machine_id, code FROM important_messages WHERE closed_at IS NULL AND source = 'hub'")
    static let openOfOne = Statement(
        "watch.open_of_one",
        """
        SELECT code FROM important_messages
        WHERE machine_id = ?1 AND category = 'machine' AND closed_at IS NULL AND source = 'hub'
        """)

    static let statements = [machines, machine, openAll, openOfOne]
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
