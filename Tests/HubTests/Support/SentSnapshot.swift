import Contracts
import Foundation
import TestSupport
import Transport

@testable import Hub

/// A snapshot as an agent would send it, with anything about it changeable.
struct SentSnapshot {
    var head: EnvelopeHead
    /// As text, to be put in as it stands.
    var payload: String?

    /// With the payload of an example of the contract.
    init(_ kind: Kind, of machine: TestMachine, sequence: Int = 1, at: Timestamp = Clock.now()) throws {
        let example =
            switch kind {
            case .metrics: "metrics/v1/valid/first-after-the-start.json"
            case .docker: "docker/v1/valid/no-engine.json"
            case .apt: "apt/v1/valid/up-to-date.json"
            case .hardware: "hardware/v1/valid/nothing-could-be-read.json"
            }
        let payload = String(decoding: try Repository.bytes("contracts/" + example), as: UTF8.self)
        self.init(
            kind: kind.rawValue, of: machine.id, sequence: sequence, at: at,
            payload: payload.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    init(kind: String, of machine: Identifier, sequence: Int = 1, at: Timestamp = Clock.now(), payload: String?) {
        var collection = Collection(status: payload == nil ? "failed" : "ok")
        collection.nextDueSeconds = 60
        head = EnvelopeHead(
            envelope: 1, kind: kind, schemaVersion: 1, snapshotID: .make(at: Clock.now()), machineID: machine,
            sequence: sequence, bootID: "5d1d8f5e-0000-4000-8000-000000000001", collectedAt: at,
            host: HostIdentity(hostname: "web-01"), agent: AgentReport(version: "0.1.0"), collection: collection)
        self.payload = payload
        seal()
    }

    /// Sets the digest of the payload as it stands.
    mutating func seal() {
        head.payloadDigest = payload.map { Digest(sha256: SHA256.digest(Array($0.utf8))) }
    }

    /// The same state seen again, without its payload.
    func sameAs(_ carrier: Identifier, sequence: Int) -> SentSnapshot {
        var copy = self
        copy.head.snapshotID = .make(at: Clock.now())
        copy.head.sequence = sequence
        copy.head.sameAs = carrier
        copy.payload = nil
        return copy
    }

    func document() throws -> String {
        String(
            decoding: try EnvelopeDocument.join(head: head, payload: payload.map { Array($0.utf8) }), as: UTF8.self)
    }

    func compressed() throws -> [UInt8] { try Gzip.compress(Array(try document().utf8)) }
}
