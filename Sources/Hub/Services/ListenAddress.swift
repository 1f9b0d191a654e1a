import Foundation
import HummingbirdCore

/// `HOST:PORT`, an IPv6 address in brackets.
struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reached from this machine only.
    var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }

    /// All addresses of the machine.
    var isAny: Bool { host == "::" || host == "0.0.0.0" }

    /// What to bind to: all addresses are IPv4's only on a kernel without IPv6.
    var bindable: BindAddress {
        guard host == "::" else { return .hostname(host, port: port) }
        let probe = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        guard probe >= 0 else { return .hostname("0.0.0.0", port: port) }
        close(probe)
        return .hostname("::", port: port)
    }
}
