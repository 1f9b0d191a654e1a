import Contracts

/// The fingerprint of an SSH public key as `ssh-keygen -l` prints it: `SHA256:` and the digest's base64 without padding.
package enum SSHFingerprint {
    /// Nil where the base64 is damaged, or is of another type of key inside than outside (RFC 4253, 6.6: the type and
    /// the key's numbers, each after its length).
    package static func of(type: some StringProtocol, base64: some StringProtocol) -> String? {
        guard let blob = Base64.decode(base64), blob.count > 4 else { return nil }
        let length = Int(blob[0]) << 24 | Int(blob[1]) << 16 | Int(blob[2]) << 8 | Int(blob[3])
        guard length <= blob.count - 4, blob[4..<(4 + length)].elementsEqual(type.utf8) else { return nil }
        // Without its padding the digest is 43 digits.
        return "SHA256:" + Base64.encode(SHA256.digest(blob)).split(separator: "=")[0]
    }
}
