import Contracts
import HubAPI
import NIOCore

/// The answer of `vigie machines` as the bytes of its JSON: a fleet's list is large, and writing it is most of the work.
///
/// A large fleet is read in two halves beside each other, as the machines lie in their tables. Each half is of one moment
/// and so is each machine; two machines may be some milliseconds apart.
struct MachineListJSON {
    let filter: MachineQueries.Filter
    /// Machines at most.
    let limit: Int
    let now: Timestamp
    /// Since when the hub has been able to hear machines; nil says always.
    let heardSince: Int64?
    /// Up to so many machines are looked for in the order of their names.
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

        var size: Int { json.count + ids.count }

        var machines: some Sequence<UnsafeRawBufferPointer> { ids.indices.lazy.map(bytes(at:)) }

        /// Of machines that were read in the order of their numbers.
        func machine(_ id: Int64) -> UnsafeRawBufferPointer? {
            let place = ids.firstPlace { $0 >= id }
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
            let first = try await store.read { try read($0) }
            return answer(first.machines, size: first.size)
        }
        let middle = order.sorted()[order.count / 2]
        async let below = store.read { try read($0, part: Int64.min...middle - 1) }
        async let above = store.read { try read($0, part: middle...Int64.max) }
        let (lower, upper) = try await (below, above)
        return answer(
            order.lazy.compactMap { ($0 < middle ? lower : upper).machine($0) }, size: lower.size + upper.size)
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

    /// Those machines; or the first ones by name, one more than the limit at most.
    private func read(_ connection: any SQLConnection, part machines: ClosedRange<Int64>? = nil) throws -> Part {
        var writer = JSONWriter()
        var ids: [Int64] = []
        var ends: [Int] = []
        try MachineQueries.each(
            connection, part: machines, filter: filter, now: now, heardSince: heardSince
        ) { machine, status, findings in
            machine.write(status, findings, to: &writer)
            ids.append(machine.id)
            ends.append(writer.count)
            return machines != nil || ids.count <= limit
        }
        return Part(ids: ids, ends: ends, json: writer.finish())
    }

    /// - Parameter size: bytes that the machines take, commas included.
    private func answer(_ machines: some Sequence<UnsafeRawBufferPointer>, size: Int) -> ByteBuffer {
        var answer = ByteBufferAllocator().buffer(capacity: size + 64)
        answer.writeStaticString("{\"items\":[")
        var count = 0
        for machine in machines {
            count += 1
            guard count <= limit else { break }
            if count > 1 { answer.writeInteger(0x2C as UInt8) }
            answer.writeBytes(machine)
        }
        answer.writeStaticString(count > limit ? "],\"truncated\":true}" : "],\"truncated\":false}")
        return answer
    }
}
