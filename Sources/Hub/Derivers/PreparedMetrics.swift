import Contracts

/// What a metrics payload puts into the tables, but for the keys. It follows from the payload and its moment alone, so it
/// is made where the payload is read, on whatever thread that is: there is one writer, and what it need not do is time
/// for the next snapshot.
struct PreparedMetrics: Sendable {
    let derived: Derived
    let history: MetricsHistory

    init(_ payload: MetricsV1, at moment: Timestamp) {
        let values = MetricsValues.values(payload)
        let filesystems = MetricsLists.byMountPoint(payload)
        history = MetricsHistory(payload, values, filesystems)
        derived = MetricsDeriver.derive(payload, at: moment, values: values, filesystems: filesystems)
    }
}

/// What a metrics payload adds to the histories.
struct MetricsHistory: Sendable {
    /// In the order of `MetricsDeriver.hostColumns`.
    let values: [SQLValue]
    /// The columns of `container_metrics` after those of the snapshot.
    let containers: [[SQLValue]]

    /// - Parameters:
    ///   - hostValues: those of `MetricsValues`.
    ///   - filesystems: the payload's, by mount point.
    init(_ payload: MetricsV1, _ hostValues: [SQLValue], _ filesystems: [MetricsV1.Filesystem]) {
        values = hostValues + [MetricsLists.filesystemShares(filesystems)]
        containers = (payload.containers ?? []).map { container in
            [
                container.id.sqlValue, container.cpuPercent.sqlValue, container.memoryUsedBytes.sqlValue,
                container.memoryLimitBytes.sqlValue, container.receivedBytesTotal.sqlValue,
                container.transmittedBytesTotal.sqlValue, container.readBytesTotal.sqlValue,
                container.writtenBytesTotal.sqlValue,
            ]
        }
    }

    func enter(_ snapshot: ArchivedSnapshot, into connection: any SQLConnection) throws {
        let at = snapshot.effectiveAt.milliseconds
        let bucket = RollupSpan.fiveMinutes.bucket(of: at)
        let key: [SQLValue] = [
            bucket.sqlValue, snapshot.machineID.sqlValue, at.sqlValue, snapshot.head.sequence.sqlValue,
        ]
        if let histories = snapshot.histories {
            if bucket >= histories.cut {
                try connection.run(MetricsDeriver.hostAfterCut, pieces: [key, values])
            }
            if let closed = histories.rolledUpUntil, at < closed {
                try connection.run(Rollup.late, snapshot.machineID, RollupSpan.fiveMinutes.rawValue, bucket)
            }
        } else {
            try connection.run(MetricsDeriver.host, pieces: [key, values])
        }
        for container in containers { try connection.run(MetricsDeriver.container, key + container) }
    }
}
