import Contracts

extension HardwareSurvey {
    private static let net = "/sys/class/net"

    /// Interfaces of sysfs with their addresses.
    mutating func interfaces() {
        guard let names = names(Self.net, unknown: "/interfaces") else { return }
        let (kinds, addresses) = host.isLive ? askKernel() : (links: [:], addresses: addressesOfFiles())
        var interfaces: [HardwareV1.Interface] = []
        for name in names where host.exists("\(Self.net)/\(name)/type") {
            let path = "\(Self.net)/\(name)/"
            var interface = HardwareV1.Interface(name: name, kind: kind(name, path, linkKind: kinds[name]))
            if let mac = host.line(path + "address"), mac.utf8.count == 17, mac != "00:00:00:00:00:00" {
                interface.mac = mac
            }
            interface.driver = linkName(path + "device/driver")
            // −1 and an error both mean that there is no link to have a speed.
            interface.speedMbps = host.integer(path + "speed").flatMap { $0 > 0 && $0 < 1 << 31 ? $0 : nil }
            interface.duplex = host.line(path + "duplex").flatMap { $0 == "unknown" ? nil : $0 }
            interface.mtu = host.integer(path + "mtu").flatMap { $0 >= 0 ? $0 : nil }
            interface.state = host.line(path + "operstate")
            if interface.kind != "loopback" {
                interface.addresses =
                    addresses.filter { $0.interface == name && !$0.isTemporary }.map(\.address)
                    .sorted { ($0.family, $0.address, $0.prefixLength) < ($1.family, $1.address, $1.prefixLength) }
                    .nonEmpty
            }
            interfaces.append(interface)
        }
        payload.interfaces = interfaces.nonEmpty
    }

    /// Kinds of links by name, and addresses, from the running kernel.
    private mutating func askKernel() -> (links: [String: String], addresses: [InterfaceAddress]) {
        do {
            let links = NetlinkMessages.links(try RouteSocket.ask(.links))
            let names = Dictionary(links.map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first })
            let kinds = Dictionary(
                links.compactMap { link in link.kind.map { (link.name, $0) } }, uniquingKeysWith: { first, _ in first })
            let addresses = NetlinkMessages.addresses(try RouteSocket.ask(.addresses)).compactMap { entry in
                names[entry.index].map {
                    InterfaceAddress(interface: $0, address: entry.address, isTemporary: entry.isTemporary)
                }
            }
            return (kinds, addresses)
        } catch {
            findings.add(error.problem(severity: "info"))
            return ([:], addressesOfFiles())
        }
    }

    private mutating func addressesOfFiles() -> [InterfaceAddress] {
        var addresses: [InterfaceAddress] = []
        if let text = findings.text(host, "/proc/net/if_inet6", unknown: "/interfaces") {
            let parsed = InterfaceAddresses.ipv6(text)
            findings.add(parsed.faults, in: "/proc/net/if_inet6", unknown: "/interfaces")
            addresses += parsed.value
        }
        if let trie = try? host.text("/proc/net/fib_trie"), let text = try? host.text("/proc/net/route") {
            addresses += InterfaceAddresses.ipv4(trie: trie, routes: RouteTable.ipv4(text).value)
        }
        return addresses
    }

    private func kind(_ name: String, _ path: String, linkKind: String?) -> String {
        let type = host.integer(path + "type")
        // ARPHRD_LOOPBACK
        if type == 772 { return "loopback" }
        if host.exists(path + "wireless") || host.exists(path + "phy80211") { return "wifi" }
        if host.exists(path + "bridge") { return "bridge" }
        if host.exists(path + "bonding") { return "bond" }
        if host.exists(path + "tun_flags") { return "tun" }
        switch linkKind ?? deviceType(path) {
        case "bridge": return "bridge"
        case "bond": return "bond"
        case "vlan": return "vlan"
        case "veth": return "veth"
        case "wireguard": return "wireguard"
        case "tun": return "tun"
        case "dummy": return "dummy"
        case "wlan": return "wifi"
        case .some: return "other"
        case nil: break
        }
        if host.exists(path + "device") { return type == 1 ? "ethernet" : "other" }
        // Of what is left only a veth pair's end has its other end elsewhere.
        if let index = host.integer(path + "ifindex"), let peer = host.integer(path + "iflink"), index != peer {
            return "veth"
        }
        return name.hasPrefix("dummy") ? "dummy" : "other"
    }

    /// `DEVTYPE` of the interface's `uevent`, which bridges, bonds, VLANs, WireGuard and others have.
    private func deviceType(_ path: String) -> String? {
        host.line(path + "uevent")?.split(separator: "\n").first { $0.hasPrefix("DEVTYPE=") }.map {
            String($0.dropFirst(8))
        }
    }

    mutating func defaultRoutes() {
        var routes: [HardwareV1.DefaultRoute] = []
        if let text = findings.text(host, "/proc/net/route", unknown: "/default_routes") {
            let parsed = RouteTable.ipv4(text)
            findings.add(parsed.faults, in: "/proc/net/route", unknown: "/default_routes")
            routes += RouteTable.defaults(parsed.value)
        }
        if let text = findings.text(host, "/proc/net/ipv6_route", unknown: "/default_routes", limit: 32 << 20) {
            let parsed = RouteTable.ipv6Defaults(text)
            findings.add(parsed.faults, in: "/proc/net/ipv6_route", unknown: "/default_routes")
            routes += parsed.value
        }
        payload.defaultRoutes =
            routes.sorted {
                ($0.family, $0.metric ?? 0, $0.interface, $0.gateway ?? "")
                    < ($1.family, $1.metric ?? 0, $1.interface, $1.gateway ?? "")
            }.nonEmpty
    }

    /// Machines next to this one whose hardware address is known; only where the administrator wants it.
    mutating func neighbors() {
        var neighbors: [HardwareV1.Neighbor] = []
        if host.isLive, let links = try? RouteSocket.ask(.links), let answer = try? RouteSocket.ask(.neighbors) {
            let names = Dictionary(
                NetlinkMessages.links(links).map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first })
            take(NetlinkMessages.neighbors(answer), names: names, &neighbors)
        } else if let text = findings.text(host, "/proc/net/arp", unknown: "/neighbors") {
            let parsed = ARPTable.parse(text)
            findings.add(parsed.faults, in: "/proc/net/arp", unknown: "/neighbors")
            neighbors = parsed.value
        }
        payload.neighbors =
            neighbors.sorted {
                ($0.interface, $0.address, $0.mac) < ($1.interface, $1.address, $1.mac)
            }.nonEmpty
    }

    /// Their ages move without a change of state, and stand apart.
    private mutating func take(
        _ entries: [NetlinkMessages.IndexedNeighbor], names: [Int: String], _ neighbors: inout [HardwareV1.Neighbor]
    ) {
        for entry in entries {
            guard let interface = names[entry.index] else { continue }
            neighbors.append(HardwareV1.Neighbor(address: entry.address, mac: entry.mac, interface: interface))
            guard let seconds = entry.confirmedSeconds else { continue }
            neighborAges.append(
                Self.object([
                    ("interface", .string(interface)), ("address", .string(entry.address)),
                    ("confirmed_seconds_ago", .integer(Int64(seconds))),
                ]))
        }
    }
}
