import Contracts

/// From an archived snapshot to the tables, inside the transaction that archived it.
///
/// Any order of arrival ends in the same tables: the newest by `SnapshotOrder` is shown, a late one enters histories,
/// fills what newer ones could not read, and takes its place among the events.
struct Derivation {
    let snapshot: ArchivedSnapshot
    let kind: Kind
    let order: SnapshotOrder
    let connection: any SQLConnection
    let neighbors: SnapshotNeighbors
    /// Takes the messages while the archive is derived again.
    var replay: MessageRebuild?

    static func apply(_ snapshot: ArchivedSnapshot, into connection: any SQLConnection) throws -> DerivationResult {
        try apply(snapshot, into: connection, schemas: .current)
    }

    /// - Parameter schemas: how payloads of other snapshots are read.
    static func apply(
        _ snapshot: ArchivedSnapshot, into connection: any SQLConnection, schemas: SchemaVersions
    ) throws -> DerivationResult {
        guard let kind = Kind(rawValue: snapshot.head.kind) else {
            throw StoreFailure(code: .other, message: "no deriver for \(snapshot.head.kind)")
        }
        let neighbors = SnapshotNeighbors(
            machine: snapshot.machineID, kind: kind, connection: connection, schemas: schemas)
        return try apply(snapshot, kind: kind, into: connection, neighbors: neighbors)
    }

    static func apply(
        _ snapshot: ArchivedSnapshot, kind: Kind, into connection: any SQLConnection, neighbors: SnapshotNeighbors,
        replay: MessageRebuild? = nil
    ) throws -> DerivationResult {
        let derivation = Derivation(
            snapshot: snapshot, kind: kind, order: SnapshotOrder(snapshot), connection: connection,
            neighbors: neighbors, replay: replay)
        switch snapshot.content {
        case .failed:
            try KindRecord.fail(snapshot, kind, in: connection)
            return .failed
        case .payload(let payload as MetricsV1): return try derivation.applyMetrics(payload)
        case .payload(let payload): return try derivation.applyInventory(payload)
        case .sameAs: return try derivation.applyInventory(nil)
        }
    }

    /// Puts what the deriver made into the tables, but for what is unknown.
    func put(_ derived: Derived, at order: SnapshotOrder, due: SQLValue) throws {
        let unknown = Set(
            (snapshot.head.collection.unknown ?? []).map { UnknownSections.named($0, items: derived.itemNames) })
        try put(derived, taking: unknown.isEmpty ? .all : .allBut(unknown), shownAt: order.effectiveAt, due: due)
        try UnknownSections(machine: snapshot.machineID, kind: kind, connection: connection)
            .settle(unknown, at: order, previous: neighbors.orderBefore(order))
        try Derivers.deriver(of: kind).noteUnknown(snapshot.machineID, in: connection)
    }

    private func put(_ derived: Derived, taking: Taking, shownAt: Int64, due: SQLValue) throws {
        let machine = snapshot.machineID
        for entry in derived.tables {
            try entry.table.apply(entry.rows, of: machine, taking: taking, to: connection)
        }
        let state = Derivers.deriver(of: kind).state
        var values = derived.state
        var warnings = derived.warnings
        if !taking.isAll {
            let stored = try state.stored(machine, in: connection)
            for index in state.columns.indices where !taking.takes(state.columns[index].section) {
                values[index] = stored?.values[index] ?? .null
            }
            warnings.removeAll { !taking.takes($0.section) }
            warnings += (stored?.warnings ?? []).filter { !taking.takes($0.section) }
        }
        try setState(state, at: shownAt, due: due, values: values, warnings: warnings)
    }

    /// Writes the kind's part of `machine_state`.
    func setState(
        _ state: StateColumns, at shownAt: Int64, due: SQLValue, values: [SQLValue], warnings: [StateWarning]
    ) throws {
        let freshness: [SQLValue] = [
            snapshot.machineID.sqlValue, shownAt.sqlValue, due, StateWarning.worst(warnings).rawValue.sqlValue,
            try StateWarning.text(warnings),
        ]
        let row = try connection.rows(state.upsert, freshness + values).first
        try showError(insteadOf: row?["last_error_kind"] ?? .null)
    }

    /// Looks for another error to show, where the one that is shown is of this kind: its collecting went well.
    func showError(insteadOf shown: SQLValue) throws {
        if shown.text == kind.rawValue { try connection.run(KindRecord.showError, snapshot.machineID) }
    }

    /// A late snapshot: what the shown one could not read, and this one could, is filled from here.
    func fillUnknown(_ payload: @autoclosure () throws -> (any SnapshotPayload)?, _ record: KindRecord?) throws {
        guard let record, record.hasUnknown, let shown = record.order else { return }
        let sections = UnknownSections(machine: snapshot.machineID, kind: kind, connection: connection)
        let older = try sections.read().filter { $0.isOlder(than: order) }
        guard !older.isEmpty, let payload = try payload() else { return }
        let derived = try Derivers.deriver(of: kind).deriveAny(payload, of: snapshot)
        let unknown = Set(
            (snapshot.head.collection.unknown ?? []).map { UnknownSections.named($0, items: derived.itemNames) })
        var known: Set<String> = []
        for section in older {
            if Taking.covers(unknown, section.pointer) {
                if order.effectiveAt < section.unknownSince {
                    try sections.move(section, unknownSince: order.effectiveAt, known: nil)
                }
            } else {
                known.insert(section.pointer)
                let since = try neighbors.orderAfter(order)?.effectiveAt ?? section.unknownSince
                try sections.move(section, unknownSince: since, known: order)
            }
        }
        if !known.isEmpty {
            try put(
                derived, taking: .only(known), shownAt: shown.effectiveAt,
                due: record.nextDueAt.map { .integer($0) } ?? .null)
        }
        try Derivers.deriver(of: kind).noteUnknown(snapshot.machineID, in: connection)
    }
}
