import Contracts
import Logging

/// What became of one snapshot, as far as is known now.
enum Delivered: Equatable, Sendable {
    case accepted(result: String)
    case rejected(code: String)
    /// It waits on disk, or the next check-in says the same.
    case kept(reason: String)
}

/// Sends what waits: performs what `DeliveryMachine` decides.
actor Deliverer {
    private var machine: DeliveryMachine
    private var held: [Identifier: SealedSnapshot] = [:]
    private var waiters: [Identifier: [FirstResult<Delivered>]] = [:]
    private let identity: Identity
    private let connection: HubConnection
    private let spool: Spool
    private let sealer: Sealer
    private let state: StateDirectory
    private let clock: AgentClock
    private let logger: Logger
    private let wakeup = Wakeup()
    private let requested: @Sendable (Kind) -> Void
    private var lastSaved: Int64
    /// After `stop`: what a collector brings late is left to the next life.
    private var isStopped = false

    /// How often what is known of metrics is written, where nothing else has to be.
    static let saveInterval: Int64 = 600_000

    /// - Parameter requested: called for each kind that the hub wants whole again.
    init(
        identity: Identity, connection: HubConnection, spool: Spool, sealer: Sealer, record: DeliveryRecord,
        state: StateDirectory, clock: AgentClock, logger: Logger, requested: @escaping @Sendable (Kind) -> Void
    ) {
        machine = DeliveryMachine(record: record)
        self.identity = identity
        self.connection = connection
        self.spool = spool
        self.sealer = sealer
        self.state = state
        self.clock = clock
        self.logger = logger
        self.requested = requested
        lastSaved = clock.monotonic()
    }

    var record: DeliveryRecord { machine.record }

    /// Takes a fresh snapshot; inventory that says something new is on disk when this returns.
    func submit(_ snapshot: SealedSnapshot) async {
        let id = snapshot.head.snapshotID
        guard !isStopped else { return resolve(id, .kept(reason: "the agent stopped")) }
        switch machine.take(snapshot.head, spool: await spool.index, now: clock.monotonic()) {
        case .spool: await keep(snapshot)
        case .memory: held[id] = snapshot
        }
        let current = Set(machine.held.map(\.id))
        for (older, displaced) in held where !current.contains(older) {
            held[older] = nil
            if displaced.head.kind == Kind.metrics.rawValue { await keep(displaced) }
            resolve(older, .kept(reason: "a newer one took its place"))
        }
        wakeup.signal()
    }

    /// Submits and waits until the hub has answered, or there is no hub that does.
    func deliver(_ snapshot: SealedSnapshot) async -> Delivered {
        // Before it is submitted: the answer may come at any time after.
        let result = FirstResult<Delivered>()
        waiters[snapshot.head.snapshotID, default: []].append(result)
        await submit(snapshot)
        return await result.value()
    }

    /// Sends until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let now = clock.monotonic()
            switch machine.next(spool: await spool.index, now: now) {
            case .idle: await wakeup.wait(milliseconds: nil, clock: clock)
            case .wait(let until):
                if machine.notBefore > now { resolveAll(.kept(reason: machine.record.lastError?.reason ?? "waiting")) }
                await wakeup.wait(milliseconds: until - now, clock: clock)
            case .sendHeld(let id):
                if let snapshot = held[id] {
                    await send(snapshot)
                } else {
                    machine.lost(id)
                }
            case .sendSpooled(let entry):
                if let snapshot = await spool.read(entry) {
                    await send(snapshot)
                } else {
                    machine.lost(entry.id)
                    resolve(entry.id, .rejected(code: "broken"))
                }
            }
        }
    }

    /// Tries again at once.
    func retryNow() {
        machine.retryNow()
        wakeup.signal()
    }

    /// Puts what is only in memory on disk, and writes what is known.
    func stop() async {
        isStopped = true
        for item in machine.held where item.kind == Kind.metrics.rawValue {
            if let snapshot = held.removeValue(forKey: item.id) { await keep(snapshot) }
        }
        resolveAll(.kept(reason: "the agent stopped"))
        await save()
    }

    // MARK: - One snapshot

    private func send(_ snapshot: SealedSnapshot) async {
        let head = snapshot.head
        guard head.machineID == identity.machineID else {
            logger.warning("a waiting snapshot is of another identity", metadata: ["id": "\(head.snapshotID)"])
            await perform(.reject(head.snapshotID, code: "other_machine"), snapshot)
            return
        }
        let form = machine.form(of: head)
        let outcome: DeliveryOutcome
        switch form {
        case .full: outcome = await connection.post(snapshot.body, id: head.snapshotID)
        case .sameAs(let accepted):
            do {
                outcome = await connection.post(try snapshot.bodySameAs(accepted), id: head.snapshotID)
            } catch {
                outcome = .rejected(code: "not_encodable")
            }
        }
        note(outcome, of: head)
        let actions = machine.handle(
            outcome, of: head, sent: form, at: clock.now(), now: clock.monotonic(), random: { .random(in: $0) })
        for action in actions { await perform(action, snapshot) }
        switch outcome {
        case .accepted(let answer):
            await connection.note(announcement: answer.announcement)
            resolve(head.snapshotID, .accepted(result: answer.result))
        case .unauthorized(let code): resolveAll(.kept(reason: "the hub does not accept this machine: \(code)"))
        case .retry(let reason, _): resolveAll(.kept(reason: reason))
        case .rejected, .damaged, .resendFull: break
        }
        if clock.monotonic() - lastSaved > Self.saveInterval { await save() }
    }

    private func perform(_ action: DeliveryMachine.Action, _ snapshot: SealedSnapshot) async {
        switch action {
        case .delete(let id):
            held[id] = nil
            await spool.delete(id)
        case .reject(let id, let code):
            if held.removeValue(forKey: id) == nil { await spool.reject(id) } else { await spool.reject(snapshot) }
            resolve(id, .rejected(code: code))
        case .spool(let id):
            held[id] = nil
            await keep(snapshot)
        case .collect(let kind): requested(kind)
        case .jump(let highest): await sealer.jump(past: highest)
        case .save: await save()
        }
    }

    /// To disk. Where the disk does not take it, it is counted as lost: the next snapshot says what is then.
    private func keep(_ snapshot: SealedSnapshot) async {
        do {
            try await spool.put(snapshot)
        } catch {
            await spool.countDropped()
            logger.error("a snapshot is lost", metadata: ["kind": "\(snapshot.head.kind)", "reason": "\(error)"])
            resolve(snapshot.head.snapshotID, .rejected(code: "spool_full"))
        }
    }

    private func note(_ outcome: DeliveryOutcome, of head: EnvelopeHead) {
        let metadata: Logger.Metadata = ["kind": "\(head.kind)", "id": "\(head.snapshotID)"]
        let before = machine.record.lastError?.reason
        switch outcome {
        case .accepted(let answer):
            logger.debug("delivered: \(answer.result)", metadata: metadata)
            if before != nil { logger.notice("deliveries work again") }
        case .rejected(let code): logger.error("the hub refused a snapshot: \(code)", metadata: metadata)
        case .damaged: logger.warning("a snapshot was damaged on the way", metadata: metadata)
        case .resendFull: logger.info("the hub wants the whole snapshot", metadata: metadata)
        case .unauthorized(let code):
            guard machine.record.refused != code else { return }
            logger.error("the hub does not accept this machine: \(code); vigie-agent status says what to do")
        case .retry(let reason, _):
            guard before != reason else { return }
            logger.warning("unable to reach the hub: \(reason); trying again", metadata: metadata)
        }
    }

    private func save() async {
        machine.record.droppedTotal = await spool.droppedTotal
        lastSaved = clock.monotonic()
        do {
            try Files.write(try CanonicalJSON.encode(machine.record), to: state.delivery)
        } catch {
            logger.error("\(error)")
        }
    }

    private func resolve(_ id: Identifier, _ result: Delivered) {
        for waiter in waiters.removeValue(forKey: id) ?? [] { waiter.offer(result) }
    }

    private func resolveAll(_ result: Delivered) {
        for id in Array(waiters.keys) { resolve(id, result) }
    }
}
