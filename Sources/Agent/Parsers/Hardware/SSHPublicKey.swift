import Contracts
import Transport

/// One public key in OpenSSH's format: type, base64 and a comment (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
///
/// Inside the base64 are the type again and the key's numbers, each after its length (RFC 4253, 6.6).
enum SSHPublicKey {
    /// Nil where it is no such key: unknown shape, damaged base64, or another type inside than outside.
    static func parse(_ text: String) -> HardwareV1.SSHHostKey? {
        guard let line = text.split(separator: "\n").first else { return nil }
        let words = line.words
        guard words.count >= 2, let blob = Base64.decode(words[1]), blob.count > 4 else { return nil }
        let length = Int(blob[0]) << 24 | Int(blob[1]) << 16 | Int(blob[2]) << 8 | Int(blob[3])
        guard length <= blob.count - 4, blob[4..<(4 + length)].elementsEqual(words[0].utf8) else { return nil }
        // Without its padding the digest is 43 digits, as ssh-keygen -l prints it.
        let fingerprint = Base64.encode(SHA256.digest(blob)).split(separator: "=")[0]
        return HardwareV1.SSHHostKey(
            type: String(words[0]), fingerprint: "SHA256:" + fingerprint, publicKey: String(words[1]))
    }
}
