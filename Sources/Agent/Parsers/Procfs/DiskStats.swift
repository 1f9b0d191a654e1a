/// One line of `/proc/diskstats` (kernel document admin-guide/iostats).
struct DiskStats: Equatable, Sendable {
    var name: String
    var reads: UInt64
    var readSectors: UInt64
    var writes: UInt64
    var writtenSectors: UInt64
    /// Milliseconds in which at least one request was in flight; the kernel keeps 32 bits of it.
    var busyMilliseconds: UInt64

    /// A sector here is 512 bytes whatever the device.
    static let sectorSize: UInt64 = 512

    static func parse(_ bytes: [UInt8], keeping: (ByteScanner) -> Bool = { _ in true }) -> Parsed<[DiskStats]> {
        var result = Parsed<[DiskStats]>(value: [])
        var text = ByteScanner(bytes)
        var number = 0
        while var line = text.line() {
            number += 1
            line.skipBlanks()
            if line.isAtEnd { continue }
            guard line.unsigned() != nil, line.unsigned() != nil, let name = line.word() else {
                result.faults.append(LineFault(line: number, message: "no device numbers and name"))
                continue
            }
            guard keeping(name) else { continue }
            guard let reads = line.unsigned(), line.unsigned() != nil, let readSectors = line.unsigned(),
                line.unsigned() != nil, let writes = line.unsigned(), line.unsigned() != nil,
                let writtenSectors = line.unsigned(), line.unsigned() != nil, line.unsigned() != nil,
                let busy = line.unsigned()
            else {
                result.faults.append(LineFault(line: number, message: "fewer than 10 counters"))
                continue
            }
            result.value.append(
                DiskStats(
                    name: name.text, reads: reads, readSectors: readSectors, writes: writes,
                    writtenSectors: writtenSectors, busyMilliseconds: busy))
        }
        return result
    }
}
