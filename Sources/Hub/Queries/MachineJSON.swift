/// What is written of machines, end to end.
final class MachineJSON: Sendable {
    private let ids: [Int64]
    /// Where what is written of each one begins.
    private let starts: [Int]
    private let json: WrittenJSON

    /// Machine after machine, each from when it is begun until the next one is.
    struct Writer {
        var json: JSONWriter
        private(set) var ids: [Int64] = []
        private var starts: [Int] = []

        init(_ json: JSONWriter) { self.json = json }

        mutating func begin(_ id: Int64) {
            ids.append(id)
            starts.append(json.count)
        }

        consuming func finish() -> MachineJSON { MachineJSON(ids, starts, json.finish()) }
    }

    private init(_ ids: [Int64], _ starts: [Int], _ json: WrittenJSON) {
        self.ids = ids
        self.starts = starts
        self.json = json
    }

    var count: Int { ids.count }

    /// Of all of them.
    var bytes: Int { json.count }

    /// Of one machine after the other, as they were written. Valid as long as this is.
    var all: some Sequence<UnsafeRawBufferPointer> { ids.indices.lazy.map(bytes(at:)) }

    /// Of a machine, where they were written in the order of their numbers; nil if nothing is. Valid as long as this is.
    func bytes(of id: Int64) -> UnsafeRawBufferPointer? {
        guard let first = ids.first, id >= first else { return nil }
        // Nearly all numbers are taken, most often.
        let guess = Int(id - first)
        let place = guess < ids.count && ids[guess] == id ? guess : ids.firstPlace { $0 >= id }
        return place < ids.count && ids[place] == id ? bytes(at: place) : nil
    }

    private func bytes(at place: Int) -> UnsafeRawBufferPointer {
        json.bytes(in: starts[place]..<(place + 1 < starts.count ? starts[place + 1] : json.count))
    }
}
