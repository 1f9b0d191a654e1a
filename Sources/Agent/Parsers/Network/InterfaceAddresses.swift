import Contracts

/// An address and the interface that has it.
struct InterfaceAddress: Equatable, Sendable {
    var interface: String
    var address: HardwareV1.Address
    /// RFC 8981: made for a day, of no use to an inventory.
    var isTemporary = false
}

/// Addresses out of procfs, for machines whose kernel cannot be asked: fixtures, mounted systems.
enum InterfaceAddresses {
    /// `/proc/net/if_inet6`: address, index, prefix length, scope and flags in hexadecimal, name.
    static func ipv6(_ text: String) -> Parsed<[InterfaceAddress]> {
        var result = Parsed<[InterfaceAddress]>(value: [])
        for (index, line) in text.split(separator: "\n").enumerated() {
            let fields = line.words
            guard fields.count >= 6, let bytes = Hexadecimal.decode(String(fields[0])), bytes.count == 16,
                let address = IPAddress.text(bytes), let prefix = Int(fields[2], radix: 16), (0...128).contains(prefix),
                let scope = Int(fields[3], radix: 16), let flags = Int(fields[4], radix: 16)
            else {
                result.faults.append(LineFault(line: index + 1, message: "not the six fields of an address"))
                continue
            }
            var value = HardwareV1.Address(address: address, prefixLength: prefix, family: "ipv6")
            switch scope {
            case 0x00: value.scope = "global"
            case 0x10: value.scope = "host"
            case 0x20: value.scope = "link"
            case 0x40: value.scope = "site"
            default: break
            }
            result.value.append(
                InterfaceAddress(interface: String(fields[5]), address: value, isTemporary: flags & 0x01 != 0))
        }
        return result
    }

    /// `/proc/net/fib_trie`: the addresses that the machine itself has are the leaves with a `/32 host LOCAL` line. The
    /// interface is that of the most specific route without gateway that covers the address.
    static func ipv4(trie text: String, routes: [RouteTable.IPv4]) -> [InterfaceAddress] {
        var local: Set<[UInt8]> = []
        var leaf: [UInt8]?
        for line in text.split(separator: "\n") {
            let words = line.words
            if words.count == 2, words[0] == "|--" {
                leaf = IPAddress.ipv4(words[1])
            } else if words.count == 3, words[0] == "/32", words[1] == "host", words[2] == "LOCAL", let leaf {
                local.insert(leaf)
            }
        }
        return local.compactMap { bytes -> InterfaceAddress? in
            let covering = routes.filter { route in
                route.isUp && !route.hasGateway && route.prefixLength > 0
                    && matches(bytes, route.destination, bits: route.prefixLength)
            }
            guard bytes[0] != 127, let route = covering.max(by: { $0.prefixLength < $1.prefixLength }),
                let address = IPAddress.text(bytes)
            else { return nil }
            var value = HardwareV1.Address(address: address, prefixLength: route.prefixLength, family: "ipv4")
            value.scope = bytes[0] == 169 && bytes[1] == 254 ? "link" : "global"
            return InterfaceAddress(interface: route.interface, address: value)
        }
    }

    private static func matches(_ left: [UInt8], _ right: [UInt8], bits: Int) -> Bool {
        for bit in 0..<min(bits, 32) where (left[bit / 8] ^ right[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
            return false
        }
        return true
    }
}
