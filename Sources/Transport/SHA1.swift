import CCrypto

/// SHA-1, for names of things that are made with it: fingerprints of OpenPGP keys. Nothing is trusted for it.
package enum SHA1 {
    /// The 20 bytes of the digest.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        _ = CryptoLibrary.isPrepared
        return [UInt8](unsafeUninitializedCapacity: 20) { output, count in
            var size: UInt32 = 0
            _ = EVP_Digest(bytes, bytes.count, output.baseAddress, &size, EVP_sha1(), nil)
            count = Int(size)
        }
    }
}
