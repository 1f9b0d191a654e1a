import Foundation
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// The certificate that the hub shows: of its own authority, or from files of the administrator's.
struct ServerCertificate: Sendable {
    enum Source: Sendable {
        /// `directory` holds the authority and `server.pem`, `server.key`.
        case own(directory: String, names: [String])
        case files(certificate: String, key: String)
    }

    let source: Source

    /// A certificate of our own is replaced when it has less than this left.
    static let renewalMargin: TimeInterval = 30 * 86_400

    /// The chain and the key in force, as PEM; makes or renews a certificate of our own where that is due.
    func load(now: Date) throws -> (chain: String, key: String) {
        switch source {
        case .files(let certificate, let key):
            guard let chain = try SecretFile.read(certificate) else { throw missing(certificate) }
            guard let key = try SecretFile.read(key) else { throw missing(key) }
            return (chain, key)
        case .own(let directory, let names):
            let authority = try CertificateAuthority.open(directory: directory, now: now)
            let certificatePath = directory + "/server.pem"
            let keyPath = directory + "/server.key"
            if let chain = try SecretFile.read(certificatePath), let key = try SecretFile.read(keyPath),
                Self.isGood(chain, issuer: authority.certificate, names: names, now: now),
                (try? Self.context(chain: chain, key: key)) != nil
            {
                return (chain, key)
            }
            let issued = try authority.issueServer(names: names, now: now)
            try SecretFile.write(issued.key, to: keyPath)
            try SecretFile.write(issued.certificate, to: certificatePath)
            return (issued.certificate, issued.key)
        }
    }

    static func context(chain: String, key: String) throws -> NIOSSLContext {
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(chain.utf8))
        let privateKey = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long a closing waits for the other side's goodbye. An agent that keeps an idle connection reads it only
        // when it sends again: with the usual 5 s every stop of the hub would take as long.
        configuration.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: configuration)
    }

    /// The same, with words for what an administrator may have given.
    static func checkedContext(chain: String, key: String) throws -> NIOSSLContext {
        do { return try context(chain: chain, key: key) } catch {
            throw CertificateAuthority.Failure(
                description: "the server certificate and its key cannot be used together: both must be PEM, the chain"
                    + " beginning with the server's own certificate (\(error))")
        }
    }

    private static func isGood(_ chain: String, issuer: Certificate, names: [String], now: Date) -> Bool {
        guard let certificate = try? Certificate(pemEncoded: chain),
            issuer.publicKey.isValidSignature(certificate.signature, for: certificate),
            certificate.notValidAfter > now + renewalMargin, certificate.notValidBefore < now,
            let alternatives = try? certificate.extensions.subjectAlternativeNames
        else { return false }
        return Set(names.map { CertificateAuthority.generalName($0).description })
            == Set(alternatives.map(\.description))
    }

    private func missing(_ path: String) -> CertificateAuthority.Failure {
        CertificateAuthority.Failure(description: "\(path) does not exist; look at tls.certificate and tls.key")
    }
}
