import Contracts

extension HardwareSurvey {
    /// Whole disks of `/sys/block` with partitions and where they are mounted.
    mutating func disks() {
        guard let names = names("/sys/block", unknown: "/disks") else { return }
        let mounts = MountedDevices(mounts(), host: host)
        payload.disks = BlockDevice.onePath(names, host).compactMap { disk($0, mounts) }.nonEmpty
        health()
    }

    private mutating func mounts() -> [Mount] {
        let (path, bytes) = MountTable.read(host, &findings, unknown: "/disks")
        guard let bytes else { return [] }
        let parsed = Mount.parse(bytes, passingOver: MountTable.isPseudo)
        findings.add(parsed.faults, in: path, unknown: nil)
        return MountTable.visible(parsed.value)
    }

    private mutating func disk(_ name: String, _ mounts: MountedDevices) -> HardwareV1.Disk? {
        let path = "/sys/block/\(name)"
        guard BlockDevice.isDisk(name), host.line(path + "/hidden") != "1", let size = size(path), size > 0 else {
            return nil
        }
        let udev = BlockDevice.udev(host, path)
        var disk = HardwareV1.Disk(name: name, sizeBytes: size)
        disk.model =
            (host.line(path + "/device/model") ?? udev["ID_MODEL"]
            ?? (name.hasPrefix("mmcblk") ? host.line(path + "/device/name") : nil)).flatMap(BlockDevice.collapsed)
        if settings.serials { disk.serial = BlockDevice.serial(host, path, udev) }
        disk.wwn = wwn(path) ?? udev["ID_WWN_WITH_EXTENSION"] ?? udev["ID_WWN"]
        disk.rotational = host.line(path + "/queue/rotational").map { $0 == "1" }
        disk.transport = BlockDevice.transport(host, path)
        disk.removable = host.line(path + "/removable").map { $0 == "1" }
        disk.firmware =
            host.line(path + "/device/firmware_rev") ?? host.line(path + "/device/rev")
            ?? (name.hasPrefix("mmcblk") ? host.line(path + "/device/fwrev") : nil)
        disk.partitions = partitions(path, mounts)
        disk.mountPoints = mounts.points(of: path)
        return disk
    }

    /// The kernel counts in sectors of 512 bytes whatever the disk's own are.
    private mutating func size(_ path: String) -> Int? {
        guard let text = attribute(path + "/size", unknown: "/disks") else { return nil }
        guard let sectors = UInt64(text), sectors < 1 << 44 else {
            findings.malformed(path + "/size", "not a number of sectors", unknown: "/disks")
            return nil
        }
        return Int(sectors) * 512
    }

    private mutating func partitions(_ path: String, _ mounts: MountedDevices) -> [HardwareV1.Partition]? {
        let disk = path.split(separator: "/").last.map(String.init) ?? ""
        var partitions: [(number: Int, value: HardwareV1.Partition)] = []
        for name in host.names(path) where name.hasPrefix(disk) && name != disk {
            let partition = "\(path)/\(name)"
            guard let number = host.integer(partition + "/partition"), let size = size(partition) else { continue }
            var value = HardwareV1.Partition(name: name, sizeBytes: size)
            value.mountPoints = mounts.points(of: partition)
            partitions.append((number, value))
        }
        return partitions.sorted { $0.number < $1.number }.map(\.value).nonEmpty
    }

    /// As lsblk(8) prints it: `0x` and the number for NAA names, `eui.` and `nvme.` as they are.
    private func wwn(_ path: String) -> String? {
        guard let id = host.line(path + "/wwid") ?? host.line(path + "/device/wwid") else { return nil }
        if id.hasPrefix("naa.") { return "0x" + id.dropFirst(4) }
        return id.hasPrefix("eui.") || id.hasPrefix("nvme.") || id.hasPrefix("uuid.") ? id : nil
    }
}
