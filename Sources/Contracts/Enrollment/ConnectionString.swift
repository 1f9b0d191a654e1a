/// One string that carries all that a first contact needs: URLs, what to trust, and a token.
///
/// Two purposes have the same shape: `vigie-enroll-1.…` for a machine, `vigie-login-1.…` for an operator's CLI. After
/// the dot stands base64url of `{"urls":[…],"ca":"sha256:…"|"system","token":"…"}`, so that it survives a copy through
/// chat and shell.
package struct ConnectionString: Equatable, Sendable {
    package enum Purpose: String, Sendable {
        case enrollment = "vigie-enroll-1"
        case login = "vigie-login-1"
    }

    package enum Trust: Equatable, Sendable {
        /// SHA-256 of the CA certificate's DER.
        case fingerprint(Digest)
        /// The system's certificate store.
        case system
    }

    package enum Failure: Error, Equatable, CustomStringConvertible {
        case wrongPurpose(Purpose)
        case malformed

        package var description: String {
            switch self {
            case .wrongPurpose(.enrollment): "this is a machine's enrolment string (vigie-agent enroll takes it)"
            case .wrongPurpose(.login): "this is an operator's login string (vigie login takes it)"
            case .malformed: "the string is incomplete or was changed on its way; copy it again, whole"
            }
        }
    }

    package var purpose: Purpose
    package var urls: [String]
    package var trust: Trust
    package var token: String

    package init(purpose: Purpose, urls: [String], trust: Trust, token: String) {
        self.purpose = purpose
        self.urls = urls
        self.trust = trust
        self.token = token
    }

    private struct Body: Codable {
        var urls: [String]
        var ca: String
        var token: String
    }

    package func encoded() throws -> String {
        let ca =
            switch trust {
            case .fingerprint(let digest): digest.text
            case .system: "system"
            }
        return purpose.rawValue + "."
            + Base64.encode(try CanonicalJSON.encode(Body(urls: urls, ca: ca, token: token)), .url)
    }

    package init(_ text: String, purpose: Purpose) throws(Failure) {
        let parts = text.split(whereSeparator: \.isWhitespace).joined().split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let found = Purpose(rawValue: String(parts[0])) else { throw .malformed }
        guard found == purpose else { throw .wrongPurpose(found) }
        guard let bytes = Base64.decode(parts[1]), let document = try? StrictJSON.read(bytes),
            let body = try? JSONTreeDecoder.decode(Body.self, from: document.root),
            !body.urls.isEmpty, !body.token.isEmpty,
            body.urls.allSatisfy({ $0.hasPrefix("https://") || $0.hasPrefix("http://") })
        else { throw .malformed }
        let trust: Trust
        if body.ca == "system" {
            trust = .system
        } else if let digest = Digest(body.ca) {
            trust = .fingerprint(digest)
        } else {
            throw .malformed
        }
        self.init(purpose: purpose, urls: body.urls, trust: trust, token: body.token)
    }
}
