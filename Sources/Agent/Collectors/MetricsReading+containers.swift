import Contracts
import Glibc

extension MetricsReading {
    private static let groups = "/sys/fs/cgroup"

    /// Containers of any engine by their control groups, v2 or v1, below systemd's slices or not.
    mutating func containers() {
        var containers: [MetricsV1.Container] = []
        for place in ContainerGroups.find(host) {
            guard var container = place.isUnified ? unified(place) : legacy(place) else { continue }
            if let used = sample.containers[place.id], let rate = rate(used, earlier?.containers[place.id]) {
                // Nanoseconds of CPU a second; 1e9 are one whole CPU.
                container.cpuPercent = (rate / 1e7 * 100).rounded() / 100
            }
            network(place, &container)
            containers.append(container)
        }
        payload.containers = containers.sorted { $0.id < $1.id }.nonEmpty
    }

    private mutating func unified(_ place: ContainerGroups.Place) -> MetricsV1.Container? {
        let path = "\(place.base)/\(place.path)/"
        guard let cpu = try? host.bytes(path + "cpu.stat", limit: 65_536) else { return nil }
        // An engine that was killed leaves the groups of what it ran.
        let events = try? host.bytes(path + "cgroup.events", limit: 4096)
        if let events, ContainerCgroup.value("populated", in: events) == 0 { return nil }
        var container = MetricsV1.Container(id: place.id)
        if let microseconds = ContainerCgroup.value("usage_usec", in: cpu) {
            sample.containers[place.id] = microseconds &* 1000
        }
        if let current = number(path + "memory.current") {
            let statistics = try? host.bytes(path + "memory.stat", limit: 65_536)
            container.memoryUsedBytes = used(current, inactive: statistics, name: "inactive_file")
            container.memoryLimitBytes = number(path + "memory.max").flatMap(limit)
        }
        if let io = try? host.bytes(path + "io.stat", limit: 1 << 20) { count(ContainerCgroup.ioStat(io), &container) }
        return container
    }

    private mutating func legacy(_ place: ContainerGroups.Place) -> MetricsV1.Container? {
        var container = MetricsV1.Container(id: place.id)
        let memory = "\(place.base)/\(place.path)/"
        // v1 does not say whether groups below are populated: without any, no process here is none at all.
        if let processes = try? host.bytes(memory + "cgroup.procs", limit: 1 << 20), processes.isEmpty,
            (try? host.status(memory).st_nlink).map({ $0 <= 2 }) == true
        {
            return nil
        }
        if let current = number(memory + "memory.usage_in_bytes") {
            let statistics = try? host.bytes(memory + "memory.stat", limit: 65_536)
            container.memoryUsedBytes = used(current, inactive: statistics, name: "total_inactive_file")
            container.memoryLimitBytes = number(memory + "memory.limit_in_bytes").flatMap(limit)
        }
        if let bytes = legacyFile("cpuacct", "cpuacct.usage", place) {
            sample.containers[place.id] = ContainerCgroup.number(bytes)
        }
        if let bytes = legacyFile("blkio", "blkio.throttle.io_service_bytes", place) {
            count(ContainerCgroup.blkio(bytes), &container)
        }
        return container
    }

    /// A file of another controller's hierarchy, where the group usually has the same path; else where the container's
    /// first process says that it is.
    private func legacyFile(_ controller: String, _ file: String, _ place: ContainerGroups.Place) -> [UInt8]? {
        let mountPoints = [controller, "cpu,cpuacct"].map { "\(Self.groups)/\($0)" }
        for mountPoint in mountPoints {
            if let bytes = try? host.bytes("\(mountPoint)/\(place.path)/\(file)", limit: 1 << 20) { return bytes }
        }
        guard let process = firstProcess(place),
            let groups = try? host.bytes("/proc/\(process)/cgroup", limit: 65_536),
            let path = ContainerCgroup.path(of: controller, in: groups)
        else { return nil }
        for mountPoint in mountPoints {
            if let bytes = try? host.bytes("\(mountPoint)\(path)/\(file)", limit: 1 << 20) { return bytes }
        }
        return nil
    }

