import Contracts

extension HardwareSurvey {
    private static let cpus = "/sys/devices/system/cpu"

    /// Model from `/proc/cpuinfo`, topology from sysfs as lscpu(1) counts it, frequencies from cpufreq.
    mutating func processor() {
        let online = onlineCPUs()
        guard cpuInfo.processors > 0 || online != nil else { return }
        var cpu = HardwareV1.CPU()
        cpu.architecture = architecture
        cpu.model = model
        cpu.vendor = cpuInfo.vendor ?? vendors
        cpu.threads = online?.count ?? (cpuInfo.processors > 0 ? cpuInfo.processors : nil)
        topology(of: online ?? Array(0..<cpuInfo.processors), &cpu)
        frequencies(&cpu)
        cpu.microcode = cpuInfo.microcode
        cpu.vulnerabilities = vulnerabilities()
        payload.cpu = cpu
    }

    /// `0-3,8`: offline CPUs are not in it, and have no topology either.
    private mutating func onlineCPUs() -> [Int]? {
        let path = Self.cpus + "/online"
        guard let text = attribute(path, unknown: "/cpu/threads") else { return nil }
        guard let list = CPUList.parse(text), !list.isEmpty else {
            findings.malformed(path, "not a list of CPUs", unknown: nil)
            return nil
        }
        return list
    }

    /// The names of the cores on ARM, which has no model name worth the word; big and little ones both.
    private var model: String? {
        let cores = cpuInfo.armCores.compactMap(\.model)
        return cores.isEmpty ? cpuInfo.model : unique(cores).joined(separator: " + ")
    }

    private var vendors: String? { unique(cpuInfo.armCores.compactMap(\.vendor)).nonEmpty?.joined(separator: " + ") }

    private func unique(_ names: [String]) -> [String] {
        names.reduce(into: []) { result, name in if !result.contains(name) { result.append(name) } }
    }

    /// Each distinct set of sibling threads is a core, each distinct set of CPUs that share a package is a socket.
    private mutating func topology(of cpus: [Int], _ result: inout HardwareV1.CPU) {
        var cores: Set<String> = []
        var packages: Set<String> = []
        var threadsPerCore = 0
        for cpu in cpus {
            let path = "\(Self.cpus)/cpu\(cpu)/topology/"
            // The older names came first and are still there; the newer ones are from Linux 5.2.
            guard let threads = host.line(path + "thread_siblings_list") ?? host.line(path + "core_cpus_list") else {
                continue
            }
            guard let siblings = CPUList.parse(threads) else {
                findings.malformed(path + "thread_siblings_list", "not a list of CPUs", unknown: "/cpu/cores")
                continue
            }
            cores.insert(threads)
            threadsPerCore = max(threadsPerCore, siblings.count)
            if let package = host.line(path + "core_siblings_list") ?? host.line(path + "package_cpus_list") {
                packages.insert(package)
            }
        }
        if cores.isEmpty {
            // No topology in sysfs: x86 says it in cpuinfo too.
            guard !cpuInfo.cores.isEmpty else { return }
            result.cores = cpuInfo.cores.count
            result.sockets = Set(cpuInfo.cores.map(\.package)).count
            if let threads = result.threads { result.threadsPerCore = max(1, threads / cpuInfo.cores.count) }
            return
        }
        result.cores = cores.count
        if !packages.isEmpty { result.sockets = packages.count }
        result.threadsPerCore = threadsPerCore
    }

    /// The range of the hardware over all CPUs; what they run at now is no inventory.
    private func frequencies(_ cpu: inout HardwareV1.CPU) {
        var directories = host.names(Self.cpus + "/cpufreq").filter { $0.hasPrefix("policy") }
            .map { "\(Self.cpus)/cpufreq/\($0)" }
        if directories.isEmpty {
            directories = host.names(Self.cpus).filter { $0.hasPrefix("cpu") && Int($0.dropFirst(3)) != nil }
                .map { "\(Self.cpus)/\($0)/cpufreq" }
        }
        let slowest = directories.compactMap { host.integer($0 + "/cpuinfo_min_freq") }.filter { $0 > 0 }.min()
        let fastest = directories.compactMap { host.integer($0 + "/cpuinfo_max_freq") }.filter { $0 > 0 }.max()
        cpu.mhzMin = slowest.map { Double($0) / 1000 }
        cpu.mhzMax = fastest.map { Double($0) / 1000 }
    }

    private func vulnerabilities() -> [String: String]? {
        let path = Self.cpus + "/vulnerabilities"
        var result: [String: String] = [:]
        for name in host.names(path) {
            if let state = host.line("\(path)/\(name)") { result[name] = state }
        }
        return result.isEmpty ? nil : result
    }

    /// What the kernel can use, and the modules of SMBIOS.
    mutating func memory() {
        var memory = HardwareV1.Memory()
        if let bytes = findings.bytes(host, "/proc/meminfo", unknown: "/memory", limit: 65_536) {
            let parsed = MemInfo.parse(bytes)
            memory.totalBytes = parsed.value.total.map(WireInteger.size)
            if parsed.value.total == nil {
                findings.malformed("/proc/meminfo", "no MemTotal in it", unknown: "/memory/total_bytes")
            }
        }
        if containerManager == nil { memory.dimms = dimms() }
        if memory != HardwareV1.Memory() { payload.memory = memory }
    }

    /// The modules of the firmware's tables: only root may read them, unless systemd or the root oneshot hands them on.
    private mutating func dimms() -> [HardwareV1.DIMM]? {
        let pointer = "/memory/dimms"
        let path = SMBIOS.path
        let bytes: [UInt8]
        // Shorter than an empty table: the unit's default, where nothing was there to hand over.
        if let handed = try? credentials?.bytes("dmi_table", limit: 1 << 20), handed.count > 4 {
            bytes = handed
        } else {
            do { bytes = try host.bytes(path, limit: 1 << 20) } catch {
                if let inspection, inspection.knows(.dimms) { return inspection.dimms(serials: settings.serials) }
                findings.add(error, unknown: pointer)
                return nil
            }
        }
        let table = SMBIOS.parse(bytes)
        if let offset = table.faultOffset {
            findings.malformed(path, "damaged from byte \(offset) of \(bytes.count)", unknown: pointer)
        }
        return table.dimms(serials: settings.serials).nonEmpty
    }
}

extension Inspection {
    fileprivate func dimms(serials: Bool) -> [HardwareV1.DIMM]? {
        dimms?.map { dimm in
            var dimm = dimm
            if !serials { dimm.serial = nil }
            return dimm
        }
    }
}
