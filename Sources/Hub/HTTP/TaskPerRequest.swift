import Hummingbird

/// Answers each request in a task of its own.
///
/// Swift keeps what a task's deepest call needed until the task ends: for a connection, which is one task, that would be
/// some 20 KB for as long as it is kept (docs/performance.md), a third of what it costs.
struct TaskPerRequest<Base: HTTPResponder>: HTTPResponder where Base.Context: Sendable {
    let base: Base

    func respond(to request: Request, context: Base.Context) async throws -> Response {
        // Begins on this thread at once: nobody has to be woken.
        let task = Task.immediate { try await base.respond(to: request, context: context) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
