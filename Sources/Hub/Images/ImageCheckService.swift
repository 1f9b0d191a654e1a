import Contracts
import Logging
import ServiceLifecycle
import Transport

/// Asks registries, a few tags at a time and each about once a day, for as long as the hub serves.
struct ImageCheckService: Service {
    let checker: ImageChecker
    let logger: Logger
    /// Waits between two looks at what is due.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    private static let period = Duration.seconds(60)
    /// Machines' references are compared with the candidates every so many rounds.
    private static let roundsBetweenSynchronizing = 5
    /// Tags of one round.
    private static let roundLimit = 200

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var round = 0
            while true {
                await self.round(round)
                round += 1
                try await self.sleep(Self.period)
            }
        }
    }

    /// One look. What fails is logged and tried again in the next.
    func round(_ number: Int) async {
        do {
            if number % Self.roundsBetweenSynchronizing == 0 { try await checker.synchronize() }
            try await checker.check(checker.due(limit: Self.roundLimit))
        } catch {
            logger.error("unable to look for newer images: \(error)")
        }
    }
}

extension ImageChecker {
    /// With libcurl, the configuration's credentials, proxy and authority.
    ///
    /// Throws `ConfigurationFailure` where a file of the configuration cannot be used.
    static func live(
        store: SQLiteStore, settings: HubConfiguration.Registries, logger: Logger
    ) throws -> ImageChecker {
        let credentials = try settings.credentialsFile.map { try RegistryCredentials(path: $0) } ?? .none
        let http = HTTPClient(
            trust: try settings.trust(), proxy: settings.proxy, userAgent: "vigie-hub/\(Vigie.version)")
        let now: @Sendable () -> Timestamp = { Clock.now() }
        let client = RegistryClient(
            credentials: credentials, insecure: Set(settings.insecure), now: now
        ) { (request) async throws(HTTPFailure) in try await http.send(request) }
        return ImageChecker(
            store: store, settings: settings, client: client, now: now, random: { Int64.random(in: $0) }, logger: logger
        )
    }
}

extension HubConfiguration.Registries {
    private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// The system's authorities, and those of `ca_file` besides.
    func trust() throws -> HTTPTrust {
        guard let caFile else { return .system }
        let own: String?
        do { own = try SecretFile.read(caFile) } catch {
            throw ConfigurationFailure(description: "registries.ca_file: \(error.description)")
        }
        guard let own, own.contains("-----BEGIN CERTIFICATE-----") else {
            throw ConfigurationFailure(description: "registries.ca_file: \(caFile) holds no certificate as PEM")
        }
        let system = try? SecretFile.read(Self.systemAuthorities)
        return .pem(Array(((system ?? nil) ?? "").utf8) + [0x0A] + Array(own.utf8))
    }
}
