import Contracts
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Hub

/// How large a fleet, from the environment; nil where nothing is to be measured.
private struct BenchPlan {
    var machines: Int
    var days: Int
    var minutes: Int

    static let wanted: BenchPlan? = {
        let numbers = (ProcessInfo.processInfo.environment["VIGIE_BENCH_HISTORY"] ?? "")
            .split(separator: ",").compactMap { Int($0) }
        guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 }) else { return nil }
        return BenchPlan(machines: numbers[0], days: numbers[1], minutes: numbers[2])
    }()
}

/// What a fleet's history costs: `make bench-history`. Every snapshot goes the way that ingest goes (strict reading,
/// archive, derivers, one transaction for a batch); rollup and retention run after each day, as they do in a hub.
///
/// `VIGIE_BENCH_HISTORY=MACHINES,DAYS,MINUTES`: metrics every so many minutes, inventory once a day.
@Suite(.enabled(if: BenchPlan.wanted != nil, "a benchmark, not a test: make bench-history"))
struct HistoryBench {
    private static let day: Int64 = 86_400_000
    private static let start: Int64 = 1_790_000_000_000 / day * day

    private func say(_ text: String) { FileHandle.standardError.write(Data("  \(text)\n".utf8)) }

    private func rate(_ count: Int64, _ time: Duration) -> String {
        "\(count) in \(String(format: "%.1f", time / .seconds(1))) s, \(Int(Double(count) / max(0.001, time / .seconds(1))))/s"
    }

    @Test(.timeLimit(.minutes(600))) func `A fleet's history`() async throws {
        let plan = try #require(BenchPlan.wanted)
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(path: directory.file("hub.sqlite"))
        let fleet = try BenchFleet(machines: plan.machines, store: store)
        say("\(plan.machines) machines, \(plan.days) days, metrics every \(plan.minutes) minutes")
        let clock = ContinuousClock()
        var (ingest, rolling, cleaning) = (Duration.zero, Duration.zero, Duration.zero)
        var (snapshots, deleted) = (Int64(0), Int64(0))
        for day in 0..<plan.days {
            let from = Self.start + Int64(day) * Self.day
            ingest += try clock.measure { snapshots += try fleet.fill(from: from, minutes: plan.minutes) }
            let now = Timestamp(milliseconds: from + Self.day)
            rolling += try clock.measure { try Rollup(store: store, now: { now }).run() }
            cleaning += try clock.measure {
                deleted += try Retention(store: store, policy: RetentionPolicy(), now: now).apply(cause: .schedule)
                    .rowsInAll
            }
        }
        say("taken and derived: \(rate(snapshots, ingest))")
        say("rolled up: \(rate(snapshots, rolling)) of raw rows")
        say("deleted by retention: \(rate(deleted, cleaning))")
        try sizes(store, plan)
        try queries(store, plan)
        // For whoever has more questions: the rest of this makes a mess of it.
        if let copy = ProcessInfo.processInfo.environment["VIGIE_BENCH_HISTORY_COPY"] {
            try DatabaseCopy.make(of: store.pool, at: copy) { _, _ in }
        }
        try rederive(store, plan)
        try await ingestBesideOthers(store, fleet, plan)
    }

    /// Some machines, whose tables are right, and whose tables are all wrong.
    private func rederive(_ store: SQLiteStore, _ plan: BenchPlan) throws {
        let clock = ContinuousClock()
        let names = (0..<min(5, plan.machines)).map { "bench-\($0)" }
        for words in ["rederived, nothing to be changed", "rederived, every row to be changed"] {
            var derived = 0
            var changed = 0
            var longest = Duration.zero
            let time = try clock.measure {
                for name in names {
                    let report = try Rederive(store: store).run(machine: name)
                    derived += report.snapshots
                    changed += report.changedRows
                    longest = max(longest, report.longestTransaction)
                }
            }
            say("\(words): \(rate(Int64(derived), time)); \(changed) rows, longest transaction \(longest)")
            try Self.damage(store)
        }
    }

    /// Makes every row of the metric histories wrong.
    private static func damage(_ store: SQLiteStore) throws {
        for sql in [
            "UPDATE host_metrics SET load_1m = 99", "UPDATE container_metrics SET cpu_percent = 99",
            "UPDATE machine_state SET load_1m = 99",
        ] { _ = try store.write { try $0.run(Statement("bench", sql)) } }
    }

    private func sizes(_ store: SQLiteStore, _ plan: BenchPlan) throws {
        let pages = try store.pages()
        let perDay = Double(plan.machines * plan.days)
        say(
            "database: \(pages.bytes >> 20) MiB, \(pages.freeBytes >> 20) MiB of it free;"
                + " \(Int(Double(pages.usedBytes) / perDay)) bytes a machine and day")
        let tables = try store.read {
            try $0.rows(
                Statement(
                    "bench", "SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 14"))
        }
        for row in tables {
            say("  \(row["name"].text ?? ""): \((row["bytes"].integer ?? 0) >> 10) KiB")
        }
    }

