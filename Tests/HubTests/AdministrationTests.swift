import Contracts
import Foundation
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Hub

/// What administrators do with machines, and what is left afterwards.
struct AdministrationTests {
    @Test func deletedMachineLeavesNothing() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let neighbour = try await hub.enroll("db-01")
            for (index, kind) in Kind.allCases.enumerated() {
                _ = try await hub.post(try SentSnapshot(kind, of: machine, sequence: index + 1), machine)
                _ = try await hub.post(try SentSnapshot(kind, of: neighbour, sequence: index + 1), neighbour)
            }
            _ = try await hub.post([1], token: machine.token)
            #expect(try await eventually { try hub.count("quarantine") == 1 })
            let id = try #require(
                try hub.rows("SELECT machine_id AS id FROM machine_settings WHERE name = 'web-01'").first?["id"].integer
            )
            try await hub.store.write { try MachineAdministration(connection: $0).delete("web-01") }
            let tables = try hub.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
                .compactMap { $0["name"].text }.filter { !$0.hasPrefix("sqlite_") }
            #expect(tables.count > 20)
            for table in tables {
                let columns = try hub.rows("PRAGMA table_info(\(table))").compactMap { $0["name"].text }
                guard columns.contains("machine_id") else { continue }
                #expect(try hub.rows("SELECT 1 FROM \(table) WHERE machine_id = \(id)").isEmpty, "\(table)")
            }
            #expect(try hub.count("machines") == 1)
            #expect(try hub.count("snapshots") == 4)
            let response = try await hub.post(try SentSnapshot(.docker, of: machine, sequence: 9), machine)
            #expect(response.code == "reenroll_required")
            #expect(try await hub.post(try SentSnapshot(.metrics, of: neighbour, sequence: 9), neighbour).status == 201)
        }
    }

    @Test func erasedBytesAreNotInTheFilesAnyMore() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let marker = "marker-\(SecureRandom.token())"
            var snapshot = try SentSnapshot(.docker, of: machine)
            snapshot.head.bootID = marker
            #expect(try await hub.post(snapshot, machine).status == 201)
            #expect(try filesHold(marker, hub))
            try hub.store.erase { store in
                try store.write { try MachineAdministration(connection: $0).delete("web-01") }
            }
            #expect(try !filesHold(marker, hub))
        }
    }

    private func filesHold(_ text: String, _ hub: HubUnderTest) throws -> Bool {
        try ["hub.sqlite", "hub.sqlite-wal"].contains { name in
            try Data(contentsOf: URL(fileURLWithPath: hub.directory.file("hub/\(name)"))).range(of: Data(text.utf8))
                != nil
        }
    }

    @Test func renamedAndRetired() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            _ = try await hub.enroll("db-01")
            try await hub.store.write { try MachineAdministration(connection: $0).rename("web-01", to: "web-02") }
            #expect(throws: CommandFailure.self) {
                try hub.store.write { try MachineAdministration(connection: $0).rename("web-02", to: "db-01") }
            }
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
            try await hub.store.write { try MachineAdministration(connection: $0).retire("web-02", at: Clock.now()) }
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine, sequence: 2), machine).status == 401)
            #expect(throws: CommandFailure.self) {
                try hub.store.write { try MachineAdministration(connection: $0).retire("web-02", at: Clock.now()) }
            }
            // It comes back under its name.
            let id = try #require(
                try hub.rows("SELECT machine_id AS id FROM machine_settings WHERE name = 'web-02'").first?["id"].integer
            )
            let secret = SecureRandom.token()
            _ = try await hub.requestEnrollment(
                EnrollmentRequest(
                    enrollmentToken: try hub.token(machine: id), machineTokenHash: TokenHash.of(secret),
                    hostname: "other", agentVersion: "0.1.0"))
            #expect(try hub.rows("SELECT 1 FROM machine_settings WHERE retired_at IS NOT NULL").isEmpty)
        }
    }

    @Test func clientsHaveScopesAndEnds() async throws {
        try await HubUnderTest.run { hub in
            let now = Clock.now()
            var tokens: [String: String] = [:]
            for (name, ends) in [("good", Int64?.none), ("ended", -1000)] {
                let token = SecureRandom.token()
                tokens[name] = token
                let expiresAt = ends.map { now.adding(milliseconds: $0) }
                _ = try await hub.store.write {
                    try $0.run(TrustStatements.clientInsert, name, TokenHash.of(token), "read", now, expiresAt)
                }
            }
            func ask(_ token: String) async throws -> Int {
                try await hub.client.send(
                    HTTPRequest(
                        url: hub.url + "/v1/machines",
                        headers: [HTTPField(name: "Authorization", value: "Bearer \(token)")])
                ).status
            }
            let good = try #require(tokens["good"])
            let asked = try await ask(good)
            #expect(asked == 200)
            let ended = try await ask(try #require(tokens["ended"]))
            #expect(ended == 401)
            // A machine's token is no operator's.
            let machine = try await hub.enroll()
            let asMachine = try await ask(machine.token)
            #expect(asMachine == 401)
            _ = try await hub.store.write { try $0.run(TrustStatements.clientRevoke, "good", Clock.now()) }
            let revoked = try await ask(good)
            #expect(revoked == 401)
        }
    }

    /// Looking whether a hub serves takes the lock for a moment; who wants it then gets it all the same.
    @Test func `A hub that serves is seen, and looking keeps none away`() throws {
        let directory = DataDirectory(path: try TemporaryDirectory().file("data"))
        #expect(!directory.isServed, "it is not even there")
        try directory.prepare()
        var lock: FileHandle? = try directory.takeLock()
        #expect(directory.isServed)
        #expect(throws: CommandFailure.self) { try directory.takeLock() }
        try lock?.close()
        lock = nil
        #expect(!directory.isServed)
        let isOver = Atomic(false)
        let looking = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            while !isOver.load(ordering: .relaxed) { _ = directory.isServed }
            looking.signal()
        }
        for _ in 0..<200 { try directory.takeLock().close() }
        isOver.store(true, ordering: .relaxed)
        looking.wait()
    }

    @Test func secondHubOnTheSameDirectoryIsRefused() async throws {
        try await HubUnderTest.run { hub in
            do {
                try await HubUnderTest.run(in: hub.directory) { _ in }
                Issue.record("two hubs serve one directory")
            } catch let failure as CommandFailure {
                #expect(failure.status == .unavailable)
                #expect(failure.description.contains("another vigie-hub"))
            }
        }
    }

    @Test func portInUseIsSaidInWords() async throws {
        try await HubUnderTest.run { hub in
            do {
                try await HubUnderTest.run({ $0.server.listen = "127.0.0.1:\(hub.port)" }) { _ in }
                Issue.record("it listens")
            } catch let failure as CommandFailure {
                #expect(failure.status == .unavailable)
                #expect(failure.description.contains("127.0.0.1:\(hub.port) is in use"))
            }
        }
    }

    @Test func plainHTTPOnLoopbackOnly() async throws {
        let directory = try TemporaryDirectory()
        await #expect(throws: CommandFailure.self) {
            try await HubUnderTest.run(
                in: directory,
                {
                    $0.server.insecureHTTP = true
                    $0.server.listen = "0.0.0.0:0"
                }
            ) { _ in }
        }
        #expect(directory.names() == [], "something was made before the mistake was seen")
        try await HubUnderTest.run({ $0.server.insecureHTTP = true }) { hub in
            #expect(hub.url.hasPrefix("http://127.0.0.1:"))
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
        }
    }

    @Test func certificateOfTheAdministrators() async throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        let issued = try authority.issueServer(names: ["localhost", "127.0.0.1"], now: Date())
        let chain = try directory.write("chain.pem", issued.certificate)
        let key = try directory.write("key.pem", issued.key)
        try await HubUnderTest.run({
            $0.tls = .init(certificate: chain, key: key, authority: directory.file("ca/ca.pem"))
        }) { hub in
            #expect(hub.server.announcement.current?.trust == .fingerprint(authority.fingerprint))
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
            #expect(!FileManager.default.fileExists(atPath: hub.directory.file("hub/ca")))
        }
        try directory.write("key.pem", "junk")
        await #expect(throws: CertificateAuthority.Failure.self) {
            try await HubUnderTest.run({ $0.tls = .init(certificate: chain, key: key) }) { _ in }
        }
    }
}
