import Contracts
import Foundation
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Agent

/// How an agent follows what its hub announces: real TLS servers with authorities of their own.
struct HubConnectionTests {
    /// What was saved, in order.
    final class Saved: Sendable {
        let addresses = Mutex<[HubAddress]>([])
        var last: HubAddress? { addresses.withLock { $0.last } }
    }

    private func connection(
        _ server: TestServer, urls: [String]? = nil, saved: Saved, canSave: Bool = true
    ) -> HubConnection {
        let identity = Identity(
            machineID: SampleHead.machineID, name: "web-01", hubURLs: urls ?? [server.url], token: "secret",
            caBundle: server.caPEM)
        return HubConnection(identity: identity, proxy: nil, now: { SampleHead.start }, logger: .silent) { address in
            if canSave { saved.addresses.withLock { $0.append(address) } }
            return canSave
        }
    }

    /// A body that a server can inflate.
    private let body: [UInt8]

    init() throws { body = try Gzip.compress(Array("{}".utf8)) }

    private func answer(
        _ urls: [String], _ bundle: String?, machine: Identifier = SampleHead.machineID
    ) -> MachineAnswer {
        var answer = MachineAnswer(machineID: machine, name: "web-01", hubURLs: urls)
        answer.caBundle = bundle
        return answer
    }

    private func same(_ address: HubAddress?, _ urls: [String], _ pems: [String]) -> Bool {
        address?.isSame(as: HubAddress(urls: urls, caBundle: pems.joined())) == true
    }

    @Test func goesToTheNextHubOnceItAnswers() async throws {
        let old = try TestServer()
        let new = try TestServer()
        let saved = Saved()
        let connection = connection(old, saved: saved)
        try old.announce(answer([new.url, old.url], new.caPEM + old.caPEM))
        try new.announce(answer([new.url], new.caPEM))
        try old.script([.accepted()])
        try new.script([.accepted()])
        #expect(await connection.refresh())
        #expect(same(saved.last, [new.url, old.url], [new.caPEM, old.caPEM]))
        _ = await connection.post(body, id: SampleHead.machineID)
        #expect(try new.recorded().count == 1)
        #expect(try old.recorded().isEmpty)
        // The next day the new one says that it is alone.
        #expect(await connection.refresh())
        #expect(same(saved.last, [new.url], [new.caPEM]))
        #expect(await connection.refresh())
        #expect(saved.addresses.withLock { $0.count } == 2, "nothing new is nothing to save")
    }

    @Test func keepsWhatWorksUntilTheNextHubAnswers() async throws {
        let old = try TestServer()
        let new = try TestServer()
        let saved = Saved()
        let connection = connection(old, saved: saved)
        // It names the new one only, which does not know this machine yet.
        try old.announce(answer([new.url], new.caPEM))
        try new.announce(answer([new.url], new.caPEM, machine: Identifier(milliseconds: 9, random: (9, 9))))
        try old.script([.accepted()])
        #expect(await connection.refresh())
        #expect(same(saved.last, [new.url, old.url], [new.caPEM, old.caPEM]), "\(String(describing: saved.last))")
        _ = await connection.post(body, id: SampleHead.machineID)
        #expect(try old.recorded().count == 1)
        // When it does, it alone is left.
        try new.announce(answer([new.url], new.caPEM))
        #expect(await connection.refresh())
        #expect(same(saved.last, [new.url], [new.caPEM]))
        // The old one may go.
        old.stop()
        try new.script([.accepted()])
        _ = await connection.post(body, id: SampleHead.machineID)
        #expect(try new.recorded().count == 1)
    }

