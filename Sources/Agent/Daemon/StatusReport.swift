import Contracts

/// What `vigie-agent status` says; its JSON is stable.
struct StatusReport: Codable, Equatable, Sendable {
    struct KindStatus: Codable, Equatable, Sendable {
        var kind: String
        var enabled: Bool
        var intervalSeconds: Int
        /// Absent where the hub has accepted none yet.
        var lastAcceptedAt: Timestamp?
        var lastCollectedAt: Timestamp?
        var lastResult: String?

        enum CodingKeys: String, CodingKey {
            case kind, enabled
            case intervalSeconds = "interval_seconds"
            case lastAcceptedAt = "last_accepted_at"
            case lastCollectedAt = "last_collected_at"
            case lastResult = "last_result"
        }
    }

    var version: String
    var enrolled: Bool
    var running: Bool
    var stateDirectory: String
    var name: String?
    var machineID: Identifier?
    var hubURLs: [String]?
    var kinds: [KindStatus]
    var spool: SpoolReport
    var rejectedFiles: Int
    /// Absent while deliveries go well.
    var lastError: DeliveryRecord.LastError?
    /// The hub's code, while it does not accept this machine's token.
    var refused: String?

    enum CodingKeys: String, CodingKey {
        case version, enrolled, running, name, kinds, spool, refused
        case stateDirectory = "state_directory"
        case machineID = "machine_id"
        case hubURLs = "hub_urls"
        case rejectedFiles = "rejected_files"
        case lastError = "last_error"
    }

    init(
        identity: Identity?, configuration: AgentConfiguration, record: DeliveryRecord, spool: SpoolReport,
        rejectedFiles: Int, isRunning: Bool, state: StateDirectory
    ) {
        version = Vigie.version
        enrolled = identity != nil
        running = isRunning
        stateDirectory = state.path
        name = identity?.name
        machineID = identity?.machineID
        hubURLs = identity?.hubURLs
        kinds = Kind.allCases.map { kind in
            let settings = configuration.settings(of: kind)
            let last = record.lastAccepted.first { $0.kind == kind.rawValue }
            return KindStatus(
                kind: kind.rawValue, enabled: settings.isEnabled, intervalSeconds: settings.intervalSeconds,
                lastAcceptedAt: last?.at, lastCollectedAt: last?.collectedAt, lastResult: last?.result)
        }
        self.spool = spool
        self.rejectedFiles = rejectedFiles
        lastError = record.lastError
        refused = record.refused
    }

    /// From the files alone, where no daemon answers.
    init(identity: Identity?, configuration: AgentConfiguration, record: DeliveryRecord, state: StateDirectory) {
        let entries = ((try? Files.names(state.spool)) ?? []).compactMap { name in
            Files.size("\(state.spool)/\(name)").flatMap { SpoolEntry(name: name, bytes: $0) }
        }
        let report = SpoolReport(
            files: entries.count, bytes: entries.reduce(0) { $0 + $1.bytes }, droppedTotal: record.droppedTotal)
        self.init(
            identity: identity, configuration: configuration, record: record, spool: report,
            rejectedFiles: Self.rejectedFiles(state), isRunning: false, state: state)
    }

    static func rejectedFiles(_ state: StateDirectory) -> Int {
        ((try? Files.names(state.rejected)) ?? []).filter { $0.hasSuffix(SpoolEntry.suffix) }.count
    }
}
