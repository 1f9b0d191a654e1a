import Contracts

/// Tells which kind should be collected again because something changed: packages, lists, sources and the reboot flag
/// by inotify, containers by the engine's events, what the root oneshot found by its file.
///
/// Each trigger waits until the changes have ended, and one of packages until nobody holds dpkg's locks.
struct ChangeTriggers: Sendable {
    /// How patient the triggers are.
    struct Timing: Sendable {
        /// Without a change for this long, it is over.
        var quiet: Duration = .seconds(2)
        /// Where changes never end, collect all the same.
        var longest: Duration = .seconds(30)
        /// The same for the engine: who died must be known within seconds.
        var engineQuiet: Duration = .seconds(1)
        var engineLongest: Duration = .seconds(3)
        var lockInterval: Duration = .seconds(1)
        /// A release upgrade takes that long; then its middle is told, too.
        var lockBound: Duration = .seconds(900)
    }

    private let host: Host
    private let settings: CollectionSettings
    private let timing: Timing
    private let memory: EngineMemory

    /// - Parameter memory: what the engine's events are put into.
    init(
        host: Host, settings: CollectionSettings, memory: EngineMemory = EngineMemory(), timing: Timing = Timing()
    ) {
        self.host = host
        self.settings = settings
        self.memory = memory
        self.timing = timing
    }

    /// Where packages leave traces of change. dpkg and APT write beside a file and rename, so directories are watched.
    static let packagePlaces: [DirectoryWatch.Place] = [
        .init(directory: "var/lib/dpkg", names: ["status", "arch"]),
        .init(directory: "var/lib/apt", names: ["extended_states"]),
        .init(directory: "var/lib/apt/lists", ignored: ["lock", "partial"]),
        .init(directory: "var/lib/apt/periodic", names: ["update-success-stamp", "update-stamp"]),
        .init(directory: "etc/apt", names: ["sources.list", "preferences"]),
        .init(directory: "etc/apt/sources.list.d"),
        .init(directory: "etc/apt/preferences.d"),
        .init(directory: "run", names: ["reboot-required", "reboot-required.pkgs"]),
        .init(directory: "run/vigie", names: ["apt-update-success"]),
    ]

    /// Where the root oneshot renames its file into place; nothing to wait for, it is whole.
    static let inspectionPlace = DirectoryWatch.Place(
        directory: String(InspectionFile.directory.dropFirst()), names: [InspectionFile.name])

    /// Kinds to collect again, as long as somebody reads; nothing is left running afterwards.
    func events() -> AsyncStream<Kind> {
        let (stream, continuation) = AsyncStream.makeStream(of: Kind.self, bufferingPolicy: .bufferingNewest(8))
        let locks = PackageLocks(host: host)
        let packages = DebouncedTrigger(
            Debounce(quiet: timing.quiet, longest: timing.longest),
            patience: .init(interval: timing.lockInterval, bound: timing.lockBound) { !locks.areHeld }
        ) { continuation.yield(.apt) }
        let engine = DebouncedTrigger(
            Debounce(quiet: timing.engineQuiet, longest: timing.engineLongest),
            patience: .init(interval: timing.engineQuiet, bound: .zero) { true }
        ) { continuation.yield(.docker) }
        let changes = DirectoryWatch(host: host, places: Self.packagePlaces).changes()
        let inspections = DirectoryWatch(host: host, places: [Self.inspectionPlace]).changes()
        let events = EngineEventStream(host: host, sockets: settings.engineSockets, memory: memory)
        let work = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    guard let changes else { return }
                    for await _ in changes { await packages.pulse() }
                }
                group.addTask { await events.follow { await engine.pulse() } }
                group.addTask { [host] in
                    guard let inspections else { return }
                    var known = InspectionFile.read(host).inspection
                    for await _ in inspections {
                        guard let inspection = InspectionFile.read(host).inspection else { continue }
                        for kind in inspection.changed(since: known) { continuation.yield(kind) }
                        known = inspection
                    }
                }
            }
            await packages.stop()
            await engine.stop()
        }
        continuation.onTermination = { _ in work.cancel() }
        return stream
    }
}
