import Contracts
import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import TestSupport
import Testing
import Transport
import X509

@testable import Hub

/// The hub's own authority and the certificate that it shows.
struct CATests {
    private static let day: TimeInterval = 86_400

    @Test func authorityIsMadeOnceAndKept() throws {
        let directory = try TemporaryDirectory()
        let first = try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        let second = try CertificateAuthority.open(directory: directory.file("ca"), now: Date() + 1000)
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.pem == second.pem)
        for name in ["ca.key", "ca.pem"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.file("ca/\(name)"))
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.file("ca"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
        #expect(directory.names("ca") == ["ca.key", "ca.pem"], "something is left of the writing")
    }

    @Test func interruptedFirstStartGoesOn() throws {
        let directory = try TemporaryDirectory()
        _ = try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        let key = try directory.read("ca/ca.key")
        try FileManager.default.removeItem(atPath: directory.file("ca/ca.pem"))
        _ = try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        #expect(try directory.read("ca/ca.key") == key)
    }

    @Test func lostOrDamagedKeyIsNeverReplacedSilently() throws {
        let directory = try TemporaryDirectory()
        _ = try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        try directory.write("ca/ca.key", "junk")
        #expect(throws: CertificateAuthority.Failure.self) {
            try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        }
        // A key of another authority.
        try directory.write("ca/ca.key", P256.Signing.PrivateKey().pemRepresentation)
        #expect(throws: CertificateAuthority.Failure.self) {
            try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        }
        try FileManager.default.removeItem(atPath: directory.file("ca/ca.key"))
        #expect(throws: CertificateAuthority.Failure.self) {
            try CertificateAuthority.open(directory: directory.file("ca"), now: Date())
        }
    }

    @Test func certificateIsRenewedInTimeAndForOtherNames() throws {
        let directory = try TemporaryDirectory()
        let now = Date()
        func load(_ names: [String], _ moment: Date) throws -> String {
            try ServerCertificate(source: .own(directory: directory.file("ca"), names: names)).load(now: moment).chain
        }
        let first = try load(["hub.example.org", "::1"], now)
        #expect(try load(["hub.example.org", "::1"], now + 59 * Self.day) == first)
        // 90 days long, replaced when less than 30 are left.
        let renewed = try load(["hub.example.org", "::1"], now + 61 * Self.day)
        #expect(renewed != first)
        #expect(try load(["hub.example.org"], now + 61 * Self.day) != renewed)
        let certificate = try Certificate(pemEncoded: first)
        #expect(certificate.notValidBefore < now - 29 * Self.day, "a machine whose clock is behind could not connect")
    }

    @Test func damagedServerCertificateIsMadeAnew() throws {
        let directory = try TemporaryDirectory()
        let certificate = ServerCertificate(source: .own(directory: directory.file("ca"), names: ["localhost"]))
        let first = try certificate.load(now: Date())
        // As if the machine had stopped between the two renames.
        try directory.write("ca/server.key", P256.Signing.PrivateKey().pemRepresentation)
        let second = try certificate.load(now: Date())
        #expect(second.chain != first.chain)
        #expect((try? ServerCertificate.context(chain: second.chain, key: second.key)) != nil)
    }

    @Test func newCertificateIsShownWithoutARestart() async throws {
        try await HubUnderTest.run { hub in
            let before = try hub.directory.read("hub/ca/server.pem")
            let keeper = try #require(hub.server.keeper)
            // As when it is due; a certificate of another day would not be valid today.
            try FileManager.default.removeItem(atPath: hub.directory.file("hub/ca/server.pem"))
            keeper.refresh(now: Date())
            let after = try hub.directory.read("hub/ca/server.pem")
            #expect(after != before)
            // A new connection gets it, and trusts it by the same authority.
            let connection = try await RawConnection.open(hub)
            try await connection.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await eventually { connection.received.hasPrefix("HTTP/1.1 200") })
            let shown = try #require(try await connection.peerCertificate())
            #expect(try PEM.certificates(in: String(decoding: after, as: UTF8.self)).first == shown.toDERBytes())
        }
    }

    @Test func restartedHubIsTheSameHub() async throws {
        let directory = try TemporaryDirectory()
        let machine = try await HubUnderTest.run(in: directory) { try await $0.enroll() }
        let pem = String(decoding: try directory.read("hub/ca/ca.pem"), as: UTF8.self)
        try await HubUnderTest.run(in: directory) { hub in
            #expect(hub.pem == pem)
            let response = try await hub.post(try SentSnapshot(.docker, of: machine), machine)
            #expect(response.status == 201)
        }
    }

    @Test func firstContactByFingerprint() async throws {
        try await HubUnderTest.run { hub in
            let trust = try #require(hub.server.announcement.current?.trust)
            #expect(try await HubTrust.bootstrap(url: hub.url, trust: trust) == hub.pem)
            let other = ConnectionString.Trust.fingerprint(Digest(sha256: [UInt8](repeating: 1, count: 32)))
            await #expect(throws: HubTrust.Failure.fingerprintMismatch(hub.url)) {
                try await HubTrust.bootstrap(url: hub.url, trust: other)
            }
        }
    }
}
