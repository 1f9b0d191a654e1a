import Contracts

/// What a metrics payload puts into the tables, but for the keys. It follows from the payload and its moment alone, so it
/// is made where the payload is read, on whatever thread that is: there is one writer, and what it need not do is time
/// for the next snapshot.
struct PreparedMetrics: Sendable {
    let derived: Derived
    let history: MetricsHistory

    init(_ payload: MetricsV1, at moment: Timestamp) {
        history = MetricsHistory(payload)
        derived = MetricsDeriver.derive(payload, at: moment, values: history.values)
    }
}

/// What a metrics payload adds to the histories.
struct MetricsHistory: Sendable {
    /// In the order of `MetricsValues.columns`.
    let values: [SQLValue]
    /// The last column of `host_metrics`.
    let filesystemShares: SQLValue
    /// The columns of `container_metrics` after those of the snapshot.
    let containers: [[SQLValue]]

    init(_ payload: MetricsV1) {
        values = MetricsValues.values(payload)
        filesystemShares = MetricsLists.filesystemShares(payload)
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
        try connection.run(MetricsDeriver.host, key + values + [filesystemShares])
        if let closed = snapshot.rolledUpUntil, at < closed {
            try connection.run(Rollup.late, snapshot.machineID, RollupSpan.fiveMinutes.rawValue, bucket)
        }
        for container in containers { try connection.run(MetricsDeriver.container, key + container) }
    }
}
