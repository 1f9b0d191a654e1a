import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Renews the hub's certificate before it ends, or takes new files of the administrator's, while the hub serves.
final class CertificateKeeper: Service {
    private let certificate: ServerCertificate
    private let context: TLSContext
    private let logger: Logger
    /// The chain in force, as PEM.
    private let shown: Mutex<String>

    private static let period = Duration.seconds(60)

    /// - Parameter shown: the chain that the context was made with.
    init(certificate: ServerCertificate, context: TLSContext, shown: String, logger: Logger) {
        self.certificate = certificate
        self.context = context
        self.logger = logger
        self.shown = Mutex(shown)
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.period)
                self.refresh(now: Date())
            }
        }
    }

    /// Looks once. What cannot be used leaves the old certificate in force.
    func refresh(now: Date) {
        do {
            let (chain, key) = try certificate.load(now: now)
            guard chain != shown.withLock({ $0 }) else { return }
            context.replace(with: try ServerCertificate.context(chain: chain, key: key))
            shown.withLock { $0 = chain }
            logger.notice("the server certificate was replaced")
        } catch {
            logger.error("unable to renew the server certificate, the old one stays in force: \(error)")
        }
    }
}