    @Test func aHubThatIsGoneLeavesTheOther() async throws {
        let old = try TestServer()
        let new = try TestServer()
        let saved = Saved()
        let connection = connection(old, saved: saved)
        try old.announce(answer([new.url, old.url], new.caPEM + old.caPEM))
        new.stop()
        #expect(await connection.refresh())
        #expect(same(saved.last, [new.url, old.url], [new.caPEM, old.caPEM]))
        try old.script([.accepted()])
        let posted = await connection.post(body, id: SampleHead.machineID)
        guard case .retry("the answer is not a hub's", _) = posted else {
            // The script echoes the id of a body that is JSON; this one is none, and all the same it came from the old one.
            Issue.record("\(posted)")
            return
        }
        #expect(try old.recorded().count == 1)
    }

    @Test func junkIsNoAddress() async throws {
        let server = try TestServer()
        let saved = Saved()
        let connection = connection(server, saved: saved)
        for hostile in [
            answer([], server.caPEM), answer(["http://hub.example.org:8080"], server.caPEM),
            answer(["https://hub@evil.example"], server.caPEM), answer(["ftp://hub"], server.caPEM),
            answer(["https://hub.example.org:1"], "no certificate"),
            answer(["https://hub.example.org:1"], "-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n"),
            answer((0..<17).map { "https://hub-\($0).example.org" }, server.caPEM),
            answer([server.url], String(repeating: server.caPEM, count: 17)),
        ] {
            try server.announce(hostile)
            #expect(await connection.refresh())
            #expect(saved.last == nil, "\(hostile)")
        }
        // Another machine's answer is none.
        try server.announce(
            answer(["https://other.example.org"], server.caPEM, machine: Identifier(milliseconds: 1, random: (1, 9))))
        #expect(await !connection.refresh())
        #expect(saved.last == nil)
    }

    @Test func trustIsNotMixed() {
        let pinned = HubAddress(urls: ["https://a"], caBundle: "x")
        let open = HubAddress(urls: ["https://b"], caBundle: nil)
        #expect(open.keeping(pinned) == nil)
        #expect(pinned.keeping(open) == nil)
        #expect(
            open.keeping(HubAddress(urls: ["https://a", "https://b"], caBundle: nil))?.urls == [
                "https://b", "https://a",
            ])
    }

    @Test func whatCannotBeSavedIsNotGoneBy() async throws {
        let old = try TestServer()
        let new = try TestServer()
        let connection = connection(old, saved: Saved(), canSave: false)
        try old.announce(answer([new.url], new.caPEM))
        try new.announce(answer([new.url], new.caPEM))
        try old.script([.accepted()])
        #expect(await connection.refresh())
        _ = await connection.post(body, id: SampleHead.machineID)
        #expect(try old.recorded().count == 1)
    }

    @Test func asksOncePerAnnouncement() async throws {
        let server = try TestServer()
        let saved = Saved()
        let connection = connection(server, saved: saved)
        try server.announce(answer([server.url], server.caPEM))
        for word in [nil, "a", "a", nil, "b", "b"] { await connection.note(announcement: word) }
        #expect(server.timesAsked() == 2)
        // An old hub cannot be asked, and is no failure; one that is away is.
        let old = try TestServer()
        #expect(await self.connection(old, saved: saved).refresh())
        old.stop()
        #expect(await !self.connection(old, saved: saved).refresh())
    }

    @Test func aNewIdentityIsNotOverwritten() throws {
        let directory = try TemporaryDirectory()
        let state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        var identity = Identity(
            machineID: SampleHead.machineID, name: "web-01", hubURLs: ["https://a"], token: "old", caBundle: nil)
        try identity.save(state)
        let moved = HubAddress(urls: ["https://b"], caBundle: nil)
        #expect(identity.move(to: moved, state: state, logger: .silent))
        #expect(try Identity.load(state)?.hubURLs == ["https://b"])
        let before = identity
        identity.token = "new"
        identity.hubURLs = ["https://c"]
        try identity.save(state)
        #expect(!before.move(to: moved, state: state, logger: .silent))
        #expect(try Identity.load(state)?.hubURLs == ["https://c"])
    }
}
