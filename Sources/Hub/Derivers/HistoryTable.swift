/// A table that only grows, as a rebuild looks at it: what entering a row would do to what stands there.
struct HistoryTable: Sendable {
    let name: String
    /// Enters a row, unless what stands there is as new.
    let enter: Statement
    /// Rows in the order of `enter`'s parameters, of those that share the first two of them.
    let fetch: Statement
    /// Positions of the primary key among the parameters.
    let keys: [Int]
    /// Groups of such rows that are worth remembering: windows that payloads carry repeat them, metrics go on.
    let window: Int
    /// Before this mark nothing is entered any more; compared with the parameter at `cutBy`.
    let cut: HistoryMark?
    let cutBy: Int
    /// Whether entering the second row changes nothing of the first, which has the same key.
    let isSettled: @Sendable ([SQLValue], [SQLValue]) -> Bool

    private init(
        _ name: String, _ enter: Statement, columns: [String], keys: [Int], window: Int = 4096, cut: HistoryMark?,
        cutBy: Int, isSettled: @escaping @Sendable ([SQLValue], [SQLValue]) -> Bool
    ) {
        self.name = name
        self.enter = enter
        self.keys = keys
        self.window = window
        self.cut = cut
        self.cutBy = cutBy
        self.isSettled = isSettled
        fetch = Statement(
            "rederive.\(name).fetch",
            """
            SELECT \(columns.joined(separator: ", ")) FROM \(name) WHERE \(columns[0]) = ?1 AND \(columns[1]) = ?2
            """)
    }

    /// Position of the sequence in rows of metrics.
    private static let sequence = 3

    static let metrics = [
        HistoryTable(
            "host_metrics", MetricsDeriver.host, columns: MetricsDeriver.historyKey + MetricsDeriver.hostColumns,
            keys: [0, 1, 2], window: 1, cut: .cut, cutBy: 0, isSettled: isNewest),
        HistoryTable(
            "container_metrics", MetricsDeriver.container,
            columns: MetricsDeriver.historyKey + ["container_id"] + MetricsDeriver.containerColumns,
            keys: [0, 1, 2, 4], window: 1, cut: .cut, cutBy: 0, isSettled: isNewest),
    ]

    static let all =
        metrics + [
            HistoryTable(
                "apt_applied_packages", APTDeriver.applied,
                columns: [
                    "machine_id", "started_at", "name", "architecture", "operation", "from_version", "to_version",
                    "automatic", "ended_at", "command_line", "requested_by", "error",
                ], keys: [0, 1, 2, 3, 4], cut: .eventsCut, cutBy: 1,
                isSettled: { stored, new in [8, 11].allSatisfy { !stored[$0].isNull || new[$0].isNull } }),
            HistoryTable(
                "docker_container_events", DockerDeriver.containerEvent,
                columns: ["machine_id", "at", "container_id", "action", "name", "image", "exit_code"],
                keys: [0, 1, 2, 3],
                cut: .eventsCut, cutBy: 1, isSettled: { _, _ in true }),
            HistoryTable(
                "docker_image_events", DockerDeriver.imageEvent,
                columns: ["machine_id", "at", "image", "action", "name"],
                keys: [0, 1, 2, 3], cut: .eventsCut, cutBy: 1, isSettled: { _, _ in true }),
            HistoryTable(
                "machine_host_key_sightings", HardwareDeriver.sighting,
                columns: ["machine_id", "type", "fingerprint", "public_key", "first_received_at"], keys: [0, 1, 2],
                cut: nil, cutBy: 0,
                isSettled: { stored, new in stored[4].integer ?? .max <= new[4].integer ?? .max }),
        ]

    private static func isNewest(_ stored: [SQLValue], _ new: [SQLValue]) -> Bool {
        guard stored[sequence] == new[sequence] else {
            return stored[sequence].integer ?? .min > new[sequence].integer ?? .min
        }
        return zip(stored, new).allSatisfy { $0.isSameNumber(as: $1) }
    }

    static let statements = all.map(\.fetch)
}

extension SQLValue {
    /// Equal, or the same number written as an integer and as a floating point value, as a column makes of it.
    fileprivate func isSameNumber(as other: SQLValue) -> Bool {
        switch (self, other) {
        case (.integer(let integer), .real(let real)), (.real(let real), .integer(let integer)): Double(integer) == real
        default: self == other
        }
    }
}
