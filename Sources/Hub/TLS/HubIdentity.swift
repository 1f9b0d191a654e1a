import Contracts
import Foundation
import Transport

/// With what the hub proves who it is, and what others must trust for that.
struct HubIdentity: Sendable {
    let certificate: ServerCertificate
    let trust: ConnectionString.Trust
    /// PEM of what to trust; nil for the system's store.
    let bundle: String?
    /// What machines are told to go by besides.
    let next: HubAnnouncement.Next

    var fingerprint: Digest? {
        guard case .fingerprint(let digest) = trust else { return nil }
        return digest
    }

    /// Makes the authority on first start.
    init(configuration: HubConfiguration, directory: DataDirectory) throws {
        var next = HubAnnouncement.Next(urls: configuration.announce.urls)
        next.authorities = try configuration.announce.authorities.map { path in
            let found = PEM.certificates(in: try SecretFile.read(path) ?? "")
            guard !found.isEmpty else {
                throw CommandFailure(.configuration, "announce.authorities: \(path) holds no certificate in PEM")
            }
            return found.map(PEM.encode).joined()
        }
        if let certificate = configuration.tls.certificate, let key = configuration.tls.key {
            self.next = next
            self.certificate = ServerCertificate(source: .files(certificate: certificate, key: key))
            guard let path = configuration.tls.authority else {
                trust = .system
                bundle = nil
                return
            }
            guard let pem = try SecretFile.read(path), let first = PEM.certificates(in: pem).first else {
                throw CommandFailure(.configuration, "tls.authority: \(path) holds no certificate in PEM")
            }
            trust = .fingerprint(Digest(sha256: SHA256.digest(first)))
            bundle = PEM.encode(first)
            return
        }
        let authority = try CertificateAuthority.open(directory: directory.authority, now: Date())
        certificate = ServerCertificate(
            source: .own(directory: directory.authority, names: configuration.certificateNames))
        trust = .fingerprint(authority.fingerprint)
        bundle = authority.pem
        next.authorities += try AuthorityRotation(directory: directory.authority).announced()
        self.next = next
    }
}

extension HubConfiguration {
    /// The names given, then the host's own and loopback.
    var certificateNames: [String] {
        var names: [String] = []
        let fromURLs = server.urls.compactMap { URL(string: $0)?.host }
            .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "[]")) }
        for name in server.names + fromURLs + [Self.hostName, "localhost", "127.0.0.1", "::1"]
        where !names.contains(name) {
            names.append(name)
        }
        return names
    }

    /// What machines connect to; never empty.
    func publicURLs(port: Int) -> [String] {
        if !server.urls.isEmpty { return server.urls }
        let scheme = server.insecureHTTP ? "http" : "https"
        let listen = ListenAddress(server.listen)
        let host = listen.map { $0.isAny ? (server.names.first ?? Self.hostName) : $0.host } ?? Self.hostName
        return ["\(scheme)://\(ListenAddress(host: host, port: port))"]
    }

    private static var hostName: String {
        let name = ProcessInfo.processInfo.hostName
        return MachineName.isValid(name) ? name : MachineName.from(hostname: name)
    }
}
