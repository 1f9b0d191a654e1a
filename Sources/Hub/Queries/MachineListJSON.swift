import Contracts
import HubAPI
import NIOCore
import Synchronization

/// The answer of `vigie machines` as the bytes of its JSON: a fleet's list is large, and writing it is most of the work.
///
/// A large fleet is read by two readers beside each other, which take pieces of it as the machines lie in their tables.
/// What each reads is of one moment; two machines may be some milliseconds apart.
struct MachineListJSON {
    let filter: MachineQueries.Filter
    /// Machines at most.
    let limit: Int
    let now: Timestamp
    /// Since when the hub has been able to hear machines; nil says always.
    let heardSince: Int64?
    /// Up to so many machines are looked for in the order of their names. Pieces of a large fleet have as many.
    var few = 500

    func answer(from store: some Store) async throws -> ByteBuffer {
        let order = try await store.read { connection in
            _ = try MachineSelection.find(connection, machine: nil, tag: filter.tag)
            return limit > few ? try ids(connection) : []
        }
        // Where most of a fleet is left out, its first machines by name are found sooner.
        guard order.count > few, limit >= order.count / 2 else {
            let first = try await store.read { try read(try listing($0)) }
            return answer([first], first.all)
        }
        let pieces = Pieces(of: order, size: max(few, 1))
        async let other = store.read { try take(pieces, $0) }
        let results = try await [store.read { try take(pieces, $0) }, other]
        let parts = results.flatMap { $0 }.sorted { $0.place < $1.place }.map(\.part)
        // What was removed meanwhile is in no part, and what was added is not in the order.
        return answer(parts, order.lazy.compactMap { parts[pieces.place(of: $0)].bytes(of: $0) })
    }

    /// Ranges of numbers of machines, one after the other, each with as many machines; taken by whoever has time.
    private final class Pieces: Sendable {
        private let starts: [Int64]
        private let taken = Atomic(0)

        /// - Parameter machines: one at least.
        init(of machines: [Int64], size: Int) {
            let sorted = machines.sorted()
            starts = stride(from: 0, to: sorted.count, by: size).map { sorted[$0] }
        }

        /// The next one that nobody has taken.
        func next() -> (place: Int, range: ClosedRange<Int64>)? {
            let place = taken.wrappingAdd(1, ordering: .relaxed).oldValue
            guard place < starts.count else { return nil }
            return (place, starts[place]...(place + 1 < starts.count ? starts[place + 1] - 1 : .max))
        }

        /// Of one of the machines.
        func place(of id: Int64) -> Int { starts.firstPlace { $0 > id } - 1 }
    }

    private func take(
        _ pieces: Pieces, _ connection: any SQLConnection
    ) throws -> [(place: Int, part: MachineJSON)] {
        var parts: [(Int, MachineJSON)] = []
        let listing = try listing(connection)
        while let (place, range) = pieces.next() {
            parts.append((place, try read(listing, of: range)))
        }
        return parts
    }

    private func listing(_ connection: any SQLConnection) throws -> MachineListing {
        try MachineListing(connection, filter: filter, now: now, heardSince: heardSince)
    }

    /// Machines in the order of their names.
    private func ids(_ connection: any SQLConnection) throws -> [Int64] {
        var ids: [Int64] = []
        try connection.each(MachineQueries.order, []) { row in
            if let id = row.integer(0) { ids.append(id) }
            return true
        }
        return ids
    }

    /// Machines of a range, in the order of their numbers; or the first ones by name, one more than the limit at most.
    private func read(_ listing: MachineListing, of range: ClosedRange<Int64>? = nil) throws -> MachineJSON {
        var writer = MachineJSON.Writer(JSONWriter())
        try listing.each(of: range) { machine, status, findings in
            writer.begin(machine.id)
            machine.write(status, findings, to: &writer.json)
            return range != nil || writer.ids.count <= limit
        }
        return writer.finish()
    }

    /// - Parameter machines: in the memory of the parts.
    private func answer(_ parts: [MachineJSON], _ machines: some Sequence<UnsafeRawBufferPointer>) -> ByteBuffer {
        // A comma for each, and what stands around all.
        var answer = ByteBufferAllocator().buffer(capacity: parts.reduce(64) { $0 + $1.bytes + $1.count })
        answer.writeStaticString("{\"items\":[")
        var count = 0
        withExtendedLifetime(parts) {
            for machine in machines {
                count += 1
                guard count <= limit else { break }
                if count > 1 { answer.writeInteger(0x2C as UInt8) }
                answer.writeBytes(machine)
            }
        }
        answer.writeStaticString(count > limit ? "],\"truncated\":true}" : "],\"truncated\":false}")
        return answer
    }
}
