import Contracts
import Foundation
import Synchronization

/// Writes the hub's own figures into `hub_metrics`, one row a minute.
final class HubRecorder: Sendable {
    /// Statements that a row names.
    private static let namedStatements = 10

    private let store: SQLiteStore
    private let meters: HubMeters
    private let writer: IngestWriter
    private let connections: ConnectionBudget
    private let disk: @Sendable () -> DiskSpace?
    private let now: @Sendable () -> Timestamp
    private let last: Mutex<Timestamp>

    init(
        store: SQLiteStore, meters: HubMeters, writer: IngestWriter, connections: ConnectionBudget,
        disk: @escaping @Sendable () -> DiskSpace?, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.meters = meters
        self.writer = writer
        self.connections = connections
        self.disk = disk
        self.now = now
        last = Mutex(now())
    }

    /// Writes the row of the time since the last one.
    func record() throws {
        let now = now()
        let seconds = last.withLock { last in
            defer { last = now }
            return Double(max(1, now.milliseconds - last.milliseconds)) / 1000
        }
        let window = meters.take()
        let pages = try store.pages()
        let slow = store.times.take(Self.namedStatements)
        let waiting = writer.waiting
        let resident = Self.residentBytes()
        let values: [any SQLBindable] = [
            now, seconds, window.taken, (Double(window.taken) / seconds * 100).rounded() / 100,
            Self.text(window.answers), waiting, max(waiting, window.mostWaiting), window.commits.count,
            Self.rounded(window.commits.percentile(0.5)), Self.rounded(window.commits.percentile(0.99)),
            Self.rounded(window.commits.longest), window.longestDelay, connections.open, pages.bytes, pages.freeBytes,
            store.walBytes, disk()?.available, resident,
            JSONText.objects(slow) {
                $1.member(#","name":"#, $0.name)
                $1.member(#","count":"#, $0.slow.count)
                $1.member(#","longest_ms":"#, Self.rounded($0.slow.longest / .milliseconds(1)) ?? 0)
            },
        ]
        _ = try store.write { try $0.run(Self.insert, values) }
        FreedMemory.giveBack(resident: resident)
    }

    private static func rounded(_ value: Double?) -> Double? { value.map { ($0 * 100).rounded() / 100 } }

    private static func text(_ answers: [Int: Int]) -> SQLValue {
        JSONText.objects(answers.sorted { $0.key < $1.key }) {
            $1.member(#","status":"#, $0.key)
            $1.member(#","count":"#, $0.value)
        }
    }

    /// Memory of this process (proc_pid_statm(5): resident pages are the second number).
    private static func residentBytes() -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? Int64(numbers[1]).map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    /// What is counted in the tables is counted by the same statement.
    static let insert = Statement(
        "hub_metrics.insert",
        """
        INSERT INTO hub_metrics (at, interval_seconds, snapshots_taken, snapshots_per_second, answers_json, queue_depth,
          queue_depth_max, commits, commit_ms_p50, commit_ms_p99, commit_ms_max, delay_ms_max, connections_open,
          database_bytes, database_free_bytes, wal_bytes, disk_available_bytes, resident_bytes, slow_statements_json,
          quarantine_entries, snapshots_held, spooling_machines, spool_files, spool_bytes)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
          (SELECT count(*) FROM quarantine), (SELECT count(*) FROM snapshots WHERE result = 'held'),
          count(*), CAST(COALESCE(sum(spool_files), 0) AS BIGINT), CAST(COALESCE(sum(spool_bytes), 0) AS BIGINT)
        FROM machine_state WHERE spool_files > 0
        ON CONFLICT (at) DO NOTHING
        """)

    static let statements = [insert]
}
