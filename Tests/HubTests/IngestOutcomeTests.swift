import Contracts
import Foundation
import Testing
import Transport

@testable import Hub

/// Each row of the contract's outcome table, over a real TLS socket.
struct IngestOutcomeTests {
    @Test func everyKindIsDerived() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for (index, kind) in Kind.allCases.enumerated() {
                let snapshot = try SentSnapshot(kind, of: machine, sequence: index + 1)
                let response = try await hub.post(snapshot, machine)
                #expect(response.status == 201)
                #expect(response.header("Content-Type") == "application/json")
                let answer = try response.decoded(SnapshotAnswer.self)
                #expect(answer.snapshotID == snapshot.head.snapshotID)
                #expect(answer.result == "derived")
                #expect(answer.highestSequence == index + 1)
                #expect(answer.requests == [])
            }
            // What was answered is in the archive, byte for byte.
            #expect(try hub.count("snapshots") == 4)
        }
    }

    @Test func archiveKeepsTheBytesAsReceived() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let bytes = try SentSnapshot(.docker, of: machine).compressed()
            #expect(try await hub.post(bytes, token: machine.token).status == 201)
            #expect(try hub.rows("SELECT body FROM snapshots").first?["body"].blob == bytes)
        }
    }

    @Test func duplicateIsToldAndNotArchivedTwice() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let snapshot = try SentSnapshot(.docker, of: machine)
            #expect(try await hub.post(snapshot, machine).status == 201)
            let again = try await hub.post(snapshot, machine)
            #expect(again.status == 200)
            #expect(again.result == "duplicate")
            // The full and the same_as form of one snapshot are one snapshot.
            var other = try SentSnapshot(.docker, of: machine, sequence: 2)
            #expect(try await hub.post(other, machine).status == 200, "equal to what stands")
            let id = other.head.snapshotID
            other.head.sameAs = snapshot.head.snapshotID
            other.payload = nil
            let third = try await hub.post(other, machine)
            #expect(third.result == "duplicate")
            #expect(try third.decoded(SnapshotAnswer.self).snapshotID == id)
            #expect(try hub.count("snapshots") == 2)
        }
    }

    @Test func sameAsIsUnchanged() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let first = try SentSnapshot(.apt, of: machine)
            #expect(try await hub.post(first, machine).status == 201)
            let response = try await hub.post(first.sameAs(first.head.snapshotID, sequence: 2), machine)
            #expect(response.status == 200)
            #expect(response.result == "unchanged")
        }
    }

    @Test func olderThanWhatIsDerivedIsStale() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let now = Clock.now()
            let newest = try SentSnapshot(.apt, of: machine, sequence: 9, at: now)
            #expect(try await hub.post(newest, machine).status == 201)
            var old = try SentSnapshot(.apt, of: machine, sequence: 3, at: now.adding(milliseconds: -3_600_000))
            old.head.host.hostname = "of-yesterday"
            let response = try await hub.post(old, machine)
            #expect(response.status == 200)
            #expect(response.result == "stale")
            #expect(try response.decoded(SnapshotAnswer.self).highestSequence == 9)
            // A late snapshot tells nothing about the machine of today.
            #expect(try hub.rows("SELECT hostname FROM machines").first?["hostname"].text == "web-01")
        }
    }

    @Test(arguments: ["kind", "version"]) func whatIsNotKnownYetIsHeld(_ what: String) async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            var snapshot = try SentSnapshot(.docker, of: machine)
            if what == "kind" {
                snapshot.head.kind = "podman"
            } else {
                snapshot.head.schemaVersion = 2
            }
            let response = try await hub.post(snapshot, machine)
            #expect(response.status == 202)
            #expect(response.result == "held")
            let again = try await hub.post(snapshot.sameAs(snapshot.head.snapshotID, sequence: 2), machine)
            #expect(again.status == 202)
            #expect(try hub.rows("SELECT DISTINCT result FROM snapshots").map { $0["result"].text } == ["held"])
        }
    }

    @Test func failedCollectionIsArchivedWithoutPayload() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let response = try await hub.post(
                SentSnapshot(kind: "docker", of: machine.id, payload: nil), machine)
            #expect(response.status == 201)
            #expect(try hub.rows("SELECT result FROM snapshots").first?["result"].text == "failed")
        }
    }

    @Test func tokenOfNobodyOrOfAnotherMachine() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let other = try await hub.enroll("db-01")
            let bytes = try SentSnapshot(.docker, of: machine).compressed()
            let none = try await hub.post(bytes, token: nil)
            #expect(none.status == 401)
            #expect(none.code == "unauthorized")
            let unknown = try await hub.post(bytes, token: SecureRandom.token())
            #expect(unknown.status == 401)
            #expect(unknown.code == "reenroll_required")
            let foreign = try await hub.post(bytes, token: other.token)
            #expect(foreign.status == 403)
            #expect(foreign.code == "machine_mismatch")
            #expect(try hub.count("snapshots") == 0)
            #expect(try hub.count("quarantine") == 0)
        }
    }

    @Test func revocationWorksAtOnce() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
            // As vigie-hub machine revoke does it: another process, another connection.
            let other = try SQLiteStore(path: hub.store.path)
            _ = try await other.write {
                try MachineAdministration(connection: $0).revoke("web-01", reason: "test", at: Clock.now())
            }
            try other.close()
            let good = try await hub.post(try SentSnapshot(.docker, of: machine, sequence: 2), machine)
            #expect(good.status == 401)
            #expect(good.code == "reenroll_required")
            #expect(try hub.count("snapshots") == 1)
        }
    }

    @Test func revocationIsSeenBeforeAnyOtherRefusal() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
            _ = try await hub.store.write {
                try MachineAdministration(connection: $0).revoke("web-01", reason: "test", at: Clock.now())
            }
            #expect(try await hub.post(Array("no gzip".utf8), token: machine.token).status == 401)
        }
    }

    @Test func wrongTypeOrEncoding() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let bytes = try SentSnapshot(.docker, of: machine).compressed()
            for headers in [
                ["Content-Type": "text/plain"], ["Content-Type": ""], ["Content-Encoding": "identity"],
                ["Content-Encoding": ""], ["Content-Encoding": "zstd"],
            ] {
                let response = try await hub.post(bytes, token: machine.token, headers: headers)
                #expect(response.status == 415, "\(headers)")
                #expect(response.code == "unsupported_media_type")
            }
            let parameter = try await hub.post(
                bytes, token: machine.token, headers: ["Content-Type": "application/json; charset=utf-8"])
            #expect(parameter.status == 201)
        }
    }

    @Test func damagedOnTheWay() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let bytes = try SentSnapshot(.docker, of: machine).compressed()
            for digest in ["sha-256=:\(Base64.encode(SHA256.digest([1]))):", "sha-256=junk", "sha-256=:!:"] {
                let response = try await hub.post(
                    bytes, token: machine.token, headers: ["Content-Digest": digest])
                #expect(response.status == 400)
                #expect(response.code == "digest_mismatch")
            }
            // Other algorithms are nothing to this hub; a proxy may have taken the header away.
            for digest in ["sha-512=:AAAA:", ""] {
                let response = try await hub.post(
                    bytes, token: machine.token, headers: ["Content-Digest": digest])
                #expect(response.status < 300)
            }
            var wrong = try SentSnapshot(.docker, of: machine, sequence: 2)
            wrong.head.payloadDigest = Digest(sha256: SHA256.digest([1]))
            let response = try await hub.post(wrong, machine)
            #expect(response.status == 400)
            #expect(response.code == "digest_mismatch")
        }
    }

    @Test func sameAsOfWhatTheHubDoesNotHave() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let first = try SentSnapshot(.apt, of: machine)
            let unknown = try await hub.post(first.sameAs(.make(at: Clock.now()), sequence: 2), machine)
            #expect(unknown.status == 409)
            #expect(unknown.code == "resend_full")
            #expect(try await hub.post(first, machine).status == 201)
            // Another digest, another kind, or a snapshot that itself carried nothing.
            var other = first.sameAs(first.head.snapshotID, sequence: 3)
            other.head.payloadDigest = Digest(sha256: SHA256.digest([1]))
            #expect(try await hub.post(other, machine).code == "resend_full")
            var kind = first.sameAs(first.head.snapshotID, sequence: 4)
            kind.head.kind = "docker"
            #expect(try await hub.post(kind, machine).code == "resend_full")
            let same = first.sameAs(first.head.snapshotID, sequence: 5)
            #expect(try await hub.post(same, machine).status == 200)
            #expect(try await hub.post(first.sameAs(same.head.snapshotID, sequence: 6), machine).code == "resend_full")
            // Another machine's snapshot is none of this one's.
            let neighbour = try await hub.enroll("db-01")
            var foreign = first.sameAs(first.head.snapshotID, sequence: 1)
            foreign.head.machineID = neighbour.id
            #expect(try await hub.post(foreign, neighbour).code == "resend_full")
        }
    }
}
