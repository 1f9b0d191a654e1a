import Contracts

/// One round of questions to an engine that listens; each answer that is missing makes its own section unknown.
struct EngineSurvey {
    var client: EngineClient
    let settings: CollectionSettings
    let platforms: DockerCollector.PlatformCache
    let memory: EngineMemory
    let now: Timestamp

    /// Everything that only the engine can tell.
    static let sections: Set<String> = [
        "/engine", "/containers", "/images", "/volumes", "/networks", "/stacks", "/events",
        "/disk_usage",
    ]
    /// Containers whose inspection may fail before the others are no longer tried: an engine with one hung container
    /// still answers for its neighbours, one that is stuck does not.
    private static let strikeLimit = 3

    mutating func run(into report: inout DockerCollector.Report, files: [DockerStacks.Found]) async {
        do throws(EngineClient.Failure) { try await client.negotiate() } catch {
            for section in Self.sections { report.fail(section, error) }
            return
        }
        let measuring = DiskUsageMeasuring(client, memory, now)
        await engine(&report)
        // Before the containers, whose restart loops they tell of.
        await events(&report)
        let containers = await containers(&report)
        if let containers {
            report.payload.stacks = DockerStacks.join(containers, files)
            await images(containers, &report)
            await volumes(containers, &report)
        } else {
            // Which images and volumes are in use, only containers can tell.
            report.unknown.formUnion(["/stacks", "/images", "/volumes"])
        }
        await networks(&report)
        await measuring.report(to: &report)
    }

    private func engine(_ report: inout DockerCollector.Report) async {
        do throws(EngineClient.Failure) {
            let information = try await client.json("/info", limit: 1 << 20)
            let version = try await client.json("/version", limit: 1 << 20)
            guard let engine = EngineInformation.engine(info: information, version: version) else {
                throw Self.malformed("/version")
            }
            report.payload.engine = engine
        } catch {
            report.fail("/engine", error)
        }
    }

    // MARK: - Containers

    private func containers(_ report: inout DockerCollector.Report) async -> [EngineContainers.Listed]? {
        var listed: [EngineContainers.Listed]
        do throws(EngineClient.Failure) {
            guard let found = EngineContainers.list(try await client.json("/containers/json?all=1")) else {
                throw Self.malformed("/containers/json")
            }
            listed = found.sorted { ($0.container.name, $0.container.id) < ($1.container.name, $1.container.id) }
        } catch {
            report.fail("/containers", error)
            return nil
        }
        let redaction = LabelRedaction(settings)
        let loops = RestartLoops.find(report.payload.events ?? [], now: now)
        var kept: [EngineContainers.Listed] = []
        var strikes = 0
        for var item in listed {
            item.container.labels = redaction.apply(item.labels)
            item.container.restartLoop = loops[item.container.id]
            switch strikes < Self.strikeLimit ? await inspect(item.container.id) : .failure(Self.givenUp) {
            case .success(let json):
                EngineContainers.inspect(json, into: &item.container)
            // Removed between the two questions.
            case .failure(let failure) where failure.isAbsence: continue
            case .failure(let failure):
                strikes += 1
                report.fail("/containers/\(kept.count)", failure)
            }
            kept.append(item)
        }
        listed = kept
        report.payload.containers = kept.map(\.container)
        return kept
    }

    private func inspect(_ id: String) async -> Result<JSONValue, EngineClient.Failure> {
        guard Self.isPathSafe(id) else { return .failure(Self.malformed("/containers/json")) }
        do throws(EngineClient.Failure) {
            return .success(try await client.json("/containers/\(id)/json", timeoutSeconds: 5, limit: 4 << 20))
        } catch {
            return .failure(error)
        }
    }

    private static let givenUp = EngineClient.Failure(
        code: "engine_error", message: "the engine failed to inspect several containers: the others were not asked for")

