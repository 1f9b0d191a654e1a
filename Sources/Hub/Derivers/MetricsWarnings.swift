import Contracts

/// What a metrics snapshot shows that an operator should know; limits in `Thresholds`.
enum MetricsWarnings {
    static func of(_ payload: MetricsV1) -> [StateWarning] {
        var warnings: [StateWarning] = []
        for filesystem in payload.filesystems ?? [] where !filesystem.readOnly {
            let mountPoint = filesystem.mountPoint
            if let used = filesystem.usedPercent?.value, Thresholds.filesystem(used) > .ok {
                warnings.append(
                    StateWarning(
                        code: "filesystem_full", severity: Thresholds.filesystem(used), subject: mountPoint,
                        message: "\(mountPoint) is \(Int(used)) % full", section: "/filesystems"))
            }
            if let used = filesystem.inodesUsedPercent?.value, Thresholds.filesystem(used) > .ok {
                warnings.append(
                    StateWarning(
                        code: "inodes_full", severity: Thresholds.filesystem(used), subject: mountPoint,
                        message: "\(mountPoint) uses \(Int(used)) % of its inodes", section: "/filesystems"))
            }
        }
        if let used = payload.memory?.usedPercent?.value, used >= Thresholds.memoryWarning {
            warnings.append(
                StateWarning(
                    code: "memory_short", severity: .warning, subject: "memory",
                    message: "\(Int(used)) % of the memory is used", section: "/memory"))
        }
        for unit in payload.failedUnits ?? [] {
            warnings.append(
                StateWarning(
                    code: "unit_failed", severity: .warning, subject: unit, message: "\(unit) has failed",
                    section: "/failed_units"))
        }
        for sensor in payload.temperatures ?? [] {
            let severity: Severity =
                sensor.celsius >= sensor.criticalCelsius ?? .infinity
                ? .critical : sensor.celsius >= sensor.highCelsius ?? .infinity ? .warning : .ok
            guard severity > .ok else { continue }
            let name = sensor.label ?? sensor.sensor
            warnings.append(
                StateWarning(
                    code: "temperature_high", severity: severity, subject: name,
                    message: "\(name) is at \(Int(sensor.celsius)) °C", section: "/temperatures"))
        }
        return warnings
    }
}
