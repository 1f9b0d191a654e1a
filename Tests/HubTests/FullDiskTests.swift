import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Hub

/// A whole hub whose disk becomes full.
@Suite(
    .serialized, .enabled(if: SmallFileSystem.isPermitted, "no tmpfs may be mounted here: that needs root"))
struct FullDiskTests {
    /// 200 KB that do not shrink, of a kind that no rule deletes.
    private func snapshot(_ machine: TestMachine, _ sequence: Int) throws -> SentSnapshot {
        var sent = SentSnapshot(kind: "future", of: machine.id, sequence: sequence, payload: nil)
        sent.head.collection.status = "ok"
        sent.payload = #"{"noise":"\#(Base64.encode(SecureRandom.bytes(150_000)))"}"#
        sent.seal()
        return sent
    }

    private func archived(_ hub: HubUnderTest) throws -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: try hub.rows("SELECT snapshot_uuid, body_digest FROM snapshots").map {
                ($0[0].words, $0[1].words)
            })
    }

    @Test(.timeLimit(.minutes(5)))
    func `It says so, loses nothing that it has answered, and goes on when there is room`()
        async throws
    {
        let disk = try SmallFileSystem(mebibytes: 96)
        defer { disk.unmount() }
        let directory = try TemporaryDirectory()
        func configure(_ configuration: inout HubConfiguration) {
            configuration.server.dataDirectory = disk.path + "/hub"
            configuration.limits.requestsPerMinute = 1_000_000
        }
        var answered: [String: String] = [:]
        try await HubUnderTest.run(in: directory, configure) { hub in
            let machine = try await hub.enroll()
            var sequence = 0
            /// Posts the next one, or one again; notes it where it was answered.
            func post(_ sent: SentSnapshot) async throws -> HTTPResponse {
                let response = try await hub.post(sent, machine)
                if response.status < 300 {
                    answered[sent.head.snapshotID.text] =
                        Digest(sha256: SHA256.digest(Array(try sent.document().utf8))).text
                }
                return response
            }
            func next() throws -> SentSnapshot {
                sequence += 1
                return try snapshot(machine, sequence)
            }
            for _ in 0..<10 { #expect(try await post(try next()).status == 202) }
            disk.fill(leaving: 3 << 20)

            /// Goes on until something is refused; answers that.
            func untilRefused() async throws -> SentSnapshot? {
                while sequence < 400 {
                    let sent = try next()
                    let response = try await post(sent)
                    guard response.status != 202 else { continue }
                    #expect(response.status == 507)
                    #expect(response.code == "storage_full")
                    #expect(response.retryAfterSeconds(now: Clock.now()) != nil)
                    return sent
                }
                return nil
            }
            var refused = try await untilRefused()
            // The hub gives its reserve away and looks for what may be deleted, which is nothing. Then it is full again.
            let reserve = DataDirectory(path: disk.path + "/hub").reserve
            #expect(try await eventually(within: .seconds(60)) { !FileManager.default.fileExists(atPath: reserve) })
            #expect(try await eventually(within: .seconds(60)) { try await post(refused ?? next()).status == 202 })
            refused = try await untilRefused()
            let last = try #require(refused, "it was never full")
            #expect(answered.count > 15, "more went in before it was full")
            #expect(try archived(hub) == answered, "what was refused is not there, what was answered is")
            // Whoever asks is answered.
            #expect(try await hub.get("/readyz").status < 600)

            disk.free()
            #expect(try await eventually(within: .seconds(60)) { try await post(last).status == 202 })
            for _ in 0..<10 { #expect(try await post(try next()).status == 202) }
            #expect(try archived(hub) == answered)
        }
        try await HubUnderTest.run(in: directory, configure) { hub in
            let found = try archived(hub)
            #expect(found == answered, "and after a restart")
            let report = try StoreCheck(store: hub.store).run(isFull: true)
            #expect(report.findings == [])
        }
    }
}
