import Contracts

extension HardwareSurvey {
    /// Whole disks of `/sys/block` with partitions and where they are mounted.
    mutating func disks() {
        guard let names = names("/sys/block", unknown: "/disks") else { return }
        let mounts = MountedDevices(mounts(), host: host)
        payload.disks = names.compactMap { disk($0, mounts) }.nonEmpty
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
        let udev =
            host.line(path + "/dev").flatMap { try? host.text("/run/udev/data/b\($0)", limit: 65_536) }
            .map(UdevRecord.properties) ?? [:]
        var disk = HardwareV1.Disk(name: name, sizeBytes: size)
        disk.model =
            (host.line(path + "/device/model") ?? udev["ID_MODEL"]
            ?? (name.hasPrefix("mmcblk") ? host.line(path + "/device/name") : nil)).flatMap(Self.collapsed)
        if settings.serials { disk.serial = serial(path, udev) }
        disk.wwn = wwn(path) ?? udev["ID_WWN_WITH_EXTENSION"] ?? udev["ID_WWN"]
        disk.rotational = host.line(path + "/queue/rotational").map { $0 == "1" }
        disk.transport = BlockDevice.transport(name, devicePath: host.link(path), isSAS: isSAS(path))
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

    private func serial(_ path: String, _ udev: [String: String]) -> String? {
        // NVMe and MMC; virtio has it beside the queue; SCSI in vital product data, which udev has read.
        let own = host.line(path + "/device/serial") ?? host.line(path + "/serial")
        let text = own ?? udev["ID_SERIAL_SHORT"] ?? udev["SCSI_IDENT_SERIAL"] ?? vitalProductSerial(path)
        return text.flatMap(Self.collapsed)
    }

    /// VPD page 0x80: four bytes of head, then the serial number (SPC-5, 7.7.19).
    private func vitalProductSerial(_ path: String) -> String? {
        guard let page = try? host.bytes(path + "/device/vpd_pg80", limit: 4096), page.count > 4, page[1] == 0x80 else {
            return nil
        }
        let text = String(cleaning: page[4...].prefix(Int(page[2]) << 8 | Int(page[3])))
        return text.isEmpty ? nil : text
    }

    /// As lsblk(8) prints it: `0x` and the number for NAA names, `eui.` and `nvme.` as they are.
    private func wwn(_ path: String) -> String? {
        guard let id = host.line(path + "/wwid") ?? host.line(path + "/device/wwid") else { return nil }
        if id.hasPrefix("naa.") { return "0x" + id.dropFirst(4) }
        return id.hasPrefix("eui.") || id.hasPrefix("nvme.") || id.hasPrefix("uuid.") ? id : nil
    }

    private func isSAS(_ path: String) -> Bool {
        host.exists(path + "/device/sas_address") || host.exists(path + "/device/sas_device_handle")
    }

    /// Words with single spaces between; nil where nothing is left.
    private static func collapsed(_ text: String) -> String? {
        let result = text.words.joined(separator: " ")
        return result.isEmpty || result.utf8.count > 256 ? nil : result
    }
}

/// Block devices by their names (kernel document admin-guide/devices) and their place in sysfs.
enum BlockDevice {
    private static let assembled = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "zd", "mtdblock"]

    /// What holds data of its own: no loop, RAM, optical, mapped or assembled devices.
    static func isDisk(_ name: String) -> Bool {
        for prefix in assembled where name.hasPrefix(prefix) { return false }
        // Hardware partitions of an eMMC.
        return !(name.hasPrefix("mmcblk") && (name.contains("boot") || name.contains("rpmb") || name.contains("gp")))
    }

    /// By the name alone: `sda1`, `vda2`, `nvme0n1p3`, `mmcblk0p1`.
    static func isPartition(_ name: String) -> Bool {
        guard let last = name.utf8.last, last >= 0x30, last <= 0x39 else { return false }
        if name.hasPrefix("nvme") || name.hasPrefix("mmcblk") { return name.dropFirst(4).contains("p") }
        return name.hasPrefix("sd") || name.hasPrefix("vd") || name.hasPrefix("xvd") || name.hasPrefix("hd")
    }

    static func transport(_ name: String, devicePath: String?, isSAS: Bool) -> String? {
        if name.hasPrefix("nvme") { return "nvme" }
        if name.hasPrefix("vd") { return "virtio" }
        if name.hasPrefix("mmcblk") { return "mmc" }
        if name.hasPrefix("xvd") { return "xen" }
        guard let devicePath else { return nil }
        if devicePath.contains("/usb") { return "usb" }
        if devicePath.contains("/ata") { return "sata" }
        if isSAS || devicePath.contains("/end_device-") || devicePath.contains("/sas_") { return "sas" }
        if devicePath.contains("/virtio") { return "virtio" }
        return devicePath.contains("/host") ? "scsi" : nil
    }
}

/// Where block devices are mounted, also through what is built on them: LVM, dm-crypt, md.
struct MountedDevices {
    private let points: [String: Set<String>]
    private let host: Host

    init(_ mounts: [Mount], host: Host) {
        points = mounts.reduce(into: [:]) { $0["\($1.major):\($1.minor)", default: []].insert($1.mountPoint) }
        self.host = host
    }

    /// Sorted; nil for none.
    func points(of path: String) -> [String]? {
        var found: Set<String> = []
        collect(path, depth: 0, &found)
        return found.sorted().nonEmpty
    }

    private func collect(_ path: String, depth: Int, _ found: inout Set<String>) {
        // disk → crypt → LVM → md are four; more is a loop in damaged files.
        guard depth < 8 else { return }
        if let device = host.line(path + "/dev"), let own = points[device] { found.formUnion(own) }
        for holder in host.names(path + "/holders") {
            collect("/sys/class/block/\(holder)", depth: depth + 1, &found)
        }
    }
}
