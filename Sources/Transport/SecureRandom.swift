import CCrypto
import Contracts

/// Secrets from libcrypto's generator, which the kernel seeds.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        _ = CryptoLibrary.isPrepared
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            initialized = RAND_bytes(output.baseAddress, Int32(count)) == 1 ? count : 0
        }
        // Without entropy a secret would be none: there is nothing to go on with.
        precondition(bytes.count == count, "libcrypto has no random bytes")
        return bytes
    }

    /// A token of 256 random bits, as base64url text of 43 characters.
    package static func token() -> String { Base64.encode(bytes(32), .url) }
}
