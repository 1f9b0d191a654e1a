import Contracts
import Crypto
import Foundation
import SwiftASN1
import Transport
import X509

/// A hub's authority on its way to another one: the next is made and announced, takes over when the machines know it,
/// and the previous is announced for as long as it is wanted.
struct AuthorityRotation {
    /// Holds `ca.pem`, `ca.key`, and here `next.pem`, `next.key`, `previous.pem`.
    let directory: String

    private var current: String { directory + "/ca.pem" }
    private var currentKey: String { directory + "/ca.key" }
    private var next: String { directory + "/next.pem" }
    private var nextKey: String { directory + "/next.key" }
    private var previous: String { directory + "/previous.pem" }

    /// PEM of what machines are to trust besides the authority in force.
    func announced() throws -> [String] { try [next, previous].compactMap { try SecretFile.read($0) } }

    /// An authority with its place in the rotation.
    struct Entry {
        var place: String
        var certificate: Certificate
        var fingerprint: Contracts.Digest
    }

    func list() throws -> [Entry] {
        var entries: [Entry] = []
        for (place, path) in [("in force", current), ("next", next), ("previous", previous)] {
            guard let pem = try SecretFile.read(path), let first = PEM.certificates(in: pem).first else { continue }
            entries.append(
                Entry(
                    place: place, certificate: try Certificate(pemEncoded: pem),
                    fingerprint: Contracts.Digest(sha256: Transport.SHA256.digest(first))))
        }
        return entries
    }

    /// Makes the next authority; nothing but the machines' trust changes by it.
    func prepare(now: Date) throws {
        try finish()
        guard try SecretFile.read(next) == nil else {
            throw CommandFailure(
                .cannotCreate,
                "there is a next authority already; activate it, or give it up with vigie-hub authority forget")
        }
        let made = try CertificateAuthority.make(key: .init(), now: now)
        try SecretFile.write(made.key.pemRepresentation + "\n", to: nextKey)
        try SecretFile.write(made.pem, to: next)
    }

    /// Puts the next authority in force; the one before stays announced. Interrupted anywhere, the next start finishes it.
    func activate() throws {
        try finish()
        guard let pem = try SecretFile.read(current), try SecretFile.read(next) != nil,
            let key = try SecretFile.read(nextKey)
        else {
            throw CommandFailure(.noInput, "there is no next authority; make one with vigie-hub authority prepare")
        }
        try SecretFile.write(pem, to: previous)
        // From here on the key says which certificate is in force.
        try SecretFile.write(key, to: currentKey)
        try finish()
    }

    /// Where the key in force is that of the next certificate, an activation was begun.
    func finish() throws {
        guard let key = try SecretFile.read(currentKey), let pem = try SecretFile.read(next),
            let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: key),
            (try? CertificateAuthority(pem: pem, key: privateKey)) != nil
        else { return }
        try SecretFile.write(pem, to: current)
        try remove(next)
        try remove(nextKey)
        try SecretFile.synchronize(directory)
    }

    /// Announces neither the next nor the previous one any more. Answers what there was.
    func forget() throws -> [String] {
        try finish()
        try remove(nextKey)
        var gone: [String] = []
        if try remove(next) { gone.append("next") }
        if try remove(previous) { gone.append("previous") }
        return gone
    }

    /// Answers whether it was there.
    @discardableResult
    private func remove(_ path: String) throws -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw SecretFile.Failure(path: path, action: "remove", code: errno) }
        return false
    }
}
