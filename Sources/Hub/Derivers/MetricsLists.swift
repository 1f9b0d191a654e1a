import Contracts

/// The lists of a metrics payload, as the JSON columns of `machine_metrics_latest` keep them.
enum MetricsLists {
    static func cores(_ cpu: MetricsV1.CPU?) -> SQLValue {
        JSONText.objects(cpu?.perCore) { [("core", $0.core.sqlValue), ("used_percent", $0.usedPercent.sqlValue)] }
    }

    static func disks(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.disks) {
            [
                ("name", $0.name.sqlValue), ("read_bytes_per_second", $0.readBytesPerSecond.sqlValue),
                ("written_bytes_per_second", $0.writtenBytesPerSecond.sqlValue),
                ("busy_percent", $0.busyPercent.sqlValue),
            ]
        }
    }

    static func interfaces(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.interfaces) {
            [
                ("name", $0.name.sqlValue), ("received_bytes_total", $0.receivedBytesTotal.sqlValue),
                ("transmitted_bytes_total", $0.transmittedBytesTotal.sqlValue),
                ("received_bytes_per_second", $0.receivedBytesPerSecond.sqlValue),
                ("transmitted_bytes_per_second", $0.transmittedBytesPerSecond.sqlValue),
                ("receive_errors_total", $0.receiveErrorsTotal.sqlValue),
                ("transmit_errors_total", $0.transmitErrorsTotal.sqlValue),
            ]
        }
    }

    static func temperatures(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.temperatures) {
            [
                ("sensor", $0.sensor.sqlValue), ("label", $0.label.sqlValue), ("celsius", $0.celsius.sqlValue),
                ("high_celsius", $0.highCelsius.sqlValue), ("critical_celsius", $0.criticalCelsius.sqlValue),
            ]
        }
    }

    static func fans(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.fans) {
            [("sensor", $0.sensor.sqlValue), ("label", $0.label.sqlValue), ("rpm", $0.rpm.sqlValue)]
        }
    }

    static func batteries(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.batteries) {
            [
                ("name", $0.name.sqlValue), ("charge_percent", $0.chargePercent.sqlValue),
                ("state", $0.state.sqlValue),
            ]
        }
    }

    /// `[["/", 41.2, 3.1], …]`: mount point, used share, used share of the inodes; those that can be written, by mount
    /// point.
    static func filesystemShares(_ payload: MetricsV1) -> SQLValue {
        var shares: [String: MetricsV1.Filesystem] = [:]
        for filesystem in payload.filesystems ?? [] where !filesystem.readOnly {
            shares[filesystem.mountPoint] = filesystem
        }
        return JSONText.arrays(shares.values.sorted { $0.mountPoint < $1.mountPoint }) {
            [$0.mountPoint.sqlValue, $0.usedPercent.sqlValue, $0.inodesUsedPercent.sqlValue]
        }
    }
}
