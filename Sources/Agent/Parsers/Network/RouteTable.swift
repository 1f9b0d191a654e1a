import Contracts

/// The kernel's main routing tables as procfs shows them.
enum RouteTable {
    /// A route of `/proc/net/route`.
    struct IPv4: Equatable, Sendable {
        var interface: String
        /// In network order.
        var destination: [UInt8]
        var gateway: [UInt8]
        var prefixLength: Int
        var metric: Int
        var isUp: Bool
        var hasGateway: Bool
    }

    /// `/proc/net/route`: addresses are 32-bit words of the machine's byte order in hexadecimal, here little-endian.
    static func ipv4(_ text: String) -> Parsed<[IPv4]> {
        var result = Parsed<[IPv4]>(value: [])
        for (index, line) in text.split(separator: "\n").enumerated() where index > 0 {
            let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard fields.count >= 8, let destination = word(fields[1]), let gateway = word(fields[2]),
                let flags = Int(fields[3], radix: 16), let metric = Int(fields[6]), metric >= 0,
                let mask = word(fields[7])
            else {
                result.faults.append(LineFault(line: index + 1, message: "not the eleven fields of a route"))
                continue
            }
            result.value.append(
                IPv4(
                    interface: String(fields[0]), destination: destination, gateway: gateway,
                    prefixLength: mask.reduce(0) { $0 + $1.nonzeroBitCount }, metric: metric, isUp: flags & 1 != 0,
                    hasGateway: flags & 2 != 0))
        }
        return result
    }

    /// The default routes among them.
    static func defaults(_ routes: [IPv4]) -> [HardwareV1.DefaultRoute] {
        routes.filter { $0.isUp && $0.prefixLength == 0 && $0.destination.allSatisfy { $0 == 0 } }.map { route in
            var result = HardwareV1.DefaultRoute(family: "ipv4", interface: route.interface)
            if route.hasGateway { result.gateway = IPAddress.text(route.gateway) }
            result.metric = route.metric
            return result
        }
    }

    /// The default routes of `/proc/net/ipv6_route`.
    static func ipv6Defaults(_ text: String) -> Parsed<[HardwareV1.DefaultRoute]> {
        var result = Parsed<[HardwareV1.DefaultRoute]>(value: [])
        for (index, line) in text.split(separator: "\n").enumerated() {
            let fields = line.words
            guard fields.count >= 10, let destination = Hexadecimal.decode(String(fields[0])),
                destination.count == 16, let prefix = Int(fields[1], radix: 16),
                let gateway = Hexadecimal.decode(String(fields[4])), gateway.count == 16,
                let metric = Int(fields[5], radix: 16), let flags = Int(fields[8], radix: 16)
            else {
                result.faults.append(LineFault(line: index + 1, message: "not the ten fields of a route"))
                continue
            }
            // The kernel's own "unreachable" default stands on lo (RTF_REJECT 0x200).
            guard prefix == 0, destination.allSatisfy({ $0 == 0 }), flags & 1 != 0, flags & 0x200 == 0,
                fields[9] != "lo"
            else { continue }
            var route = HardwareV1.DefaultRoute(family: "ipv6", interface: String(fields[9]))
            if gateway.contains(where: { $0 != 0 }) { route.gateway = IPAddress.text(gateway) }
            route.metric = metric
            result.value.append(route)
        }
        return result
    }

    private static func word(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count == 8, let bytes = Hexadecimal.decode(String(text)) else { return nil }
        return bytes.reversed()
    }
}
