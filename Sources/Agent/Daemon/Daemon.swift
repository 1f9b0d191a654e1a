import Contracts
import Logging
import Transport

/// The long-running agent: waits for an identity, collects by timers and changes, delivers, answers the control socket.
actor Daemon {
    private let state: StateDirectory
    private let host: Host
    private let environment: AgentEnvironment
    private let clock: AgentClock
    private let logger: Logger
    private let notifier: ServiceNotifier
    private let load: @Sendable () throws(AgentError) -> AgentConfiguration
    private var configuration: AgentConfiguration
    private var agent: Agent?
    private var isEnrolling = false
    /// Ends the current life of the agent: a signal, a new identity.
    private let interruption = Wakeup()
    private var wish: Wish?

    private enum Wish {
        case stop, restart
    }

    /// How often an identity is looked for that somebody else may have put there.
    static let identityInterval: Int64 = 5000

    /// - Parameter load: reads the configuration again, at SIGHUP.
    init(
        state: StateDirectory, host: Host, configuration: AgentConfiguration, environment: AgentEnvironment,
        clock: AgentClock, logger: Logger, load: @escaping @Sendable () throws(AgentError) -> AgentConfiguration
    ) {
        self.state = state
        self.host = host
        self.configuration = configuration
        self.environment = environment
        self.clock = clock
        self.logger = logger
        self.load = load
        notifier = ServiceNotifier(socketPath: environment.notifySocket)
    }

    /// Works until `stop`; the caller holds the lock.
    func run() async throws(AgentError) {
        ControlSocket.listen(state: state, logger: logger) { [weak self] request in
            await self?.answer(request) ?? ControlReply()
        }
        let watchdog = watch()
        defer { watchdog?.cancel() }
        while wish != .stop {
            wish = nil
            if let identity = try Identity.load(state) {
                try await work(as: identity)
            } else {
                await waitForIdentity()
            }
        }
        notifier.stopping()
        try? Files.remove(state.socket)
        logger.notice("stopped")
    }

    func stop() {
        wish = .stop
        interruption.signal()
    }

    /// Reads the configuration again and collects everything; a broken file changes nothing.
    func reload() {
        do {
            configuration = try load()
            logger.notice("configuration read again")
        } catch {
            logger.error("\(error); going on with the one before")
        }
        if wish != .stop { wish = .restart }
        interruption.signal()
    }

    // MARK: - Lives

    private func waitForIdentity() async {
        let advice = "not enrolled; run vigie-agent enroll with the string of vigie-hub enrollment create"
        logger.notice("\(advice)")
        notifier.ready(status: advice)
        while wish == nil {
            await interruption.wait(milliseconds: Self.identityInterval, clock: clock)
            if (try? Identity.load(state)) != nil { return }
        }
    }

    private func work(as identity: Identity) async throws(AgentError) {
        let agent = try Agent.build(
            identity: identity, configuration: configuration, state: state, host: host, environment: environment,
            clock: clock, logger: logger)
        self.agent = agent
        logger.notice("working as \(identity.name)", metadata: ["machine_id": "\(identity.machineID)"])
        notifier.ready(status: "working as \(identity.name) for \(identity.hubURLs.first ?? "no hub")")
        let delivering = Task { await agent.deliverer.run() }
        let following = Task { await agent.connection.follow(clock: clock) }
        let pacers = Dictionary(
            uniqueKeysWithValues: agent.workers.map { ($0.kind, KindLoop(worker: $0, agent: agent, clock: clock)) })
        let collecting = pacers.values.map { loop in Task { [logger] in await loop.run(logger: logger) } }
        let triggers = ChangeTriggers(host: host, settings: configuration.collection, memory: agent.memory)
        let asking = [triggers.events(), agent.requests].map { kinds in
            Task { for await kind in kinds { await pacers[kind]?.request() } }
        }
        while wish == nil { await interruption.wait(milliseconds: nil, clock: clock) }
        // Collectors that are at work are not waited for: the deliverer takes nothing more.
        for task in collecting + asking + [delivering, following] { task.cancel() }
        await agent.deliverer.stop()
        await delivering.value
        self.agent = nil
    }

    /// Signs of life, each after a round through the parts that must not hang.
    private func watch() -> Task<Void, Never>? {
        guard let microseconds = environment.watchdogMicroseconds, microseconds > 0 else { return nil }
        return Task { [clock, notifier] in
            while !Task.isCancelled {
                await self.touch()
                notifier.alive()
                try? await clock.sleep(microseconds / 2000)
            }
        }
    }

    private func touch() async { _ = await agent?.deliverer.record }

    // MARK: - Control

    private func answer(_ request: ControlRequest) async -> ControlReply {
        do throws(AgentError) {
            var reply = ControlReply()
            switch request.command {
            case .once:
                guard let agent else { throw .notEnrolled(unableTo: "collect and deliver") }
                reply.results = await agent.collectAndDeliverAll()
            case .enroll:
                reply.enrollment = try await enroll(request.string ?? "", replacing: request.replacing ?? false)
            case .status: reply.status = try await status()
            }
            return reply
        } catch {
            return ControlReply(error)
        }
    }

    private func enroll(_ string: String, replacing: Bool) async throws(AgentError) -> Enroller.Result {
        guard !isEnrolling else {
            throw AgentError(
                .busy, unableTo: "enrol this machine", "another enrolment is under way", advice: "wait for its end")
        }
        isEnrolling = true
        defer { isEnrolling = false }
        let enroller = Enroller(state: state, host: host, proxy: configuration.proxy, logger: logger)
        let result = try await enroller.enroll(string, replacing: replacing)
        logger.notice("enrolled as \(result.name)", metadata: ["machine_id": "\(result.machineID)"])
        if wish != .stop { wish = .restart }
        interruption.signal()
        return result
    }

    private func status() async throws(AgentError) -> StatusReport {
        let identity = try Identity.load(state)
        guard let agent else {
            var report = StatusReport(
                identity: identity, configuration: configuration, record: DeliveryRecord(), state: state)
            report.running = true
            return report
        }
        return StatusReport(
            identity: identity, configuration: configuration, record: await agent.deliverer.record,
            spool: await agent.spool.report, rejectedFiles: StatusReport.rejectedFiles(state), isRunning: true,
            state: state)
    }
}

extension AgentError {
    static func notEnrolled(unableTo action: String) -> AgentError {
        AgentError(
            .configuration, unableTo: action, "this machine is not enrolled",
            advice: "make a string on the hub with vigie-hub enrollment create, then run vigie-agent enroll STRING")
    }
}
