import Contracts

/// What a metrics snapshot shows that an operator should know; limits in `Thresholds`.
enum MetricsWarnings {
    /// - Parameter isLingering: with limits that are lower by their margins, and without what has no limit.
    static func of(_ payload: MetricsV1, isLingering: Bool = false) -> [StateWarning] {
        filesystems(payload, margin: isLingering ? Thresholds.filesystemMargin : 0)
            + memory(payload, margin: isLingering ? Thresholds.memoryMargin : 0)
            + (isLingering ? [] : units(payload))
            + temperatures(payload, margin: isLingering ? Thresholds.temperatureMargin : 0)
    }

    private static func filesystems(_ payload: MetricsV1, margin: Double) -> [StateWarning] {
        var warnings: [StateWarning] = []
        for filesystem in payload.filesystems ?? [] where !filesystem.readOnly {
            let mountPoint = filesystem.mountPoint
            if let used = filesystem.usedPercent?.value, Thresholds.filesystem(used + margin) > .ok {
                warnings.append(
                    StateWarning(
                        code: "filesystem_full", severity: Thresholds.filesystem(used + margin), subject: mountPoint,
                        message: "\(mountPoint) is \(Int(used)) % full", section: "/filesystems"))
            }
            if let used = filesystem.inodesUsedPercent?.value, Thresholds.filesystem(used + margin) > .ok {
                warnings.append(
                    StateWarning(
                        code: "inodes_full", severity: Thresholds.filesystem(used + margin), subject: mountPoint,
                        message: "\(mountPoint) uses \(Int(used)) % of its inodes", section: "/filesystems"))
            }
        }
        return warnings
    }

    private static func memory(_ payload: MetricsV1, margin: Double) -> [StateWarning] {
        guard let used = payload.memory?.usedPercent?.value, used + margin >= Thresholds.memoryWarning else {
            return []
        }
        return [
            StateWarning(
                code: "memory_short", severity: .warning, subject: "memory",
                message: "\(Int(used)) % of the memory is used", section: "/memory")
        ]
    }

    private static func units(_ payload: MetricsV1) -> [StateWarning] {
        (payload.failedUnits ?? []).map {
            StateWarning(
                code: "unit_failed", severity: .warning, subject: $0, message: "\($0) has failed",
                section: "/failed_units")
        }
    }

    private static func temperatures(_ payload: MetricsV1, margin: Double) -> [StateWarning] {
        (payload.temperatures ?? []).compactMap { sensor in
            let celsius = sensor.celsius + margin
            let severity: Severity =
                celsius >= sensor.criticalCelsius ?? .infinity
                ? .critical : celsius >= sensor.highCelsius ?? .infinity ? .warning : .ok
            guard severity > .ok else { return nil }
            let name = sensor.label ?? sensor.sensor
            return StateWarning(
                code: "temperature_high", severity: severity, subject: name,
                message: "\(name) is at \(Int(sensor.celsius)) °C", section: "/temperatures")
        }
    }
}
