import Contracts
import Testing

@Suite("connection strings")
struct ConnectionStringTests {
    private static let digest = Digest(sha256: [UInt8](0..<32))

    private func failure(_ text: String, _ purpose: ConnectionString.Purpose) -> ConnectionString.Failure? {
        do {
            _ = try ConnectionString(text, purpose: purpose)
            return nil
        } catch { return error }
    }

    @Test("both purposes and both kinds of trust come back", arguments: [ConnectionString.Purpose.enrollment, .login])
    func roundTrip(_ purpose: ConnectionString.Purpose) throws {
        for trust in [ConnectionString.Trust.fingerprint(Self.digest), .system] {
            let made = ConnectionString(
                purpose: purpose, urls: ["https://hub.example:8443", "http://[2001:db8::1]:80/üñ"], trust: trust,
                token: "q-_8~\"\\é")
            let text = try made.encoded()
            #expect(text.hasPrefix(purpose.rawValue + "."))
            #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"'\"$`\\ &;|<>*?".utf8.contains($0) })
            #expect(try ConnectionString(text, purpose: purpose) == made)
        }
    }

    @Test("line breaks and spaces that a copy put in are no matter")
    func whitespace() throws {
        let made = ConnectionString(
            purpose: .enrollment, urls: ["https://hub.example"], trust: .fingerprint(Self.digest), token: "abc")
        let text = try made.encoded()
        let middle = text.index(text.startIndex, offsetBy: 40)
        let wrapped = "  " + text[..<middle] + "\n   " + text[middle...] + "\r\n"
        #expect(try ConnectionString(wrapped, purpose: .enrollment) == made)
    }

    @Test("a string for another purpose says which it is for")
    func otherPurpose() throws {
        let text = try ConnectionString(
            purpose: .login, urls: ["https://hub.example"], trust: .system, token: "abc"
        ).encoded()
        #expect(failure(text, .enrollment) == .wrongPurpose(.login))
        #expect("\(ConnectionString.Failure.wrongPurpose(.login))".contains("vigie login"))
        #expect("\(ConnectionString.Failure.wrongPurpose(.enrollment))".contains("vigie-agent enroll"))
    }

    @Test("cut anywhere it is refused, never read as something else")
    func cut() throws {
        let text = try ConnectionString(
            purpose: .enrollment, urls: ["https://hub.example"], trust: .fingerprint(Self.digest), token: "abc"
        ).encoded()
        for count in 0..<text.count { #expect(failure(String(text.prefix(count)), .enrollment) == .malformed) }
    }

    @Test(
        "bodies that are whole and make no sense",
        arguments: [
            #"{"urls":[],"ca":"system","token":"a"}"#, #"{"urls":["https://a"],"ca":"system","token":""}"#,
            #"{"urls":["https://a"],"ca":"sha256:00","token":"a"}"#, #"{"urls":["https://a"],"ca":"","token":"a"}"#,
            #"{"urls":["ftp://a"],"ca":"system","token":"a"}"#,
            #"{"urls":["https://a","a"],"ca":"system","token":"a"}"#,
            #"{"urls":"https://a","ca":"system","token":"a"}"#, #"{"urls":["https://a"],"token":"a"}"#,
            #"{"urls":["https://a"],"ca":"system"}"#, #"{"urls":["https://a"],"ca":null,"token":"a"}"#,
            #"{"urls":["https://a"],"ca":"system","token":"a","token":"b"}"#, "[]", "", "text",
        ])
    func senseless(_ body: String) {
        let text = "vigie-enroll-1." + Base64.encode(Array(body.utf8), .url)
        #expect(failure(text, .enrollment) == .malformed)
    }

    @Test(
        "what is no string of ours",
        arguments: ["", ".", "vigie-enroll-1", "vigie-enroll-2.e30", "x.e30", "https://hub.example"])
    func foreign(_ text: String) {
        #expect(failure(text, .enrollment) == .malformed)
    }
}
