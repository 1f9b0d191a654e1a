import Contracts
import Glibc

extension Inspector {
    /// More than any chassis has; each takes a moment, and a broken one up to its deadline.
    private static let diskLimit = 256
    /// The exit status that smartctl is told to give for a disk in standby: none that it has otherwise (smartctl(8)).
    static let standbyStatus: Int32 = 3

    /// SMART of every disk that has it, one after the other, without waking any.
    func disks(_ inspection: inout Inspection, earlier: Inspection?) async {
        let disks = DiskCandidate.find(host).prefix(Self.diskLimit)
        var found: [Inspection.DiskHealth] = []
        for disk in disks {
            let before = earlier?.disks?.first { $0.name == disk.name && $0.serial == disk.serial }
            if disk.isSuspended {
                found.append(asleep(disk, before))
                continue
            }
            let command = AuditedCommand.diskHealth(disk)
            let result = await commands.run(command)
            if case .notStarted(errno: ENOENT) = result.end {
                // Not installed: true of all of them.
                inspection.problems.append(result.problem(command, package: "smartmontools"))
                found = disks.map { .init(name: $0.name, serial: $0.serial, outcome: "failed") }
                break
            }
            let (health, problem) = read(disk, command, result, before)
            found.append(health)
            if let problem { inspection.problems.append(problem) }
        }
        inspection.disks = found.nonEmpty
    }

    private func read(
        _ disk: DiskCandidate, _ command: AuditedCommand, _ result: CommandResult, _ before: Inspection.DiskHealth?
    ) -> (Inspection.DiskHealth, Problem?) {
        var health = Inspection.DiskHealth(name: disk.name, serial: disk.serial, outcome: "failed")
        guard case .exited(let status) = result.end else {
            return (health, result.problem(command, package: "smartmontools"))
        }
        if status == Self.standbyStatus { return (asleep(disk, before), nil) }
        guard let report = SmartctlReport.parse(result.output) else {
            return (health, result.problem(command, package: "smartmontools"))
        }
        health.celsius = report.celsius
        health.smart = report.smart
        // Bit 0: it does not know how to talk to such a device. The bits above 2 are verdicts, not failures.
        if report.smart != nil {
            health.outcome = "read"
        } else if report.isUnsupported || status & 1 != 0 || status & 6 == 0 {
            health.outcome = "unsupported"
        } else {
            let why = report.message.map { ": \($0)" } ?? " with status \(status)"
            return (
                health,
                Problem(
                    code: "command_failed", severity: "warning", source: command.summary,
                    message: "\(command.summary) failed\(why)")
            )
        }
        return (health, nil)
    }

    /// A disk that sleeps is as it was when it was awake.
    private func asleep(_ disk: DiskCandidate, _ before: Inspection.DiskHealth?) -> Inspection.DiskHealth {
        Inspection.DiskHealth(name: disk.name, serial: disk.serial, smart: before?.smart, outcome: "asleep")
    }
}

/// A disk that may have SMART.
struct DiskCandidate: Equatable, Sendable {
    /// The kernel's name; nothing but letters and digits, so that it is safe in a path and an argument.
    var name: String
    /// How smartctl is to talk to it, so that it need not try, which might wake it; nil: it finds out.
    var type: String?
    var serial: String?
    /// The kernel has put the device to sleep: opening it would wake it.
    var isSuspended = false

    /// By transport; virtual disks have no health of their own.
    static func find(_ host: Host) -> [DiskCandidate] {
        BlockDevice.onePath(host.names("/sys/block"), host).compactMap { name in
            let path = "/sys/block/\(name)"
            guard BlockDevice.isDisk(name), host.line(path + "/hidden") != "1",
                (host.integer(path + "/size") ?? 0) > 0,
                name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }),
                let transport = BlockDevice.transport(host, path)
            else { return nil }
            var disk = DiskCandidate(name: name)
            switch transport {
            case "nvme": disk.type = "nvme"
            case "sata": disk.type = "sat"
            case "sas": disk.type = "scsi"
            case "scsi", "usb": break
            default: return nil
            }
            disk.serial = BlockDevice.serial(host, path)
            disk.isSuspended = host.line(path + "/device/power/runtime_status") == "suspended"
            return disk
        }
    }
}
