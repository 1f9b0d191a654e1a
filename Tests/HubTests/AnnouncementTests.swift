import Contracts
import Foundation
import TestSupport
import Testing
import Transport
import X509

@testable import Hub

/// What a hub tells its machines to go by: another hub, another authority.
struct AnnouncementTests {
    private func ask(_ hub: HubUnderTest, _ machine: TestMachine) async throws -> MachineAnswer {
        try await hub.client.send(
            HTTPRequest(
                url: hub.url + "/v1/machine",
                headers: [HTTPField(name: "Authorization", value: "Bearer \(machine.token)")])
        ).decoded(MachineAnswer.self)
    }

    private func word(_ hub: HubUnderTest, _ machine: TestMachine, _ sequence: Int) async throws -> String? {
        try await hub.post(try SentSnapshot(.metrics, of: machine, sequence: sequence), machine)
            .decoded(SnapshotAnswer.self).announcement
    }

    @Test func theNextHubIsAnnounced() async throws {
        let directory = try TemporaryDirectory()
        let other = try CertificateAuthority.open(directory: directory.file("other"), now: Date())
        let (machine, own) = try await HubUnderTest.run(in: directory) { hub in
            let machine = try await hub.enroll()
            #expect(try await word(hub, machine, 1) == nil, "nothing is announced")
            return (machine, hub.pem)
        }
        let first = try await HubUnderTest.run(
            in: directory,
            {
                $0.announce.urls = ["https://next.example.org:8443"]
                $0.announce.authorities = [directory.file("other/ca.pem")]
            }
        ) { hub in
            let answer = try await ask(hub, machine)
            #expect(answer.hubURLs == ["https://next.example.org:8443", hub.url])
            #expect(PEM.certificates(in: answer.caBundle ?? "") == PEM.certificates(in: own + other.pem))
            let authorities = try await hub.get("/v1/ca").decoded(CAAnswer.self).certificates
            #expect(authorities.count == 2)
            // Who enrols now hears of it at once; strings stay those of this hub.
            let secret = SecureRandom.token()
            let enrolled = try await hub.requestEnrollment(
                EnrollmentRequest(
                    enrollmentToken: try hub.token(), machineTokenHash: TokenHash.of(secret), hostname: "web-02",
                    agentVersion: "0.1.0")
            ).decoded(EnrollmentAnswer.self)
            #expect(enrolled.hubURLs.first == "https://next.example.org:8443")
            #expect(try HubAnnouncement.find(in: hub.store, configuration: HubConfiguration()).urls == [hub.url])
            let first = try #require(try await word(hub, machine, 2))
            #expect(try await word(hub, machine, 3) == first)
            return first
        }
        try await HubUnderTest.run(in: directory, { $0.announce.urls = ["https://third.example.org"] }) { hub in
            let second = try #require(try await word(hub, machine, 4))
            #expect(second != first)
        }
    }

    @Test func authorityChangesInSteps() async throws {
        let directory = try TemporaryDirectory()
        let rotation = AuthorityRotation(directory: directory.file("hub/ca"))
        let (machine, old) = try await HubUnderTest.run(in: directory) { hub in (try await hub.enroll(), hub.pem) }
        #expect(throws: CommandFailure.self) { try rotation.activate() }
        try rotation.prepare(now: Date())
        #expect(throws: CommandFailure.self) { try rotation.prepare(now: Date()) }
        let told = try await HubUnderTest.run(in: directory) { hub in
            #expect(hub.pem == old, "the old one is in force")
            #expect(try await word(hub, machine, 1) != nil)
            return try #require(try await ask(hub, machine).caBundle)
        }
        #expect(PEM.certificates(in: told).count == 2)
        try rotation.activate()
        try await HubUnderTest.run(in: directory) { hub in
            #expect(hub.pem != old)
            // Who has been told trusts the new one; who trusts the old one alone does not.
            let knowing = HTTPClient(trust: .pem(Array(told.utf8)))
            #expect(try await knowing.send(HTTPRequest(url: hub.url + "/healthz")).status == 200)
            let ignorant = HTTPClient(trust: .pem(Array(old.utf8)))
            await #expect(throws: HTTPFailure.self) { try await ignorant.send(HTTPRequest(url: hub.url + "/healthz")) }
            let announced = try #require(try await ask(hub, machine).caBundle)
            #expect(Set(PEM.certificates(in: announced)) == Set(PEM.certificates(in: told)))
        }
        #expect(try rotation.list().map(\.place) == ["in force", "previous"])
        #expect(try rotation.forget() == ["previous"])
        #expect(try rotation.forget() == [])
        try await HubUnderTest.run(in: directory) { hub in
            let answer = try await ask(hub, machine)
            #expect(answer.caBundle == hub.pem)
            let word = try await word(hub, machine, 2)
            #expect(word == nil)
        }
    }

    @Test func anInterruptedChangeIsFinished() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("ca")
        let rotation = AuthorityRotation(directory: path)
        let old = try CertificateAuthority.open(directory: path, now: Date())
        try rotation.prepare(now: Date())
        let next = try #require(try SecretFile.read(path + "/next.pem"))
        // As a power cut leaves it between the key and the certificate.
        try SecretFile.write(old.pem, to: path + "/previous.pem")
        try SecretFile.write(try #require(try SecretFile.read(path + "/next.key")), to: path + "/ca.key")
        let found = try CertificateAuthority.open(directory: path, now: Date())
        #expect(found.pem == next)
        #expect(try rotation.list().map(\.place) == ["in force", "previous"])
        #expect(!FileManager.default.fileExists(atPath: path + "/next.key"))
        // Before the key, nothing has happened.
        try rotation.prepare(now: Date())
        try SecretFile.write(found.pem, to: path + "/previous.pem")
        #expect(try CertificateAuthority.open(directory: path, now: Date()).pem == next)
        #expect(try rotation.list().map(\.place) == ["in force", "next", "previous"])
    }

    @Test func whatCannotBeAnnouncedKeepsTheHubFromStarting() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("junk.pem", "no certificate")
        for path in [directory.file("junk.pem"), directory.file("missing.pem")] {
            do {
                try await HubUnderTest.run(in: directory, { $0.announce.authorities = [path] }) { _ in }
                Issue.record("it serves")
            } catch let failure as CommandFailure { #expect(failure.status == .configuration) }
        }
        #expect(throws: ConfigurationFailure.self) {
            try HubConfiguration(toml: "[announce]\nurls = [\"http://next\"]\n", source: "hub.toml")
        }
    }
}
