import Foundation

/// An IPv4 or IPv6 address in network order; an IPv4 address mapped into IPv6 is the IPv4 address.
struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes.
    let bytes: [UInt8]

    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let all = withUnsafeBytes(of: &six) { Array($0) }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            bytes = all.starts(with: mapped) ? Array(all.suffix(4)) : all
        } else {
            return nil
        }
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    }
}

/// An address, or all addresses with the same leading bits: `10.0.0.0/8`.
struct IPNetwork: Hashable, Sendable {
    let address: IPAddress
    let prefix: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        self.address = address
        if parts.count == 2 {
            guard let prefix = Int(parts[1]), (0...address.bytes.count * 8).contains(prefix) else { return nil }
            self.prefix = prefix
        } else {
            prefix = address.bytes.count * 8
        }
    }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for bit in 0..<prefix {
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            if address.bytes[bit / 8] & mask != other.bytes[bit / 8] & mask { return false }
        }
        return true
    }
}

/// Who really sent a request: the connection's other end, or, where that is a proxy that the configuration trusts,
/// whom the proxy names in `X-Forwarded-For`.
struct RemoteAddress: Sendable {
    let trustedProxies: [IPNetwork]

    /// - Parameter forwarded: the header's value; its last entry was written by the nearest proxy.
    func resolve(peer: String?, forwarded: String?) -> String? {
        guard let forwarded, let peer, let address = IPAddress(peer), isTrusted(address) else { return peer }
        var found = peer
        for entry in forwarded.split(separator: ",").reversed() {
            let text = entry.trimmingCharacters(in: .whitespaces)
            guard let address = IPAddress(text) else { break }
            found = text
            if !isTrusted(address) { break }
        }
        return found
    }

    private func isTrusted(_ address: IPAddress) -> Bool { trustedProxies.contains { $0.contains(address) } }
}
