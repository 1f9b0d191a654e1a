import Contracts
import HubAPI
import Testing

@testable import Hub

@Suite struct QueryHardwareTests {
    /// `nas-01` with all that hardware may have, `lab-01` beside it, `old-01` retired.
    private static func fleet() throws -> QueryFleet {
        let fleet = try QueryFleet("nas-01", "lab-01", "old-01")
        try fleet.take(DeriverSnapshot(nas(), at: QueryFleet.start, sequence: 1), from: "nas-01")
        var lab = QueryPayloads.hardware()
        lab.interfaces?[0].mac = "52:54:00:00:00:02"
        lab.interfaces?[0].addresses = [HardwareV1.Address(address: "192.0.2.8", prefixLength: 24, family: "ipv4")]
        lab.neighbors = [
            HardwareV1.Neighbor(address: "192.0.2.1", mac: "aa:00:00:00:00:01", interface: "eth0"),
            HardwareV1.Neighbor(address: "192.0.2.7", mac: "ee:00:00:00:00:09", interface: "eth0"),
        ]
        try fleet.take(DeriverSnapshot(lab, at: QueryFleet.start, sequence: 1), from: "lab-01")
        try fleet.take(
            DeriverSnapshot(QueryPayloads.hardware(), at: QueryFleet.start, sequence: 1), from: "old-01")
        try fleet.run("UPDATE machine_settings SET retired_at = 1 WHERE name = 'old-01'")
        try fleet.run("INSERT INTO machine_tags (machine_id, tag) VALUES (\(fleet.id("nas-01")), 'storage')")
        return fleet
    }

    private static func nas() -> HardwareV1 {
        var payload = QueryPayloads.hardware()
        payload.system?.kind = "physical"
        payload.interfaces?[0].mac = "52:54:00:00:00:01"
        payload.interfaces?[0].speedMbps = 1000
        payload.interfaces?[0].duplex = "half"
        payload.interfaces?[0].mtu = 9000
        payload.interfaces?[0].state = "up"
        var bridge = HardwareV1.Interface(name: "br0", kind: "bridge")
        bridge.state = "down"
        payload.interfaces?.append(bridge)
        var route = HardwareV1.DefaultRoute(family: "ipv4", interface: "eth0")
        route.gateway = "192.0.2.1"
        route.metric = 100
        payload.defaultRoutes = [route]
        payload.neighbors = [
            HardwareV1.Neighbor(address: "192.0.2.1", mac: "aa:00:00:00:00:01", interface: "eth0"),
            HardwareV1.Neighbor(address: "192.0.2.8", mac: "52:54:00:00:00:02", interface: "eth0"),
            HardwareV1.Neighbor(address: "192.0.2.99", mac: "52:54:00:00:00:02", interface: "eth0"),
        ]
        payload.disks = [disk("sda", passed: true), disk("sdb", passed: false), disk("sdc", passed: nil)]
        payload.disks?[0].smart?.percentageUsed = 97
        payload.disks?[0].partitions = [HardwareV1.Partition(name: "sda1", sizeBytes: 1 << 30)]
        payload.disks?[0].partitions?[0].mountPoints = ["/"]
        var array = HardwareV1.RAIDArray(name: "md0", state: "degraded")
        array.level = "raid1"
        array.devicesTotal = 2
        array.devicesActive = 1
        array.members = ["sda", "sdb"]
        payload.raidArrays = [array]
        var group = HardwareV1.VolumeGroup(name: "vg0")
        group.logicalVolumes = ["root", "swap"]
        payload.volumeGroups = [group]
        var pool = HardwareV1.ZFSPool(name: "tank")
        pool.state = "ONLINE"
        pool.sizeBytes = 8 << 40
        payload.zfsPools = [pool]
        var nic = HardwareV1.PCIDevice(address: "0000:01:00.0", classID: "0200", vendorID: "8086", deviceID: "1533")
        nic.vendorName = "Intel Corporation"
        nic.deviceName = "I210 Gigabit Network Connection"
        nic.driver = "igb"
        payload.pciDevices = [
            nic, HardwareV1.PCIDevice(address: "0000:02:00.0", classID: "0300", vendorID: "10de", deviceID: "2204"),
        ]
        var dimm = HardwareV1.DIMM()
        dimm.locator = "A1"
        dimm.sizeBytes = 16 << 30
        payload.memory?.dimms = [dimm]
        payload.bmc = HardwareV1.BMC()
        payload.bmc?.address = "198.51.100.9"
        payload.firmware = HardwareV1.Firmware()
        payload.firmware?.uefi = true
        payload.firmware?.secureBoot = false
        payload.firmware?.tpmVersion = "2"
        payload.cpu?.vulnerabilities = ["spectre_v2": "Mitigation: Retpolines", "mds": "Vulnerable"]
        return payload
    }

