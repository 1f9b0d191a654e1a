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

    /// How the disk below `/sys/block` is attached; nil where nothing tells.
    static func transport(_ host: Host, _ path: String) -> String? {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let isSAS = host.exists(path + "/device/sas_address") || host.exists(path + "/device/sas_device_handle")
        return transport(name, devicePath: host.link(path), isSAS: isSAS)
    }

    private static func transport(_ name: String, devicePath: String?, isSAS: Bool) -> String? {
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

extension BlockDevice {
    /// Without the second and further paths of a multipath device: they lead to one and the same disk. (Those of NVMe are
    /// hidden by the kernel itself.)
    static func onePath(_ names: [String], _ host: Host) -> [String] {
        var seen: Set<String> = []
        return names.filter { name in
            let multipath = host.names("/sys/block/\(name)/holders").first { holder in
                host.line("/sys/block/\(holder)/dm/uuid")?.hasPrefix("mpath-") == true
            }
            return multipath.map { seen.insert($0).inserted } ?? true
        }
    }

    /// What udev has found out about the device of this directory of sysfs.
    static func udev(_ host: Host, _ path: String) -> [String: String] {
        host.line(path + "/dev").flatMap { try? host.text("/run/udev/data/b\($0)", limit: 65_536) }
            .map(UdevRecord.properties) ?? [:]
    }

    static func serial(_ host: Host, _ path: String) -> String? { serial(host, path, udev(host, path)) }

    static func serial(_ host: Host, _ path: String, _ udev: [String: String]) -> String? {
        // NVMe and MMC; virtio has it beside the queue; SCSI in vital product data, which udev has read.
        let own = host.line(path + "/device/serial") ?? host.line(path + "/serial")
        let text = own ?? udev["ID_SERIAL_SHORT"] ?? udev["SCSI_IDENT_SERIAL"] ?? vitalProductSerial(host, path)
        return text.flatMap(collapsed)
    }

    /// VPD page 0x80: four bytes of head, then the serial number (SPC-5, 7.7.19).
    private static func vitalProductSerial(_ host: Host, _ path: String) -> String? {
        guard let page = try? host.bytes(path + "/device/vpd_pg80", limit: 4096), page.count > 4, page[1] == 0x80 else {
            return nil
        }
        let text = String(cleaning: page[4...].prefix(Int(page[2]) << 8 | Int(page[3])))
        return text.isEmpty ? nil : text
    }

    /// Words with single spaces between; nil where nothing is left.
    static func collapsed(_ text: String) -> String? {
        let result = text.words.joined(separator: " ")
        return result.isEmpty || result.utf8.count > 256 ? nil : result
    }
}
