import Contracts

/// Tells from an engine's events which containers restart again and again.
///
/// A restart is a start after a death that nobody asked for: no stop, kill or restart by a person in between. Docker
/// waits up to a minute before it starts a container again, so that one that fails at once comes to ten within ten
/// minutes.
enum RestartLoops {
    /// So many restarts …
    static let threshold = 5
    /// … within so many seconds are a loop.
    static let windowSeconds = 600

    /// Loops that go on at `now`, by container id.
    ///
    /// - Parameter events: oldest first.
    static func find(_ events: [DockerV1.Event], now: Timestamp) -> [String: DockerV1.RestartLoop] {
        var containers: [String: Life] = [:]
        for event in events where event.type == "container" {
            guard let id = event.actorID else { continue }
            containers[id, default: Life()].read(event)
        }
        return containers.compactMapValues { $0.loop(now: now) }
    }

    private struct Life {
        private var hasDied = false
        private var isWanted = false
        private var restarts: [Timestamp] = []

        mutating func read(_ event: DockerV1.Event) {
            switch event.action {
            case "die", "died": hasDied = true
            // `docker restart` says kill, die, stop, start, restart.
            case "stop", "kill": isWanted = true
            case "start":
                if hasDied, !isWanted { restarts.append(event.at) }
                (hasDied, isWanted) = (false, false)
            default: break
            }
        }

        func loop(now: Timestamp) -> DockerV1.RestartLoop? {
            let window = Int64(RestartLoops.windowSeconds) * 1000
            let recent = restarts.count { $0.milliseconds > now.milliseconds - window }
            guard recent >= RestartLoops.threshold, var since = restarts.last else { return nil }
            for restart in restarts.reversed() {
                guard since.milliseconds - restart.milliseconds <= window else { break }
                since = restart
            }
            return DockerV1.RestartLoop(restarts: recent, windowSeconds: RestartLoops.windowSeconds, since: since)
        }
    }
}
