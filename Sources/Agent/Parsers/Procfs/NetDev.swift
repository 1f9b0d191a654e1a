/// One line of `/proc/net/dev` (proc_pid_net(5)).
struct NetDev: Equatable, Sendable {
    var name: String
    var receivedBytes: UInt64
    var receivedPackets: UInt64
    var receiveErrors: UInt64
    var receiveDrops: UInt64
    var transmittedBytes: UInt64
    var transmittedPackets: UInt64
    var transmitErrors: UInt64
    var transmitDrops: UInt64

    static func parse(_ bytes: [UInt8], keeping: (ByteScanner) -> Bool = { _ in true }) -> Parsed<[NetDev]> {
        var result = Parsed<[NetDev]>(value: [])
        var text = ByteScanner(bytes)
        var number = 0
        while var line = text.line() {
            number += 1
            // Two lines of headings, which have no colon.
            if number <= 2, line.rest.contains(0x7C) { continue }
            line.skipBlanks()
            if line.isAtEnd { continue }
            guard let name = line.take(upTo: 0x3A), !name.isAtEnd else {
                result.faults.append(LineFault(line: number, message: "no interface name before a colon"))
                continue
            }
            guard keeping(name) else { continue }
            var values: [UInt64] = []
            values.reserveCapacity(16)
            while values.count < 16, let value = line.unsigned() { values.append(value) }
            guard values.count == 16 else {
                result.faults.append(LineFault(line: number, message: "fewer than 16 counters"))
                continue
            }
            result.value.append(
                NetDev(
                    name: name.text, receivedBytes: values[0], receivedPackets: values[1], receiveErrors: values[2],
                    receiveDrops: values[3], transmittedBytes: values[8], transmittedPackets: values[9],
                    transmitErrors: values[10], transmitDrops: values[11]))
        }
        return result
    }
}
