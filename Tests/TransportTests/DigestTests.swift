import Contracts
import Testing
import Transport

struct DigestTests {
    @Test func sha256OfKnownTexts() {
        // FIPS 180-4's examples.
        #expect(
            Hexadecimal.encode(SHA256.digest([UInt8]()))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let abc = Array("xabcx".utf8)
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Hexadecimal.encode(SHA256.digest(Array("abc".utf8))) == expected)
        #expect(Hexadecimal.encode(SHA256.digest(abc[1...3])) == expected)
        #expect(Hexadecimal.encode(SHA256.digest("abc".utf8)) == expected)
    }

    @Test func hmacOfKnownTexts() {
        // RFC 4231, test case 2; and an empty key, for which libcrypto has a meaning of its own.
        #expect(
            Hexadecimal.encode(
                SHA256.hmac(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            Hexadecimal.encode(SHA256.hmac(key: [], message: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func contentDigestOfRFC9530() {
        // Appendix B.1: the body is {"hello": "world"} and a line feed.
        #expect(
            SHA256.contentDigest(Array("{\"hello\": \"world\"}\n".utf8))
                == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:")
    }

    @Test func tokensHave256BitsAndDiffer() {
        let tokens = (0..<50).map { _ in SecureRandom.token() }
        #expect(Set(tokens).count == 50)
        #expect(tokens.allSatisfy { Base64.decode($0)?.count == 32 })
    }
}
