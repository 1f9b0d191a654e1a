import Contracts

/// What the kernel answers on a route socket (netlink(7), rtnetlink(7)): messages of a header, a fixed part and
/// attributes, each aligned to four bytes.
enum NetlinkMessages {
    struct Link: Equatable, Sendable {
        var index: Int
        var name: String
        /// `veth`, `bridge`, `vlan`, …; absent for hardware.
        var kind: String?
    }

    struct IndexedAddress: Equatable, Sendable {
        var index: Int
        var address: HardwareV1.Address
        var isTemporary: Bool
    }

    struct IndexedNeighbor: Equatable, Sendable {
        var index: Int
        var address: String
        var mac: String
        /// Seconds since it was known to be there (`ndm_confirmed`); nil where the kernel does not say.
        var confirmedSeconds: Int?
    }

    /// RTM_NEWLINK of a dump.
    static func links(_ bytes: [UInt8]) -> [Link] {
        messages(bytes, type: 16).compactMap { message in
            guard message.count >= 16 else { return nil }
            let attributes = attributes(message.dropFirst(16))
            guard let name = attributes[3].flatMap(Self.text) else { return nil }
            // IFLA_LINKINFO, in it IFLA_INFO_KIND.
            let kind = attributes[18].flatMap { Self.attributes($0)[1] }.flatMap(Self.text)
            return Link(index: Int(message.word(4)), name: name, kind: kind)
        }
    }

    /// RTM_NEWADDR of a dump.
    static func addresses(_ bytes: [UInt8]) -> [IndexedAddress] {
        messages(bytes, type: 20).compactMap { message in
            guard message.count >= 8 else { return nil }
            let base = message.startIndex
            let attributes = attributes(message.dropFirst(8))
            // On point-to-point links IFA_ADDRESS is the peer and IFA_LOCAL the machine's own.
            guard let raw = attributes[2] ?? attributes[1], let text = IPAddress.text(raw) else { return nil }
            var address = HardwareV1.Address(
                address: text, prefixLength: Int(message[base + 1]), family: raw.count == 4 ? "ipv4" : "ipv6")
            switch message[base + 3] {
            case 0: address.scope = "global"
            case 200: address.scope = "site"
            case 253: address.scope = "link"
            case 254: address.scope = "host"
            default: break
            }
            // IFA_F_TEMPORARY is the bit that means "secondary" for IPv4.
            let flags = attributes[8].flatMap { $0.count >= 4 ? Int($0.word(0)) : nil } ?? Int(message[base + 2])
            return IndexedAddress(
                index: Int(message.word(4)), address: address, isTemporary: raw.count == 16 && flags & 1 != 0)
        }
    }

    /// RTM_NEWNEIGH of a dump: those whose hardware address is known.
    static func neighbors(_ bytes: [UInt8]) -> [IndexedNeighbor] {
        messages(bytes, type: 28).compactMap { message in
            guard message.count >= 12 else { return nil }
            let attributes = attributes(message.dropFirst(12))
            // NUD_REACHABLE, STALE, DELAY, PROBE, PERMANENT.
            let state = Int(message.word(8) & 0xFFFF)
            guard state & (0x02 | 0x04 | 0x08 | 0x10 | 0x80) != 0, let raw = attributes[1],
                let address = IPAddress.text(raw), !isMulticast(raw), let hardware = attributes[2], hardware.count == 6,
                hardware.contains(where: { $0 != 0 })
            else { return nil }
            let mac = hardware.map { Hexadecimal.encode([$0]) }.joined(separator: ":")
            // NDA_CACHEINFO: confirmed, used, updated in USER_HZ, which is 100 on every machine of Debian's; reference count.
            let confirmed = attributes[3].flatMap { $0.count >= 16 ? Int($0.word(0)) / 100 : nil }
            return IndexedNeighbor(
                index: Int(message.word(4)), address: address, mac: mac, confirmedSeconds: confirmed)
        }
    }

    /// Whether a part of a dump says that it is the last one: NLMSG_DONE or NLMSG_ERROR.
    static func isComplete(_ bytes: [UInt8]) -> Bool {
        var complete = false
        walk(bytes) { type, _ in complete = complete || type == 2 || type == 3 }
        return complete
    }

    private static func isMulticast(_ address: ArraySlice<UInt8>) -> Bool {
        guard let first = address.first else { return true }
        return address.count == 4 ? first >= 224 : first == 0xFF
    }

    private static func messages(_ bytes: [UInt8], type: Int) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        walk(bytes) { found, message in if found == type { result.append(message) } }
        return result
    }

    private static func walk(_ bytes: [UInt8], _ body: (Int, ArraySlice<UInt8>) -> Void) {
        var rest = bytes[...]
        while rest.count >= 16 {
            let length = Int(rest.word(0))
            guard length >= 16, length <= rest.count else { return }
            body(Int(rest.word(4) & 0xFFFF), rest.dropFirst(16).prefix(length - 16))
            rest = rest.dropFirst((length + 3) & ~3)
        }
    }

    private static func attributes(_ bytes: ArraySlice<UInt8>) -> [Int: ArraySlice<UInt8>] {
        var result: [Int: ArraySlice<UInt8>] = [:]
        var rest = bytes
        while rest.count >= 4 {
            let head = rest.word(0)
            let length = Int(head & 0xFFFF)
            guard length >= 4, length <= rest.count else { break }
            // The two highest bits say nested and byte order.
            result[Int(head >> 16 & 0x3FFF)] = rest.dropFirst(4).prefix(length - 4)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return result
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }
}

extension ArraySlice<UInt8> {
    /// Four bytes at an offset, in the order of every machine that Debian's amd64, arm64 and riscv64 run on; there must
    /// be four.
    fileprivate func word(_ offset: Int) -> UInt32 {
        let index = startIndex + offset
        let low = UInt32(self[index]) | UInt32(self[index + 1]) << 8
        return low | UInt32(self[index + 2]) << 16 | UInt32(self[index + 3]) << 24
    }
}