    private static func disk(_ name: String, passed: Bool?) -> HardwareV1.Disk {
        var disk = HardwareV1.Disk(name: name, sizeBytes: 4 << 40)
        guard let passed else { return disk }
        disk.smart = HardwareV1.SMART()
        disk.smart?.passed = passed
        return disk
    }

    private static func selection(
        _ fleet: QueryFleet, machine: String? = nil, tag: String? = nil
    ) throws -> MachineSelection {
        try fleet.read { try MachineSelection.find($0, machine: machine, tag: tag) }
    }

    @Test func `Interfaces have their addresses and the routes that leave through them`() throws {
        let fleet = try Self.fleet()
        let all = try fleet.read { try InterfaceQueries.list($0, .all, limit: 10) }
        #expect(all.items.map { "\($0.machine) \($0.name)" } == ["lab-01 eth0", "nas-01 br0", "nas-01 eth0"])
        let own = try #require(all.items.last)
        #expect(own.addresses == ["192.0.2.7/24"])
        #expect(own.speedMbps == 1000)
        #expect(own.duplex == "half")
        #expect(own.mtu == 9000)
        #expect(own.defaultRoutes?.map(\.gateway) == ["192.0.2.1"])
        #expect(all.items[1].defaultRoutes == nil)
        #expect(all.items[1].addresses == [])
        let down = try fleet.read {
            try InterfaceQueries.list($0, .all, filter: .init(kind: "bridge", state: "down"), limit: 10)
        }
        #expect(down.items.map(\.name) == ["br0"])
        let first = try fleet.read { try InterfaceQueries.list($0, .all, limit: 1) }
        #expect(first.truncated)
        #expect(first.items.map(\.addresses) == [["192.0.2.8/24"]])
    }

    @Test func `Interfaces that can no longer be read say since when`() throws {
        let fleet = try Self.fleet()
        var blind = Self.nas()
        blind.interfaces = nil
        let at = QueryFleet.start + QueryFleet.hour
        try fleet.take(
            DeriverSnapshot(blind, at: at, sequence: 2, unknown: ["/interfaces"]), from: "nas-01")
        let answer = try fleet.read { try InterfaceQueries.list($0, .all, limit: 10) }
        #expect(answer.items.filter { $0.unknownSince == Timestamp(milliseconds: at) }.map(\.name) == ["br0", "eth0"])
        #expect(answer.notices?.map(\.machine) == ["nas-01"])
        #expect(answer.notices?.first?.code == "interfaces_unknown")
    }

    @Test func `A selection is a machine, a tag of either kind, or all that are in service`() throws {
        let fleet = try Self.fleet()
        func machines(_ selection: MachineSelection) throws -> [String] {
            try fleet.read { try InterfaceQueries.list($0, selection, limit: 10) }.items.map(\.machine)
        }
        #expect(try machines(Self.selection(fleet, machine: "lab-01")) == ["lab-01"])
        #expect(try machines(Self.selection(fleet, machine: fleet.uuid("lab-01").text)) == ["lab-01"])
        #expect(try machines(Self.selection(fleet, tag: "storage")) == ["nas-01", "nas-01"])
        #expect(try machines(Self.selection(fleet, tag: "physical")) == ["nas-01", "nas-01"])
        #expect(try machines(Self.selection(fleet, tag: "vm")) == ["lab-01"])
        #expect(try machines(Self.selection(fleet, machine: "lab-01", tag: "storage")) == [])
        #expect(try machines(Self.selection(fleet, machine: "old-01")) == ["old-01"], "named, it is shown")
        let missing = #expect(throws: MissingName.self) { try Self.selection(fleet, tag: "storag") }
        #expect(missing?.detail == #"there is no tag "storag"; did you mean storage?"#)
        let strange = #expect(throws: MissingName.self) { try Self.selection(fleet, tag: "zzzzzz") }
        #expect(strange?.detail == #"there is no tag "zzzzzz"; there are debian, physical, storage, vm"#)
        let none = #expect(throws: MissingName.self) { try Self.selection(try QueryFleet("a"), tag: "x") }
        #expect(none?.detail == #"there is no tag "x"; no machine has one"#)
    }

