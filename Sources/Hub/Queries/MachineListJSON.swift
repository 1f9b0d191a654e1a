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

    /// What is written of some machines.
    private final class Part: Sendable {
        /// The machines, in which order they were read.
        private let ids: [Int64]
        /// Where what is written of each one ends, and the next one's begins.
        private let ends: [Int]
        private let json: WrittenJSON

        init(ids: [Int64], ends: [Int], json: WrittenJSON) {
            self.ids = ids
            self.ends = ends
            self.json = json
        }

        /// Bytes in an answer, commas included.
        var size: Int { json.count + ids.count }

        var machines: some Sequence<UnsafeRawBufferPointer> { ids.indices.lazy.map(bytes(at:)) }

        /// Of machines that were read in the order of their numbers.
        func machine(_ id: Int64) -> UnsafeRawBufferPointer? {
            guard let first = ids.first, id >= first else { return nil }
            // Nearly all numbers are taken, most often.
            let guess = Int(id - first)
            let place = guess < ids.count && ids[guess] == id ? guess : ids.firstPlace { $0 >= id }
            return place < ids.count && ids[place] == id ? bytes(at: place) : nil
        }

        private func bytes(at place: Int) -> UnsafeRawBufferPointer {
            json.bytes(in: (place == 0 ? 0 : ends[place - 1])..<ends[place])
        }
    }

    func answer(from store: some Store) async throws -> ByteBuffer {
        let order = try await store.read { connection in
            _ = try MachineSelection.find(connection, machine: nil, tag: filter.tag)
            return limit > few ? try ids(connection) : []
        }
        // Where most of a fleet is left out, its first machines by name are found sooner.
        guard order.count > few, limit >= order.count / 2 else {
            let first = try await store.read { connection in
                try read(try listing(connection)) { $0 <= limit }
            }
            return answer([first], first.machines)
        }
        let pieces = Pieces(of: order, size: max(few, 1))
        async let other = store.read { try take(pieces, $0) }
        let results = try await [store.read { try take(pieces, $0) }, other]
        let parts = results.flatMap { $0 }.sorted { $0.place < $1.place }.map(\.part)
        // What was removed meanwhile is in no part, and what was added is not in the order.
        return answer(parts, order.lazy.compactMap { parts[pieces.place(of: $0)].machine($0) })
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
    ) throws -> [(place: Int, part: Part)] {
        var parts: [(Int, Part)] = []
        let listing = try listing(connection)
        while let (place, range) = pieces.next() {
            parts.append((place, try read(listing, of: range) { _ in true }))
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

    /// Machines of a range, in the order of their numbers; or all by name.
    ///
    /// - Parameter goesOn: gets how many there are, and answers whether to go on.
    private func read(
        _ listing: MachineListing, of range: ClosedRange<Int64>? = nil, while goesOn: (Int) -> Bool
    ) throws -> Part {
        var writer = JSONWriter()
        var ids: [Int64] = []
        var ends: [Int] = []
        try listing.each(of: range) { machine, status, findings in
            machine.write(status, findings, to: &writer)
            ids.append(machine.id)
            ends.append(writer.count)
            return goesOn(ids.count)
        }
        return Part(ids: ids, ends: ends, json: writer.finish())
    }

    /// - Parameter machines: in the memory of the parts.
    private func answer(_ parts: [Part], _ machines: some Sequence<UnsafeRawBufferPointer>) -> ByteBuffer {
        var answer = ByteBufferAllocator().buffer(capacity: parts.reduce(64) { $0 + $1.size })
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
