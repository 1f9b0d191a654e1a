import CCrypto

/// libcrypto, as a process of ours uses it.
enum CryptoLibrary {
    /// To be asked for before libcrypto is first used, by us or by libcurl: it then does not clean up when the process
    /// exits. A thread that just closes a connection would find its memory gone (OPENSSL_init_crypto(3)).
    static let isPrepared = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
}
