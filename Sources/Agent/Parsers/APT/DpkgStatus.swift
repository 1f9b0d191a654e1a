/// dpkg's database of packages, `/var/lib/dpkg/status`: dpkg-query(1) and lib/dpkg/parse.c.
struct DpkgStatus {
    struct Package: Equatable {
        var name: String
        /// As in the file; `all` for packages that fit every architecture.
        var architecture: String
        var version: String
        var source: String?
        /// The third word of `Status`: `installed`, `half-configured`, `config-files`, …
        var state: String
        /// The first word of `Status`: `install`, `hold`, `deinstall`, `purge`.
        var selection: String
        /// The second word of `Status`: dpkg asks for a reinstallation.
        var needsReinstallation: Bool
        var installedSizeBytes: Int?
        var essential = false
        /// Names of the packages whose triggers it awaits, or of its own pending triggers.
        var triggers: [String] = []

        var isHeld: Bool { selection == "hold" }

        /// Whether dpkg counts it as on the system, in whatever state.
        var isPresent: Bool { state != "not-installed" && state != "config-files" }
    }

    /// Something in the file that is not as dpkg writes it.
    struct Defect: Equatable {
        var line: Int
        var reason: String
    }

    var packages: [Package] = []
    var defects: [Defect] = []
    /// The file ends in the middle of a line or of a paragraph: what it says is not the whole.
    var isTruncated = false

    init(_ bytes: [UInt8]) {
        packages.reserveCapacity(bytes.count / 900)
        let malformed = Deb822.forEach(in: bytes) { stanza in
            guard let package = Self.package(stanza, defects: &defects) else { return true }
            packages.append(package)
            return true
        }
        for line in malformed.prefix(Self.defectLimit) {
            defects.append(Defect(line: line.line, reason: "is neither field nor continuation"))
        }
        isTruncated = bytes.last != 0x0A
        if isTruncated { defects.append(Defect(line: lines(of: bytes), reason: "ends in the middle of a line")) }
    }

    /// Defects above this many say nothing new.
    static let defectLimit = 20

    private static func package(_ stanza: Deb822.Stanza, defects: inout [Defect]) -> Package? {
        func refuse(_ reason: String) -> Package? {
            if defects.count < defectLimit { defects.append(Defect(line: stanza.line, reason: reason)) }
            return nil
        }
        guard let name = stanza["Package"], isName(name) else { return refuse("has no valid package name") }
        let status = stanza.words("Status")
        guard status.count == 3 else { return refuse("has no valid status for \(name)") }
        var package = Package(
            name: name, architecture: stanza["Architecture"] ?? "", version: stanza["Version"] ?? "",
            state: status[2], selection: status[0], needsReinstallation: status[1] == "reinstreq")
        guard package.isPresent else { return package }
        guard !package.version.isEmpty, !package.architecture.isEmpty else {
            return refuse("has no version or architecture for \(name)")
        }
        // `Source: glibc (2.36-9)` names a version too where it differs.
        package.source = stanza.words("Source").first
        package.installedSizeBytes = stanza["Installed-Size"].flatMap { Int($0) }.flatMap { size in
            let (bytes, overflow) = size.multipliedReportingOverflow(by: 1024)
            return overflow || bytes < 0 || bytes > 1 << 50 ? nil : bytes
        }
        package.essential = stanza["Essential"] == "yes"
        if package.state == "triggers-awaited" { package.triggers = stanza.words("Triggers-Awaited") }
        if package.state == "triggers-pending" { package.triggers = stanza.words("Triggers-Pending") }
        return package
    }

    /// Policy 5.6.7: lower case letters, digits, `+ - .`; dpkg itself also lets upper case and `_` through.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 200 else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
    }

    private func lines(of bytes: [UInt8]) -> Int { bytes.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 } }
}

/// What APT installed as a dependency, `/var/lib/apt/extended_states`.
enum APTExtendedStates {
    /// `name:architecture` of every package with `Auto-Installed: 1`.
    static func automatic(_ bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        Deb822.forEach(in: bytes) { stanza in
            if stanza["Auto-Installed"] == "1", let name = stanza["Package"] {
                names.insert("\(name):\(stanza["Architecture"] ?? "")")
            }
            return true
        }
        return names
    }
}
