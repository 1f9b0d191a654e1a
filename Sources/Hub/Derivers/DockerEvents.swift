import Contracts

extension DockerDeriver {
    static func events(
        from previous: ObservedSnapshot, _ old: DockerV1, to current: ObservedSnapshot, _ new: DockerV1
    ) throws -> [MachineEvent] {
        func known(_ pointer: String) -> Bool { previous.knows(pointer) && current.knows(pointer) }
        var events: [MachineEvent] = []
        if known("/engine") {
            switch (old.engine, new.engine) {
            case (let before?, let after?) where before.version != after.version:
                events.append(
                    MachineEvent(
                        "engine_upgraded", .info, "engine", "\(after.product) \(before.version) became \(after.version)"
                    ))
            case (let before?, nil):
                events.append(MachineEvent("engine_gone", .warning, "engine", "\(before.product) is gone"))
            case (nil, let after?):
                events.append(
                    MachineEvent("engine_found", .info, "engine", "\(after.product) \(after.version) is here"))
            default: break
            }
        }
        if known("/containers") {
            let ends = known("/events") ? DockerEnds(from: old.events ?? [], to: new.events ?? []) : DockerEnds()
            events += containers(old.containers ?? [], new.containers ?? [], ends)
        }
        if known("/stacks") {
            let before = Set((old.stacks ?? []).map(\.project))
            let after = Set((new.stacks ?? []).map(\.project))
            events += after.subtracting(before).sorted().map {
                MachineEvent("stack_added", .info, $0, "compose stack \($0) is new")
            }
            events += before.subtracting(after).sorted().map {
                MachineEvent("stack_removed", .info, $0, "compose stack \($0) is gone")
            }
        }
        return events
    }

    private static func containers(
        _ old: [DockerV1.Container], _ new: [DockerV1.Container], _ ends: DockerEnds
    ) -> [MachineEvent] {
        // By name: an upgraded container has another id, and is the same to its operator.
        func byName(_ containers: [DockerV1.Container]) -> [String: DockerV1.Container] {
            Dictionary(containers.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        }
        let before = byName(old)
        let after = byName(new)
        var events: [MachineEvent] = []
        for (name, container) in after.sorted(by: { $0.key < $1.key }) {
            if let earlier = before[name] {
                events += changes(name, earlier, container, ends)
            } else {
                events.append(
                    MachineEvent(
                        "container_added", .info, name, "container \(name) (\(container.image ?? "no image")) is new"))
            }
        }
        for name in before.keys.sorted() where after[name] == nil {
            events.append(MachineEvent("container_removed", .info, name, "container \(name) is gone"))
        }
        return events
    }

    private static func changes(
        _ name: String, _ old: DockerV1.Container, _ new: DockerV1.Container, _ ends: DockerEnds
    ) -> [MachineEvent] {
        var events: [MachineEvent] = []
        if old.id != new.id {
            events.append(
                MachineEvent(
                    "container_recreated", .info, name,
                    old.imageID == new.imageID
                        ? "container \(name) was made again" : "container \(name) was made again from another image"))
        }
        if old.state != new.state {
            if new.state == "running" {
                events.append(MachineEvent("container_started", .info, name, "container \(name) runs"))
            } else if old.state == "running" {
                let failed = ![0, 137, 143].contains(new.exitCode ?? 0) || new.state == "dead"
                events.append(
                    MachineEvent(
                        "container_stopped", failed ? .warning : .info, name,
                        "container \(name) is \(new.state)" + (new.exitCode.map { ", exit code \($0)" } ?? "")))
            }
        } else if old.id == new.id, let before = old.restartCount, let after = new.restartCount, after > before {
            events.append(
                MachineEvent(
                    "container_restarted", .warning, name,
                    "container \(name) restarted \(after - before) times"
                        + (ends.exitCode(new.id).map { ", exit code \($0)" } ?? "")))
        }
        switch (old.restartLoop, new.restartLoop) {
        case (nil, let loop?):
            events.append(
                MachineEvent(
                    "container_restart_loop", .warning, name,
                    "container \(name) restarts again and again: \(loop.restarts) times in \(loop.windowSeconds / 60) minutes"
                ))
        case (_?, nil) where old.id == new.id:
            events.append(
                MachineEvent(
                    "container_restart_loop_over", .info, name, "container \(name) no longer restarts again and again"))
        default: break
        }
        // A container that its policy has started again since does not say it any more, the event does.
        if new.oomKilled == true && old.oomKilled != true || ends.isOutOfMemory(new.id) {
            events.append(
                MachineEvent("container_oom_killed", .warning, name, "container \(name) was killed for want of memory"))
        }
        if old.health != new.health {
            if new.health == "unhealthy" {
                events.append(MachineEvent("container_unhealthy", .warning, name, "container \(name) is unhealthy"))
            } else if old.health == "unhealthy", new.health == "healthy" {
                events.append(MachineEvent("container_healthy", .info, name, "container \(name) is healthy again"))
            }
        }
        return events
    }
}
