import Contracts

/// The rows of a hardware payload, column by column as `HardwareDeriver` lists them.
enum HardwareRows {
    static func os(_ payload: HardwareV1, hostname: String) -> DerivedRow {
        let os = payload.os
        let system = payload.system
        return DerivedRow([
            hostname, os?.family, os?.id, os?.name, os?.version, os?.codename, os?.kernel, os?.architecture,
            system?.kind, system?.virtualization, profile(payload), payload.timeZone,
        ])
    }

    /// What a person would call this hardware, as "Dell Inc. PowerEdge R640".
    static func profile(_ payload: HardwareV1) -> String? {
        guard let system = payload.system else { return nil }
        let named = [system.vendor, system.product].compactMap(\.self).joined(separator: " ")
        if !named.isEmpty { return named }
        return system.virtualization.flatMap { $0 == "none" ? nil : $0 }
    }

    static func hardware(_ payload: HardwareV1) throws -> DerivedRow {
        let system = payload.system
        let firmware = payload.firmware
        let cpu = payload.cpu
        let identity: [any SQLBindable] = [
            system?.vendor, system?.product, system?.productVersion, system?.serial, system?.chassis,
            system?.boardVendor, system?.boardName, firmware?.vendor, firmware?.version, firmware?.date,
            firmware?.uefi, firmware?.secureBoot, firmware?.tpmVersion,
        ]
        let processor: [any SQLBindable] = [
            cpu?.model, cpu?.vendor, cpu?.sockets, cpu?.cores, cpu?.threads, cpu?.threadsPerCore, cpu?.mhzMin,
            cpu?.mhzMax, cpu?.microcode, try JSONText.encode(cpu?.vulnerabilities),
        ]
        let rest: [any SQLBindable] = [
            payload.memory?.totalBytes, try JSONText.encode(payload.memory?.dimms),
            try JSONText.encode(payload.raidArrays), try JSONText.encode(payload.volumeGroups),
            try JSONText.encode(payload.zfsPools), try JSONText.encode(payload.gpus),
            try JSONText.encode(payload.defaultRoutes), try JSONText.encode(payload.powerSupplies),
            payload.bmc != nil, payload.bmc?.address, payload.bmc?.firmware,
        ]
        return DerivedRow(identity + processor + rest)
    }

    static func disk(_ disk: HardwareV1.Disk) throws -> DerivedRow {
        let smart = disk.smart
        return DerivedRow(
            keys: [disk.name],
            [
                disk.model, disk.serial, disk.wwn, disk.sizeBytes, disk.rotational, disk.transport, disk.removable,
                disk.firmware, try JSONText.encode(disk.partitions), JSONText.strings(disk.mountPoints),
                smart?.passed, smart?.powerOnHours, smart?.reallocatedSectors, smart?.percentageUsed,
                smart?.criticalWarning,
            ])
    }

    static func interface(_ interface: HardwareV1.Interface) -> DerivedRow {
        DerivedRow(
            keys: [interface.name],
            [
                interface.kind, interface.mac, interface.driver, interface.speedMbps, interface.duplex, interface.mtu,
                interface.state,
            ])
    }

    static func addresses(_ interface: HardwareV1.Interface) -> [DerivedRow] {
        (interface.addresses ?? []).map {
            DerivedRow(keys: [interface.name, $0.address, $0.prefixLength], [$0.family, $0.scope])
        }
    }

    static func pciDevice(_ device: HardwareV1.PCIDevice) -> DerivedRow {
        DerivedRow(
            keys: [device.address],
            [
                device.classID, device.className, device.vendorID, device.vendorName, device.deviceID,
                device.deviceName, device.driver,
            ])
    }
}
