import Contracts
import Transport

/// OpenPGP keys and signatures (RFC 9580), as far as APT's keyrings need: which key has signed, and whether a key has
/// expired. Nothing is verified: APT did that when it fetched.
enum OpenPGP {
    struct Key: Equatable {
        /// Hexadecimal, upper case.
        var fingerprint: String
        var version: UInt8
        /// Seconds since 1970; nil for a key that does not expire.
        var expiresAt: Int64?
        var isRevoked = false

        /// - Parameter issuer: a fingerprint, or a key id of 16 digits, as a signature names its key.
        func isIssuer(_ issuer: String) -> Bool {
            if issuer == fingerprint { return true }
            guard issuer.count == 16 else { return false }
            return version == 4 ? fingerprint.hasSuffix(issuer) : fingerprint.hasPrefix(issuer)
        }
    }

    /// All primary keys and subkeys of a keyring, binary or armored. A subkey lives no longer than its primary key.
    static func keys(_ bytes: [UInt8]) -> [Key] {
        var reader = KeyringReader()
        forEachPacket(binary(bytes, label: "PUBLIC KEY BLOCK")) { reader.take($0, $1) }
        reader.endCertificate()
        return reader.keys
    }

    /// The keys that signatures are said to be of: of a `Release.gpg`, or of a clear-signed `InRelease`.
    static func issuers(_ bytes: [UInt8]) -> [String] {
        var issuers: [String] = []
        forEachPacket(binary(bytes, label: "SIGNATURE")) { tag, body in
            guard tag == 2, let issuer = Signature(body)?.issuer, !issuers.contains(issuer) else { return }
            issuers.append(issuer)
        }
        return issuers
    }

    // MARK: - Packets

    /// Stops at the first byte that begins no packet, and at partial lengths, which keys do not have.
    private static func forEachPacket(_ bytes: [UInt8], _ body: (UInt8, ArraySlice<UInt8>) -> Void) {
        var rest = bytes[...]
        while let header = rest.popFirst(), header & 0x80 != 0 {
            let tag: UInt8
            var length: Int?
            if header & 0x40 != 0 {
                tag = header & 0x3F
                length = bodyLength(&rest)
            } else {
                tag = header >> 2 & 0x0F
                let size = [1, 2, 4][safe: Int(header & 3)]
                length = size == nil ? rest.count : number(&rest, size ?? 0)
            }
            guard let length, length <= rest.count else { return }
            body(tag, rest.prefix(length))
            rest = rest.dropFirst(length)
        }
    }

