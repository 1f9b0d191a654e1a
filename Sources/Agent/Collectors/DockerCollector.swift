import Contracts
import Synchronization

/// Tells what a container engine runs and keeps, and which compose stacks there are.
///
/// Without an engine's socket everything is absent: there is no Docker here. A socket that cannot be used, or an engine
/// that does not answer, makes sections unknown.
struct DockerCollector: Collector {
    let kind = Kind.docker
    private let host: Host
    private let settings: CollectionSettings
    private let now: @Sendable () -> Timestamp
    /// What an image's platform is never changes: each is asked for once.
    private let platforms = PlatformCache()
    private let memory: EngineMemory

    /// Seconds for all of the engine's answers together; well below the kind's deadline, so that an engine that hangs
    /// gives a snapshot with problems and not none.
    static let budgetSeconds = 40.0

    /// - Parameter memory: shared with the event stream, where there is one.
    init(
        host: Host, settings: CollectionSettings, memory: EngineMemory = EngineMemory(),
        now: @escaping @Sendable () -> Timestamp = { SystemClock.now() }
    ) {
        self.host = host
        self.settings = settings
        self.memory = memory
        self.now = now
    }

    func collect() async -> Collected {
        var report = Report()
        let stacks = DockerStacks(host: host, settings: settings)
        let files = settings.composeRoots.isEmpty ? nil : stacks.search()
        report.problems += files?.problems ?? []
        switch EngineSocket.find(host, settings.engineSockets) {
        case .absent:
            // A stack on disk is wanted by somebody even where no engine is installed.
            if let found = files?.found, !found.isEmpty { report.payload.stacks = DockerStacks.join([], found) }
        case .open(let path):
            var survey = EngineSurvey(
                client: EngineClient(socket: path, budgetSeconds: Self.budgetSeconds), settings: settings,
                platforms: platforms, memory: memory, now: now())
            await survey.run(into: &report, files: files?.found ?? [])
        case .closed(let path, let code, let group):
            report.unknown.formUnion(EngineSurvey.sections)
            if let problem = EngineSocket.closed(path: path, errno: code, group: group).problem() {
                report.problems.append(problem)
            }
        }
        return Collected(
            payload: report.payload, unknown: report.unknown.sorted(), problems: Array(report.problems.prefix(100)))
    }

    /// The payload as it grows, and what could not be read.
    struct Report {
        var payload = DockerV1()
        var unknown: Set<String> = []
        var problems: [Problem] = []

        mutating func fail(_ pointer: String, _ failure: EngineClient.Failure) {
            unknown.insert(pointer)
            let problem = Problem(code: failure.code, severity: "error", source: "engine", message: failure.message)
            if !problems.contains(problem) { problems.append(problem) }
        }
    }

    /// Platforms by image id, kept over collections and bounded.
    final class PlatformCache: Sendable {
        private let known = Mutex<[String: EngineImages.Platform]>([:])

        subscript(_ id: String) -> EngineImages.Platform? { known.withLock { $0[id] } }

        func insert(_ platform: EngineImages.Platform, for id: String) { known.withLock { $0[id] = platform } }

        /// Forgets images that are gone.
        func keep(_ ids: Set<String>) { known.withLock { $0 = $0.filter { ids.contains($0.key) } } }
    }
}
