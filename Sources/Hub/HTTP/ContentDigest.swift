import Contracts
import HTTPTypes
import Transport

/// `Content-Digest` (RFC 9530): of the bytes as sent.
enum ContentDigest {
    /// Refuses bytes that are not those of the header's SHA-256. Other algorithms are passed over; a proxy may have
    /// taken the header away, then the payload's own digest still stands.
    static func verify(_ header: String?, of bytes: [UInt8]) throws(IngestRejection) {
        guard let header else { return }
        for member in header.split(separator: ",") {
            let parts = member.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            guard parts.count == 2, parts[0].lowercased() == "sha-256" else { continue }
            let value = parts[1]
            guard value.count >= 2, value.hasPrefix(":"), value.hasSuffix(":"),
                Base64.decode(value.dropFirst().dropLast()) == SHA256.digest(bytes)
            else {
                throw IngestRejection(
                    .digestMismatch, "Content-Digest is not that of the bytes received; they were damaged on their way")
            }
        }
    }
}

extension HTTPTypes.HTTPField.Name {
    static let contentDigest = HTTPTypes.HTTPField.Name("Content-Digest")!
    static let xForwardedFor = HTTPTypes.HTTPField.Name("X-Forwarded-For")!
}
