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

    /// What is written of some machines, and where each one is.
    private struct Part: Sendable {
        /// In which they were read.
        let order: [Int64]
        let places: [Int64: Range<Int>]
        let json: WrittenJSON
    }

    func answer(from store: some Store) async throws -> ByteBuffer {
        let order = try await store.read { connection in
            _ = try MachineSelection.find(connection, machine: nil, tag: filter.tag)
            return limit > few ? try ids(connection) : []
        }
        // Where most of a fleet is left out, its first machines by name are found sooner.
        guard order.count > few, limit >= order.count / 2 else {
            let first = try await store.read { try read($0) }
            return answer(first.order, [first])
        }
        let middle = order.sorted()[order.count / 2]
        async let lower = store.read { try read($0, part: Int64.min...middle - 1) }
        async let upper = store.read { try read($0, part: middle...Int64.max) }
        return answer(order, try await [lower, upper])
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
        var order: [Int64] = []
        var places: [Int64: Range<Int>] = [:]
        try MachineQueries.each(
            connection, part: machines, filter: filter, now: now, heardSince: heardSince
        ) { id, machine in
            order.append(id)
            places[id] = writer.place { machine.write(to: &$0) }
            return machines != nil || order.count <= limit
        }
        return Part(order: order, places: places, json: writer.finish())
    }

    private func answer(_ order: [Int64], _ parts: [Part]) -> ByteBuffer {
        var answer = ByteBufferAllocator().buffer(
            capacity: parts.reduce(64) { $0 + $1.json.count + $1.places.count })
        answer.writeStaticString("{\"items\":[")
        var count = 0
        for id in order {
            guard let (part, place) = parts.lazy.compactMap({ part in part.places[id].map { (part, $0) } }).first
            else { continue }
            count += 1
            guard count <= limit else { break }
            if count > 1 { answer.writeInteger(0x2C as UInt8) }
            answer.writeBytes(part.json.bytes(in: place))
        }
        answer.writeStaticString(count > limit ? "],\"truncated\":true}" : "],\"truncated\":false}")
        return answer
    }
}
