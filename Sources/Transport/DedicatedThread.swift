import Glibc

/// Runs blocking work (libcurl, subprocess waits) on a thread of its own.
///
/// Swift's cooperative pool has as many threads as the machine has cores: two blocking calls on a two-core machine
/// would stop every other task.
package enum DedicatedThread {
    /// Runs the work on a new thread and waits for it without blocking a thread of the pool.
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            start { continuation.resume(returning: work()) }
        }
    }

    /// Starts a detached thread with a stack of 512 KiB.
    package static func start(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(run: body))
        let code = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
            let attributes = buffer.baseAddress!
            pthread_attr_init(attributes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            pthread_attr_setstacksize(attributes, 512 * 1024)
            defer { pthread_attr_destroy(attributes) }
            var thread: pthread_t = 0
            return pthread_create(
                &thread, attributes,
                { context in
                    Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
                    return nil
                }, box.toOpaque())
        }
        // Out of threads: better late, on this one, than never.
        if code != 0 { box.takeRetainedValue().run() }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
