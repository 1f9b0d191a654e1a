package import Contracts

/// One header line.
package struct HTTPField: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What to ask of a server.
package struct HTTPRequest: Sendable {
    package var method: String
    /// `http://` or `https://`; over a Unix socket the host is only what the `Host` header says.
    package var url: String
    package var headers: [HTTPField]
    package var body: [UInt8]?
    /// For the whole exchange, connecting included.
    package var timeoutSeconds: Double
    /// Bytes of the answer's body above which the exchange fails.
    package var responseLimit: Int

    package init(
        method: String = "GET", url: String, headers: [HTTPField] = [], body: [UInt8]? = nil,
        timeoutSeconds: Double = 30, responseLimit: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
        self.responseLimit = responseLimit
    }
}

/// What a server answered, whatever its status.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: [HTTPField]
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The last header of that name, whatever its case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.last { $0.name.lowercased() == wanted }?.value
    }

    /// `Retry-After` (RFC 9110, 10.2.3) in seconds from `now`, written as a number or a date; never negative, and
    /// nil where it is absent or unreadable.
    package func retryAfterSeconds(now: Timestamp) -> Int? {
        guard let text = header("Retry-After") else { return nil }
        if let seconds = Int(text) { return max(0, seconds) }
        guard let moment = HTTPDate.parse(text) else { return nil }
        return Int(max(0, (moment.milliseconds - now.milliseconds + 999) / 1000))
    }
}

/// Why there is no answer.
package struct HTTPFailure: Error, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// The host's name has no address.
        case resolve
        /// Refused, unreachable, no such socket.
        case connect
        /// The handshake failed, or the other side does not speak TLS.
        case tls
        /// The server's certificate is not of a trusted authority, not for this name, or not valid now.
        case certificate
        case timeout
        /// The answer is larger than the request allows.
        case tooLarge
        /// The connection ended in the middle of the exchange.
        case closed
        /// The task that asked was cancelled.
        case cancelled
        case other
    }

    package var kind: Kind
    /// A sentence in lower case without a full stop; never with a secret.
    package var message: String

    package var description: String { message }

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }
}

/// Whom to believe that it is the server asked for.
package enum HTTPTrust: Equatable, Sendable {
    /// The system's certificate store.
    case system
    /// Only certificates of these authorities, as PEM.
    case pem([UInt8])
    /// Anybody: only to fetch what is verified otherwise.
    case unverified
}
