import Contracts
import Transport

/// A snapshot ready to send: its head, and the gzip of the whole document.
struct SealedSnapshot: Equatable, Sendable {
    let head: EnvelopeHead
    /// Gzip of `{head…,"payload":…}`.
    let body: [UInt8]

    struct NotADocument: Error {}

    /// Seals a head, whose digest is set here, and a payload's canonical bytes.
    init(head: EnvelopeHead, payload: [UInt8]?) throws {
        var head = head
        head.payloadDigest = payload.map { Digest(sha256: SHA256.digest($0)) }
        self.head = head
        body = try Gzip.compress(try EnvelopeDocument.join(head: head, payload: payload))
    }

    /// Takes what was read back from the queue.
    init(body: [UInt8], document: [UInt8]) throws {
        let text: [UInt8]
        if let (head, _) = EnvelopeDocument.split(document) { text = head + [0x7D] } else { text = document }
        head = try JSONTreeDecoder.decode(EnvelopeHead.self, from: try StrictJSON.read(text).root)
        self.body = body
    }

    /// The body that names an accepted snapshot in place of the payload.
    func bodySameAs(_ accepted: Identifier) throws -> [UInt8] {
        var head = head
        head.sameAs = accepted
        return try Gzip.compress(try EnvelopeDocument.join(head: head, payload: nil))
    }
}
