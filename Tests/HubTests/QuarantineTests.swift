import ArgumentParser
import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Hub

/// What was refused: looked at, tried again, erased.
struct QuarantineTests {
    private func replay(_ hub: HubUnderTest) -> QuarantineReplay {
        QuarantineReplay(
            store: hub.store, archive: SnapshotArchive(derive: Derivation.apply), inflateLimit: 1 << 25)
    }

    private func ids(_ hub: HubUnderTest, _ count: Int) async throws -> [Int64] {
        #expect(try await eventually { try hub.count("quarantine") == count })
        return try hub.rows("SELECT id FROM quarantine ORDER BY id").compactMap { $0["id"].integer }
    }

    @Test func whatWasRefusedForTheHubsFaultIsTakenLater() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.metrics, of: machine), machine).status == 201)
            let seen = try hub.rows("SELECT last_seen_at, next_due_at FROM machine_state").first?.values
            // The bytes are good, the header's digest is not: as after a fault that is mended since.
            let snapshot = try SentSnapshot(.docker, of: machine, sequence: 2)
            let body = try snapshot.compressed()
            let refused = try await hub.post(
                body, token: machine.token, headers: ["Content-Digest": SHA256.contentDigest([1])])
            #expect(refused.code == "digest_mismatch")
            let id = try #require(try await ids(hub, 1).first)
            let receivedAt = try hub.rows("SELECT received_at FROM quarantine").first?["received_at"]

            #expect(try replay(hub).replay(id) == .taken(result: "derived"))
            #expect(try hub.count("quarantine") == 0)
            let archived = try #require(
                try hub.rows("SELECT received_at, result, body FROM snapshots WHERE kind = 'docker'").first)
            #expect(archived["received_at"] == receivedAt, "it counts as of when it was sent")
            #expect(archived["body"].blob == body)
            #expect(try hub.count("machine_kinds") == 2)
            // The machine does not look as if it had just reported.
            #expect(try hub.rows("SELECT last_seen_at, next_due_at FROM machine_state").first?.values == seen)
            #expect(try replay(hub).replay(id) == nil)
            // Sent again by the machine it is known.
            #expect(try await hub.post(body, token: machine.token).result == "duplicate")
        }
    }

    @Test func whatIsStillWrongStays() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let other = try await hub.enroll("db-01")
            var broken = try SentSnapshot(.apt, of: machine)
            broken.payload = #"{"packages": 1}"#
            broken.seal()
            #expect(try await hub.post(broken, machine).status == 422)
            #expect(try await hub.post([1, 2, 3], token: other.token).status == 400)
            let entries = try await ids(hub, 2)
            let outcomes = try entries.map { try replay(hub).replay($0) }
            guard case .refused("schema_violation", let detail) = outcomes[0] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(detail.contains("/payload/packages"))
            guard case .refused("not_gzip", _) = outcomes[1] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(try hub.count("quarantine") == 2)
            // Of a machine that may not post there is nothing to take.
            try await hub.store.write {
                _ = try MachineAdministration(connection: $0).revoke("web-01", reason: "revoked", at: Clock.now())
            }
            #expect(try replay(hub).replay(entries[0]) == .notEnrolled)
            // Of a body that was too large its beginning is there.
            _ = try await hub.store.write {
                try $0.run(
                    QuarantineStatements.insert, 2, Clock.now(), 413, "too_large", "", 100_000,
                    [UInt8](repeating: 0, count: 10))
            }
            #expect(try replay(hub).replay(try await ids(hub, 3)[2]) == .incomplete)
            #expect(try hub.count("snapshots") == 0)
        }
    }

    @Test func largeBodiesAreKeptWhole() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            var body = [UInt8](repeating: 0, count: 300_000)
            var random = TestRandom(3)
            for index in body.indices { body[index] = UInt8.random(in: 0...255, using: &random) }
            #expect(try await hub.post(body, token: machine.token).status == 400)
            _ = try await ids(hub, 1)
            #expect(try hub.rows("SELECT body FROM quarantine").first?["body"].blob == body)
        }
    }

    @Test func commandsListReplayAndDrop() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let directory = ["--data-dir", hub.directory.file("hub")]
            for number in UInt8(0)..<4 { _ = try await hub.post([number], token: machine.token) }
            let entries = try await ids(hub, 4)
            try QuarantineList.parse(directory + ["--machine", "web-01", "-o", "json"]).run()
            try QuarantineShow.parse(directory + ["\(entries[0])"]).run()
            do {
                try QuarantineReplayCommand.parse(directory + ["--all"]).run()
                Issue.record("junk was taken")
            } catch let exit as ExitCode { #expect(exit.rawValue == 1) }
            try QuarantineDrop.parse(directory + ["\(entries[1])", "\(entries[2])"]).run()
            #expect(try await ids(hub, 2) == [entries[0], entries[3]])
            do {
                try QuarantineDrop.parse(directory + ["\(entries[0])", "\(entries[1])"]).run()
                Issue.record("an entry that is not there was dropped")
            } catch let failure as CommandFailure { #expect(failure.status == .noInput) }
            #expect(try hub.count("quarantine") == 2, "all of them or none")
            try QuarantineDrop.parse(directory + ["--code", "not_gzip"]).run()
            #expect(try hub.count("quarantine") == 0)
            let audited = try hub.rows("SELECT action FROM audit_log ORDER BY id").compactMap { $0["action"].text }
            #expect(audited.suffix(3) == ["quarantine.replay", "quarantine.drop", "quarantine.drop"])
            // What the hub counted before does not make it throw away what comes now.
            #expect(try await hub.post([9], token: machine.token).status == 400)
            _ = try await ids(hub, 1)
            for wrong in [[], ["1", "--all"], ["--all", "--code", "x"]] {
                #expect(throws: (any Error).self, "\(wrong)") { try QuarantineDrop.parse(directory + wrong) }
            }
        }
    }

    @Test func operatorsDropsAreCountedAsGone() async throws {
        try await HubUnderTest.run({ $0.limits.quarantineEntries = 3 }) { hub in
            let machine = try await hub.enroll()
            for number in UInt8(0)..<3 { _ = try await hub.post([number], token: machine.token) }
            _ = try await ids(hub, 3)
            try QuarantineDrop.parse(["--data-dir", hub.directory.file("hub"), "--all"]).run()
            for number in UInt8(3)..<5 { _ = try await hub.post([number], token: machine.token) }
            _ = try await ids(hub, 2)
            #expect(try hub.rows("SELECT body FROM quarantine ORDER BY id").map { $0["body"].blob } == [[3], [4]])
        }
    }

    @Test func bodiesDoNotDriveTheTerminal() throws {
        let hostile = "{\"a\":\"\u{1B}]0;owned\u{07}\",\n\"b\":\"\u{202E}\"}"
        for body in [Array(hostile.utf8), try Gzip.compress(Array(hostile.utf8))] {
            let shown = QuarantinedBody.text(body, limit: 1000, inflateLimit: 1000)
            #expect(shown.bytes == hostile.utf8.count)
            #expect(!shown.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
            #expect(shown.text.contains("owned"))
        }
        // A bomb is shown as it came.
        let bomb = try Gzip.compress([UInt8](repeating: 0x61, count: 100_000))
        let shown = QuarantinedBody.text(bomb, limit: 10, inflateLimit: 1000)
        #expect(!shown.isInflated)
        #expect(shown.bytes == bomb.count)
    }
}
