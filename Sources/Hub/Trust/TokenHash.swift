import Contracts
import Transport

/// How tokens are kept: never themselves, only the SHA-256 of their text.
enum TokenHash {
    static func of(_ token: String) -> Digest { SHA256.tokenHash(token) }
}
