import Contracts
import Glibc

extension HardwareSurvey {
    /// os-release(5), `/etc/debian_version` and the running kernel.
    mutating func operatingSystem() {
        var release = OSRelease()
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            guard let text = findings.text(host, path, unknown: "/os", limit: 65_536) else { continue }
            let parsed = OSRelease.parse(text)
            findings.add(parsed.faults, in: path, unknown: nil)
            release = parsed.value
            break
        }
        let kernel = attribute("/proc/sys/kernel/osrelease", unknown: "/os/kernel")
        if release.fields.isEmpty, kernel == nil { return }
        // "linux" is what os-release(5) says stands for a missing ID.
        let id = release["ID"] ?? "linux"
        let likes = release["ID_LIKE"]?.words.map(String.init) ?? []
        var system = HardwareV1.OperatingSystem(
            family: id == "debian" || likes.contains("debian") ? "debian" : id, id: id, kernel: kernel ?? "unknown",
            architecture: architecture ?? "unknown")
        // A root file system that does not run has no kernel: it is not known, rather than none.
        if kernel == nil { findings.unknown("/os/kernel") }
        if architecture == nil { findings.unknown("/os/architecture") }
        system.name = release["NAME"] ?? release["PRETTY_NAME"]
        system.version = version(release)
        system.codename = release["VERSION_CODENAME"] ?? release["UBUNTU_CODENAME"]
        payload.os = system
    }

    /// Debian's point release stands in `/etc/debian_version` alone; on its testing releases that has no number.
    private func version(_ release: OSRelease) -> String? {
        let version = release["VERSION_ID"]
        if release["ID"] == "debian", let finer = host.line("/etc/debian_version"), let first = finer.utf8.first,
            first >= 0x30, first <= 0x39, finer.utf8.count < 32, version.map({ finer.hasPrefix($0) }) != false
        {
            return finer
        }
        return version
    }

    /// The kernel's machine name, as `uname -m`.
    var architecture: String? {
        if host.isLive {
            var name = utsname()
            if uname(&name) == 0 {
                return withUnsafeBytes(of: &name.machine) { String(cleaning: Array($0.prefix { $0 != 0 })[...]) }
            }
        }
        // Since Linux 6.1.
        if let name = host.line("/proc/sys/kernel/arch") { return name }
        if let architecture = cpuInfo.armArchitecture {
            return architecture >= 8 ? "aarch64" : architecture == 7 ? "armv7l" : "armv6l"
        }
        if let isa = cpuInfo.isa { return isa.hasPrefix("rv64") ? "riscv64" : "riscv32" }
        if cpuInfo.hasFlags { return cpuInfo.hasLongMode ? "x86_64" : "i686" }
        return nil
    }

    /// The link that localtime(5) asks for, or `/etc/timezone` of older Debian.
    mutating func timeZone() {
        if let target = host.link("/etc/localtime"), let range = target.firstRange(of: "zoneinfo/") {
            let name = target[range.upperBound...]
            let plain = ["posix/", "right/"].first { name.hasPrefix($0) }.map { name.dropFirst($0.count) } ?? name
            if !plain.isEmpty { payload.timeZone = String(plain.prefix(128)) }
        } else if let name = host.line("/etc/timezone"), name.utf8.count < 128, !name.contains("\n") {
            payload.timeZone = name
        }
    }

    /// `/etc/ssh/ssh_host_*_key.pub`: readable for everyone, as sshd-keygen leaves them.
    mutating func hostKeys() {
        guard let names = names("/etc/ssh", unknown: "/ssh_host_keys") else { return }
        var keys: [HardwareV1.SSHHostKey] = []
        for name in names where name.hasPrefix("ssh_host_") && name.hasSuffix(".pub") {
            let path = "/etc/ssh/" + name
            guard let text = findings.text(host, path, unknown: "/ssh_host_keys", limit: 65_536) else { continue }
            if let key = SSHPublicKey.parse(text) {
                if !keys.contains(key) { keys.append(key) }
            } else {
                findings.malformed(path, "not a public key of OpenSSH", unknown: "/ssh_host_keys")
            }
        }
        payload.sshHostKeys = keys.sorted { ($0.type, $0.fingerprint) < ($1.type, $1.fingerprint) }.nonEmpty
    }
}

extension String {
    /// Where the text stands first. (`range(of:)` is Foundation's.)
    fileprivate func firstRange(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
