import Contracts

/// `hardware` into the machine's inventory.
enum HardwareDeriver: KindDeriver {
    static let os = DerivedTable(
        "machine_os", section: "", keys: [],
        columns: [.row("hostname")]
            + ["os_family", "os_id", "os_name", "os_version", "os_codename", "kernel", "architecture"].map {
                .section($0, "/os")
            } + [
                .section("machine_kind", "/system"), .section("virtualization", "/system"),
                .section("hardware_profile", "/system"), .section("time_zone", "/time_zone"),
            ])
    static let hardware = DerivedTable(
        "machine_hardware", section: "", keys: [],
        columns: [
            "vendor", "product", "product_version", "serial", "chassis", "board_vendor", "board_name",
        ].map { .section($0, "/system/\($0)") } + [
            .section("firmware_vendor", "/firmware/vendor"), .section("firmware_version", "/firmware/version"),
            .section("firmware_date", "/firmware/date"), .section("uefi", "/firmware/uefi"),
            .section("secure_boot", "/firmware/secure_boot"), .section("tpm_version", "/firmware/tpm_version"),
        ]
            + [
                "model", "vendor", "sockets", "cores", "threads", "threads_per_core", "mhz_min", "mhz_max", "microcode",
            ].map { .section("cpu_\($0)", "/cpu/\($0)") } + [
                .section("cpu_vulnerabilities_json", "/cpu/vulnerabilities"),
                .section("memory_total_bytes", "/memory/total_bytes"), .section("dimms_json", "/memory/dimms"),
                .section("raid_arrays_json", "/raid_arrays"), .section("volume_groups_json", "/volume_groups"),
                .section("zfs_pools_json", "/zfs_pools"), .section("gpus_json", "/gpus"),
                .section("default_routes_json", "/default_routes"), .section("power_supplies_json", "/power_supplies"),
                .section("bmc_present", "/bmc"), .section("bmc_address", "/bmc/address"),
                .section("bmc_firmware", "/bmc/firmware"),
            ])
    static let disks = DerivedTable(
        "machine_disks", section: "/disks", keys: ["name"],
        columns: [.item("model", "model"), .item("serial", "serial"), .item("wwn", "wwn"), .row("size_bytes")]
            + ["rotational", "transport", "removable", "firmware"].map { .item($0, $0) } + [
                .item("partitions_json", "partitions"), .item("mount_points_json", "mount_points"),
                .item("smart_passed", "smart/passed"), .item("smart_power_on_hours", "smart/power_on_hours"),
                .item("smart_reallocated_sectors", "smart/reallocated_sectors"),
                .item("smart_percentage_used", "smart/percentage_used"),
                .item("smart_critical_warning", "smart/critical_warning"),
            ])
    static let interfaces = DerivedTable(
        "machine_interfaces", section: "/interfaces", keys: ["name"],
        columns: [.row("kind")]
            + ["mac", "driver", "speed_mbps", "duplex", "mtu", "state"].map { .item($0, $0) })
    static let addresses = DerivedTable(
        "machine_addresses", section: "/interfaces", keys: ["interface", "address", "prefix_length"],
        columns: [.row("family"), .row("scope")],
        rowPointer: { "/interfaces/\(Violation.step($0[0].text ?? ""))/addresses" })
    static let pciDevices = DerivedTable(
        "machine_pci_devices", section: "/pci_devices", keys: ["address"],
        columns: [
            "class_id", "class_name", "vendor_id", "vendor_name", "device_id", "device_name", "driver",
        ].map { .row($0) })
    static let hostKeys = DerivedTable(
        "machine_host_keys", section: "/ssh_host_keys", keys: ["type", "fingerprint"], columns: [.row("public_key")])
    static let neighbors = DerivedTable(
        "machine_neighbors", section: "/neighbors", keys: ["interface", "address"], columns: [.row("mac")])
    static let tags = DerivedTable(
        "machine_automatic_tags", section: "", keys: ["tag"], columns: [], kind: .hardware,
        rowPointer: { AutomaticTags.section(of: $0[0].text ?? "") })
    static let tables = [
        os, hardware, disks, interfaces, addresses, pciDevices, hostKeys, neighbors, tags,
    ]

