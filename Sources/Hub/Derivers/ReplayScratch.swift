import Contracts
import GRDB

/// The hub's tables in memory, for what the derived ones say of one machine at a time: derivers work there while the hub
/// goes on with its own.
final class ReplayScratch {
    private let queue: DatabaseQueue
    private let times = StatementTimes()
    let tables: [ReplayTable]

    /// - Parameter connection: of the hub's database. The schema is copied as it stands, so that what a constraint
    ///   refuses there is refused here.
    init(schemaOf connection: any SQLConnection) throws {
        var configuration = Configuration()
        // The rows that they refer to stay where they are.
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(configuration: configuration)
        let times = times
        let schema = try connection.rows(Self.schema).compactMap { $0["sql"].text }
        tables = try queue.write { database in
            for sql in schema { try database.execute(sql: sql) }
            let connection = SQLiteConnection(database: database, times: times)
            return try (DerivedTables.current + DerivedTables.replayed).map { table in
                try ReplayTable(table, columns: connection.rows(Self.columns, table))
            }
        }
        self.queue = queue
    }

    /// Runs the body in one transaction of the scratch's own.
    func use<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        try queue.write { try body(SQLiteConnection(database: $0, times: times)) }
    }

    /// Takes a machine's rows out of the hub's database in place of what is here.
    ///
    /// - Parameter bounds: what of the rows that end a rebuild is about.
    func take(_ machine: Int64, _ bounds: ReplayBounds, from hub: any SQLConnection) throws -> MachineRows {
        let rows = try MachineRows(machine, tables, bounds, from: hub)
        try use { scratch in
            for table in tables { try scratch.run(table.clear) }
            for statement in Self.clearings { try scratch.run(statement) }
            if let row = try hub.row(Self.machine, machine) {
                try scratch.run(Self.insertMachine, machine, row["machine_uuid"], row["created_at"])
            }
            if let cut = bounds.eventsCut { try HistoryMark.eventsCut.set(cut, scratch) }
            for table in tables {
                for row in (rows.tables[table.name] ?? [:]).values { try scratch.run(table.upsert, row) }
            }
        }
        return rows
    }

    func rows(_ machine: Int64, _ bounds: ReplayBounds) throws -> MachineRows {
        try use { try MachineRows(machine, tables, bounds, from: $0) }
    }

    /// SQLite's own; not in the registry.
    private static let schema = Statement(
        "rederive.schema",
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid")
    private static let columns = Statement(
        "rederive.columns", "SELECT name, pk, dflt_value FROM pragma_table_info(?1) ORDER BY cid")

    static let machine = Statement("rederive.machine", "SELECT machine_uuid, created_at FROM machines WHERE id = ?1")
    static let insertMachine = Statement(
        "rederive.insert_machine", "INSERT INTO machines (id, machine_uuid, created_at) VALUES (?1, ?2, ?3)")
    private static let clearings = [
        Statement("rederive.clear_machines", "DELETE FROM machines"),
        Statement("rederive.clear_marks", "DELETE FROM history_marks"),
        Statement("rederive.clear_feed", "DELETE FROM event_feed"),
    ]

    static let statements = [machine, insertMachine] + clearings
}

/// Which rows a rebuild is about, of those that outlive their snapshots.
struct ReplayBounds: Equatable, Sendable {
    /// Moment of the oldest snapshot in the archive: nothing before it can become another.
    var archiveBegin: Int64
    /// Before when retention has cut events and messages, if it has.
    var eventsCut: Int64?

    var from: Int64 { max(archiveBegin, eventsCut ?? .min) }

    init(_ machine: Int64, _ connection: any SQLConnection) throws {
        let first = try Kind.allCases.compactMap {
            try connection.row(Self.first, machine, $0)?["effective_at"].integer
        }
        archiveBegin = first.min() ?? .max
        eventsCut = try HistoryMark.eventsCut.read(connection)
    }

    static let first = Statement(
        "rederive.first",
        """
        SELECT effective_at FROM snapshots WHERE machine_id = ?1 AND kind = ?2
        ORDER BY effective_at, sequence LIMIT 1
        """)

    static let statements = [first]
}
