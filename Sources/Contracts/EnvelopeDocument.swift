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
    /// The marker counts only among the members of the outermost object: `volatile` may hold a `payload` of its own.
    package static func split(_ document: [UInt8]) -> (head: ArraySlice<UInt8>, payload: ArraySlice<UInt8>)? {
        guard document.last == 0x7D else { return nil }
        var depth = 0
        var index = 0
        while index < document.count {
            switch document[index] {
            case 0x22:
                index += 1
                while index < document.count, document[index] != 0x22 { index += document[index] == 0x5C ? 2 : 1 }
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D: depth -= 1
            case 0x2C where depth == 1 && document[index...].starts(with: payloadName):
                return (document[..<index], document[(index + payloadName.count)..<(document.count - 1)])
            default: break
            }
            index += 1
        }
        return nil
    }
}