    /// Of a packet in the newer format, and of a subpacket but for what begins with 224 or more.
    fileprivate static func bodyLength(_ rest: inout ArraySlice<UInt8>, partialFrom: UInt8 = 224) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        if first < 192 { return Int(first) }
        if first < partialFrom { return rest.popFirst().map { (Int(first) - 192) << 8 + Int($0) + 192 } }
        return first == 255 ? number(&rest, 4) : nil
    }

    fileprivate static func number(_ rest: inout ArraySlice<UInt8>, _ size: Int) -> Int? {
        guard rest.count >= size else { return nil }
        defer { rest = rest.dropFirst(size) }
        return rest.prefix(size).reduce(0) { $0 << 8 | Int($1) }
    }

    // MARK: - Armor

    /// The bytes of all armored blocks with this label; what is not armored as it is.
    private static func binary(_ bytes: [UInt8], label: String) -> [UInt8] {
        guard bytes.first.map({ $0 & 0x80 == 0 }) ?? false else { return bytes }
        var result: [UInt8] = []
        var body: String?
        var isHeader = false
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            // Long lines are the text of a signed file; armor has 76 characters at most.
            guard line.count <= 120 else { continue }
            let text = String(decoding: line, as: UTF8.self).trimmed
            if text == "-----BEGIN PGP \(label)-----" {
                (body, isHeader) = ("", true)
            } else if text == "-----END PGP \(label)-----" {
                if let encoded = body { result += Base64.decode(encoded) ?? [] }
                body = nil
            } else if body != nil {
                if isHeader {
                    isHeader = !text.isEmpty
                } else if text.first != "=" {
                    body? += text
                }
            }
        }
        return result
    }

    /// What one signature packet says, of version 4 or 6.
    fileprivate struct Signature {
        var type: UInt8
        var createdAt: Int64 = 0
        /// Seconds after the key's creation.
        var keyLifetime: Int64?
        var issuer: String?

        init?(_ body: ArraySlice<UInt8>) {
            var rest = body
            guard let version = rest.popFirst(), version == 4 || version == 6, let type = rest.popFirst() else {
                return nil
            }
            self.type = type
            rest = rest.dropFirst(2)
            for _ in ["hashed", "unhashed"] {
                guard let length = number(&rest, version == 4 ? 2 : 4), length <= rest.count else { return nil }
                var area = rest.prefix(length)
                rest = rest.dropFirst(length)
                while let size = bodyLength(&area, partialFrom: 255), size > 0, size <= area.count {
                    read(area.first ?? 0, area.prefix(size).dropFirst())
                    area = area.dropFirst(size)
                }
            }
        }

        private mutating func read(_ type: UInt8, _ data: ArraySlice<UInt8>) {
            var data = data
            switch type & 0x7F {
            case 2: createdAt = Int64(number(&data, 4) ?? 0)
            case 9: keyLifetime = number(&data, 4).map(Int64.init)
            // The fingerprint tells more than the id.
            case 16: issuer = issuer ?? Hexadecimal.encode(data).uppercased()
            case 33: issuer = Hexadecimal.encode(data.dropFirst()).uppercased()
            default: break
            }
        }
    }
}

/// Puts the packets of a keyring together: a primary key, its signatures, its subkeys with theirs.
private struct KeyringReader {
    private(set) var keys: [OpenPGP.Key] = []
    /// The certificate being read, its primary key first.
    private var certificate: [OpenPGP.Key] = []
    private var createdAt: Int64 = 0
    /// When the signature was made that the last key's lifetime comes from.
    private var decidedAt: Int64 = -1

    mutating func take(_ tag: UInt8, _ body: ArraySlice<UInt8>) {
        switch tag {
        case 6:
            endCertificate()
            add(body)
        case 14 where !certificate.isEmpty: add(body)
        case 2: if let signature = OpenPGP.Signature(body) { take(signature) }
        default: break
        }
    }

    mutating func endCertificate() {
        if let primary = certificate.first {
            keys += certificate.map { key in
                var key = key
                key.isRevoked = key.isRevoked || primary.isRevoked
                key.expiresAt = [key.expiresAt, primary.expiresAt].compactMap { $0 }.min()
                return key
            }
        }
        certificate = []
    }

    private mutating func add(_ body: ArraySlice<UInt8>) {
        guard let version = body.first, version == 4 || version == 6, body.count > 5, body.count <= 0xFFFF else {
            return
        }
        var rest = body.dropFirst()
        createdAt = Int64(OpenPGP.number(&rest, 4) ?? 0)
        decidedAt = -1
        let length = UInt32(body.count)
        let size = (version == 4 ? [1, 0] : [3, 2, 1, 0]).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        let digest = version == 4 ? SHA1.digest([0x99] + size + body) : SHA256.digest([0x9B] + size + body)
        certificate.append(OpenPGP.Key(fingerprint: Hexadecimal.encode(digest).uppercased(), version: version))
    }

    private mutating func take(_ signature: OpenPGP.Signature) {
        // What others certify says nothing of how long a key lives.
        guard let primary = certificate.first, let issuer = signature.issuer, primary.isIssuer(issuer) else { return }
        let last = certificate.count - 1
        switch signature.type {
        case 0x20: certificate[0].isRevoked = true
        case 0x28: certificate[last].isRevoked = true
        case 0x10...0x13 where last == 0, 0x1F where last == 0, 0x18 where last > 0:
            guard signature.createdAt >= decidedAt else { return }
            decidedAt = signature.createdAt
            certificate[last].expiresAt = signature.keyLifetime.flatMap { $0 > 0 ? createdAt + $0 : nil }
        default: break
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
