import Contracts

/// The lists of a metrics payload, as the JSON columns of `machine_state` keep them.
enum MetricsLists {
    static func cores(_ cpu: MetricsV1.CPU?) -> SQLValue {
        JSONText.objects(cpu?.perCore) {
            $1.member(#","core":"#, $0.core)
            $1.member(#","used_percent":"#, $0.usedPercent)
        }
    }

    static func disks(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.disks) {
            $1.member(#","name":"#, $0.name)
            $1.member(#","read_bytes_per_second":"#, $0.readBytesPerSecond)
            $1.member(#","written_bytes_per_second":"#, $0.writtenBytesPerSecond)
            $1.member(#","busy_percent":"#, $0.busyPercent)
        }
    }

    static func interfaces(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.interfaces) {
            $1.member(#","name":"#, $0.name)
            $1.member(#","received_bytes_total":"#, $0.receivedBytesTotal)
            $1.member(#","transmitted_bytes_total":"#, $0.transmittedBytesTotal)
            $1.member(#","received_bytes_per_second":"#, $0.receivedBytesPerSecond)
            $1.member(#","transmitted_bytes_per_second":"#, $0.transmittedBytesPerSecond)
            $1.member(#","receive_errors_total":"#, $0.receiveErrorsTotal)
            $1.member(#","transmit_errors_total":"#, $0.transmitErrorsTotal)
        }
    }

    static func temperatures(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.temperatures) {
            $1.member(#","sensor":"#, $0.sensor)
            $1.member(#","label":"#, $0.label)
            $1.member(#","celsius":"#, $0.celsius)
            $1.member(#","high_celsius":"#, $0.highCelsius)
            $1.member(#","critical_celsius":"#, $0.criticalCelsius)
        }
    }

    static func fans(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.fans) {
            $1.member(#","sensor":"#, $0.sensor)
            $1.member(#","label":"#, $0.label)
            $1.member(#","rpm":"#, $0.rpm)
        }
    }

    static func batteries(_ payload: MetricsV1) -> SQLValue {
        JSONText.objects(payload.batteries) {
            $1.member(#","name":"#, $0.name)
            $1.member(#","charge_percent":"#, $0.chargePercent)
            $1.member(#","state":"#, $0.state)
        }
    }

    /// By mount point, each with its moment: where the newest snapshot could not read them, they are of an earlier one.
    static func filesystems(_ filesystems: [MetricsV1.Filesystem], at: Timestamp) -> SQLValue {
        JSONText.objects(filesystems) {
            $1.member(#","mount_point":"#, $0.mountPoint)
            $1.member(#","at":"#, Int(at.milliseconds))
            $1.member(#","device":"#, $0.device)
            $1.member(#","type":"#, $0.type)
            $1.member(#","total_bytes":"#, $0.totalBytes)
            $1.member(#","used_bytes":"#, $0.usedBytes)
            $1.member(#","available_bytes":"#, $0.availableBytes)
            $1.member(#","used_percent":"#, $0.usedPercent)
            $1.member(#","inodes_total":"#, $0.inodesTotal)
            $1.member(#","inodes_used":"#, $0.inodesUsed)
            $1.member(#","inodes_available":"#, $0.inodesAvailable)
            $1.member(#","inodes_used_percent":"#, $0.inodesUsedPercent)
            $1.member(#","read_only":"#, $0.readOnly ? 1 : 0)
        }
    }

    /// `[["/", 41.2, 3.1], …]`: mount point, used share, used share of the inodes; those that can be written, by mount
    /// point.
    static func filesystemShares(_ filesystems: [MetricsV1.Filesystem]) -> SQLValue {
        JSONText.arrays(filesystems.filter { !$0.readOnly }) {
            $1.item($0.mountPoint)
            $1.item($0.usedPercent?.value)
            $1.item($0.inodesUsedPercent?.value)
        }
    }

    /// A payload's file systems by mount point; one that is named twice is taken at its last word.
    static func byMountPoint(_ payload: MetricsV1) -> [MetricsV1.Filesystem] {
        let all = payload.filesystems ?? []
        // By their bytes: to Swift "é" is one character, however it is written.
        func isBefore(_ one: Int, _ other: Int) -> Bool {
            all[one].mountPoint.utf8.lexicographicallyPrecedes(all[other].mountPoint.utf8)
        }
        if all.indices.dropFirst().allSatisfy({ isBefore($0 - 1, $0) }) { return all }
        let sorted = all.indices.sorted { isBefore($0, $1) || (!isBefore($1, $0) && $0 < $1) }
        return sorted.indices.filter { $0 + 1 == sorted.count || isBefore(sorted[$0], sorted[$0 + 1]) }
            .map { all[sorted[$0]] }
    }
}
