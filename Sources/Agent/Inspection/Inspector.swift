import Contracts
import Glibc

/// Looks, as root, at what only root may read. Each section fails by itself; nothing is changed, woken or locked.
///
/// Output of other programs and firmware's tables are parsed here by the same pure parsers as the agent's, and only the
/// contract's values go into the file: SMBIOS, for one, may hold other people's secrets (OEM strings).
struct Inspector: Sendable {
    let host: Host
    let settings: CollectionSettings
    let commands: any CommandRunning

    /// - Parameter earlier: what a disk that sleeps is as it was in.
    func inspect(earlier: Inspection?, now: Timestamp) async -> Inspection {
        var inspection = Inspection(inspectedAt: now, uptimeSeconds: InspectionFile.uptimeSeconds(host) ?? 0)
        // A container's hardware is its host's.
        if host.containerManager == nil {
            firmware(&inspection)
            await disks(&inspection, earlier: earlier)
            await managementController(&inspection)
            await volumeGroups(&inspection, earlier: earlier)
            await zfsPools(&inspection)
        }
        services(&inspection)
        inspection.problems = Array(inspection.problems.prefix(50))
        return inspection
    }

    /// Serial number and memory modules.
    private func firmware(_ inspection: inout Inspection) {
        let serial = "/sys/class/dmi/id/product_serial"
        let table = SMBIOS.path
        if settings.serials {
            do {
                inspection.serial = try host.attribute(serial).flatMap(DMIText.meaningful)
            } catch { inspection.fail(.serial, error.problem()) }
        }
        do {
            let parsed = SMBIOS.parse(try host.bytes(table, limit: 1 << 20))
            if parsed.faultOffset != nil {
                inspection.fail(
                    .dimms,
                    Problem(code: "malformed", severity: "warning", source: table, message: "the table is damaged"))
            }
            inspection.dimms = parsed.dimms(serials: settings.serials).nonEmpty
            inspection.serial = inspection.serial ?? (settings.serials ? parsed.systemSerial : nil)
        } catch {
            if !error.isAbsence { inspection.fail(.dimms, error.problem()) }
        }
    }

    /// The controller's address. By ipmitool and not by IPMI commands of our own: which channel is the network one, and
    /// how vendors deviate, is its knowledge.
    private func managementController(_ inspection: inout Inspection) async {
        guard host.exists("/dev/ipmi0") || host.exists("/dev/ipmi/0") else { return }
        let result = await commands.run(.managementAddress)
        if case .exited(0) = result.end {
            inspection.bmcAddress = IPMILan.address(result.text)
        } else {
            inspection.fail(.bmc, result.problem(.managementAddress, package: "ipmitool"))
        }
    }

    private func zfsPools(_ inspection: inout Inspection) async {
        let imported = host.names("/proc/spl/kstat/zfs").contains { host.exists("/proc/spl/kstat/zfs/\($0)/state") }
        guard imported else { return }
        let result = await commands.run(.zfsPools)
        if case .exited(0) = result.end, let pools = ZpoolList.parse(result.text) {
            inspection.zfsPools = pools.nonEmpty
        } else {
            inspection.fail(.zfsPools, result.problem(.zfsPools, package: "zfsutils-linux"))
        }
    }
}

/// In place of a runner where the machine that is looked at is not the one that programs would speak of.
struct NoCommands: CommandRunning {
    func run(_ command: AuditedCommand) async -> CommandResult { CommandResult(end: .notStarted(errno: ENOTSUP)) }
}

extension CommandResult {
    /// Why a command gave no answer, and what to do about it.
    func problem(_ command: AuditedCommand, package: String) -> Problem {
        let (code, why): (String, String) =
            switch end {
            case .notStarted(errno: ENOENT):
                ("not_installed", "\(command.executable) is not installed: apt install \(package)")
            case .notStarted(let code):
                ("command_failed", "\(command.summary) cannot be started: \(String(cString: strerror(code)))")
            case .timedOut(let seconds): ("timed_out", "\(command.summary) was ended after \(Int(seconds)) s")
            case .tooMuchOutput: ("too_large", "\(command.summary) says too much")
            case .signaled(let number): ("command_failed", "\(command.summary) ended by signal \(number)")
            case .exited(let status): ("command_failed", "\(command.summary) failed with status \(status)\(firstWords)")
            }
        return Problem(
            code: code, severity: code == "not_installed" ? "info" : "warning", source: command.summary, message: why)
    }

    private var firstWords: String {
        let line = errorText.split(separator: "\n").first { !$0.hasPrefix("File descriptor ") }
        return line.map { ": " + $0.trimmed.prefix(200) } ?? ""
    }
}