    /// Ids come from the engine, and go back to it inside a path.
    private static func isPathSafe(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 128
            && id.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x3A || $0 == 0x5F
                    || $0 == 0x2D
            }
    }

    // MARK: - Images, volumes, networks

    private func images(_ containers: [EngineContainers.Listed], _ report: inout DockerCollector.Report) async {
        var uses: [String: Int] = [:]
        for item in containers {
            if let id = item.container.imageID { uses[id, default: 0] += 1 }
        }
        do throws(EngineClient.Failure) {
            guard var images = EngineImages.list(try await client.json("/images/json"), uses: uses) else {
                throw Self.malformed("/images/json")
            }
            let digests = Dictionary(images.map { ($0.id, $0.digests) }, uniquingKeysWith: { first, _ in first })
            for index in (report.payload.containers ?? []).indices {
                let id = report.payload.containers?[index].imageID ?? ""
                report.payload.containers?[index].repoDigests = digests[id] ?? nil
            }
            await addPlatforms(to: &images)
            report.payload.images = images
        } catch {
            report.fail("/images", error)
        }
    }

    /// Without an answer a platform stays absent and is asked for again the next time.
    private func addPlatforms(to images: inout [DockerV1.Image]) async {
        platforms.keep(Set(images.map(\.id)))
        for index in images.indices {
            let id = images[index].id
            if platforms[id] == nil, Self.isPathSafe(id) {
                do throws(EngineClient.Failure) {
                    let json = try await client.json("/images/\(id)/json", timeoutSeconds: 5, limit: 4 << 20)
                    platforms.insert(EngineImages.platform(json), for: id)
                } catch {
                    if !error.isAbsence { return }
                }
            }
            let platform = platforms[id]
            images[index].os = platform?.os
            images[index].architecture = platform?.architecture
            images[index].variant = platform?.variant
        }
    }

    private func volumes(_ containers: [EngineContainers.Listed], _ report: inout DockerCollector.Report) async {
        let used = Set(
            containers.flatMap { ($0.container.mounts ?? []).filter { $0.type == "volume" }.compactMap(\.name) })
        do throws(EngineClient.Failure) {
            let answer = try await client.json("/volumes")
            guard let volumes = EngineVolumes.list(answer, used: used) else { throw Self.malformed("/volumes") }
            report.payload.volumes = volumes
        } catch {
            report.fail("/volumes", error)
        }
    }

    private func networks(_ report: inout DockerCollector.Report) async {
        do throws(EngineClient.Failure) {
            guard let networks = EngineNetworks.list(try await client.json("/networks")) else {
                throw Self.malformed("/networks")
            }
            report.payload.networks = networks
        } catch {
            report.fail("/networks", error)
        }
    }

    // MARK: - Events

    /// What the engine tells beyond what is remembered already; Docker itself keeps 256 events, and none over a restart.
    private func events(_ report: inout DockerCollector.Report) async {
        let since = memory.record.since(now: now).milliseconds / 1000
        do throws(EngineClient.Failure) {
            // Docker ends at `until`. Podman ends where it is told not to stream, and with `until` answers nothing.
            let isPodman = report.payload.engine?.product == "podman"
            let until = "\(now.milliseconds / 1000).\(Self.thousandths(now))000000"
            let path = "/events?since=\(since)" + (isPodman ? "&stream=false" : "&until=\(until)")
            _ = memory.add(try await client.lines(path).compactMap(EngineEvents.event), now: now)
            report.payload.events = memory.window(now: now)
        } catch {
            report.fail("/events", error)
        }
    }

    private static func thousandths(_ moment: Timestamp) -> String {
        let text = String(moment.milliseconds % 1000)
        return String(repeating: "0", count: 3 - text.count) + text
    }

    private static func malformed(_ path: String) -> EngineClient.Failure {
        EngineClient.Failure(
            code: "malformed", message: "unable to read the engine's answer to \(path): not what the API describes")
    }
}
