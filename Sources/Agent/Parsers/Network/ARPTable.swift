import Contracts

/// `/proc/net/arp` (proc_pid_net(5)): IPv4 neighbours that answered.
enum ARPTable {
    static func parse(_ text: String) -> Parsed<[HardwareV1.Neighbor]> {
        var result = Parsed<[HardwareV1.Neighbor]>(value: [])
        for (index, line) in text.split(separator: "\n").enumerated() where index > 0 {
            let fields = line.words
            guard fields.count >= 6, IPAddress.ipv4(fields[0]) != nil, let flags = String(fields[2]).asInteger else {
                result.faults.append(LineFault(line: index + 1, message: "not the six fields of a neighbour"))
                continue
            }
            // ATF_COM: the hardware address is known.
            guard flags & 2 != 0, fields[3] != "00:00:00:00:00:00" else { continue }
            result.value.append(
                HardwareV1.Neighbor(
                    address: String(fields[0]), mac: fields[3].lowercased(), interface: String(fields[5])))
        }
        return result
    }
}
