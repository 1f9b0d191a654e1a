import Contracts

/// The rows of a docker payload, column by column as `DockerDeriver` lists them.
enum DockerRows {
    static func engine(_ engine: DockerV1.Engine, _ usage: DockerV1.DiskUsage?) -> DerivedRow {
        DerivedRow([
            engine.product, engine.version, engine.apiVersion, engine.storageDriver, engine.cgroupVersion,
            engine.cgroupDriver, engine.swarmState, engine.rootless, JSONText.strings(engine.warnings),
            usage?.measuredAt, usage?.imagesBytes, usage?.containersBytes, usage?.volumesBytes, usage?.buildCacheBytes,
        ])
    }

    static func container(_ container: DockerV1.Container) throws -> DerivedRow {
        let identity: [any SQLBindable] = [
            container.name, container.image, container.imageID, JSONText.strings(container.repoDigests),
            container.state, container.health, container.exitCode, container.oomKilled, container.restartCount,
            container.restartPolicy, container.createdAt, container.startedAt, container.finishedAt,
        ]
        let rest: [any SQLBindable] = [
            ports(container), networks(container), try JSONText.encode(container.mounts), container.composeProject,
            container.composeService, try JSONText.encode(container.labels), container.restartLoop?.restarts,
            container.restartLoop?.since,
        ]
        return DerivedRow(keys: [container.id], identity + rest)
    }

    private static func ports(_ container: DockerV1.Container) -> SQLValue {
        JSONText.objects(container.ports) {
            $1.member(#","container_port":"#, $0.containerPort)
            $1.member(#","transport":"#, $0.transport)
            $1.member(#","host_address":"#, $0.hostAddress)
            $1.member(#","host_port":"#, $0.hostPort)
        }
    }

    private static func networks(_ container: DockerV1.Container) -> SQLValue {
        JSONText.objects(container.networks) {
            $1.member(#","network":"#, $0.network)
            $1.member(#","address":"#, $0.address)
        }
    }

    static func image(_ image: DockerV1.Image) -> DerivedRow {
        DerivedRow(
            keys: [image.id],
            [
                JSONText.strings(image.tags), JSONText.strings(image.digests), image.sizeBytes, image.createdAt,
                image.dangling, image.containers, image.os, image.architecture, image.variant,
            ])
    }

    static func volume(_ volume: DockerV1.Volume) -> DerivedRow {
        DerivedRow(
            keys: [volume.name],
            [volume.driver, volume.mountPoint, volume.createdAt, volume.inUse, volume.composeProject])
    }

    static func network(_ network: DockerV1.Network) -> DerivedRow {
        DerivedRow(
            keys: [network.id],
            [
                network.name, network.driver, network.scope, network.isInternal, JSONText.strings(network.subnets),
                network.composeProject,
            ])
    }

    static func stack(_ stack: DockerV1.Stack) -> DerivedRow {
        let wanted = stack.services.map(\.wanted).reduce(0, +)
        let running = stack.services.map(\.running).reduce(0, +)
        let healthy = stack.services.map(\.healthy).reduce(0, +)
        return DerivedRow(
            keys: [stack.project],
            [
                stack.workingDirectory, JSONText.strings(stack.configFiles), stack.source,
                status(wanted: wanted, running: running, healthy: healthy), stack.services.count, wanted, running,
                healthy,
            ])
    }

    static func services(_ stack: DockerV1.Stack) -> [DerivedRow] {
        stack.services.map {
            DerivedRow(
                keys: [stack.project, $0.name],
                [
                    $0.image, status(wanted: $0.wanted, running: $0.running, healthy: $0.healthy), $0.wanted,
                    $0.running, $0.healthy,
                ])
        }
    }

    /// `running`, `unhealthy`, `partial`, `stopped`.
    static func status(wanted: Int, running: Int, healthy: Int) -> String {
        if running == 0 { return "stopped" }
        if healthy < running { return "unhealthy" }
        return running < wanted ? "partial" : "running"
    }
}

/// What a docker snapshot shows that an operator should know.
enum DockerWarnings {
    static func of(_ payload: DockerV1) -> [StateWarning] {
        var warnings: [StateWarning] = []
        for container in payload.containers ?? [] {
            guard let (code, message) = reason(container) else { continue }
            warnings.append(
                StateWarning(
                    code: code, severity: .warning, subject: container.name, message: "\(container.name) \(message)",
                    section: "/containers"))
        }
        if payload.engine?.swarmState == "error" {
            warnings.append(
                StateWarning(
                    code: "swarm_error", severity: .warning, subject: "swarm", message: "the swarm is in error",
                    section: "/engine"))
        }
        return warnings
    }

    /// Why one container needs an eye: the worst reason only.
    private static func reason(_ container: DockerV1.Container) -> (code: String, message: String)? {
        // Whatever its state at this moment: between two deaths it runs.
        if let loop = container.restartLoop {
            let minutes = max(1, loop.windowSeconds / 60)
            return (
                "container_restart_loop", "restarts again and again: \(loop.restarts) times in \(minutes) minutes"
            )
        }
        switch container.state {
        case "restarting":
            return (
                "container_restarting",
                "is being restarted" + (container.exitCode.map { " after exit code \($0)" } ?? "")
            )
        case "dead": return ("container_dead", "is dead")
        case "running" where container.health == "unhealthy": return ("container_unhealthy", "is unhealthy")
        case "exited":
            let mayRestart = ["always", "unless-stopped", "on-failure"].contains(container.restartPolicy ?? "no")
            if container.oomKilled == true { return ("container_oom_killed", "was killed for want of memory") }
            // 137 and 143 are what a stop by its operator gives.
            guard mayRestart, let code = container.exitCode, ![0, 137, 143].contains(code) else { return nil }
            return ("container_failed", "has ended with exit code \(code)")
        default: return nil
        }
    }
}