    private func queries(_ store: SQLiteStore, _ plan: BenchPlan) throws {
        let until = Timestamp(milliseconds: Self.start + Int64(plan.days) * Self.day)
        let clock = ContinuousClock()
        func time(_ name: String, _ question: (any SQLConnection) throws -> Void) throws {
            let first = try clock.measure { try store.read(question) }
            let best = try (0..<5).map { _ in try clock.measure { try store.read(question) } }.min() ?? first
            say(
                "  \(name): \(String(format: "%.1f", best / .milliseconds(1))) ms warm,"
                    + " \(String(format: "%.1f", first / .milliseconds(1))) ms at first")
        }
        say("questions:")
        for (since, words) in [
            (Int64(3_600_000), "1h"), (Self.day, "1d"), (7 * Self.day, "7d"), (30 * Self.day, "30d"),
        ] {
            try time("metrics --since \(words)") { connection in
                _ = try MetricsQueries.series(
                    connection, machine: try MachineLookup.find(connection, "bench-1"),
                    since: until.adding(milliseconds: -since), until: until, points: 120)
            }
        }
        try time("machines, without JSON") {
            _ = try MachineQueries.list($0, filter: .init(), limit: 100_000, now: until)
        }
        try time("machine show") { connection in
            _ = try MachineDetailQueries.show(
                connection, machine: try MachineLookup.find(connection, "bench-1"), now: until)
        }
        try time("updates") {
            _ = try UpdateQueries.list($0, filter: .init(name: .everything), limit: 1000, now: until)
        }
        try time("events") { _ = try EventQueries.list($0, filter: .init(), limit: 200) }
        try time("hub status") { _ = try HubQueries.status($0, now: until) }
        let (explained, scans) = try QueryPlans.scans(in: store)
        say("\(explained) statements explained; these read all of a large table: \(scans.isEmpty ? ["none"] : scans)")
        #expect(scans == [])
    }

    /// One snapshot after the other through the writer, by itself, beside a rebuild of everything by another process, and
    /// beside a retention with much to delete.
    private func ingestBesideOthers(_ store: SQLiteStore, _ fleet: BenchFleet, _ plan: BenchPlan) async throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let writer = IngestWriter(
            store: store, archive: fleet.archive, quarantine: Quarantine(maximumEntries: 10, maximumBytes: 1 << 20),
            maximumCount: 1000, maximumBytes: 1 << 28, logger: logger)
        let running = Task { try await writer.run() }
        let end = Self.start + Int64(plan.days) * Self.day
        func latencies(_ round: Int) async throws -> TimeHistogram {
            var times = TimeHistogram()
            for index in 0..<1000 {
                let submission = try fleet.metrics(
                    machine: index % plan.machines, at: end + Int64(round * 1000 + index))
                let start = ContinuousClock.now
                guard case .accepted = await writer.submit(submission) else { throw CancellationError() }
                times.add(start.duration(to: .now))
            }
            return times
        }
        func words(_ times: TimeHistogram) -> String {
            [0.5, 0.99, 1].map { String(format: "%.1f", times.percentile($0) ?? 0) }.joined(separator: " / ") + " ms"
        }
        _ = try await latencies(0)
        say("ingest by itself, p50 / p99 / max: \(words(try await latencies(1)))")
        try Self.damage(store)
        let stop = StopSignal()
        let rebuilding = Task { () -> Rederive.Report in
            try await withCheckedThrowingContinuation { continuation in
                DedicatedThread.start {
                    continuation.resume(
                        with: Result { try Rederive(store: SQLiteStore(path: store.path)).run() })
                }
            }
        }
        let besideRebuild = try await latencies(3)
        let rebuilt = try await rebuilding.value
        say(
            "ingest beside a rebuild (\(rebuilt.changedRows) rows changed, longest transaction"
                + " \(rebuilt.longestTransaction)): \(words(besideRebuild))")
        let deleting = Task { () -> Int64 in
            try await withCheckedThrowingContinuation { continuation in
                DedicatedThread.start {
                    let retention = Retention(
                        store: store, policy: RetentionPolicy(), now: Timestamp(milliseconds: end + 40 * Self.day),
                        between: { time in
                            if stop.isSet { throw CancellationError() }
                            Thread.sleep(forTimeInterval: time / .seconds(1))
                        })
                    do {
                        let rows = try retention.apply(cause: .schedule).rowsInAll
                        continuation.resume(returning: rows)
                    } catch { continuation.resume(returning: -1) }
                }
            }
        }
        let beside = try await latencies(2)
        stop.set()
        let rows = try await deleting.value
        say(
            "ingest beside retention (\(rows < 0 ? "still going on" : "\(rows) rows deleted meanwhile")): \(words(beside))"
        )
        writer.close()
        try await running.value
    }
}

