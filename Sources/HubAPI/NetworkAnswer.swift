package import Contracts

/// A network interface of a machine.
package struct InterfaceAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var name: String
    /// `ethernet`, `wifi`, `bridge`, …
    package var kind: String?
    package var mac: String?
    package var driver: String?
    /// The kernel's operational state: `up`, `down`, …
    package var state: String?
    package var speedMbps: Int?
    /// `full` or `half`.
    package var duplex: String?
    package var mtu: Int?
    /// With prefix length, as `192.0.2.7/24`.
    package var addresses: [String]
    /// Default routes that leave through it.
    package var defaultRoutes: [DefaultRouteAnswer]?
    package var unknownSince: Timestamp?

    package init(machine: String, name: String) {
        self.machine = machine
        self.name = name
        addresses = []
    }

    package enum CodingKeys: String, CodingKey {
        case machine, name, kind, mac, driver, state
        case speedMbps = "speed_mbps"
        case duplex, mtu, addresses
        case defaultRoutes = "default_routes"
        case unknownSince = "unknown_since"
    }
}

package struct DefaultRouteAnswer: Codable, Equatable, Sendable {
    /// `ipv4` or `ipv6`.
    package var family: String
    /// Absent where the link itself is the way.
    package var gateway: String?
    package var metric: Int?

    package init(family: String) { self.family = family }
}

/// Somebody on a network that machines see, by the address of its hardware and one of its own.
package struct NeighborAnswer: Codable, Equatable, Sendable {
    package var mac: String
    package var address: String
    /// The enrolled machine that has this MAC or this address; absent where none has.
    package var machine: String?
    package var seenBy: [NeighborSighting]

    package init(mac: String, address: String) {
        self.mac = mac
        self.address = address
        seenBy = []
    }

    package enum CodingKeys: String, CodingKey {
        case mac, address, machine
        case seenBy = "seen_by"
    }
}

/// Who sees a neighbour, and on which of its interfaces.
package struct NeighborSighting: Codable, Equatable, Sendable {
    package var machine: String
    package var interface: String

    package init(machine: String, interface: String) {
        self.machine = machine
        self.interface = interface
    }
}
