import Contracts
import Transport

/// One public key in OpenSSH's format: type, base64 and a comment (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
enum SSHPublicKey {
    /// Nil where it is no such key: unknown shape, damaged base64, or another type inside than outside.
    static func parse(_ text: String) -> HardwareV1.SSHHostKey? {
        guard let line = text.split(separator: "\n").first else { return nil }
        let words = line.words
        guard words.count >= 2, let fingerprint = SSHFingerprint.of(type: words[0], base64: words[1]) else {
            return nil
        }
        return HardwareV1.SSHHostKey(type: String(words[0]), fingerprint: fingerprint, publicKey: String(words[1]))
    }
}
