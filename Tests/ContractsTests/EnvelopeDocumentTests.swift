import Contracts
import TestSupport
import Testing

/// A head and a payload put together and taken apart as bytes.
@Suite("envelope documents")
struct EnvelopeDocumentTests {
    private func head() throws -> EnvelopeHead {
        let moment = try #require(Timestamp("2026-11-21T07:42:36.123Z"))
        var head = EnvelopeHead(
            envelope: 1, kind: "docker", schemaVersion: 1, snapshotID: .make(at: moment), machineID: .make(at: moment),
            sequence: 4711, bootID: "b", collectedAt: moment, host: HostIdentity(hostname: "web-01"),
            agent: AgentReport(version: "0.1.0"), collection: Collection(status: "ok"))
        head.payloadDigest = Digest(sha256: [UInt8](repeating: 7, count: 32))
        return head
    }

    private static let payload = Array(#"{"containers":[],"payload":{"payload":{}},"z":"}"}"#.utf8)

    /// Joined, split, and read strictly: all three agree on where the payload is.
    private func check(_ head: EnvelopeHead, _ payload: [UInt8]) throws {
        let document = try EnvelopeDocument.join(head: head, payload: payload)
        let parts = try #require(EnvelopeDocument.split(document))
        #expect(Array(parts.payload) == payload)
        #expect(Array(parts.head) + [0x7D] == (try CanonicalJSON.encode(head)))
        let read = try StrictJSON.read(document, watching: "payload")
        #expect(read.watched?.isLast == true)
        #expect(read.watched?.range == parts.payload.indices)
        #expect(try JSONTreeDecoder.decode(EnvelopeHead.self, from: read.root) == head)
    }

    @Test("the payload's bytes come out as they went in")
    func roundTrip() throws {
        try check(head(), Self.payload)
        try check(head(), Array("{}".utf8))
    }

    @Test(
        "text in the head that looks like the marker is text",
        arguments: [
            #","payload":"#, #"","payload":{"#, #"\","payload":{"#, #"\\","payload":"#, "a,", ",", #"""#, #"\"#, #"\\"#,
            #"{"payload":1}"#, "}", "]", "{[", "payload", "\n,\"payload\":\u{1F600}", "\u{2028}",
        ])
    func hostileText(_ text: String) throws {
        var head = try head()
        head.host.hostname = text
        head.bootID = text
        head.kind = text
        head.agent.version = text
        head.collection.unknown = [text]
        head.collection.problems = [Problem(code: text, severity: text, source: text, message: text)]
        head.volatile = .object(JSONObject([.init(text, .string(text))]))
        try check(head, Self.payload)
    }

    @Test("a payload inside of volatile is not the envelope's")
    func volatilePayload() throws {
        var head = try head()
        let inner = JSONValue.object(JSONObject([.init("payload", .object(JSONObject()))]))
        head.volatile = .object(
            JSONObject([
                .init("a", .integer(1)), .init("payload", inner), .init("z", .array([.integer(1), inner])),
            ]))
        try check(head, Self.payload)
        // The same without a payload of its own: there is nothing to split.
        head.payloadDigest = nil
        let alone = try EnvelopeDocument.join(head: head, payload: nil)
        #expect(String(decoding: alone, as: UTF8.self).contains(#","payload":"#))
        #expect(EnvelopeDocument.split(alone) == nil)
    }

    @Test("a head alone is the head, and what is no document is not split")
    func withoutPayload() throws {
        let head = try head()
        #expect(try EnvelopeDocument.join(head: head, payload: nil) == CanonicalJSON.encode(head))
        for text in ["", "{", "}", "{}", #"{"a":"unfinished"#, #"{"a":"\"#, #"{"a":1,"payload":"#, "\"\\\"}"] {
            #expect(EnvelopeDocument.split(Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test("with same_as in its place the rest of the head is as it was")
    func sameAs() throws {
        let document = try EnvelopeDocument.join(head: head(), payload: Self.payload)
        let parts = try #require(EnvelopeDocument.split(document))
        var head = try JSONTreeDecoder.decode(
            EnvelopeHead.self, from: StrictJSON.read(Array(parts.head) + [0x7D]).root)
        head.sameAs = head.snapshotID
        let root = try StrictJSON.read(EnvelopeDocument.join(head: head, payload: nil)).root
        #expect(root["payload"] == nil)
        #expect(Contract.envelope.violations(in: root) == [])
    }

    @Test("the rules between members: status, payload, digest and same_as")
    func rules() throws {
        let head = try head()
        func pointers(_ head: EnvelopeHead, _ hasPayload: Bool) -> [String] {
            head.ruleViolations(hasPayload: hasPayload, payloadIsLast: true).map(\.pointer)
        }
        var bare = head
        bare.payloadDigest = nil
        var same = head
        same.sameAs = head.snapshotID
        for status in ["ok", "partial", "of_a_later_version"] {
            for (base, hasPayload, expected) in [
                (head, true, []), (head, false, ["/payload"]), (same, false, []), (same, true, ["/payload"]),
                (bare, true, ["/payload_digest"]), (bare, false, ["/payload_digest", "/payload"]),
            ] as [(EnvelopeHead, Bool, [String])] {
                var head = base
                head.collection.status = status
                #expect(pointers(head, hasPayload) == expected)
            }
        }
        bare.collection.status = "failed"
        same.collection.status = "failed"
        #expect(pointers(bare, false) == [])
        #expect(pointers(bare, true) == ["/payload"])
        #expect(pointers(same, false) == ["/payload_digest", "/same_as"])
    }
}
