import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Hub

/// A made-up history of one kind, `apt`: version 1 named packages in one text each, version 2 is what this hub's deriver
/// takes, version 3 calls the list by another name. A hub reads as many of them as its own version knows.
private struct OldestAPT: SnapshotPayload {
    static let kind = Kind.apt
    static let schemaVersion = 1

    /// `name architecture version`
    var installed: [String]

    static func newer(_ old: OldestAPT) -> APTV1 {
        var payload = APTV1()
        payload.packages = old.installed.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            return words.count == 3 ? APTV1.Package(name: words[0], architecture: words[1], version: words[2]) : nil
        }
        return payload
    }
}

private struct NewestAPT: SnapshotPayload {
    static let kind = Kind.apt
    static let schemaVersion = 3

    var software: [APTV1.Package]
}

extension SchemaVersions {
    /// Before version 2: the one line of the deriver's type is what version 1 becomes.
    fileprivate static let old = SchemaVersions([
        .apt: VersionChain(OldestAPT.self).versions.map { version in
            Version(number: 1) { (payload) throws(JSONTreeDecoder.Rejection) in
                guard let old = try version.read(payload) as? OldestAPT else { return APTV1() }
                return OldestAPT.newer(old)
            }
        }
    ])
    fileprivate static let second = SchemaVersions([
        .apt: VersionChain(APTV1.self, number: 2).preceded(by: OldestAPT.self, upcast: OldestAPT.newer).versions
    ])
    /// Version 3 has come, and its deriver still takes what version 2 was: the test has no other.
    fileprivate static let third = SchemaVersions([
        .apt: [
            Version(number: 3) { (payload) throws(JSONTreeDecoder.Rejection) in
                let newest = try JSONTreeDecoder.decode(NewestAPT.self, from: payload, at: "/payload")
                var result = APTV1()
                result.packages = newest.software
                return result
            }
        ] + VersionChain(APTV1.self, number: 2).preceded(by: OldestAPT.self, upcast: OldestAPT.newer).versions
    ])
}

struct SchemaVersionTests {
    private func snapshot(_ machine: TestMachine, version: Int, sequence: Int) throws -> SentSnapshot {
        let payload =
            switch version {
            case 1: #"{"installed":["bash amd64 5.\#(sequence)"]}"#
            case 2: #"{"packages":[{"architecture":"amd64","name":"bash","version":"5.\#(sequence)"}]}"#
            default: #"{"software":[{"architecture":"amd64","name":"bash","version":"5.\#(sequence)"}]}"#
            }
        var snapshot = SentSnapshot(kind: "apt", of: machine.id, sequence: sequence, payload: payload)
        snapshot.head.schemaVersion = version
        return snapshot
    }

    private func installed(_ hub: HubUnderTest, _ machine: TestMachine) throws -> [String] {
        try hub.rows(
            """
            SELECT p.version FROM apt_packages p JOIN machines m ON m.id = p.machine_id
            WHERE m.machine_uuid = '\(machine.id)'
            """
        ).compactMap { $0["version"].text }
    }

