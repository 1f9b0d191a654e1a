import Contracts
import Glibc

extension MetricsReading {
    /// Mounted file systems, each device once. Only the running system can be asked how full they are.
    mutating func filesystems(_ probe: FilesystemProbe, deadline: Duration) async {
        let (path, bytes) = MountTable.read(host, &findings, unknown: "/filesystems")
        guard let bytes else { return }
        let parsed = Mount.parse(bytes, passingOver: MountTable.isPseudo)
        findings.add(parsed.faults, in: path, unknown: "/filesystems")
        let mounts = MountTable.onePerDevice(MountTable.visible(parsed.value))
        guard !mounts.isEmpty else { return }
        guard host.isLive else {
            findings.unknown("/filesystems")
            return
        }
        let (groups, order) = Self.groups(mounts)
        let answers = await probe.ask(groups: groups, deadline: deadline)
        payload.filesystems =
            mounts.indices.compactMap { index in
                let (group, position) = order[index]
                return filesystem(mounts[index], answers[group][position])
            }.nonEmpty
    }

    /// Local ones are asked one after the other on one thread, each served one on a thread of its own: one server that
    /// is gone says nothing about another.
    private static func groups(_ mounts: [Mount]) -> (groups: [[String]], order: [(Int, Int)]) {
        var groups: [[String]] = [[]]
        var order: [(Int, Int)] = []
        for mount in mounts {
            if MountTable.isRemote(mount.type) {
                order.append((groups.count, 0))
                groups.append([mount.mountPoint])
            } else {
                order.append((0, groups[0].count))
                groups[0].append(mount.mountPoint)
            }
        }
        return (groups, order)
    }

    private mutating func filesystem(_ mount: Mount, _ answer: FilesystemProbe.Answer) -> MetricsV1.Filesystem? {
        switch answer {
        case .sizes(let sizes):
            // What has no blocks holds no data: a pseudo file system that is not known by its name.
            return sizes.totalBytes == 0 ? nil : Self.filesystem(mount, sizes)
        case .failed(let code):
            findings.add(ReadFailure(path: mount.mountPoint, errno: code), unknown: "/filesystems")
            return nil
        case .timedOut:
            findings.unknown("/filesystems")
            findings.add(
                Problem(
                    code: "timed_out", severity: "warning", source: mount.mountPoint,
                    message: "the file system \(mount.source) (\(mount.type)) does not answer"))
            return nil
        }
    }

    static func filesystem(_ mount: Mount, _ sizes: FilesystemProbe.Sizes) -> MetricsV1.Filesystem {
        let used = sizes.totalBytes > sizes.freeBytes ? sizes.totalBytes - sizes.freeBytes : 0
        var result = MetricsV1.Filesystem(
            mountPoint: mount.mountPoint, device: mount.source, type: mount.type,
            totalBytes: WireInteger.size(sizes.totalBytes), usedBytes: WireInteger.size(used),
            availableBytes: WireInteger.size(sizes.availableBytes), readOnly: mount.readOnly)
        // Blocks that are kept for root are neither used nor available.
        result.usedPercent = Percent(result.usedBytes, of: result.usedBytes + result.availableBytes)
        if sizes.inodesTotal > 0, sizes.inodesFree <= sizes.inodesTotal {
            result.inodesTotal = WireInteger.size(sizes.inodesTotal)
            result.inodesUsed = WireInteger.size(sizes.inodesTotal - sizes.inodesFree)
            result.inodesAvailable = WireInteger.size(sizes.inodesAvailable)
            result.inodesUsedPercent = Percent(
                WireInteger.size(sizes.inodesTotal - sizes.inodesFree), of: WireInteger.size(sizes.inodesTotal))
        }
        return result
    }
}
