import Contracts
import Glibc

extension Inspector {
    /// A process of a browser or a Java machine maps some 10,000 regions of 100 bytes.
    private static let mapsLimit = 32 << 20
    private static let serviceLimit = 500
    private static let fileLimit = 32

    /// Services and sessions whose processes run programs or libraries that an upgrade has replaced.
    func services(_ inspection: inout Inspection) {
        var found: [String: APTV1.ServiceToRestart] = [:]
        var (read, refused) = (0, 0)
        for process in host.names("/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let maps: [UInt8]
            do { maps = try host.bytes("/proc/\(process)/maps", limit: Self.mapsLimit) } catch {
                // Most that cannot be read have ended in the meantime (ESRCH).
                if error.errno == EPERM || error.errno == EACCES { refused += 1 }
                continue
            }
            read += 1
            let files = ProcessMaps.deletedFiles(maps)
            guard !files.isEmpty, let name = owner(process) else { continue }
            var service = found[name] ?? APTV1.ServiceToRestart(service: name, processes: 0)
            service.processes += 1
            service.files = Array(Set(service.files ?? []).union(files).sorted().prefix(Self.fileLimit))
            if found.count < Self.serviceLimit || found[name] != nil { found[name] = service }
        }
        if refused > 0 {
            let problem = Problem(
                code: "permission_denied", severity: refused < read ? "info" : "warning", source: "/proc/PID/maps",
                message: "the maps of \(refused) of \(read + refused) processes are closed even to vigie-agent inspect")
            // A few belong to somebody who shuts root out, too; all of them: CAP_SYS_PTRACE is missing.
            guard refused < read else {
                inspection.fail(.services, problem)
                return
            }
            inspection.problems.append(problem)
        }
        inspection.servicesToRestart = found.values.sorted { $0.service < $1.service }
    }

    /// Nil for a process of a container.
    private func owner(_ process: String) -> String? {
        let groups = (try? host.bytes("/proc/\(process)/cgroup", limit: 65_536)) ?? []
        switch ProcessUnit.parse(groups) {
        case .unit(let name): return name
        case .container: return nil
        case .none: return host.line("/proc/\(process)/comm") ?? "process \(process)"
        }
    }
}
