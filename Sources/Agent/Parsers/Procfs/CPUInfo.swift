/// `/proc/cpuinfo`, whose fields differ by architecture (proc_cpuinfo(5)).
struct CPUInfo: Equatable, Sendable {
    /// How many `processor` blocks there are: the logical CPUs online.
    var processors = 0
    /// x86: `vendor_id`, as `GenuineIntel`.
    var vendor: String?
    /// The kernel's text for the model, where the architecture has one.
    var model: String?
    var microcode: String?
    /// x86: the CPU says that it runs under a hypervisor.
    var hasHypervisorFlag = false
    /// x86: the CPU can run 64-bit code.
    var hasLongMode = false
    /// x86 has `flags`; without them the flags above say nothing.
    var hasFlags = false
    /// ARM: implementer and part, each pair once, in order of appearance.
    var armCores: [ARMCore] = []
    /// ARM: `CPU architecture`, 7 or 8.
    var armArchitecture: Int?
    /// RISC-V: `isa`, as `rv64imafdc`.
    var isa: String?
    /// x86: each pair of `physical id` and `core id` once.
    var cores: Set<CorePlace> = []
    /// Raspberry Pi: the board, as `Raspberry Pi 4 Model B Rev 1.4`.
    var boardModel: String?

    struct CorePlace: Hashable, Sendable {
        var package: Int
        var core: Int
    }

    static func parse(_ bytes: [UInt8]) -> CPUInfo {
        var info = CPUInfo()
        var text = ByteScanner(bytes)
        var package: Int?
        var implementer: Int?
        while var line = text.line() {
            guard let key = line.take(upTo: 0x3A)?.trimmedAtEnd else { continue }
            if key.equals("processor") {
                info.processors += 1
                package = nil
            } else if key.equals("physical id") {
                package = line.text.asInteger
            } else if key.equals("core id") {
                if let package, let core = line.text.asInteger {
                    info.cores.insert(CorePlace(package: package, core: core))
                }
            } else if key.equals("CPU implementer") {
                implementer = line.text.asInteger
            } else if key.equals("CPU part") {
                if let implementer, let part = line.text.asInteger {
                    let core = ARMCore(implementer: implementer, part: part)
                    if !info.armCores.contains(core), info.armCores.count < 16 { info.armCores.append(core) }
                }
            } else {
                info.takeOnce(key, line)
            }
        }
        return info
    }

    /// Fields of which the first block's value stands for all.
    private mutating func takeOnce(_ key: ByteScanner, _ value: ByteScanner) {
        if key.equals("vendor_id") {
            set(\.vendor, value)
        } else if key.equals("model name") || key.equals("cpu model") || key.equals("uarch") || key.equals("cpu") {
            set(\.model, value)
        } else if key.equals("microcode") {
            set(\.microcode, value)
        } else if key.equals("isa") {
            set(\.isa, value)
        } else if key.equals("Model") {
            set(\.boardModel, value)
        } else if key.equals("CPU architecture") {
            if armArchitecture == nil { armArchitecture = value.text.asInteger }
        } else if key.equals("flags"), !hasFlags {
            hasFlags = true
            var words = value
            while let word = words.word() {
                if word.equals("hypervisor") { hasHypervisorFlag = true }
                if word.equals("lm") { hasLongMode = true }
            }
        }
    }

    private mutating func set(_ field: WritableKeyPath<CPUInfo, String?>, _ value: ByteScanner) {
        guard self[keyPath: field] == nil, value.count <= 1024 else { return }
        let text = value.text.words.joined(separator: " ")
        if !text.isEmpty { self[keyPath: field] = text }
    }
}

extension ByteScanner {
    /// Without blanks before the end, as a key before its colon.
    fileprivate var trimmedAtEnd: ByteScanner {
        var bytes = rest
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
        return ByteScanner(Array(bytes))
    }
}

extension String {
    /// Decimal, or hexadecimal after `0x`; nil for negative ones.
    var asInteger: Int? {
        let value = hasPrefix("0x") ? Int(dropFirst(2), radix: 16) : Int(self)
        return value.flatMap { $0 >= 0 ? $0 : nil }
    }
}
