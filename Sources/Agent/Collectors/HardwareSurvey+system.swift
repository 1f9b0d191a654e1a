import CLinux
import Contracts

extension HardwareSurvey {
    private static let dmi = "/sys/class/dmi/id/"

    /// What kind of machine this is and who made it.
    mutating func system() {
        let virtualization = containerManager ?? hypervisor
        let model = boardModel
        var system = HardwareV1.System(kind: machineKind(virtualization, model))
        system.virtualization = virtualization
        if containerManager == nil {
            system.vendor = dmiText("sys_vendor")
            system.product = dmiText("product_name")
            system.productVersion = dmiText("product_version")
            system.chassis = host.integer(Self.dmi + "chassis_type").flatMap(DMIText.chassis)
            system.boardVendor = dmiText("board_vendor")
            system.boardName = dmiText("board_name")
            if let model, system.product == nil {
                system.product = model
                system.vendor = system.vendor ?? boardVendor(model)
            }
            if settings.serials { system.serial = serial() }
        }
        if system != HardwareV1.System(kind: "unknown") || host.exists("/proc/cpuinfo") { payload.system = system }
    }

    private func dmiText(_ name: String) -> String? { host.line(Self.dmi + name).flatMap(DMIText.meaningful) }

    private func machineKind(_ virtualization: String?, _ model: String?) -> String {
        if let containerManager { return containerManager.hasPrefix("lxc") ? "lxc" : "container" }
        if host.exists("/etc/pve") { return "proxmox_host" }
        if let virtualization, virtualization != "none" { return "vm" }
        if let model, model.hasPrefix("Raspberry Pi") { return "raspberry_pi" }
        return virtualization == "none" ? "physical" : "unknown"
    }

    private mutating func serial() -> String? {
        if let handed = credentials?.line("dmi_product_serial").flatMap(DMIText.meaningful) { return handed }
        do {
            if let own = try host.attribute(Self.dmi + "product_serial").flatMap(DMIText.meaningful) { return own }
        } catch {
            if let inspection, inspection.knows(.serial) { return inspection.serial }
            findings.add(error, unknown: "/system/serial")
        }
        // Boards without DMI have it in the device tree, or not at all.
        let serial = deviceTree("serial-number")
        return serial.flatMap(DMIText.meaningful)
    }

    /// The model of the device tree, or what a Raspberry Pi's kernel says in cpuinfo.
    private var boardModel: String? { deviceTree("model") ?? cpuInfo.boardModel }

    private func boardVendor(_ model: String) -> String? {
        if model.hasPrefix("Raspberry Pi") { return "Raspberry Pi" }
        // "compatible" begins with "vendor,board".
        return deviceTree("compatible").flatMap { $0.split(separator: ",").first.map(String.init) }
    }

    /// A property of the tree's root. Texts end with a zero, and several stand one after the other.
    private func deviceTree(_ name: String) -> String? {
        for directory in ["/sys/firmware/devicetree/base/", "/proc/device-tree/"] {
            guard let bytes = try? host.bytes(directory + name, limit: 4096) else { continue }
            let text = String(cleaning: bytes.prefix { $0 != 0 })
            if !text.isEmpty { return text }
        }
        return nil
    }

    /// In the words of systemd-detect-virt(1), `none` included; nil where nothing tells.
    private var hypervisor: String? {
        let fromDMI = Hypervisor.named(
            inDMI: ["product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"].compactMap {
                host.line(Self.dmi + $0)
            })
        // The first three say more than the CPU does: Xen and VirtualBox run others' CPUID leaves.
        if let fromDMI, Hypervisor.trustedDMI.contains(fromDMI), !cpuInfo.hasFlags || cpuInfo.hasHypervisorFlag {
            return fromDMI
        }
        if let type = host.line("/sys/hypervisor/type") {
            // A dom0 is the machine itself.
            let capabilities = host.line("/proc/xen/capabilities") ?? ""
            if type == "xen" { return capabilities.contains("control_d") ? "none" : "xen" }
        }
        if host.isLive, let signature = Self.cpuidSignature {
            return Hypervisor.named(signature) ?? fromDMI ?? "vm-other"
        }
        if cpuInfo.hasFlags {
            guard cpuInfo.hasHypervisorFlag else { return "none" }
            let clocks = host.line("/sys/devices/system/clocksource/clocksource0/available_clocksource")
            return Hypervisor.named(clocks: clocks ?? "") ?? fromDMI ?? "vm-other"
        }
        if let fromDMI { return fromDMI }
        if let compatible = host.line("/proc/device-tree/hypervisor/compatible") {
            return compatible.hasPrefix("linux,kvm") ? "kvm" : compatible.contains("xen") ? "xen" : "vm-other"
        }
        if host.names("/proc/device-tree").contains(where: { $0.hasPrefix("fw-cfg@") }) { return "qemu" }
        if cpuInfo.vendor == "User Mode Linux" { return "uml" }
        return cpuInfo.processors > 0 && (boardModel != nil || host.exists(Self.dmi)) ? "none" : nil
    }

    private static var cpuidSignature: String? {
        var bytes = [CChar](repeating: 0, count: 13)
        guard vigie_hypervisor_signature(&bytes) != 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// BIOS or UEFI, Secure Boot, TPM.
    mutating func firmware() {
        var firmware = HardwareV1.Firmware()
        firmware.vendor = dmiText("bios_vendor")
        firmware.version = dmiText("bios_version")
        firmware.date = dmiText("bios_date")
        if host.exists("/sys/firmware") {
            firmware.uefi = host.exists("/sys/firmware/efi")
            if firmware.uefi == true { firmware.secureBoot = secureBoot() }
        }
        if let version = host.line("/sys/class/tpm/tpm0/tpm_version_major"), version.utf8.count < 8 {
            firmware.tpmVersion = version
        } else if host.exists("/sys/class/tpm/tpm0/device/caps") || host.exists("/sys/class/tpm/tpm0/caps") {
            // Before Linux 5.6 only version 1.2 had this file, and no version was told.
            firmware.tpmVersion = "1"
        }
        if firmware != HardwareV1.Firmware() { payload.firmware = firmware }
    }

    /// The variable's four bytes of attributes and one of value (UEFI 2.10, 3.3).
    private mutating func secureBoot() -> Bool? {
        let path = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
        guard let bytes = findings.bytes(host, path, unknown: "/firmware/secure_boot", limit: 4096) else { return nil }
        guard bytes.count == 5, bytes[4] <= 1 else {
            findings.malformed(path, "not five bytes with 0 or 1 as the last", unknown: "/firmware/secure_boot")
            return nil
        }
        return bytes[4] == 1
    }

    /// A management controller that the kernel's IPMI driver found; its address needs IPMI commands, which are root's
    /// and come from the oneshot.
    mutating func managementController() {
        let devices = host.names("/sys/bus/platform/devices").filter { $0.hasPrefix("ipmi_bmc.") }
        guard !devices.isEmpty || host.exists("/sys/class/ipmi/ipmi0") || host.exists("/dev/ipmi0") else { return }
        var controller = HardwareV1.BMC()
        controller.firmware = devices.first.flatMap {
            host.line("/sys/bus/platform/devices/\($0)/firmware_revision")
        }
        if let inspection, inspection.knows(.bmc) {
            controller.address = inspection.bmcAddress
        } else {
            findings.unknown("/bmc/address")
        }
        payload.bmc = controller
    }
}