    private func firstProcess(_ place: ContainerGroups.Place) -> UInt64? {
        guard let processes = try? host.bytes("\(place.base)/\(place.path)/cgroup.procs", limit: 1 << 20) else {
            return nil
        }
        return ContainerCgroup.number(processes).flatMap { $0 > 0 ? $0 : nil }
    }

    private func number(_ path: String) -> UInt64? {
        (try? host.bytes(path, limit: 4096)).flatMap(ContainerCgroup.number)
    }

    /// As `docker stats` counts: without the page cache that could be dropped at once.
    private func used(_ current: UInt64, inactive statistics: [UInt8]?, name: StaticString) -> Int {
        let inactive = statistics.flatMap { ContainerCgroup.value(name, in: $0) } ?? 0
        return WireInteger.size(current > inactive ? current - inactive : current)
    }

    /// v1 says "no limit" as the largest number of whole pages.
    private func limit(_ bytes: UInt64) -> Int? { bytes >= 1 << 62 ? nil : WireInteger.size(bytes) }

    private func count(_ io: ContainerCgroup.IO, _ container: inout MetricsV1.Container) {
        container.readBytesTotal = WireInteger.counter(io.readBytes)
        container.writtenBytesTotal = WireInteger.counter(io.writtenBytes)
    }

    /// What the first process of the container sees of its network. A container in the host's network has no traffic of
    /// its own: it sees the host's interfaces.
    private func network(_ place: ContainerGroups.Place, _ container: inout MetricsV1.Container) {
        guard let process = firstProcess(place),
            let bytes = try? host.bytes("/proc/\(process)/net/dev", limit: 1 << 20)
        else { return }
        let all = NetDev.parse(bytes) { !$0.equals("lo") }.value
        let hosts = Set(sample.interfaces.map(\.name))
        guard !all.isEmpty, !hosts.isSubset(of: Set(all.map(\.name))) else { return }
        container.receivedBytesTotal = WireInteger.counter(all.reduce(0) { $0 &+ $1.receivedBytes })
        container.transmittedBytesTotal = WireInteger.counter(all.reduce(0) { $0 &+ $1.transmittedBytes })
    }
}

/// Where the control groups of containers are.
enum ContainerGroups {
    struct Place: Equatable, Sendable {
        var id: String
        /// The hierarchy's mount point, and the group's path in it.
        var base: String
        var path: String
        var isUnified: Bool
    }

    /// More groups than any machine has: an end for what loops or overflows.
    private static let limit = 4096

    static func find(_ host: Host) -> [Place] {
        let root = "/sys/fs/cgroup"
        let isUnified = host.exists(root + "/cgroup.controllers")
        let base = isUnified ? root : root + "/memory"
        var places: [Place] = []
        var waiting = [""]
        var looked = 0
        while let path = waiting.popLast(), looked < limit {
            looked += 1
            let directory = path.isEmpty ? base : "\(base)/\(path)"
            // A group without groups below it has two links: most of them, and no use in reading their many files.
            guard let links = try? host.status(directory).st_nlink, links != 2 || path.isEmpty else { continue }
            try? host.forEachEntry(directory) { name, isDirectory in
                guard isDirectory else { return }
                let below =
                    path.isEmpty
                    ? String(decoding: name, as: UTF8.self)
                    : "\(path)/\(String(decoding: name, as: UTF8.self))"
                if let id = ContainerCgroup.id(inName: name) {
                    places.append(Place(id: id, base: base, path: below, isUnified: isUnified))
                } else if below.utf8.count < 1024 {
                    waiting.append(below)
                }
            }
        }
        return places.reduce(into: []) { result, place in
            if !result.contains(where: { $0.id == place.id }) { result.append(place) }
        }
    }
}
