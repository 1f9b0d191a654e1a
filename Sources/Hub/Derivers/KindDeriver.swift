import Contracts

/// Makes rows and events of one kind's payloads: pure functions, but for histories, which only grow.
protocol KindDeriver {
    associatedtype Payload: SnapshotPayload

    static var tables: [DerivedTable] { get }
    static var state: StateColumns { get }
    /// Statements besides those of the tables and the state.
    static var historyStatements: [Statement] { get }

    static func derive(_ payload: Payload, of snapshot: ArchivedSnapshot) throws -> Derived

    /// What the payload shows that an operator should know; each is a message for as long as it is shown.
    static func warnings(_ payload: Payload) -> [StateWarning]

    /// What keeps a message open without opening one: values a little below their limits.
    static func lingering(_ payload: Payload) -> [StateWarning]

    /// Brings up to date what follows from the kind's unknown sections.
    static func noteUnknown(_ machine: Int64, in connection: any SQLConnection) throws

    /// Whether an unchanged payload means something else at the second moment than at the first; told without reading
    /// the payload, because most check-ins are unchanged.
    static func changesByAge(
        _ machine: Int64, from earlier: Int64, to later: Int64, in connection: any SQLConnection
    ) throws -> Bool

    /// What changed between two snapshots that follow each other.
    static func events(
        from previous: ObservedSnapshot, _ old: Payload, to current: ObservedSnapshot, _ new: Payload
    ) throws -> [MachineEvent]

    /// Adds the windows that the payload carries; late snapshots do so too.
    static func enterHistories(
        _ payload: Payload, of snapshot: ArchivedSnapshot, into connection: any SQLConnection) throws
}

extension KindDeriver {
    static var historyStatements: [Statement] { [] }

    static func events(
        from previous: ObservedSnapshot, _ old: Payload, to current: ObservedSnapshot, _ new: Payload
    ) throws -> [MachineEvent] { [] }

    static func enterHistories(
        _ payload: Payload, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {}

    static func noteUnknown(_ machine: Int64, in connection: any SQLConnection) throws {}

    static func lingering(_ payload: Payload) -> [StateWarning] { [] }

    static func changesByAge(
        _ machine: Int64, from earlier: Int64, to later: Int64, in connection: any SQLConnection
    ) throws -> Bool { false }

    static var statements: [Statement] { tables.flatMap(\.statements) + state.statements + historyStatements }

    static func deriveAny(_ payload: any SnapshotPayload, of snapshot: ArchivedSnapshot) throws -> Derived {
        try derive(cast(payload), of: snapshot)
    }

    static func enterAny(
        _ payload: any SnapshotPayload, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {
        try enterHistories(cast(payload), of: snapshot, into: connection)
    }

    static func observeAny(_ payload: any SnapshotPayload, unknown: [String]) throws -> MessageObservation {
        let payload = try cast(payload)
        return MessageObservation(
            warnings: warnings(payload), lingering: lingering(payload), unknown: unknown)
    }

    static func eventsAny(from previous: ObservedSnapshot, to current: ObservedSnapshot) throws -> [MachineEvent] {
        try events(from: previous, cast(previous.payload), to: current, cast(current.payload))
    }

    private static func cast(_ payload: any SnapshotPayload) throws -> Payload {
        guard let payload = payload as? Payload else {
            throw StoreFailure(code: .other, message: "a \(type(of: payload)) came to the deriver of \(Payload.kind)")
        }
        return payload
    }
}

/// The one list of derivers.
enum Derivers {
    static func deriver(of kind: Kind) -> any KindDeriver.Type {
        switch kind {
        case .hardware: HardwareDeriver.self
        case .metrics: MetricsDeriver.self
        case .apt: APTDeriver.self
        case .docker: DockerDeriver.self
        }
    }

    static let statements: [Statement] =
        KindRecord.statements + UnknownSections.statements + SnapshotNeighbors.statements + EventStore.statements
        + MessageStore.statements
        + Kind.allCases.flatMap { deriver(of: $0).statements }
}
