/// The lines of `/proc/meminfo` that are used (proc_meminfo(5)), in bytes.
struct MemInfo: Equatable, Sendable {
    var total: UInt64?
    var free: UInt64?
    var available: UInt64?
    var buffers: UInt64?
    var cached: UInt64?
    var reclaimable: UInt64?
    var swapTotal: UInt64?
    var swapFree: UInt64?

    static func parse(_ bytes: [UInt8]) -> Parsed<MemInfo> {
        var result = Parsed(value: MemInfo())
        var text = ByteScanner(bytes)
        var number = 0
        while var line = text.line() {
            number += 1
            guard let name = line.take(upTo: 0x3A) else {
                result.faults.append(LineFault(line: number, message: "no name before a colon"))
                continue
            }
            guard let field = field(name) else { continue }
            // The kernel counts in kB and means KiB.
            guard let value = line.unsigned(), value < 1 << 53, let unit = line.word(), unit.equals("kB") else {
                result.faults.append(LineFault(line: number, message: "\(name.text) is no number of kB"))
                continue
            }
            result.value[keyPath: field] = value * 1024
        }
        return result
    }

    private static func field(_ name: ByteScanner) -> WritableKeyPath<MemInfo, UInt64?>? {
        switch name.first {
        case 0x4D:  // M
            if name.equals("MemTotal") { return \.total }
            if name.equals("MemFree") { return \.free }
            if name.equals("MemAvailable") { return \.available }
        case 0x42:  // B
            if name.equals("Buffers") { return \.buffers }
        case 0x43:  // C
            if name.equals("Cached") { return \.cached }
        case 0x53:  // S
            if name.equals("SReclaimable") { return \.reclaimable }
            if name.equals("SwapTotal") { return \.swapTotal }
            if name.equals("SwapFree") { return \.swapFree }
        default: break
        }
        return nil
    }
}
