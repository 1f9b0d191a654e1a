import CCrypto
package import Contracts

/// SHA-256 and HMAC from the libcrypto that libcurl has loaded anyway (architecture, decision 1).
package enum SHA256 {
    /// The 32 bytes of the digest.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { digest(buffer: $0) } }

    package static func digest(_ bytes: ArraySlice<UInt8>) -> [UInt8] { bytes.withUnsafeBytes { digest(buffer: $0) } }

    package static func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] { digest(Array(bytes)) }

    /// HMAC-SHA-256 (RFC 2104), 32 bytes.
    package static func hmac(key: [UInt8], message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            var size: UInt32 = 0
            // A null key would mean "the key of before".
            let padded = key.isEmpty ? [0] : key
            _ = HMAC(
                algorithm, padded, Int32(key.count), message, message.count, output.baseAddress, &size)
            count = Int(size)
        }
    }

    /// The value of a `Content-Digest` header (RFC 9530) for the bytes as they are sent: `sha-256=:…:`.
    package static func contentDigest(_ body: [UInt8]) -> String { "sha-256=:\(Base64.encode(digest(body))):" }

    /// How a token is stored and compared: the digest of its text's UTF-8 bytes.
    package static func tokenHash(_ token: String) -> Digest { Digest(sha256: digest(Array(token.utf8))) }

    /// Found once: OpenSSL looks for it among its providers each time where it is only named.
    private nonisolated(unsafe) static let algorithm: OpaquePointer? = {
        _ = CryptoLibrary.isPrepared
        return EVP_MD_fetch(nil, "SHA256", nil) ?? EVP_sha256()
    }()

    private static func digest(buffer: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            var size: UInt32 = 0
            _ = EVP_Digest(buffer.baseAddress, buffer.count, output.baseAddress, &size, algorithm, nil)
            count = Int(size)
        }
    }
}
