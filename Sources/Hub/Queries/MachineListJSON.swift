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
        let pieces = try await store.read { connection in
            _ = try MachineSelection.find(connection, machine: nil, tag: filter.tag)
            return try self.pieces(connection)
        }
        guard let pieces else {
            let first = try await store.read { connection in
                try read(try listing(connection)) { $0 <= limit }
            }
            return answer([first], first.machines)
        }
        let turns = Turns()
        async let other = store.read { try take(pieces, turns, $0) }
        let results = try await [store.read { try take(pieces, turns, $0) }, other]
        let parts = results.flatMap { $0.parts }.sorted { $0.0 < $1.0 }.map { $0.1 }
        let order = results.first { !$0.order.isEmpty }?.order ?? []
        // A machine that one has read and the other has not was added or removed meanwhile.
        let machines = order.lazy.compactMap { id in pieces.place(of: id).flatMap { parts[$0].machine(id) } }
        return answer(parts, machines)
    }

    /// The order first, then piece after piece, as often as it is this reader's turn.
    private func take(_ pieces: Pieces, _ turns: Turns, _ connection: any SQLConnection) throws -> Read {
        var result = Read()
        let listing = try listing(connection)
        while true {
            let turn = turns.next()
            guard turn <= pieces.count else { return result }
            if turn == 0 {
                result.order = try ids(connection)
            } else {
                result.parts.append((turn - 1, try read(listing, of: pieces.range(at: turn - 1)) { _ in true }))
            }
        }
    }

    private final class Turns: Sendable {
        private let taken = Atomic(0)

        func next() -> Int { taken.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// What one reader has read.
    private struct Read {
        var parts: [(Int, Part)] = []
        /// All machines in the order of their names, where it was this one who read that.
        var order: [Int64] = []
    }

    /// Ranges of numbers of machines.
    private struct Pieces {
        let first: Int64
        let size: Int64
        let count: Int

        func range(at place: Int) -> ClosedRange<Int64> {
            let start = first + Int64(place) * size
            return start...(start + size - 1)
        }

        func place(of id: Int64) -> Int? {
            let place = (id - first) / size
            return id >= first && place < count ? Int(place) : nil
        }
    }

    /// Nil where there are few machines, or where most are left out: the first ones by name are found sooner.
    private func pieces(_ connection: any SQLConnection) throws -> Pieces? {
        var found: Pieces?
        guard limit > few else { return nil }
        try connection.each(MachineQueries.span, []) { row in
            if let count = row.integer(0), let first = row.integer(1), let last = row.integer(2), count > few,
                limit >= count / 2
            {
                let pieces = (Int(count) + max(few, 1) - 1) / max(few, 1)
                let size = (last - first) / Int64(pieces) + 1
                found = Pieces(first: first, size: size, count: Int((last - first) / size) + 1)
            }
            return true
        }
        return found
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
