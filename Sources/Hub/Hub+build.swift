import Contracts
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Transport
import UnixSignals

/// The serving hub: the one place where its parts are made and put together.
struct HubServer: Sendable {
    let services: [any Service]
    let store: SQLiteStore
    let keeper: CertificateKeeper?
    let announcement: CurrentAnnouncement
    let writer: IngestWriter
    let recorder: HubRecorder
    let meters: HubMeters
    let inFlight: InFlightBytes
    /// Keeps a second hub away from the directory for as long as this one lives.
    private let lock: FileHandle

    /// Makes everything that can fail before a port is opened.
    ///
    /// - Parameters:
    ///   - readyFile: written when the hub serves.
    ///   - manager: who is told when it serves, and that it lives.
    ///   - schemas: the versions that are read; tests put their own in.
    ///   - archive: how snapshots are derived; tests put their own deriver in.
    init(
        configuration: HubConfiguration, readyFile: String?, logger: Logger,
        manager: ServiceManager = ServiceManager(), schemas: SchemaVersions = .current,
        archive: SnapshotArchive = SnapshotArchive(derive: Derivation.apply)
    ) throws {
        guard let listen = ListenAddress(configuration.server.listen) else {
            throw CommandFailure(.configuration, "'\(configuration.server.listen)' must be HOST:PORT")
        }
        guard !configuration.server.insecureHTTP || listen.isLoopback else {
            throw CommandFailure(
                .configuration,
                "HTTP without TLS is for loopback only: listen on 127.0.0.1 or [::1], or leave --insecure-http away")
        }
        let directory = DataDirectory(path: configuration.server.dataDirectory)
        try directory.prepare()
        lock = try directory.takeLock()
        let notifier = ServiceNotifier(socketPath: manager.notifySocket)
        store = try SQLiteStore(
            path: directory.database,
            upgrade: .afterCopy(
                UpgradeCopy(directory: directory.upgradeCopies, keep: configuration.server.upgradeCopies) {
                    logger.notice("\($0)")
                    notifier.status($0)
                }))
        if !SQLiteLibrary.isConfigured {
            logger.warning("SQLite keeps its own page cache and count of memory: the hub is slower than it could be")
        }
        try store.foldAll()
        let identity = try HubIdentity(configuration: configuration, directory: directory)
        let limits = configuration.limits
        let meters = HubMeters()
        self.meters = meters
        inFlight = InFlightBytes(maximum: limits.inFlightBytes)
        let writer = IngestWriter(
            store: store, archive: archive,
            quarantine: Quarantine(maximumEntries: limits.quarantineEntries, maximumBytes: limits.quarantineBytes),
            maximumCount: limits.queueSnapshots, maximumBytes: limits.queueBytes, logger: logger, meters: meters)
        self.writer = writer
        let announcement = CurrentAnnouncement()
        self.announcement = announcement
        let store = store
        let announcer = Announcer { port in
            let urls = configuration.publicURLs(port: port)
            let current = HubAnnouncement(
                urls: urls, trust: identity.trust, bundle: identity.bundle, next: identity.next)
            try await store.write { try current.write($0, at: Clock.now()) }
            announcement.set(current)
            if let readyFile {
                let ready = ReadyFile(
                    url: urls[0], port: port, caFingerprint: identity.fingerprint?.text, socket: directory.socket,
                    pid: Int(getpid()))
                try SecretFile.write(
                    String(decoding: try CanonicalJSON.encode(ready), as: UTF8.self) + "\n", to: readyFile, mode: 0o644)
            }
            logger.notice("serving \(urls[0]) from \(directory.path)")
            notifier.ready(status: "serving \(urls[0])")
        }
        let routes = MachineRoutes(
            store: store, announcement: announcement, readiness: Readiness(store: store, writer: writer),
            snapshots: SnapshotRoute(
                authenticator: MachineAuthenticator(store: store),
                rateLimiter: RateLimiter(perMinute: limits.requestsPerMinute),
                inFlight: inFlight, writer: writer,
                remoteAddress: RemoteAddress(
                    trustedProxies: configuration.server.trustedProxies.compactMap { IPNetwork($0) }),
                limits: limits, meters: meters, schemas: schemas, announcement: announcement, now: Clock.now),
            meters: meters, logger: logger)
        let startedAt = Clock.now()
        let attention = HubAttention(since: startedAt)
        let operators = OperatorRoutes(
            environment: OperatorEnvironment(
                store: store, dataDirectory: directory.path, startedAt: startedAt, attention: attention))

        let network = HubRouter().add(middleware: ProblemMiddleware(logger: logger))
        routes.add(to: network)
        operators.add(
            to: network.group().add(middleware: OperatorAuthentication(store: store, trustsEverybody: false)))
        let local = HubRouter().add(middleware: ProblemMiddleware(logger: logger))
        routes.addHealth(to: local)
        operators.add(to: local.group().add(middleware: OperatorAuthentication(store: store, trustsEverybody: true)))

        let budget = ConnectionBudget(maximum: limits.connections)
        let connection = ConnectionLimits(
            body: .seconds(Int64(limits.bodySeconds)), idle: .seconds(Int64(limits.idleSeconds)))
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100)
        let date = ResponseDate(now: Clock.now)
        let channels = { @Sendable (tls: TLSContext?, takesSnapshots: Bool) in
            HTTPServerBuilder { responder in
                HubChannel(
                    base: HTTP1Channel(responder: responder, configuration: .init(httpDecoderConfiguration: decoder)),
                    tls: tls
                ) {
                    [ConnectionGuard(limits: connection, budget: budget)]
                        + (takesSnapshots ? [SnapshotChannelHandler(route: routes.snapshots, date: date)] : [])
                }
            }
        }
        let rollup = Rollup(store: store, now: Clock.now)
        let disk: @Sendable () -> DiskSpace? = { DiskSpace.of(directory.path) }
        let retention = RetentionKeeper(
            store: store, policy: configuration.retention, disk: disk,
            reserve: DiskReserve(path: directory.reserve, total: disk()?.total), writer: writer, now: Clock.now,
            logger: logger)
        let recorder = HubRecorder(
            store: store, meters: meters, writer: writer, connections: budget, disk: disk, now: Clock.now)
        self.recorder = recorder
        var services: [any Service] = [
            writer, MachineWatch(store: store, logger: logger, attention: attention),
            Periodic(period: .seconds(30), clock: ContinuousClock(), logger: logger, name: "rollup") { _ in
                try rollup.step()
            },
            Periodic(period: .seconds(10), clock: ContinuousClock(), logger: logger, name: "retention") {
                try retention.work($0)
            },
            Periodic(
                period: .seconds(60), clock: ContinuousClock(), logger: logger, name: "figures", startsAtOnce: false
            ) { _ in
                try recorder.record()
                return false
            },
        ]
        let server: HTTPServerBuilder
        if configuration.server.insecureHTTP {
            keeper = nil
            server = channels(nil, true)
        } else {
            let (chain, key) = try identity.certificate.load(now: Date())
            let context = TLSContext(try ServerCertificate.checkedContext(chain: chain, key: key))
            let keeper = CertificateKeeper(
                certificate: identity.certificate, context: context, shown: chain, logger: logger)
            self.keeper = keeper
            services.append(keeper)
            server = channels(context, true)
        }
        if configuration.registries.isEnabled {
            services.append(
                ImageCheckService(
                    checker: try ImageChecker.live(
                        store: store, settings: configuration.registries, logger: logger), logger: logger))
        }
        services.append(announcer)
        services.append(
            ListeningService(
                responder: TaskPerRequest(base: local.buildResponder()), server: channels(nil, false),
                address: .unixDomainSocket(path: directory.socket), description: directory.socket, logger: logger,
                onListening: { _ in
                    chmod(directory.socket, 0o660)
                    announcer.tell(.socketListening)
                }))
        services.append(
            ListeningService(
                responder: TaskPerRequest(base: network.buildResponder()), server: server, address: listen.bindable,
                description: listen.description, logger: logger,
                onListening: { announcer.tell(.listening(port: $0 ?? listen.port)) }))
        // The last to start is the first to hear that the hub stops.
        services.append(
            LifeSigns(
                notifier: notifier, watchdogMicroseconds: manager.watchdogMicroseconds, socket: directory.socket))
        self.services = services
    }

    /// The services in the order in which they start; they stop in the reverse one.
    ///
    /// - Parameter signals: end it gracefully: what is in flight is answered.
    func group(signals: [UnixSignal], logger: Logger) -> ServiceGroup {
        var quiet = logger
        quiet.logLevel = .error
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: signals, logger: quiet)
        // A client that takes its answer too slowly does not keep the hub from stopping.
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        return ServiceGroup(configuration: configuration)
    }

    /// Serves until SIGTERM or SIGINT.
    func run(logger: Logger) async throws {
        try await group(signals: [.sigterm, .sigint], logger: logger).run()
        do { try store.close() } catch { logger.warning("unable to close the database cleanly: \(error)") }
    }
}