/// Machines whose metrics are those of the contract's full example with other figures, and whose inventory is it.
private final class BenchFleet: Sendable {
    let store: SQLiteStore
    let archive = SnapshotArchive(derive: { try Derivation.apply($0, into: $1) })
    private let ids: [Identifier]
    private let example: MetricsV1
    private let inventory: [any SnapshotPayload]
    private let sequence = Mutex(0)

    init(machines: Int, store: SQLiteStore) throws {
        self.store = store
        ids = (0..<machines).map { Identifier(milliseconds: 1, random: (UInt64($0), 7)) }
        example = try Self.read(MetricsV1.self, "everything")
        inventory = [
            try Self.read(HardwareV1.self, "rack-server-with-everything"), try Self.read(APTV1.self, "everything"),
            try Self.read(DockerV1.self, "everything"),
        ]
        for (index, id) in ids.enumerated() {
            _ = try store.write { connection in
                try connection.run(
                    Statement(
                        "bench.machine", "INSERT INTO machines (id, machine_uuid, created_at) VALUES (?1, ?2, 0)"),
                    index + 1, id)
                try connection.run(
                    Statement("bench.settings", "INSERT INTO machine_settings (machine_id, name) VALUES (?1, ?2)"),
                    index + 1, "bench-\(index)")
                try connection.run(TrustStatements.credentialInsert, Self.token(index), index + 1, 0)
            }
        }
    }

    private static func read<Payload: SnapshotPayload>(_ type: Payload.Type, _ name: String) throws -> Payload {
        let bytes = try Repository.bytes("contracts/\(Payload.kind.rawValue)/v1/valid/\(name).json")
        return try JSONTreeDecoder.decode(type, from: StrictJSON.read(bytes).root)
    }

    private static func token(_ machine: Int) -> Digest { SHA256.tokenHash("bench-\(machine)") }

    /// A day of all machines; answers how many snapshots that were.
    func fill(from day: Int64, minutes: Int) throws -> Int64 {
        var count: Int64 = 0
        for payload in inventory {
            for machine in ids.indices { count += try take([submission(payload, machine: machine, at: day + 1)]) }
        }
        for minute in stride(from: 0, to: 1440, by: minutes) {
            let at = day + Int64(minute) * 60_000
            var index = 0
            while index < ids.count {
                let batch = index..<min(ids.count, index + IngestWriter.batchCount)
                count += try take(
                    batch.map { try metrics(machine: $0, at: at + Int64($0) * 50_000 / Int64(ids.count)) })
                index = batch.upperBound
            }
        }
        return count
    }

    private func take(_ submissions: [Submission]) throws -> Int64 {
        try store.write { connection in
            for submission in submissions {
                guard case .accepted = try archive.take(submission, into: connection) else { throw CancellationError() }
            }
        }
        return Int64(submissions.count)
    }

    func metrics(machine: Int, at: Int64) throws -> Submission {
        var random = TestRandom(UInt64(bitPattern: at) &+ UInt64(machine) &* 7919)
        func percent() -> Percent { Percent(clamping: Double.random(in: 0...100, using: &random)) }
        var payload = example
        payload.load?.oneMinute = Double(Int.random(in: 0..<400, using: &random)) / 100
        payload.cpu?.usedPercent = percent()
        payload.cpu?.userPercent = percent()
        payload.cpu?.iowaitPercent = percent()
        payload.memory?.usedPercent = percent()
        for index in payload.filesystems?.indices ?? 0..<0 { payload.filesystems?[index].usedPercent = percent() }
        for index in payload.interfaces?.indices ?? 0..<0 {
            payload.interfaces?[index].receivedBytesPerSecond = Double(Int.random(in: 0..<1_000_000, using: &random))
        }
        return try submission(payload, machine: machine, at: at)
    }

    private func submission(_ payload: any SnapshotPayload, machine: Int, at: Int64) throws -> Submission {
        let number = sequence.withLock { number in
            number += 1
            return number
        }
        let snapshot = DeriverSnapshot(payload, at: at, sequence: number)
        let body = try Gzip.compress(snapshot.document(machine: ids[machine]))
        let read = try SnapshotReader.read(compressed: body, inflateLimit: 1 << 25)
        return Submission(
            tokenHash: Self.token(machine), head: read.head, content: read.content, body: body,
            bodyDigest: Digest(sha256: SHA256.digest(read.inflated)), inflatedBytes: read.inflated.count,
            receivedAt: Timestamp(milliseconds: snapshot.receivedAt), remoteAddress: nil, clockSkew: nil)
    }
}
