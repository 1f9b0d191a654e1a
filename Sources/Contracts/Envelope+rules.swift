extension EnvelopeHead {
    /// What the members of a whole envelope say about each other, which the type alone cannot check.
    ///
    /// A failed collection has no payload, no digest and no `same_as`. Any other has a digest and either a payload or
    /// `same_as`. The payload is the last member, since its bytes are what the digest is of.
    ///
    /// - Parameters:
    ///   - hasPayload: whether the document has a member `payload`.
    ///   - payloadIsLast: whether nothing follows it.
    package func ruleViolations(hasPayload: Bool, payloadIsLast: Bool) -> [Violation] {
        var violations: [Violation] = []
        func forbid(_ name: String, _ present: Bool, _ message: String) {
            if present { violations.append(Violation(pointer: "/" + name, message: message)) }
        }
        if collection.status == "failed" {
            let message = "must be absent where the collection failed"
            forbid("payload_digest", payloadDigest != nil, message)
            forbid("same_as", sameAs != nil, message)
            forbid("payload", hasPayload, message)
            return violations
        }
        forbid("payload_digest", payloadDigest == nil, "is required")
        if sameAs != nil {
            forbid("payload", hasPayload, "must be absent where same_as stands in its place")
        } else {
            forbid("payload", !hasPayload, "is required")
        }
        forbid("payload", hasPayload && sameAs == nil && !payloadIsLast, "must be the last member")
        return violations
    }
}

/// The value of `volatile`: an object of anything but `null`, at any depth.
private struct FreeObject: Decodable {
    let value: JSONValue

    init(from decoder: any Decoder) throws {
        value = try JSONValue(from: decoder)
        guard case .object = value else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "must be an object"))
        }
        guard let tree = decoder as? JSONTreeDecoder else { return }
        try Self.refuseNull(in: value, at: tree.pointer, tree.collector)
    }

    private static func refuseNull(
        in value: JSONValue, at pointer: String, _ collector: JSONTreeDecoder.Collector?
    ) throws {
        switch value {
        case .null:
            let violation = Violation(pointer: pointer, message: "must not be null")
            guard let collector else { throw JSONTreeDecoder.Stop(violation: violation) }
            collector.add(violation.pointer, violation.message)
        case .array(let values):
            for (index, value) in values.enumerated() {
                try refuseNull(in: value, at: "\(pointer)/\(index)", collector)
            }
        case .object(let object):
            for member in object.members {
                try refuseNull(in: member.value, at: pointer + "/" + Violation.step(member.name), collector)
            }
        default: break
        }
    }
}

extension KeyedDecodingContainer where Key == EnvelopeHead.CodingKeys {
    /// Taken by the decoding that the compiler writes for `EnvelopeHead.volatile`, its only member of this type: a
    /// `JSONValue` elsewhere may be `null`, on the wire nothing is.
    func decodeIfPresent(_ type: JSONValue.Type, forKey key: Key) throws -> JSONValue? {
        try decodeIfPresent(FreeObject.self, forKey: key)?.value
    }
}
