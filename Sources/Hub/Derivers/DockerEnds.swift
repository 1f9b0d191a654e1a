import Contracts

/// How containers ended between two snapshots, by the engine's events: what the state of one that was started again
/// since does not tell.
struct DockerEnds {
    private var exitCodes: [String: Int64] = [:]
    private var outOfMemory: Set<String> = []

    init() {}

    /// - Parameters: the event windows of two snapshots that follow each other.
    init(from old: [DockerV1.Event], to new: [DockerV1.Event]) {
        func key(_ event: DockerV1.Event) -> String {
            "\(event.at.milliseconds) \(event.action) \(event.actorID ?? "")"
        }
        let known = Set(old.map(key))
        for event in new where event.type == "container" && !known.contains(key(event)) {
            guard let id = event.actorID else { continue }
            if event.action == "oom" { outOfMemory.insert(id) }
            // A window is in order: the last one counts.
            if let code = event.exitCode { exitCodes[id] = code }
        }
    }

    func exitCode(_ container: String) -> Int64? { exitCodes[container] }

    func isOutOfMemory(_ container: String) -> Bool { outOfMemory.contains(container) }
}