    @Test func oldAndNewAgentsSideBySideThroughTwoUpgrades() async throws {
        let directory = try TemporaryDirectory()
        // A hub that knows version 1 only.
        let (old, new) = try await HubUnderTest.run(in: directory, schemas: .old) { hub in
            let old = try await hub.enroll("old")
            let new = try await hub.enroll("new")
            #expect(try await hub.post(try snapshot(old, version: 1, sequence: 1), old).status == 201)
            let first = try snapshot(new, version: 2, sequence: 1)
            let held = try await hub.post(first, new)
            #expect(held.status == 202)
            #expect(held.result == "held")
            // What equals a held one is held, too.
            let again = try await hub.post(first.sameAs(first.head.snapshotID, sequence: 2), new)
            #expect(again.status == 202)
            #expect(try installed(hub, old) == ["5.1"])
            #expect(try installed(hub, new) == [])
            return (old, new)
        }
        // Its upgrade knows version 2, and version 1 by its upcaster.
        let third = try await HubUnderTest.run(in: directory, schemas: .second) { hub in
            let report = try Rederive(store: hub.store, schemas: .second).run()
            #expect(report.released == 2)
            #expect(report.stillHeld == 0)
            #expect(report.skipped.isEmpty)
            #expect(try installed(hub, old) == ["5.1"])
            #expect(try installed(hub, new) == ["5.1"])
            #expect(try hub.rows("SELECT 1 FROM snapshots WHERE result = 'held'").isEmpty)
            // Both go on.
            #expect(try await hub.post(try snapshot(old, version: 1, sequence: 2), old).status == 201)
            #expect(try await hub.post(try snapshot(new, version: 2, sequence: 3), new).status == 201)
            #expect(try installed(hub, old) == ["5.2"])
            #expect(try installed(hub, new) == ["5.3"])
            // A violation is told in the words of the version that was sent.
            var broken = try snapshot(old, version: 1, sequence: 3)
            broken.payload = #"{"packages":[]}"#
            broken.seal()
            let refused = try await hub.post(broken, old)
            #expect(refused.status == 422)
            #expect(try refused.decoded(ProblemDocument.self).violations?.map(\.pointer) == ["/payload/installed"])
            let third = try await hub.enroll("third")
            #expect(try await hub.post(try snapshot(third, version: 3, sequence: 1), third).status == 202)
            return third
        }
        // The next one takes versions 3 and 2, and still derives version 1 from its archive.
        try await HubUnderTest.run(in: directory, schemas: .third) { hub in
            let refused = try await hub.post(try snapshot(old, version: 1, sequence: 4), old)
            #expect(refused.status == 422)
            #expect(refused.code == "unsupported_version")
            #expect(try await hub.post(try snapshot(new, version: 2, sequence: 4), new).status == 201)
            #expect(try await hub.post(try snapshot(third, version: 3, sequence: 2), third).status == 201)
            _ = try await hub.store.write { try $0.run(Statement("test", "DELETE FROM apt_packages")) }
            let report = try Rederive(store: hub.store, schemas: .third).run()
            #expect(report.released == 1)
            #expect(report.skipped.isEmpty, "\(report.skipped)")
            #expect(try installed(hub, old) == ["5.2"])
            #expect(try installed(hub, new) == ["5.4"])
            #expect(try installed(hub, third) == ["5.2"])
            let checked = try Rederive(store: hub.store, isCheck: true, schemas: .third).run()
            #expect(checked.differences.isEmpty, "\(checked.differences)")
        }
    }

    @Test func everyKindHasItsNewestVersion() {
        for kind in Kind.allCases {
            let newest = kind.payloadType.schemaVersion
            for isArchived in [false, true] {
                guard case .read(let version) = SchemaVersions.current.reading(kind, newest, isArchived: isArchived)
                else {
                    Issue.record("\(kind) \(newest)")
                    continue
                }
                #expect(version.number == newest)
                guard case .newer = SchemaVersions.current.reading(kind, newest + 1, isArchived: isArchived) else {
                    Issue.record("\(kind) \(newest + 1)")
                    continue
                }
                guard case .older = SchemaVersions.current.reading(kind, 0, isArchived: isArchived) else {
                    Issue.record("\(kind) 0")
                    continue
                }
            }
        }
    }

    /// Three steps, one after the other.
    @Test func chainsGoThroughEveryVersion() throws {
        struct Third: SnapshotPayload {
            static let kind = Kind.docker
            static let schemaVersion = 3
            var words: [String]
        }
        struct Second: SnapshotPayload {
            static let kind = Kind.docker
            static let schemaVersion = 2
            var text: String
        }
        struct First: SnapshotPayload {
            static let kind = Kind.docker
            static let schemaVersion = 1
            var count: Int
        }
        let chain = VersionChain(Third.self)
            .preceded(by: Second.self) { Third(words: $0.text.split(separator: " ").map(String.init)) }
            .preceded(by: First.self) { Second(text: Array(repeating: "x", count: $0.count).joined(separator: " ")) }
        #expect(chain.versions.map(\.number) == [3, 2, 1])
        let first = try chain.versions[2].read(StrictJSON.read(Array(#"{"count":3}"#.utf8)).root)
        #expect(first as? Third == Third(words: ["x", "x", "x"]))
        #expect(throws: JSONTreeDecoder.Rejection.self) {
            _ = try chain.versions[1].read(StrictJSON.read(Array(#"{"count":3}"#.utf8)).root)
        }
    }
}
