import Contracts
import Glibc
import Logging
import Transport

/// Turns what a collector gave into a snapshot: identity, sequence, digest, the agent's own cost.
actor Sealer {
    private var counter: SequenceCounter
    private let machineID: Identifier
    private let host: Host
    private let spool: Spool
    private let state: StateDirectory
    private let clock: AgentClock

    /// - Parameter atLeast: the first number that the hub has not seen, as far as is known.
    init(
        machineID: Identifier, host: Host, spool: Spool, state: StateDirectory, atLeast: Int, clock: AgentClock,
        logger: Logger
    ) throws(FileFailure) {
        self.machineID = machineID
        self.host = host
        self.spool = spool
        self.state = state
        self.clock = clock
        var reserved = 1
        if let bytes = try Files.read(state.sequence) {
            if let number = Int(String(decoding: bytes, as: UTF8.self).trimmed), number > 0 {
                reserved = number
            } else {
                // The hub's next answer says how far it was.
                logger.warning("moving a damaged state file aside", metadata: ["file": "\(state.sequence)"])
                try Files.move(state.sequence, to: "\(state.sequence).damaged")
            }
        }
        counter = SequenceCounter(reserved: max(reserved, atLeast))
    }

    /// Throws `FileFailure` where no sequence number can be reserved.
    func seal(
        _ collected: Collected, kind: Kind, startedAt: Timestamp, durationMilliseconds: Int, nextDueSeconds: Int
    ) async throws -> SealedSnapshot {
        let draft = SnapshotDraft(
            kind: kind, collected: collected, startedAt: startedAt, durationMilliseconds: durationMilliseconds,
            nextDueSeconds: nextDueSeconds)
        let report = await spool.report
        return try draft.seal(machineID: machineID, sequence: try takeSequence(), host: host, spool: report)
    }

    func jump(past highest: Int) { counter.jump(past: highest) }

    private func takeSequence() throws -> Int {
        if let reservation = counter.reservation {
            try Files.write(Array("\(reservation)\n".utf8), to: state.sequence)
            counter.didReserve(reservation)
        }
        return counter.take()
    }
}

/// One collecting on its way to being a snapshot.
struct SnapshotDraft: Sendable {
    var kind: Kind
    var collected: Collected
    var startedAt: Timestamp
    var durationMilliseconds: Int
    var nextDueSeconds: Int

    func head(machineID: Identifier, sequence: Int, host: Host, spool: SpoolReport?) -> EnvelopeHead {
        let (identity, bootID) = HostFacts.read(host)
        var agent = AgentReport(version: Vigie.version)
        agent.rssBytes = OwnCost.residentBytes()
        agent.cpuSecondsTotal = OwnCost.cpuSeconds()
        agent.spool = spool
        var collection = Collection(status: collected.status)
        collection.durationMs = durationMilliseconds
        collection.nextDueSeconds = nextDueSeconds
        if !collected.unknown.isEmpty { collection.unknown = collected.unknown.sorted() }
        if !collected.problems.isEmpty { collection.problems = collected.problems }
        var head = EnvelopeHead(
            envelope: 1, kind: kind.rawValue, schemaVersion: kind.payloadType.schemaVersion,
            snapshotID: Identifier.make(at: startedAt), machineID: machineID, sequence: sequence, bootID: bootID,
            collectedAt: startedAt, host: identity, agent: agent, collection: collection)
        head.volatile = collected.volatile
        return head
    }

    /// The document as text, as it is before it is packed.
    func document(machineID: Identifier, sequence: Int, host: Host, spool: SpoolReport?) throws -> [UInt8] {
        let payload = try collected.payload.map { try CanonicalJSON.encode($0) }
        var head = head(machineID: machineID, sequence: sequence, host: host, spool: spool)
        head.payloadDigest = payload.map { Digest(sha256: SHA256.digest($0)) }
        return try EnvelopeDocument.join(head: head, payload: payload)
    }

    func seal(machineID: Identifier, sequence: Int, host: Host, spool: SpoolReport?) throws -> SealedSnapshot {
        let payload = try collected.payload.map { try CanonicalJSON.encode($0) }
        return try SealedSnapshot(
            head: head(machineID: machineID, sequence: sequence, host: host, spool: spool), payload: payload)
    }
}

/// What the agent itself costs.
enum OwnCost {
    /// Resident memory, from the second number of `/proc/self/statm` (proc(5)); nil where it cannot be read.
    static func residentBytes() -> Int? {
        guard let descriptor = Optional(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)), descriptor >= 0 else {
            return nil
        }
        defer { close(descriptor) }
        let text = [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        let pages = String(decoding: text, as: UTF8.self).words.dropFirst().first.flatMap { Int($0) }
        return pages.map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
    }

    /// User and system time of the process and of the children that it has waited for, since its start; in
    /// milliseconds' precision, so that the text stays short.
    static func cpuSeconds() -> Double {
        var total = 0.0
        for who in [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue] {
            withUnsafeTemporaryAllocation(of: rusage.self, capacity: 1) { buffer in
                guard let usage = buffer.baseAddress, getrusage(who, usage) == 0 else { return }
                for time in [usage.pointee.ru_utime, usage.pointee.ru_stime] {
                    total += Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
                }
            }
        }
        return (total * 1000).rounded() / 1000
    }
}
