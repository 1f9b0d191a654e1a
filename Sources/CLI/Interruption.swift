import Dispatch
import Glibc

/// SIGINT and SIGTERM end the work between two steps, so that nothing half is printed; the second one ends at once.
enum Interruption {
    /// Runs the work until it ends by itself or is interrupted, which is no error.
    static func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await work() }
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                signal(number, SIG_DFL)
                task.cancel()
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        }
        do { try await task.value } catch  where task.isCancelled {}
    }
}
