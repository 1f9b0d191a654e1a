import Contracts

extension HardwareSurvey {
    private static let pci = "/sys/bus/pci/devices"

    /// PCI devices with names from the system's list, and the graphics adapters among them.
    mutating func pciDevices() {
        guard let addresses = names(Self.pci, unknown: "/pci_devices") else { return }
        var devices: [HardwareV1.PCIDevice] = []
        for address in addresses {
            let path = "\(Self.pci)/\(address)/"
            guard let classID = hexadecimal(path + "class", digits: 6),
                let vendor = hexadecimal(path + "vendor", digits: 4),
                let device = hexadecimal(path + "device", digits: 4)
            else {
                findings.malformed(path, "no class, vendor and device", unknown: "/pci_devices")
                continue
            }
            var entry = HardwareV1.PCIDevice(address: address, classID: classID, vendorID: vendor, deviceID: device)
            entry.driver = linkName(path + "driver")
            devices.append(entry)
        }
        name(&devices)
        payload.pciDevices = devices.nonEmpty
        // Class 03: display controllers.
        payload.gpus =
            (devices.filter { $0.classID.hasPrefix("03") }.map { device in
                var gpu = HardwareV1.GPU()
                gpu.pciAddress = device.address
                gpu.vendor = device.vendorName ?? device.vendorID
                gpu.model = device.deviceName ?? device.deviceID
                gpu.driver = device.driver
                return gpu
            } + boardGPUs()).nonEmpty
    }

    /// Graphics of a system on a chip: DRM cards whose device is on no PCI bus.
    private func boardGPUs() -> [HardwareV1.GPU] {
        host.names("/sys/class/drm").filter { $0.hasPrefix("card") && Int($0.dropFirst(4)) != nil }.compactMap { card in
            let device = "/sys/class/drm/\(card)/device"
            guard linkName(device + "/subsystem") == "platform", let driver = linkName(device + "/driver"),
                driver != "simple-framebuffer"
            else { return nil }
            var gpu = HardwareV1.GPU()
            gpu.driver = driver
            return gpu
        }
    }

    private mutating func name(_ devices: inout [HardwareV1.PCIDevice]) {
        guard !devices.isEmpty else { return }
        let wanted = PCINames.Wanted(
            vendors: Set(devices.map(\.vendorID)), devices: Set(devices.map { $0.vendorID + $0.deviceID }),
            classes: Set(devices.map { String($0.classID.prefix(4)) }))
        for path in ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"] {
            guard let bytes = findings.bytes(host, path, unknown: nil, limit: 16 << 20) else { continue }
            let names = PCINames.parse(bytes, wanted: wanted)
            for index in devices.indices {
                devices[index].vendorName = names.vendors[devices[index].vendorID]
                devices[index].deviceName = names.devices[devices[index].vendorID + devices[index].deviceID]
                devices[index].className = names.classes[String(devices[index].classID.prefix(4))]
            }
            return
        }
    }

    /// `0x8086` without its prefix; nil for anything else.
    private func hexadecimal(_ path: String, digits: Int) -> String? {
        guard let text = host.line(path)?.lowercased(), text.hasPrefix("0x"), text.utf8.count == digits + 2,
            text.dropFirst(2).allSatisfy({ $0.isHexDigit && $0.isASCII })
        else { return nil }
        return String(text.dropFirst(2))
    }

    /// The last part of what a link says, as the name of a driver.
    func linkName(_ path: String) -> String? { host.link(path)?.split(separator: "/").last.map(String.init) }

    /// Batteries and mains of `/sys/class/power_supply` (kernel document ABI/testing/sysfs-class-power).
    mutating func powerSupplies() {
        guard let names = names("/sys/class/power_supply", unknown: "/power_supplies") else { return }
        var supplies: [HardwareV1.PowerSupply] = []
        for name in names {
            let path = "/sys/class/power_supply/\(name)/"
            // "Device" is the battery of a mouse, not of this machine.
            guard let type = host.line(path + "type"), host.line(path + "scope") != "Device" else { continue }
            var supply = HardwareV1.PowerSupply(name: name, type: type.lowercased())
            supply.manufacturer = host.line(path + "manufacturer").flatMap(DMIText.meaningful)
            supply.model = host.line(path + "model_name").flatMap(DMIText.meaningful)
            supply.technology = host.line(path + "technology").flatMap(DMIText.meaningful)
            supply.cycleCount = host.integer(path + "cycle_count").flatMap { $0 > 0 ? $0 : nil }
            supply.healthPercent = health(path)
            supplies.append(supply)
        }
        payload.powerSupplies = supplies.nonEmpty
    }

    /// Whole percents: the measure of a full charge moves a little with each one, and is no change of the battery.
    private func health(_ path: String) -> Percent? {
        for unit in ["energy", "charge"] {
            guard let full = host.integer(path + unit + "_full"), full > 0,
                let design = host.integer(path + unit + "_full_design"), design > 0
            else { continue }
            return Percent(clamping: (Double(full) * 100 / Double(design)).rounded())
        }
        return nil
    }
}
