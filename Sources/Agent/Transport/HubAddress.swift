import Contracts
import Transport

/// How this machine reaches its hub: what enrolment gave, and what the hub has announced since. A value that decides;
/// `HubConnection` asks and saves.
struct HubAddress: Equatable, Sendable {
    /// In the order to try.
    var urls: [String]
    /// PEM certificates; nil where the system's store is meant.
    var caBundle: String?

    var trust: HTTPTrust { caBundle.map { .pem(Array($0.utf8)) } ?? .system }

    /// More than these no hub has.
    private static let maximumURLs = 16
    private static let maximumCertificates = 16

    init(urls: [String], caBundle: String?) {
        self.urls = urls
        self.caBundle = caBundle
    }

    init(_ identity: Identity) { self.init(urls: identity.hubURLs, caBundle: identity.caBundle) }

    /// What a hub announces; nil where it cannot be used: no URL where a token may go, or certificates that are none.
    init?(announced answer: MachineAnswer) {
        var urls: [String] = []
        for url in answer.hubURLs where HubURL.isSafe(url) && !urls.contains(url) { urls.append(url) }
        guard !urls.isEmpty, urls.count <= Self.maximumURLs else { return nil }
        var bundle: String?
        if let text = answer.caBundle {
            let certificates = PEM.certificates(in: text)
            guard !certificates.isEmpty, certificates.count <= Self.maximumCertificates else { return nil }
            bundle = Self.bundle(certificates)
        }
        self.init(urls: urls, caBundle: bundle)
    }

    /// Whether both say the same, however the certificates are written.
    func isSame(as other: HubAddress) -> Bool {
        urls == other.urls
            && caBundle.map(PEM.certificates(in:)) == other.caBundle.map(PEM.certificates(in:))
    }

    /// The announced one, with what is known to work behind it: for as long as nothing has answered at the new one. Nil
    /// where both cannot stand together: one trusts certificates of its own, the other the system's.
    func keeping(_ old: HubAddress) -> HubAddress? {
        switch (caBundle, old.caBundle) {
        case (nil, nil): return HubAddress(urls: merged(old), caBundle: nil)
        case (let new?, let known?):
            var certificates = PEM.certificates(in: new)
            for certificate in PEM.certificates(in: known) where !certificates.contains(certificate) {
                certificates.append(certificate)
            }
            return HubAddress(urls: merged(old), caBundle: Self.bundle(certificates))
        default: return nil
        }
    }

    private func merged(_ old: HubAddress) -> [String] { urls + old.urls.filter { !urls.contains($0) } }

    private static func bundle(_ certificates: [[UInt8]]) -> String { certificates.map(PEM.encode).joined() }
}
