import Contracts

/// What `smartctl -j` says of one device (smartctl(8), JSON format version 1).
struct SmartctlReport: Equatable, Sendable {
    /// Nil where nothing is told of its health.
    var smart: HardwareV1.SMART?
    /// Degrees Celsius now.
    var celsius: Int?
    /// The device says that it has no SMART, or that it is switched off.
    var isUnsupported = false
    /// What smartctl itself says of a failure; the first error, else the first message.
    var message: String?

    /// Nil where the output is no report of smartctl.
    static func parse(_ bytes: [UInt8]) -> SmartctlReport? {
        guard let root = try? StrictJSON.read(bytes).root, case .object? = root["smartctl"] else { return nil }
        var report = SmartctlReport()
        var smart = HardwareV1.SMART()
        smart.passed = root["smart_status"]?["passed"]?.flag
        smart.powerOnHours = root["power_on_time"]?["hours"]?.count
        report.nvme(root["nvme_smart_health_information_log"], &smart)
        report.ata(root["ata_smart_attributes"]?["table"]?.arrayValue ?? [], &smart)
        report.wear(root, &smart)
        if smart.reallocatedSectors == nil { smart.reallocatedSectors = root["scsi_grown_defect_list"]?.count }
        report.celsius = report.celsius ?? temperature(root["temperature"]?["current"])
        let support = root["smart_support"]
        report.isUnsupported = support?["available"]?.flag == false || support?["enabled"]?.flag == false
        report.message = message(root["smartctl"]?["messages"]?.arrayValue ?? [])
        if smart != HardwareV1.SMART(), !report.isUnsupported { report.smart = smart }
        return report
    }

    private func nvme(_ log: JSONValue?, _ smart: inout HardwareV1.SMART) {
        guard let log else { return }
        smart.criticalWarning = log["critical_warning"]?.count
        smart.percentageUsed = log["percentage_used"]?.count
        smart.powerOnHours = smart.powerOnHours ?? log["power_on_hours"]?.count
    }

    /// Attribute 5 counts replaced sectors on every maker's disks; what others count differs from maker to maker.
    private func ata(_ table: [JSONValue], _ smart: inout HardwareV1.SMART) {
        for attribute in table.prefix(256) where attribute["id"]?.count == 5 {
            // Some firmware keeps other counters in the upper half of the 48 bits.
            smart.reallocatedSectors = attribute["raw"]?["value"]?.count.map { $0 & 0xFFFF_FFFF }
        }
    }

    /// SATA drives with device statistics, and SAS drives; smartctl 7.4 and later tell it alike.
    private func wear(_ root: JSONValue, _ smart: inout HardwareV1.SMART) {
        guard smart.percentageUsed == nil else { return }
        smart.percentageUsed =
            root["endurance_used"]?["current_percent"]?.count
            ?? root["scsi_percentage_used_endurance_indicator"]?.count
    }

    /// Drives without a sensor say 0, 255 or nonsense; one outside of what electronics survive has none.
    private static func temperature(_ value: JSONValue?) -> Int? {
        value?.integerValue.flatMap { $0 != 0 && (-40...150).contains($0) ? Int($0) : nil }
    }

    private static func message(_ messages: [JSONValue]) -> String? {
        let first = messages.first { $0["severity"]?.text == "error" } ?? messages.first
        return first?["string"]?.text.map { String($0.trimmed.prefix(200)) }
    }
}
