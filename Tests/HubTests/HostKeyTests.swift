import Contracts
import HubAPI
import Testing
import Transport

@testable import Hub

@Suite struct HostKeyTests {
    /// A key that is sound in shape; its numbers are made up.
    static func key(_ type: String, _ seed: String) -> HardwareV1.SSHHostKey {
        let blob =
            [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8) + [0, 0, 0, 32] + SHA256.digest(Array(seed.utf8))
        let base64 = Base64.encode(blob)
        return HardwareV1.SSHHostKey(
            type: type, fingerprint: SSHFingerprint.of(type: type, base64: base64) ?? "", publicKey: base64)
    }

    private static let ed25519 = "ssh-ed25519"
    private static let first = key(ed25519, "first")
    private static let second = key(ed25519, "second")
    private static let rsa = key("ssh-rsa", "rsa")

    static func show(
        _ keys: [HardwareV1.SSHHostKey], _ fleet: QueryFleet, _ machine: String = "web-01", at: Int64, _ sequence: Int,
        received: Int64? = nil, hostname: String = "web", addresses: [String] = ["192.0.2.7"]
    ) throws {
        var payload = QueryPayloads.hardware()
        payload.sshHostKeys = keys
        payload.interfaces?[0].addresses = addresses.map {
            HardwareV1.Address(address: $0, prefixLength: 24, family: $0.contains(":") ? "ipv6" : "ipv4")
        }
        var snapshot = DeriverSnapshot(payload, at: at, sequence: sequence)
        snapshot.hostname = hostname
        if let received { snapshot.receivedAt = received }
        try fleet.take(snapshot, from: machine)
    }

    private static func list(_ fleet: QueryFleet) throws -> [HostKeyAnswer] {
        try fleet.read { try HostKeyQueries.list($0, .all, limit: 100) }.items
    }

    private static func statuses(_ fleet: QueryFleet) throws -> [String] {
        try list(fleet).map { "\($0.type) \($0.status.rawValue)" }
    }

    private static func decide(_ fleet: QueryFleet, approve: [String] = [], revoke: [String] = []) throws {
        try fleet.store.write { connection in
            try HostKeyApproval.decide(
                HostKeyDecision(approve: approve, revoke: revoke),
                about: MachineLookup.find(connection, "web-01"), by: "client:alice",
                at: Timestamp(milliseconds: QueryFleet.start), in: connection)
        }
    }

    @Test func `The first keys are trusted, what comes later waits for an operator`() throws {
        let fleet = try QueryFleet("web-01")
        let start = QueryFleet.start
        try Self.show([Self.first], fleet, at: start, 1)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 first_seen"])
        try Self.show([Self.second, Self.rsa], fleet, at: start + 1000, 2)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 changed", "ssh-rsa added"])
        try Self.show([Self.first], fleet, at: start + 2000, 3)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 first_seen"], "it is the old one again")
        try Self.show([Self.second], fleet, at: start + 3000, 4)
        try Self.decide(fleet, approve: [Self.second.fingerprint])
        let approved = try #require(try Self.list(fleet).first)
        #expect(approved.status == .approved)
        #expect(approved.approvedBy == "client:alice")
        try Self.show([Self.first], fleet, at: start + 4000, 5)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 changed"], "an operator has said which one it is")
        try Self.decide(fleet, revoke: [Self.second.fingerprint])
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 first_seen"])
    }

    @Test func `A key that vanishes first and is replaced later has changed all the same`() throws {
        let fleet = try QueryFleet("web-01")
        try Self.show([Self.first], fleet, at: QueryFleet.start, 1)
        try Self.show([], fleet, at: QueryFleet.start + 1000, 2)
        try Self.show([Self.second], fleet, at: QueryFleet.start + 2000, 3)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 changed"])
    }

    @Test func `Nobody becomes the first by claiming to be older`() throws {
        let fleet = try QueryFleet("web-01")
        let start = QueryFleet.start
        try Self.show([Self.first], fleet, at: start, 10)
        try Self.show([Self.second], fleet, at: start - QueryFleet.day, 1, received: start + 5000)
        try Self.show([Self.second], fleet, at: start + 6000, 11)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 changed"])
    }

    @Test func `What a deriver saw of keys is rebuilt equal`() throws {
        let fleet = try QueryFleet("web-01")
        try Self.show([Self.first], fleet, at: QueryFleet.start, 1)
        try Self.show([Self.second], fleet, at: QueryFleet.start + 1000, 2)
        #expect(try Rederive(store: fleet.store, isCheck: true).run().differences.isEmpty)
        try fleet.run("DELETE FROM machine_host_key_sightings")
        _ = try Rederive(store: fleet.store).run()
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 changed"])
    }

    @Test func `What is no such key is invalid, and a forged fingerprint too`() throws {
        let fleet = try QueryFleet("web-01")
        var forged = Self.first
        forged.fingerprint = Self.second.fingerprint
        var split = Self.key("ssh-rsa", "split")
        split.publicKey = split.publicKey.prefix(8) + "\n" + split.publicKey.dropFirst(8)
        var other = Self.key(Self.ed25519, "other")
        other.type = "ssh-dss"
        try Self.show([forged, split, other], fleet, at: QueryFleet.start, 1)
        #expect(try Self.list(fleet).map(\.status) == [.invalid, .invalid, .invalid])
    }

