import Contracts
import TestSupport
import Testing
import Transport

@testable import Agent

struct SealedSnapshotTests {
    @Test func theDigestIsOfTheBytesThatAreSent() throws {
        let payload = Array("{\"text\":\"hello\"}".utf8)
        let sealed = try SealedSnapshot(head: SampleHead.make(.apt, sequence: 1), payload: payload)
        let document = try Gzip.inflate(sealed.body, limit: 1 << 20)
        let read = try StrictJSON.read(document, watching: "payload")
        let watched = try #require(read.watched)
        #expect(watched.isLast)
        #expect(Array(document[watched.range]) == payload)
        #expect(read.root["payload_digest"]?.stringValue == Digest(sha256: SHA256.digest(payload)).text)
    }

    @Test func sameAsHasNoPayloadAndKeepsItsDigest() throws {
        let sealed = try SampleHead.sealed(.apt, sequence: 2)
        let accepted = SampleHead.make(.apt, sequence: 1).snapshotID
        let root = try StrictJSON.read(Gzip.inflate(sealed.bodySameAs(accepted), limit: 1 << 20)).root
        #expect(root["payload"] == nil)
        #expect(root["same_as"]?.stringValue == accepted.text)
        #expect(root["payload_digest"]?.stringValue == sealed.head.payloadDigest?.text)
        #expect(root["snapshot_id"]?.stringValue == sealed.head.snapshotID.text)
    }

    @Test func aFailedCollectingHasNeitherPayloadNorDigest() throws {
        let sealed = try SealedSnapshot(head: SampleHead.make(.apt, sequence: 1), payload: nil)
        let root = try StrictJSON.read(Gzip.inflate(sealed.body, limit: 1 << 20)).root
        #expect(root["payload"] == nil)
        #expect(root["payload_digest"] == nil)
    }

    @Test func theAgentReportsItsOwnCost() throws {
        #expect(try #require(OwnCost.residentBytes()) > 1 << 20)
        #expect(OwnCost.cpuSeconds() > 0)
    }
}