    @Test func `Neighbors that are no enrolled machine are found, by MAC and by address`() throws {
        let fleet = try Self.fleet()
        let all = try fleet.read { try NeighborQueries.list($0, .all, onlyUnknown: false, limit: 10) }
        #expect(
            all.items.map { "\($0.mac) \($0.address) \($0.machine ?? "-")" } == [
                "52:54:00:00:00:02 192.0.2.8 lab-01", "52:54:00:00:00:02 192.0.2.99 lab-01",
                "aa:00:00:00:00:01 192.0.2.1 -", "ee:00:00:00:00:09 192.0.2.7 nas-01",
            ])
        let unknown = try fleet.read { try NeighborQueries.list($0, .all, onlyUnknown: true, limit: 10) }
        let router = try #require(unknown.items.first)
        #expect(unknown.items.count == 1)
        #expect(router.address == "192.0.2.1")
        #expect(
            router.seenBy == [
                NeighborSighting(machine: "lab-01", interface: "eth0"),
                NeighborSighting(machine: "nas-01", interface: "eth0"),
            ])
        let own = try Self.selection(fleet, machine: "nas-01")
        let ofOne = try fleet.read { try NeighborQueries.list($0, own, onlyUnknown: false, limit: 2) }
        #expect(ofOne.items.map(\.address) == ["192.0.2.8", "192.0.2.99"])
        #expect(ofOne.truncated)
        let last = try fleet.read { try NeighborQueries.list($0, own, onlyUnknown: false, limit: 3) }
        #expect(!last.truncated)
    }

    @Test func `Disks and pools say how they are, or nothing`() throws {
        let fleet = try Self.fleet()
        let nas = try Self.selection(fleet, machine: "nas-01")
        let disks = try fleet.read { try DiskQueries.devices($0, nas, limit: 10) }.items
        #expect(disks.map(\.name) == ["sda", "sdb", "sdc"])
        #expect(disks.map(\.health) == ["warning", "critical", nil])
        #expect(disks[0].mountPoints == ["/"])
        let sick = try fleet.read { try DiskQueries.devices($0, .all, onlyUnhealthy: true, limit: 10) }.items
        #expect(sick.map(\.name) == ["sda", "sdb"])
        let pools = try fleet.read { try StorageQueries.list($0, .all, limit: 10) }.items
        #expect(
            pools.map { "\($0.kind) \($0.name) \($0.health ?? "-")" } == [
                "raid md0 critical", "lvm vg0 -", "zfs tank ok",
            ])
        #expect(pools[0].members == ["sda", "sdb"])
        let broken = try fleet.read { try StorageQueries.list($0, .all, onlyUnhealthy: true, limit: 10) }.items
        #expect(broken.map(\.name) == ["md0"])
        let some = try fleet.read { try StorageQueries.list($0, .all, limit: 2) }
        #expect(some.items.count == 2)
        #expect(some.truncated)
    }

    @Test func `PCI devices are found by name and by id`() throws {
        let fleet = try Self.fleet()
        func addresses(_ name: String = "*", ids: String? = nil) throws -> [String] {
            try fleet.read {
                try PCIQueries.list($0, .all, name: NamePattern(name), ids: ids.flatMap(PCIQueries.IDs.init), limit: 9)
            }.items.map(\.address)
        }
        #expect(try addresses() == ["0000:01:00.0", "0000:02:00.0"])
        #expect(try addresses("*INTEL*") == ["0000:01:00.0"])
        #expect(try addresses("igb") == ["0000:01:00.0"])
        #expect(try addresses("i210*") == ["0000:01:00.0"])
        #expect(try addresses("int%") == [])
        #expect(try addresses(ids: "10DE:2204") == ["0000:02:00.0"])
        #expect(try addresses(ids: "10de:0000") == [])
        for wrong in ["8086", "8086:", "8086:153g", "8086:15333", "", ":"] { #expect(PCIQueries.IDs(wrong) == nil) }
    }

    @Test func `A machine's page has all of its hardware`() throws {
        let fleet = try Self.fleet()
        let detail = try #require(
            try fleet.read { connection in
                try MachineDetailQueries.show(
                    connection, machine: MachineLookup.find(connection, "nas-01"),
                    now: Timestamp(milliseconds: QueryFleet.start))
            })
        let hardware = try #require(detail.hardware)
        #expect(hardware.uefi == true)
        #expect(hardware.secureBoot == false)
        #expect(hardware.tpmVersion == "2")
        #expect(hardware.bmc?.address == "198.51.100.9")
        #expect(hardware.dimms?.map(\.sizeBytes) == [16 << 30])
        #expect(hardware.cpuVulnerabilities?["mds"] == "Vulnerable")
        #expect(detail.storagePools.map(\.name) == ["md0", "vg0", "tank"])
        #expect(detail.disks.count == 3)
        #expect(detail.interfaces.map(\.name) == ["br0", "eth0"])
    }
}
