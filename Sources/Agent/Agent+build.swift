import Contracts
import Logging
import Transport

extension Agent {
    /// Every collector of this version, in the order of `Kind`; `once` and `collect` take two samples where a rate
    /// needs them.
    static func collectors(
        host: Host, settings: CollectionSettings, environment: AgentEnvironment, sampleFirst: Duration?,
        memory: EngineMemory = EngineMemory()
    ) -> [any Collector] {
        let commands = CommandRunner()
        let credentials = environment.credentialsDirectory.flatMap { try? Host(root: $0, isConfined: false) }
        return [
            HardwareCollector(host: host, settings: settings, credentials: credentials),
            MetricsCollector(host: host, sampleFirst: sampleFirst, commands: commands),
            APTCollector(host: host, settings: settings, commands: commands),
            DockerCollector(host: host, settings: settings, memory: memory),
        ]
    }

    /// Puts an enrolled agent together; the caller holds the lock on the state directory.
    static func build(
        identity: Identity, configuration: AgentConfiguration, state: StateDirectory, host: Host,
        environment: AgentEnvironment, clock: AgentClock, logger: Logger, sampleFirst: Duration? = nil
    ) throws(AgentError) -> Agent {
        let record = deliveryRecord(of: identity, state: state, logger: logger)
        let spool: Spool
        let sealer: Sealer
        do throws(FileFailure) {
            spool = try Spool(
                state: state, limits: configuration.spool.limits, droppedTotal: record.droppedTotal, logger: logger,
                now: clock.now)
            sealer = try Sealer(
                machineID: identity.machineID, host: host, spool: spool, state: state,
                atLeast: record.highestSequence + 1, clock: clock, logger: logger)
        } catch {
            throw StateDirectory.error(error, unableTo: "use the state directory \(state.path)")
        }
        var settings = configuration.collection
        settings.aptCacheDirectory = host.isLive ? state.aptCache : nil
        let memory = EngineMemory(state, logger: logger)
        let workers = collectors(
            host: host, settings: settings, environment: environment, sampleFirst: sampleFirst, memory: memory
        )
        .filter { configuration.settings(of: $0.kind).isEnabled }
        .map {
            KindWorker(
                collector: $0, intervalSeconds: configuration.settings(of: $0.kind).intervalSeconds, sealer: sealer,
                clock: clock)
        }
        let (requests, request) = AsyncStream.makeStream(of: Kind.self)
        let connection = HubConnection(identity: identity, proxy: configuration.proxy, now: clock.now, logger: logger) {
            identity.move(to: $0, state: state, logger: logger)
        }
        let deliverer = Deliverer(
            identity: identity, connection: connection, spool: spool, sealer: sealer, record: record, state: state,
            clock: clock, logger: logger,
            requested: { request.yield($0) })
        return Agent(
            identity: identity, configuration: configuration, workers: workers, connection: connection,
            deliverer: deliverer, spool: spool, requests: requests, memory: memory)
    }
}

extension Agent {
    /// What is known of this enrolment's deliveries.
    static func deliveryRecord(of identity: Identity, state: StateDirectory, logger: Logger) -> DeliveryRecord {
        let credential = SHA256.tokenHash(identity.token)
        if let record = state.load(DeliveryRecord.self, from: state.delivery, logger: logger),
            record.credential == credential
        {
            return record
        }
        var record = DeliveryRecord()
        record.credential = credential
        return record
    }
}

extension AgentConfiguration.SpoolLimits {
    var limits: SpoolIndex.Limits {
        SpoolIndex.Limits(
            maxBytes: maxBytes, maxFiles: maxFiles, maxAgeMilliseconds: Int64(maxAgeHours) * 3_600_000)
    }
}