    @Test func `Names are those of one machine alone, and have a name's letters`() throws {
        let fleet = try QueryFleet("web-01", "web-02", "*", "db-01")
        let start = QueryFleet.start
        try Self.show(
            [Self.first], fleet, at: start, 1, hostname: "debian",
            addresses: ["192.0.2.7", "172.17.0.1", "2001:db8::7"])
        try Self.show(
            [Self.second], fleet, "web-02", at: start, 1, hostname: "debian", addresses: ["192.0.2.8", "172.17.0.1"])
        try Self.show([Self.rsa], fleet, "*", at: start, 1, hostname: "a,b", addresses: ["192.0.2.9"])
        try Self.show([Self.rsa], fleet, "db-01", at: start, 1, hostname: "web-01", addresses: ["192.0.2.10"])
        let keys = Dictionary(uniqueKeysWithValues: try Self.list(fleet).map { ($0.machine, $0) })
        #expect(keys["web-01"]?.names == ["web-01", "192.0.2.7", "2001:db8::7"])
        #expect(keys["web-01"]?.withheldNames == ["debian", "172.17.0.1"])
        #expect(keys["web-02"]?.names == ["web-02", "192.0.2.8"])
        #expect(keys["*"]?.names == ["192.0.2.9"])
        #expect(keys["*"]?.withheldNames == ["*", "a,b"])
        #expect(keys["db-01"]?.names == ["db-01", "192.0.2.10"], "another machine is called web-01")
        #expect(keys["db-01"]?.withheldNames == ["web-01"])
    }

    @Test(arguments: [
        "", "-oProxyCommand=x", "a b", "a,b", "*", "a?", "!a", "#a", "@cert-authority", "|1|x", "[a]", "ü", "a\n",
    ])
    func `Such a name is none for known_hosts`(name: String) { #expect(!KnownHostName.isUsable(name)) }

    @Test func `Only what a machine has shown can be approved, and it is noted who did`() throws {
        let fleet = try QueryFleet("web-01")
        try Self.show([Self.first], fleet, at: QueryFleet.start, 1)
        let missing = #expect(throws: MissingName.self) {
            try Self.decide(fleet, approve: [Self.first.fingerprint, Self.second.fingerprint])
        }
        #expect(missing?.detail.contains("vigie host-keys web-01 lists them") == true)
        #expect(try Self.statuses(fleet) == ["ssh-ed25519 first_seen"], "all or nothing")
        #expect(throws: MissingName.self) { try Self.decide(fleet, revoke: [Self.first.fingerprint]) }
        try Self.decide(fleet, approve: [Self.first.fingerprint])
        try Self.decide(fleet, approve: [Self.first.fingerprint])
        let audit = try fleet.read {
            try $0.rows(Statement("test", "SELECT actor, action, subject, detail FROM audit_log"))
        }
        #expect(
            audit.map(\.values) == [
                ["client:alice", "host_key.approved", "web-01", Self.first.fingerprint].map(\.sqlValue)
            ])
        let events = try fleet.read { try EventQueries.list($0, filter: .init(type: "host_key_approved"), limit: 9) }
            .items
        #expect(events.map(\.source) == ["operator"])
    }

    @Test func `Deciding needs a token of scope operate`() async throws {
        let fleet = try QueryFleet("web-01")
        try Self.show([Self.first], fleet, at: QueryFleet.start, 1)
        for (name, scope) in [("reader", "read"), ("operator", "operate")] {
            try fleet.run(
                """
                INSERT INTO api_clients (name, token_hash, scope, created_at)
                VALUES ('\(name)', '\(SHA256.tokenHash(name).text)', '\(scope)', 0)
                """)
        }
        try await OperatorServer.serve(fleet, trustsEverybody: false) { server in
            var hub = server
            hub.token = "reader"
            let path = "/v1/machines/web-01/host-keys"
            let approve = #"{"approve":["\#(Self.first.fingerprint)"]}"#
            let refused = try await hub.send("POST", path, approve)
            #expect(refused.status == 403)
            let seen = try await hub.get(ListAnswer<HostKeyAnswer>.self, "/v1/host-keys?status=first_seen")
            #expect(seen.items.count == 1)
            hub.token = "operator"
            let approved = try await hub.send("POST", path, approve)
            #expect(approved.status == 200)
            let keys = try await hub.get(ListAnswer<HostKeyAnswer>.self, "/v1/host-keys")
            #expect(keys.items.map(\.approvedBy) == ["client:operator"])
            for (body, status) in [
                ("{}", 400), (#"{"approve":[]}"#, 400), (#"{"approve":"x"}"#, 400), ("x", 400),
                (#"{"approve":["SHA256:x"]}"#, 404),
            ] {
                let answer = try await hub.send("POST", path, body)
                #expect(answer.status == status, "\(body)")
            }
            let nobody = try await hub.send("POST", "/v1/machines/web-1/host-keys", approve)
            #expect(OperatorServer.problem(nobody)?.detail?.contains("did you mean web-01") == true)
        }
    }
}
