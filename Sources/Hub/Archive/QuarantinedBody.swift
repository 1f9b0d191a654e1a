import Contracts
import Inflate

/// A refused body for people to read: inflated where that is possible, without what could drive a terminal, bounded.
enum QuarantinedBody {
    /// The beginning of the text, and how many bytes there are in all.
    static func text(_ body: [UInt8], limit: Int, inflateLimit: Int) -> (text: String, bytes: Int, isInflated: Bool) {
        let inflated = try? BodyInflater.inflate(body, limit: inflateLimit)
        let bytes = inflated ?? body
        var text = ""
        for line in String(decoding: bytes.prefix(limit), as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        {
            if !text.isEmpty { text += "\n" }
            text += String(line).printable
        }
        return (text, bytes.count, inflated != nil)
    }
}
