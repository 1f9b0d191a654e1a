import Contracts
import HubAPI
import Transport

/// `vigie machine show --at` and `vigie diff`: a machine as it was, from the archive.
enum PastQueries {
    /// There is nothing to answer with.
    struct Nothing: Error, Equatable {
        var detail: String
    }

    /// The machine at a moment, in the shape in which it is shown now.
    static func show(_ archive: PastArchive, events: [EventAnswer]) throws -> MachineDetail {
        try refuseEmpty(archive)
        let database = try PastDatabase(archive)
        guard
            var detail = try database.read({
                try MachineDetailQueries.show($0, machine: database.machine, now: archive.at)
            })
        else { throw Nothing(detail: "\(archive.name) cannot be shown as of \(archive.at)") }
        detail.events = events
        detail.past = PastAnswer(at: archive.at, kinds: archive.kinds)
        return detail
    }

    static func diff(from old: PastArchive, to new: PastArchive) throws -> MachineDiff {
        try refuseEmpty(old)
        try refuseEmpty(new)
        var comparison = Comparison(
            old: try PastDatabase(old), new: try PastDatabase(new),
            answer: MachineDiff(
                machine: new.name, from: PastAnswer(at: old.at, kinds: old.kinds),
                to: PastAnswer(at: new.at, kinds: new.kinds), changes: []))
        try comparison.run()
        return comparison.answer
    }

    static func events(_ connection: any SQLConnection, machine: Int64, until: Timestamp) throws -> [EventAnswer] {
        try connection.rows(PastArchive.events, machine, until, 10).compactMap(EventQueries.event)
    }

    private static func refuseEmpty(_ archive: PastArchive) throws {
        guard archive.isEmpty else { return }
        let why = archive.kinds.flatMap(\.notices)
        throw Nothing(
            detail: archive.at < archive.createdAt
                ? "\(archive.name) was enrolled at \(archive.createdAt); nothing is known of it before"
                : "nothing of \(archive.name) is archived at or before \(archive.at): \(why.joined(separator: "; "))")
    }
}

/// Compares what two states of a machine say, table by table.
private struct Comparison {
    let old: PastDatabase
    let new: PastDatabase
    var answer: MachineDiff

    mutating func run() throws {
        for index in answer.to.kinds.indices {
            guard answer.from.kinds[index].snapshotID != nil, answer.to.kinds[index].snapshotID != nil,
                let kind = Kind(rawValue: answer.to.kinds[index].kind)
            else { continue }
            for section in DiffSection.all where section.kind == kind { try compare(section, index) }
        }
    }

    private mutating func compare(_ section: DiffSection, _ index: Int) throws {
        let before = try section.read(old)
        let after = try section.read(new)
        // What could not be read, and of which no older row is left, is no change.
        if before.isUnknown || after.isUnknown {
            let notice = "\(section.word): not compared, since it could not be read"
            if before.isUnknown { answer.from.kinds[index].notices.append(notice) }
            if after.isUnknown { answer.to.kinds[index].notices.append(notice) }
            return
        }
        for item in Set(before.items.keys).union(after.items.keys).sorted() {
            let left = before.items[item]
            let right = after.items[item]
            guard left != right else { continue }
            let names = section.columns.filter { name in
                left.flatMap { $0[name] } != right.flatMap { $0[name] }
            }
            let fields = names.map { DiffField(name: $0, from: left?[$0], to: right?[$0]) }
            answer.changes.append(
                DiffChange(
                    kind: section.kind.rawValue, section: section.word, item: item,
                    change: left == nil ? "added" : right == nil ? "removed" : "changed", fields: fields))
        }
    }
}
