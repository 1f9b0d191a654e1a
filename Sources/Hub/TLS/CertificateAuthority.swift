import Contracts
import Crypto
import Foundation
import SwiftASN1
import Transport
import X509

/// The hub's own authority: one self-signed certificate, made on first start, that agents pin by its fingerprint.
struct CertificateAuthority {
    /// Why the authority cannot be used; a sentence that says what to do.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let certificate: Certificate
    let key: P256.Signing.PrivateKey
    let pem: String
    /// SHA-256 of the certificate's DER; what connection strings carry.
    let fingerprint: Contracts.Digest

    /// Machines' clocks may be wrong: everything is valid from 30 days before it was made (decision 13).
    static let backdating: TimeInterval = 30 * 86_400
    static let lifetime: TimeInterval = 10 * 365 * 86_400
    static let serverLifetime: TimeInterval = 90 * 86_400

    /// Reads the authority of a directory, or makes it where there is none.
    static func open(directory: String, now: Date) throws -> CertificateAuthority {
        try AuthorityRotation(directory: directory).finish()
        let certificatePath = directory + "/ca.pem"
        let keyPath = directory + "/ca.key"
        switch (try SecretFile.read(certificatePath), try SecretFile.read(keyPath)) {
        case (let pem?, let key?):
            do { return try CertificateAuthority(pem: pem, key: P256.Signing.PrivateKey(pemRepresentation: key)) } catch
            {
                throw Failure(
                    description: "the authority in \(directory) is damaged; restore ca.pem and ca.key from a backup")
            }
        case (nil, let key):
            // A key without its certificate is a first start that was interrupted: nobody knows that key yet.
            let privateKey = try key.map { try P256.Signing.PrivateKey(pemRepresentation: $0) } ?? .init()
            let made = try make(key: privateKey, now: now)
            try SecretFile.makeDirectory(directory)
            if key == nil { try SecretFile.write(privateKey.pemRepresentation + "\n", to: keyPath) }
            try SecretFile.write(made.pem, to: certificatePath)
            return made
        case (_?, nil):
            throw Failure(
                description: "\(keyPath) is missing; restore it from a backup (a new authority would lock out every"
                    + " enrolled machine)")
        }
    }

    init(pem: String, key: P256.Signing.PrivateKey) throws {
        let certificate = try Certificate(pemEncoded: pem)
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw Failure(description: "the key does not belong to the certificate")
        }
        self.certificate = certificate
        self.key = key
        self.pem = pem
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        fingerprint = Contracts.Digest(sha256: Transport.SHA256.digest(serializer.serializedBytes))
    }

    static func make(key: P256.Signing.PrivateKey, now: Date) throws -> CertificateAuthority {
        // The name carries a part of the key, so that two hubs' authorities in one store can be told apart.
        let identifier = keyIdentifier(key.publicKey)
        let name = try DistinguishedName {
            CommonName("Vigie hub \(Hexadecimal.encode(identifier.prefix(4)))")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(bytes: serial()), publicKey: .init(key.publicKey),
            notValidBefore: now - backdating, notValidAfter: now + lifetime, issuer: name, subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(keyIdentifier: identifier[...])
            }, issuerPrivateKey: .init(key))
        return try CertificateAuthority(pem: certificate.serializeAsPEM().pemString + "\n", key: key)
    }

    /// A certificate for a server of these names and addresses, with a key of its own; both as PEM.
    func issueServer(names: [String], now: Date) throws -> (certificate: String, key: String) {
        let serverKey = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(bytes: Self.serial()), publicKey: .init(serverKey.publicKey),
            notValidBefore: now - Self.backdating,
            notValidAfter: min(now + Self.serverLifetime, self.certificate.notValidAfter),
            issuer: self.certificate.subject,
            subject: try DistinguishedName { CommonName("vigie-hub") },
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.map(Self.generalName))
                SubjectKeyIdentifier(keyIdentifier: Self.keyIdentifier(serverKey.publicKey)[...])
                AuthorityKeyIdentifier(keyIdentifier: Self.keyIdentifier(key.publicKey)[...])
            }, issuerPrivateKey: .init(key))
        return (try certificate.serializeAsPEM().pemString + "\n", serverKey.pemRepresentation + "\n")
    }

    /// A server's name as a certificate says it: an address, or a DNS name.
    static func generalName(_ name: String) -> GeneralName {
        if let address = IPAddress(name) { return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...])) }
        return .dnsName(name)
    }

    /// RFC 7093, method 1: the leftmost 160 bits of the SHA-256 of the public key.
    private static func keyIdentifier(_ key: P256.Signing.PublicKey) -> [UInt8] {
        Array(Transport.SHA256.digest(Array(key.x963Representation)).prefix(20))
    }

    private static func serial() -> [UInt8] { [0x01] + SecureRandom.bytes(15) }
}
