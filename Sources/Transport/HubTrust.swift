package import Contracts

/// The first contact with a hub: from a fingerprint to certificates that can be verified with.
package enum HubTrust {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case unreachable(String)
        /// Something answered, but not with a hub's certificates.
        case notAHub(String)
        /// A hub answered, but none of its authorities has the fingerprint.
        case fingerprintMismatch(String)

        package var description: String {
            switch self {
            case .unreachable(let reason): reason
            case .notAHub(let url): "\(url) does not answer as a hub"
            case .fingerprintMismatch(let url):
                "the certificate authority of \(url) is not the one that the string names: either the string is of"
                    + " another hub, or something between here and the hub answers in its place"
            }
        }
    }

    /// The PEM of the authority that the fingerprint names, fetched from `{url}/v1/ca`; nil for the system's store.
    ///
    /// Nothing secret is sent. Of what is answered only certificates with that very fingerprint are taken: the rest
    /// came over a connection that proves nothing.
    package static func bootstrap(
        url: String, trust: ConnectionString.Trust, proxy: String? = nil
    ) async throws(Failure) -> String? {
        guard case .fingerprint(let expected) = trust else { return nil }
        let client = HTTPClient(trust: .unverified, proxy: proxy)
        let answer: HTTPResponse
        do {
            answer = try await client.send(
                HTTPRequest(url: endpoint(url, "/v1/ca"), responseLimit: 256 * 1024))
        } catch {
            throw .unreachable(error.message)
        }
        guard answer.status == 200, let document = try? StrictJSON.read(answer.body),
            let found = try? JSONTreeDecoder.decode(CAAnswer.self, from: document.root)
        else { throw .notAHub(url) }
        let matching = found.certificates.flatMap(PEM.certificates(in:))
            .filter { Digest(sha256: SHA256.digest($0)) == expected }
        guard let certificate = matching.first else { throw .fingerprintMismatch(url) }
        return PEM.encode(certificate)
    }

    /// A path below a hub's URL, which may end with a slash or have a path of its own.
    package static func endpoint(_ url: String, _ path: String) -> String {
        (url.hasSuffix("/") ? String(url.dropLast()) : url) + path
    }
}

/// Certificates as text (RFC 7468).
package enum PEM {
    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// The DER of each certificate in a text; what is between them, and what is no base64, is passed over.
    package static func certificates(in text: String) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var digits: String?
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix(begin) {
                digits = ""
            } else if line.hasPrefix(end) {
                if let digits, let bytes = Base64.decode(digits), !bytes.isEmpty { found.append(bytes) }
                digits = nil
            } else {
                digits?.append(contentsOf: line)
            }
        }
        return found
    }

    package static func encode(_ certificate: [UInt8]) -> String {
        var rest = Base64.encode(certificate)[...]
        var lines = [begin]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + [end, ""]).joined(separator: "\n")
    }
}
