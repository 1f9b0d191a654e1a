import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Posts requests over kept connections, as fast as they are answered or at a steady rate.
struct Driver {
    var target: Target
    var connections: Int
    /// Requests a second over all connections; nil: as fast as it goes.
    var rate: Double?
    var deadline: NIODeadline?
    var keepBodies = false

    /// Answers in the order in which they came, per connection.
    func run(_ posts: [Post]) async throws -> [Result] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connector = try target.connector(group)
        let queue = PostQueue(posts)
        let start = NIODeadline.now()
        let results = try await withThrowingTaskGroup(of: [Result].self) { tasks in
            for _ in 0..<min(connections, max(1, posts.count)) {
                let loop = group.next()
                let promise = loop.makePromise(of: [Result].self)
                tasks.addTask {
                    do {
                        _ = try await connector.connect(on: loop) {
                            Poster(
                                queue: queue, host: target.host, start: start,
                                interval: rate.map { Int64(1e9 / $0) }, deadline: deadline, keepBodies: keepBodies,
                                done: promise)
                        }.get()
                    } catch {
                        promise.fail(error)
                    }
                    return try await promise.futureResult.get()
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        try await group.shutdownGracefully()
        return results
    }
}
