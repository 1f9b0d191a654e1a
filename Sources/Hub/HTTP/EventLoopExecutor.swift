import NIOCore

/// Runs the tasks of a connection on the event loop that the connection is on.
///
/// Else each part of a request goes from the loop to a thread of Swift's pool and back, which on a small machine costs
/// more than reading it. Nothing that blocks or takes long may run here: see `SnapshotRoute`.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
