import Contracts
import HubAPI

/// `vigie pci`: devices on PCI buses, a machine's or all that are alike in the fleet.
enum PCIQueries {
    private static let columns = """
        SELECT s.name AS machine, p.address, p.class_id, p.class_name, p.vendor_id, p.vendor_name, p.device_id,
          p.device_name, p.driver, \(UnknownParts.column(.hardware, "/pci_devices", of: "p"))

        """

    static let list = Statement(
        "pci.list",
        columns + """
            FROM machine_settings s CROSS JOIN machine_pci_devices p
            WHERE p.machine_id = s.machine_id AND \(MachineSelection.condition)
              AND (lower(coalesce(p.class_name, '')) LIKE ?4 ESCAPE '!'
                OR lower(coalesce(p.vendor_name, '')) LIKE ?4 ESCAPE '!'
                OR lower(coalesce(p.device_name, '')) LIKE ?4 ESCAPE '!' OR coalesce(p.driver, '') LIKE ?4 ESCAPE '!')
            ORDER BY s.name, p.address LIMIT ?5
            """)

    /// By the ids of vendor and device, which have an index.
    static let alike = Statement(
        "pci.alike",
        columns + """
            FROM machine_pci_devices p JOIN machine_settings s ON s.machine_id = p.machine_id
            WHERE p.vendor_id = ?4 AND p.device_id = ?5 AND \(MachineSelection.condition)
            ORDER BY s.name, p.address LIMIT ?6
            """)

    static let all = [list, alike]

    /// Vendor and device in hexadecimal, as `lspci -n` prints them: `8086:1533`.
    struct IDs: Equatable {
        var vendor: String
        var device: String

        init?(_ text: String) {
            let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 4 && $0.allSatisfy(\.isHexDigit) }) else {
                return nil
            }
            vendor = String(parts[0])
            device = String(parts[1])
        }
    }

    /// - Parameters:
    ///   - name: matches class, vendor, device or driver, in whatever case.
    ///   - ids: only these; the name is not asked for then.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, name: NamePattern = .everything,
        ids: IDs? = nil, limit: Int
    ) throws -> ListAnswer<PCIDeviceAnswer> {
        let rows =
            if let ids {
                try connection.rows(alike, selection.values + [ids.vendor, ids.device, limit + 1])
            } else {
                try connection.rows(list, selection.values + [name.like.lowercased(), limit + 1])
            }
        var answer = ListAnswer(items: rows.compactMap(device), limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .hardware, "/pci_devices", what: "pci devices", of: selection)
        return answer
    }

    private static func device(_ row: SQLRow) -> PCIDeviceAnswer? {
        guard let machine = row.text("machine"), let address = row.text("address"), let kind = row.text("class_id"),
            let vendor = row.text("vendor_id"), let id = row.text("device_id")
        else { return nil }
        var device = PCIDeviceAnswer(
            machine: machine, address: address, classID: kind, vendorID: vendor, deviceID: id)
        device.className = row.text("class_name")
        device.vendorName = row.text("vendor_name")
        device.deviceName = row.text("device_name")
        device.driver = row.text("driver")
        device.unknownSince = row.time("unknown_since_at")
        return device
    }
}
