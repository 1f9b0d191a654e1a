import Contracts

/// The tags of machines: operators' and automatic ones, in the order of their bytes, each once.
///
/// A list does nothing with tags but repeat them, so they are kept as they stand in an answer. A fleet's are read as they
/// lie in the two tables, which is the order of machines; together they are most of a list's rows.
struct MachineTags {
    // A UNION of both, or DISTINCT for what is there of two kinds, takes SQLite three to four times as long.
    static let given = Statement("machines.given_tags", sql(of: "machine_tags"))
    static let automatic = Statement("machines.automatic_tags", sql(of: "machine_automatic_tags"))

    static let statements = [given, automatic]

    private static func sql(of table: String) -> String {
        "SELECT machine_id, tag FROM \(table) WHERE machine_id >= ?1 AND machine_id <= ?2 ORDER BY machine_id, tag"
    }

    private let json: MachineJSON
    /// Those that have the tag that was asked for, in order; nil where none was.
    private let bearers: [Int64]?

    /// - Parameter wanted: the tag that `isWanted` asks for; nil is any machine.
    init(_ connection: any SQLConnection, of range: ClosedRange<Int64>, wanted: String? = nil) throws {
        let given = try TagRows(connection, Self.given, range)
        let automatic = try TagRows(connection, Self.automatic, range)
        var builder = Builder(wanted: wanted)
        given.withRows { given in
            automatic.withRows { automatic in
                var (next, other) = (0, 0)
                while next < given.count || other < automatic.count {
                    if other == automatic.count || next < given.count && given[next].precedes(automatic[other]) {
                        builder.add(given[next])
                        next += 1
                    } else {
                        builder.add(automatic[other])
                        other += 1
                    }
                }
            }
        }
        bearers = builder.bearers
        json = builder.writer.finish()
    }

    /// The items of a JSON array, commas between them. Valid as long as this is.
    func items(of machine: Int64) -> UnsafeRawBufferPointer {
        json.bytes(of: machine) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Whether a machine has the tag that was asked for.
    func isWanted(_ machine: Int64) -> Bool {
        guard let bearers else { return true }
        let place = bearers.firstPlace { $0 >= machine }
        return place < bearers.count && bearers[place] == machine
    }

    private struct Builder {
        var writer = MachineJSON.Writer(JSONWriter(capacity: 1 << 12))
        private(set) var bearers: [Int64]?
        private let wanted: [UInt8]
        private var last: TagRows.Row?

        init(wanted: String?) {
            self.wanted = wanted.map { Array($0.utf8) } ?? []
            bearers = wanted == nil ? nil : []
        }

        /// In order; the same row again says nothing.
        mutating func add(_ row: TagRows.Row) {
            if last?.machine != row.machine {
                writer.begin(row.machine)
                writer.json.begin("")
            } else if let last, !last.precedes(row) {
                return
            }
            last = row
            writer.json.item(row.tag)
            if bearers != nil, wanted.elementsEqual(row.tag) { bearers?.append(row.machine) }
        }
    }
}

/// Rows of one of the two tables.
private struct TagRows {
    struct Row {
        let machine: Int64
        let tag: UnsafeBufferPointer<UInt8>

        func precedes(_ other: Row) -> Bool {
            machine != other.machine ? machine < other.machine : tag.lexicographicallyPrecedes(other.tag)
        }
    }

    /// Rows in their order, as long as what they were read from is there.
    struct Rows {
        fileprivate let machines: UnsafeBufferPointer<Int64>
        fileprivate let ends: UnsafeBufferPointer<Int>
        fileprivate let text: UnsafeBufferPointer<UInt8>

        var count: Int { machines.count }

        subscript(place: Int) -> Row {
            let tag = UnsafeBufferPointer(rebasing: text[(place == 0 ? 0 : ends[place - 1])..<ends[place]])
            return Row(machine: machines[place], tag: tag)
        }
    }

    private let machines: [Int64]
    private let ends: [Int]
    private let text: [UInt8]

    init(_ connection: any SQLConnection, _ statement: Statement, _ range: ClosedRange<Int64>) throws {
        var machines: [Int64] = []
        var ends: [Int] = []
        var text: [UInt8] = []
        try connection.each(statement, [.integer(range.lowerBound), .integer(range.upperBound)]) { row in
            guard let machine = row.integer(0) else { return true }
            row.withUTF8(1) { tag in
                machines.append(machine)
                text.append(contentsOf: tag)
                ends.append(text.count)
            }
            return true
        }
        (self.machines, self.ends, self.text) = (machines, ends, text)
    }

    func withRows(_ body: (Rows) -> Void) {
        machines.withUnsafeBufferPointer { machines in
            ends.withUnsafeBufferPointer { ends in
                text.withUnsafeBufferPointer { body(Rows(machines: machines, ends: ends, text: $0)) }
            }
        }
    }
}