    static let state = StateColumns(
        .hardware, [.init("raid_degraded_count", "/raid_arrays"), .init("disks_failing_count", "/disks")])

    static let hostname = Statement(
        "derive.machine_os.hostname", "UPDATE machine_os SET hostname = ?2 WHERE machine_id = ?1 AND hostname <> ?2")
    /// By the hub's clock: nobody can claim to have been seen earlier.
    static let sighting = Statement(
        "derive.machine_host_key_sightings",
        """
        INSERT INTO machine_host_key_sightings (machine_id, type, fingerprint, public_key, first_received_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (machine_id, type, fingerprint) DO UPDATE SET first_received_at = excluded.first_received_at
        WHERE excluded.first_received_at < machine_host_key_sightings.first_received_at
        """)
    static let historyStatements = [hostname, sighting]

    static func enterHistories(
        _ payload: HardwareV1, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {
        for key in payload.sshHostKeys ?? [] {
            try connection.run(
                sighting, snapshot.machineID, key.type, key.fingerprint, key.publicKey, snapshot.receivedAt)
        }
    }

    static func derive(_ payload: HardwareV1, of snapshot: ArchivedSnapshot) throws -> Derived {
        var derived = Derived()
        derived.tables = [
            .init(os, [HardwareRows.os(payload, hostname: snapshot.head.host.hostname)]),
            .init(hardware, [try HardwareRows.hardware(payload)]),
            .init(disks, try (payload.disks ?? []).map(HardwareRows.disk)),
            .init(interfaces, (payload.interfaces ?? []).map(HardwareRows.interface)),
            .init(addresses, (payload.interfaces ?? []).flatMap(HardwareRows.addresses)),
            .init(pciDevices, (payload.pciDevices ?? []).map(HardwareRows.pciDevice)),
            .init(
                hostKeys,
                (payload.sshHostKeys ?? []).map { DerivedRow(keys: [$0.type, $0.fingerprint], [$0.publicKey]) }),
            .init(
                neighbors, (payload.neighbors ?? []).map { DerivedRow(keys: [$0.interface, $0.address], [$0.mac]) }),
            .init(tags, AutomaticTags.of(payload).map { DerivedRow(keys: [$0], []) }),
        ]
        derived.warnings = warnings(payload)
        derived.state = [
            (payload.raidArrays ?? []).count { HardwareWarnings.severity(of: $0) > .ok }.sqlValue,
            (payload.disks ?? []).count { HardwareWarnings.severity(of: $0) == .critical }.sqlValue,
        ]
        derived.itemNames = [
            "/disks": (payload.disks ?? []).map(\.name), "/interfaces": (payload.interfaces ?? []).map(\.name),
        ]
        return derived
    }

    static func warnings(_ payload: HardwareV1) -> [StateWarning] { HardwareWarnings.of(payload) }
}

/// Tags that the hub gives by itself, apart from the operator's.
enum AutomaticTags {
    static func of(_ payload: HardwareV1) -> [String] {
        var tags: [String] = []
        switch payload.system?.kind {
        case "proxmox_host": tags += ["proxmox", "physical"]
        case "raspberry_pi": tags += ["raspberry-pi", "physical"]
        case let kind? where kind != "unknown": tags.append(kind)
        default: break
        }
        if let os = payload.os { tags.append(os.id) }
        return tags
    }

    /// Which section of a hardware payload gives a tag; kinds of machines are a short list, the rest are systems.
    static func section(of tag: String) -> String {
        ["proxmox", "physical", "raspberry-pi", "vm", "lxc", "container"].contains(tag) ? "/system" : "/os"
    }
}
