import Hummingbird
import NIOCore

/// A request's body as it comes in: never more than its limit, counted against the bytes in flight.
struct ReceivedBody {
    enum Failure: Error {
        /// Over the limit; nothing further was read.
        case tooLarge
        /// The hub holds too many bytes already.
        case overBudget
        /// The connection ended, or was too slow.
        case broken
    }

    private(set) var bytes: [UInt8] = []
    /// What `Content-Length` said.
    private(set) var declared: Int?
    private let budget: InFlightBytes
    private var taken = 0

    init(budget: InFlightBytes) { self.budget = budget }

    mutating func read(_ body: RequestBody, declared: String?, limit: Int) async throws(Failure) {
        self.declared = declared.flatMap { Int($0) }
        if let length = self.declared, length > limit { throw .tooLarge }
        // Room is made as bytes come: a header that promises much costs nothing.
        var iterator = body.makeAsyncIterator()
        while true {
            let next: ByteBuffer?
            do { next = try await iterator.next() } catch { throw .broken }
            guard let chunk = next else { break }
            guard budget.take(chunk.readableBytes) else { throw .overBudget }
            taken += chunk.readableBytes
            bytes += chunk.readableBytesView
            guard bytes.count <= limit else { throw .tooLarge }
        }
        if let length = self.declared, length != bytes.count { throw .broken }
    }

    mutating func release() {
        budget.give(back: taken)
        taken = 0
    }
}
