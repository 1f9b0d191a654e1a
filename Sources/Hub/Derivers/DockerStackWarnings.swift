import Contracts

/// Compose stacks that are not as their files want them.
enum DockerStackWarnings {
    static func of(_ payload: DockerV1) -> [StateWarning] {
        // What stands only in a file has never been started here.
        (payload.stacks ?? []).filter { $0.source != "files" }.compactMap { stack in
            let wanted = stack.services.map(\.wanted).reduce(0, +)
            let running = stack.services.map(\.running).reduce(0, +)
            guard running < wanted else { return nil }
            // A stack of which nothing runs was most likely stopped by its operator.
            let isStopped = running == 0
            return StateWarning(
                code: isStopped ? "stack_stopped" : "stack_incomplete", severity: isStopped ? .info : .warning,
                subject: stack.project,
                message: isStopped
                    ? "stack \(stack.project) is stopped"
                    : "stack \(stack.project) runs \(running) of \(wanted) containers", section: "/stacks")
        }
    }
}
