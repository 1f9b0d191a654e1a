/// The whole list of what this agent ever executes. Nothing here changes the system, takes a lock or uses the network.
enum AuditedCommand: Sendable, Equatable {
    /// `apt-get -s`: what APT would do, told by its own resolver.
    case aptSimulate(APTPlan, cache: String?)
    /// `apt-cache policy` without names: the package files and their priorities.
    case aptSources(cache: String?)
    /// `apt-cache policy` of these packages: installed, candidate, all versions with their sources.
    case aptPolicy([String], cache: String?)
    /// `apt-get -s install` of `name=version` each: why APT does not install what it keeps back.
    case aptInstall([String], cache: String?)
    /// `apt-cache show` of `name:architecture=version` each, for sizes and dependencies.
    case aptShow([String], cache: String?)
    /// `systemctl list-units --failed`: asks the service manager over its bus.
    case failedUnits

    // Only by the root oneshot (`vigie-agent inspect`): they read devices.

    /// `smartctl -j`: what a disk says of its health; leaves one that sleeps alone.
    case diskHealth(DiskCandidate)
    /// `vgs`: sizes of volume groups, from the disks' metadata, without a lock.
    case volumeGroups
    /// `lvs`: sizes of logical volumes, likewise.
    case logicalVolumes
    /// `zpool list`: sizes and states of the imported pools.
    case zfsPools
    /// `ipmitool lan print`: the network address of the management controller.
    case managementAddress

    var executable: String {
        switch self {
        case .aptSimulate, .aptInstall: "/usr/bin/apt-get"
        case .aptSources, .aptPolicy, .aptShow: "/usr/bin/apt-cache"
        case .failedUnits: "/usr/bin/systemctl"
        case .diskHealth: "/usr/sbin/smartctl"
        case .volumeGroups: "/usr/sbin/vgs"
        case .logicalVolumes: "/usr/sbin/lvs"
        case .zfsPools: "/usr/sbin/zpool"
        case .managementAddress: "/usr/bin/ipmitool"
        }
    }

    var arguments: [String] {
        switch self {
        case .aptSimulate(let plan, let cache):
            ["-s"] + Self.options(cache) + ["-o", "APT::Get::HideAutoRemove=false"] + plan.arguments
        case .aptInstall(let versions, let cache): ["-s"] + Self.options(cache) + ["install", "--"] + versions
        case .aptSources(let cache): Self.options(cache) + ["policy"]
        case .aptPolicy(let names, let cache): Self.options(cache) + ["policy", "--"] + names
        case .aptShow(let names, let cache): Self.options(cache) + ["show", "--no-all-versions", "--"] + names
        case .failedUnits: ["list-units", "--failed", "--plain", "--no-legend", "--no-pager", "--full"]
        case .diskHealth(let disk):
            ["-j", "-n", "standby,\(Inspector.standbyStatus)", "-i", "-H", "-A"]
                + (disk.type.map { ["-d", $0] } ?? []) + ["/dev/\(disk.name)"]
        case .volumeGroups: Self.lvm("vg_name,vg_size,vg_free")
        case .logicalVolumes: Self.lvm("vg_name,lv_name,lv_size")
        case .zfsPools: ["list", "-Hp", "-o", "name,size,free,health"]
        case .managementAddress: ["lan", "print"]
        }
    }

    /// For people: the executable and what it is asked, without the options that are always the same.
    var summary: String {
        switch self {
        case .aptSimulate(let plan, _): "apt-get -s " + plan.arguments.joined(separator: " ")
        case .aptInstall: "apt-get -s install"
        case .aptSources, .aptPolicy: "apt-cache policy"
        case .aptShow: "apt-cache show"
        case .failedUnits: "systemctl list-units --failed"
        case .diskHealth(let disk): "smartctl -j /dev/\(disk.name)"
        case .volumeGroups: "vgs"
        case .logicalVolumes: "lvs"
        case .zfsPools: "zpool list"
        case .managementAddress: "ipmitool lan print"
        }
    }

    /// Seconds after which it is killed. A Raspberry Pi takes about ten for a simulation.
    var deadlineSeconds: Double {
        switch self {
        case .aptSimulate, .aptInstall: 120
        case .aptSources, .aptPolicy, .aptShow: 60
        case .failedUnits: 5
        // A disk that retries bad sectors may take that long.
        case .diskHealth: 20
        case .volumeGroups, .logicalVolumes, .zfsPools: 20
        case .managementAddress: 30
        }
    }

    /// `--readonly` takes no lock, writes nothing and does not talk to device-mapper (lvm(8)).
    private static func lvm(_ columns: String) -> [String] {
        ["--readonly", "--reportformat", "json", "--units", "b", "--nosuffix", "-o", columns]
    }

    /// Without a lock, because a lock of ours would stop the administrator's apt; and with a package cache of our own,
    /// because an unprivileged apt cannot keep the system's and would build it anew on each call.
    private static func options(_ cache: String?) -> [String] {
        let always = ["-q", "-o", "Debug::NoLocking=1"]
        guard let cache else { return always }
        return always + [
            "-o", "Dir::Cache=\(cache)", "-o", "Dir::Cache::pkgcache=pkgcache.bin",
            "-o", "Dir::Cache::srcpkgcache=srcpkgcache.bin",
        ]
    }
}

/// What `apt-get -s` is asked about.
enum APTPlan: String, Sendable, CaseIterable {
    case upgrade
    case upgradeWithNew
    case fullUpgrade
    case autoremove

    var arguments: [String] {
        switch self {
        case .upgrade: ["upgrade"]
        case .upgradeWithNew: ["upgrade", "--with-new-pkgs"]
        case .fullUpgrade: ["full-upgrade"]
        case .autoremove: ["autoremove"]
        }
    }
}

/// Runs audited commands; recorded answers take the runner's place in tests.
protocol CommandRunning: Sendable {
    func run(_ command: AuditedCommand) async -> CommandResult
}

/// How a command ended and what it said.
struct CommandResult: Sendable {
    enum End: Sendable, Equatable {
        case exited(Int32)
        case signaled(Int32)
        case timedOut(seconds: Double)
        case tooMuchOutput(limit: Int)
        case notStarted(errno: Int32)
    }

    var end: End
    var output: [UInt8] = []
    var errorOutput: [UInt8] = []
    /// User and system time of the command and the children that it waited for.
    var cpuSeconds = 0.0

    /// Invalid UTF-8 and NUL become U+FFFD.
    var text: String { Self.text(output) }
    var errorText: String { Self.text(errorOutput) }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
    }
}
