import CLinux
import Contracts
import Glibc

/// Compose stacks: from the labels of containers, and from compose files that may not run at all.
struct DockerStacks: Sendable {
    var host: Host
    var settings: CollectionSettings

    /// A compose file below one of the roots.
    struct Found: Equatable {
        var project: String
        var directory: String
        var files: [String]
        var services: [ComposeFile.Service]
    }

    /// Directories looked into, over all roots.
    private static let directoryLimit = 5000
    private static let fileLimit = 1 << 20
    /// In the order in which Compose prefers them; the first of a directory counts.
    private static let names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]
    /// Read after the main file, over it.
    private static let overrides = [
        "compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml",
    ]

    // MARK: - Files

    /// Compose files below the configured roots, to the configured depth, and what could not be read on the way.
    func search() -> (found: [Found], problems: [Problem]) {
        var found: [Found] = []
        var problems: [Problem] = []
        var visited = 0
        var queue = settings.composeRoots.map { ($0, 0) }
        while !queue.isEmpty {
            let (directory, depth) = queue.removeFirst()
            visited += 1
            guard visited <= Self.directoryLimit else {
                let text = "more than \(Self.directoryLimit) directories below compose_roots: the rest was not searched"
                problems.append(Problem(code: "truncated", severity: "warning", source: directory, message: text))
                break
            }
            let entries: [String]
            do throws(ReadFailure) { entries = try host.list(directory) } catch {
                if !error.isAbsence || depth == 0 { problems.append(error.problem()) }
                continue
            }
            if let stack = stack(in: directory, entries, &problems) { found.append(stack) }
            guard depth < settings.composeDepth else { continue }
            for name in entries where name.first != "." && isDirectory("\(directory)/\(name)") {
                queue.append(("\(directory)/\(name)", depth + 1))
            }
        }
        return (found, problems)
    }

    /// Links are not followed: they would lead out of the roots, or around in circles.
    private func isDirectory(_ path: String) -> Bool {
        guard host.link(path) == nil, let information = try? host.status(path) else { return false }
        return information.st_mode & 0o170000 == 0o040000
    }

    private func stack(in directory: String, _ entries: [String], _ problems: inout [Problem]) -> Found? {
        guard let main = Self.names.first(where: entries.contains) else { return nil }
        let files = ([main] + Self.overrides.filter(entries.contains)).map { "\(directory)/\($0)" }
        var project: String?
        var services: [ComposeFile.Service] = []
        for path in files {
            do throws(ReadFailure) {
                let file = ComposeFile(try host.text(path, limit: Self.fileLimit))
                project = file.project ?? project
                for service in file.services {
                    if let index = services.firstIndex(where: { $0.name == service.name }) {
                        services[index].image = service.image ?? services[index].image
                    } else {
                        services.append(service)
                    }
                }
            } catch {
                problems.append(error.problem())
            }
        }
        guard !services.isEmpty else { return nil }
        let base = directory.split(separator: "/").last.map(String.init) ?? ""
        let name = project.flatMap { $0.contains("$") ? nil : $0 } ?? ComposeFile.projectName(directory: base)
        return Found(project: name, directory: directory, files: files, services: services)
    }

    // MARK: - Joining

    /// Stacks by project: what containers say, and what files ask for.
    static func join(_ containers: [EngineContainers.Listed], _ files: [Found]) -> [DockerV1.Stack] {
        var stacks: [String: DockerV1.Stack] = [:]
        for item in containers where !ComposeLabels.isOneOff(item.labels) {
            guard let project = item.container.composeProject else { continue }
            var stack = stacks[project] ?? DockerV1.Stack(project: project, source: "labels", services: [])
            stack.workingDirectory = stack.workingDirectory ?? ComposeLabels.workingDirectory(item.labels)
            stack.configFiles = stack.configFiles ?? ComposeLabels.configFiles(item.labels)
            if let name = item.container.composeService { count(item.container, as: name, in: &stack) }
            stacks[project] = stack
        }
        for file in files { add(file, to: &stacks) }
        return stacks.values.map { stack in
            var stack = stack
            stack.services.sort { $0.name < $1.name }
            return stack
        }.sorted { $0.project < $1.project }
    }

    private static func count(_ container: DockerV1.Container, as name: String, in stack: inout DockerV1.Stack) {
        let isRunning = container.state == "running"
        let isHealthy = isRunning && container.health != "unhealthy"
        let index =
            stack.services.firstIndex { $0.name == name }
            ?? {
                stack.services.append(DockerV1.Service(name: name, wanted: 0, running: 0, healthy: 0))
                return stack.services.count - 1
            }()
        stack.services[index].wanted += 1
        stack.services[index].running += isRunning ? 1 : 0
        stack.services[index].healthy += isHealthy ? 1 : 0
        stack.services[index].image = stack.services[index].image ?? container.image
    }

    private static func add(_ file: Found, to stacks: inout [String: DockerV1.Stack]) {
        let running = stacks[file.project]
        // Another project of the same name, elsewhere on the disk: the one that runs is told.
        if let place = running?.workingDirectory, place != file.directory { return }
        var stack = running ?? DockerV1.Stack(project: file.project, source: "files", services: [])
        if running != nil { stack.source = running?.source == "files" ? "files" : "both" }
        stack.workingDirectory = stack.workingDirectory ?? file.directory
        stack.configFiles = stack.configFiles ?? file.files
        for wanted in file.services {
            let scale = wanted.hasProfiles ? 0 : wanted.scale
            if let index = stack.services.firstIndex(where: { $0.name == wanted.name }) {
                stack.services[index].wanted = max(stack.services[index].wanted, scale)
                stack.services[index].image = stack.services[index].image ?? wanted.image
            } else {
                var service = DockerV1.Service(name: wanted.name, wanted: scale, running: 0, healthy: 0)
                service.image = wanted.image
                stack.services.append(service)
            }
        }
        stacks[file.project] = stack
    }
}
