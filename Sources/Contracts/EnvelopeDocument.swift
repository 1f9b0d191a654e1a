/// An envelope put together by hand: head, then `payload` as the last member, so that its bytes can be digested and
/// swapped for `same_as` without another encoding.
package enum EnvelopeDocument {
    private static let payloadName = Array(#","payload":"#.utf8)

    /// The document's bytes: `{head…,"payload":…}`, or the head alone where there is no payload.
    package static func join(head: EnvelopeHead, payload: [UInt8]?) throws -> [UInt8] {
        var bytes = try CanonicalJSON.encode(head)
        guard let payload else { return bytes }
        bytes.removeLast()
        bytes += payloadName
        bytes += payload
        bytes.append(0x7D)
        return bytes
    }

    /// The head's members and the payload's bytes of a document that `join` made. Nil where it has no payload.
    ///
    /// The marker cannot stand inside a string of the head: there its quotes would be escaped.
    package static func split(_ document: [UInt8]) -> (head: ArraySlice<UInt8>, payload: ArraySlice<UInt8>)? {
        guard document.last == 0x7D, document.count > payloadName.count else { return nil }
        for start in 0..<(document.count - payloadName.count)
        where document[start] == 0x2C && document[start...].starts(with: payloadName) {
            return (document[..<start], document[(start + payloadName.count)..<(document.count - 1)])
        }
        return nil
    }
}
