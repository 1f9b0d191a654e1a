import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Agent

struct EnrollerTests {
    let server: TestServer
    let directory: TemporaryDirectory
    let state: StateDirectory
    let enroller: Enroller

    init() throws {
        server = try TestServer()
        directory = try TemporaryDirectory()
        state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        enroller = Enroller(state: state, host: try Host(), proxy: nil, logger: .silent)
    }

    func string(urls: [String]? = nil, token: String = "enrolment-token") throws -> String {
        let certificate = try #require(PEM.certificates(in: server.caPEM).first)
        return try ConnectionString(
            purpose: .enrollment, urls: urls ?? [server.url],
            trust: .fingerprint(Digest(sha256: SHA256.digest(certificate))), token: token
        ).encoded()
    }

    func answer(machine: Int = 1, status: Int = 201) throws -> TestServer.Answer {
        var answer = EnrollmentAnswer(
            machineID: Identifier(milliseconds: 1, random: (UInt64(machine), 1)), name: "web-01",
            hubURLs: [server.url])
        answer.notices = ["looks like web-00"]
        return .init(status: status, body: String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self))
    }

    func sentHashes() throws -> [String] {
        try server.recorded().filter { $0.path == "/v1/enroll" }.compactMap {
            try StrictJSON.read(Array($0.body.utf8)).root["machine_token_hash"]?.stringValue
        }
    }

    @Test func sendsTheHashAndKeepsTheToken() async throws {
        try server.script([try answer()])
        let result = try await enroller.enroll(try string(), replacing: false)
        #expect(result.name == "web-01")
        #expect(result.notices == ["looks like web-00"])
        let identity = try #require(try Identity.load(state))
        #expect(try sentHashes() == [SHA256.tokenHash(identity.token).text])
        #expect(identity.caBundle.map(PEM.certificates(in:)) == PEM.certificates(in: server.caPEM))
        let bodies = try server.recorded().map(\.body)
        #expect(!bodies.contains { $0.contains(identity.token) })
        let attributes = try FileManager.default.attributesOfItem(atPath: state.identity)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(!directory.names("state").contains("enrollment-pending.json"))
    }

    @Test func aLostAnswerBurnsNothing() async throws {
        // The hub enrolled it, but what comes back is a proxy's page.
        try server.script([
            .init(status: 502, headers: ["Content-Type": "text/html"], body: "<h1>Bad gateway</h1>"), try answer(),
        ])
        await #expect { try await enroller.enroll(try string(), replacing: false) } throws: {
            ($0 as? AgentError)?.code == .hubUnavailable
        }
        #expect(try Identity.load(state) == nil)
        _ = try await enroller.enroll(try string(), replacing: false)
        let hashes = try sentHashes()
        #expect(hashes.count == 2)
        #expect(Set(hashes).count == 1)
    }

    @Test func anotherStringMakesAnotherToken() async throws {
        try server.script([.problem(401, "unauthorized"), try answer()])
        await #expect { try await enroller.enroll(try string(token: "used up"), replacing: false) } throws: {
            ($0 as? AgentError)?.code == .permission
        }
        _ = try await enroller.enroll(try string(token: "fresh"), replacing: false)
        #expect(Set(try sentHashes()).count == 2)
    }

    @Test func anIdentityIsOnlyGivenUpWhenTold() async throws {
        try server.script([try answer(), try answer(machine: 2)])
        _ = try await enroller.enroll(try string(), replacing: false)
        let first = try #require(try Identity.load(state))
        await #expect { try await enroller.enroll(try string(token: "b"), replacing: false) } throws: {
            ($0 as? AgentError)?.reason.contains("enrolled as web-01") == true
        }
        #expect(try Identity.load(state) == first)
        let spool = try Spool(
            state: state, limits: AgentConfiguration.SpoolLimits().limits, logger: .silent,
            now: { SampleHead.start })
        try await spool.put(SampleHead.sealed(.apt, sequence: 1))
        _ = try await enroller.enroll(try string(token: "b"), replacing: true)
        #expect(try Identity.load(state)?.machineID != first.machineID)
        // What waited belongs to the identity that is gone.
        #expect(directory.names("state/spool") == [])
    }

    @Test func anAuthorityThatIsNotTheStringsGetsNoToken() async throws {
        let other = try TestServer()
        try other.script([try answer()])
        await #expect { try await enroller.enroll(try string(urls: [other.url]), replacing: false) } throws: {
            ($0 as? AgentError)?.reason.contains("certificate authority") == true
        }
        #expect(try other.recorded().map(\.path) == ["/v1/ca"])
    }

    @Test func theNextURLIsTried() async throws {
        let gone = try TestServer()
        gone.stop()
        try server.script([try answer()])
        #expect(
            try await enroller.enroll(try string(urls: [gone.url, server.url]), replacing: false).name == "web-01")
    }

    @Test(arguments: ["", "nonsense", "vigie-login-1.e30", "vigie-enroll-1.e30", "vigie-enroll-1.%%%"])
    func brokenStringsAreExplained(text: String) async {
        await #expect { try await enroller.enroll(text, replacing: false) } throws: {
            ($0 as? AgentError)?.code == .configuration
        }
    }

    @Test func openConnectionsAreRefused() async throws {
        await #expect {
            try await enroller.enroll(try string(urls: ["http://hub.example"]), replacing: false)
        } throws: {
            ($0 as? AgentError)?.reason.contains("not encrypted") == true
        }
    }

    @Test func aDamagedIdentityStopsEverything() async throws {
        try directory.write("state/identity.json", "{\"machine_id\":")
        await #expect { try await enroller.enroll(try string(), replacing: true) } throws: {
            ($0 as? AgentError)?.reason.contains("is damaged") == true
        }
        #expect(try directory.read("state/identity.json").count == 14)
    }
}
