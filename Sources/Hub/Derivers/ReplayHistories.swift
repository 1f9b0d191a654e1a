/// What a rebuild enters into the tables that only grow: compared with what stands there, and written or told.
///
/// Entering goes by row and in any order, so that it may be done in any number of transactions beside ingest, and again
/// after a stop.
final class ReplayHistories {
    struct Entry {
        let table: HistoryTable
        let values: [SQLValue]
        let stored: [SQLValue]?
        /// The snapshot that it comes from.
        let snapshot: String
    }

    /// Rows that share the first two parameters, by their key.
    private typealias Group = [[SQLValue]: [SQLValue]]

    private let hub: any SQLConnection
    private let tables: [String: HistoryTable]
    private let cuts: [String: Int64]
    private var groups: [String: [[SQLValue]: Group]] = [:]
    /// The snapshot whose rows come now.
    private var snapshot = ""
    private var begun = 0
    private(set) var pending: [Entry] = []

    /// - Parameter hub: shows one state of the hub's database.
    init(hub: any SQLConnection) throws {
        self.hub = hub
        tables = Dictionary(HistoryTable.all.map { ($0.enter.name, $0) }, uniquingKeysWith: { $1 })
        var cuts: [String: Int64] = [:]
        for table in HistoryTable.all { if let cut = table.cut { cuts[table.name] = try cut.read(hub) } }
        self.cuts = cuts
    }

    func begin(_ snapshot: String) {
        self.snapshot = snapshot
        begun = pending.count
    }

    /// Forgets what came of a snapshot that cannot be derived as a whole.
    func drop() {
        pending.removeLast(pending.count - begun)
        groups = [:]
    }

    /// Takes what is to be written.
    func take() -> [Entry] {
        defer {
            pending = []
            begun = 0
        }
        return pending
    }

    /// Whether a statement enters a row here; if so, it is looked at and not run.
    func takes(_ statement: Statement, _ row: [SQLValue]) throws -> Bool {
        guard let table = tables[statement.name] else { return false }
        if let cut = cuts[table.name], let at = row[table.cutBy].integer, at < cut { return true }
        let place = Array(row[..<2])
        let key = table.keys.map { row[$0] }
        var known = groups[table.name] ?? [:]
        groups[table.name] = nil
        defer { groups[table.name] = known }
        if known[place] == nil {
            if known.count >= table.window { known = [:] }
            known[place] = Dictionary(
                try hub.rows(table.fetch, place).map { found in (table.keys.map { found.values[$0] }, found.values) },
                uniquingKeysWith: { $1 })
        }
        let stored = known[place]?[key]
        if let stored, table.isSettled(stored, row) { return true }
        pending.append(Entry(table: table, values: row, stored: stored, snapshot: snapshot))
        known[place]?[key] = row
        return true
    }
}

/// The connection of derivers in a rebuild: their tables are the scratch's, their histories go to `ReplayHistories`.
struct ReplayConnection: SQLConnection {
    let scratch: any SQLConnection
    let histories: ReplayHistories

    func run(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        if try histories.takes(statement, values) { return 0 }
        return try scratch.run(statement, values)
    }

    func rows(_ statement: Statement, _ values: [SQLValue]) throws -> [SQLRow] {
        try scratch.rows(statement, values)
    }

    func insert(_ statement: Statement, _ values: [SQLValue]) throws -> Int64? {
        try scratch.insert(statement, values)
    }
}
