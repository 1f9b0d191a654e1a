import Contracts
import Glibc
import Logging
import Transport

/// The disk queue: performs on files what `SpoolIndex` decides. One file a snapshot, the gzip of the whole document.
actor Spool {
    private let state: StateDirectory
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private(set) var index: SpoolIndex
    /// Lost to the bounds or to a full disk, since enrolment.
    private(set) var droppedTotal: Int
    private(set) var thinnedTotal = 0

    /// A document may inflate to this, as at the hub.
    static let inflatedLimit = 32 << 20

    /// Takes up what is on disk: leftovers of a crash go, files that are not ours are moved aside.
    init(
        state: StateDirectory, limits: SpoolIndex.Limits, droppedTotal: Int = 0, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws(FileFailure) {
        self.state = state
        self.logger = logger
        self.now = now
        self.droppedTotal = droppedTotal
        var entries: [SpoolEntry] = []
        for name in try Files.names(state.spool) {
            let path = "\(state.spool)/\(name)"
            if name.hasSuffix(Files.temporarySuffix) {
                try Files.remove(path)
            } else if let bytes = Files.size(path), bytes > 0, let entry = SpoolEntry(name: name, bytes: bytes) {
                entries.append(entry)
            } else {
                logger.warning("moving a broken spool file aside", metadata: ["file": "\(name)"])
                try Files.move(path, to: "\(state.broken)/\(name)")
            }
        }
        index = SpoolIndex(limits: limits, entries: entries)
        RejectedFiles(directory: state.broken).prune()
    }

    var report: SpoolReport {
        SpoolReport(files: index.entries.count, bytes: index.bytes, droppedTotal: droppedTotal)
    }

    /// Writes a snapshot and waits until it would survive a power cut. Throws where the disk cannot take it.
    func put(_ snapshot: SealedSnapshot) throws(FileFailure) {
        let body = snapshot.body
        guard let removals = index.makeRoom(for: body.count, now: now()) else {
            droppedTotal += 1
            throw FileFailure(operation: "keep a snapshot larger than", path: state.spool, errno: EFBIG)
        }
        try perform(removals)
        let entry = SpoolEntry(
            sequence: snapshot.head.sequence, kind: snapshot.head.kind, id: snapshot.head.snapshotID,
            bytes: body.count)
        let path = "\(state.spool)/\(entry.name)"
        while true {
            do {
                try Files.write(body, to: path)
                break
            } catch {
                guard error.isFull, let sacrificed = index.sacrifice() else { throw error }
                try perform([sacrificed])
            }
        }
        index.insert(entry)
    }

    /// The document's gzip and its head; nil where the file is gone or broken, which moves it aside.
    func read(_ entry: SpoolEntry) -> SealedSnapshot? {
        let path = "\(state.spool)/\(entry.name)"
        do {
            guard let body = try Files.read(path) else {
                index.remove(entry.id)
                return nil
            }
            let document = try Gzip.inflate(body, limit: Self.inflatedLimit)
            return try SealedSnapshot(body: body, document: document)
        } catch {
            logger.warning(
                "moving a broken spool file aside", metadata: ["file": "\(entry.name)", "reason": "\(error)"])
            try? Files.move(path, to: "\(state.broken)/\(entry.name)")
            RejectedFiles(directory: state.broken).prune()
            index.remove(entry.id)
            return nil
        }
    }

    /// After the hub's answer: it is in the archive.
    func delete(_ id: Identifier) {
        guard let entry = index.entries.first(where: { $0.id == id }) else { return }
        index.remove(id)
        remove(entry)
    }

    /// After the hub's refusal: kept apart, bounded, for somebody to look at.
    func reject(_ id: Identifier) {
        guard let entry = index.entries.first(where: { $0.id == id }) else { return }
        index.remove(id)
        do {
            try Files.move("\(state.spool)/\(entry.name)", to: "\(state.rejected)/\(entry.name)")
        } catch {
            logger.error("\(error)")
            remove(entry)
        }
        RejectedFiles(directory: state.rejected).prune()
    }

    /// The same for a snapshot that never was in the queue.
    func reject(_ snapshot: SealedSnapshot) {
        let entry = SpoolEntry(
            sequence: snapshot.head.sequence, kind: snapshot.head.kind, id: snapshot.head.snapshotID, bytes: 0)
        do {
            try Files.write(snapshot.body, to: "\(state.rejected)/\(entry.name)", isDurable: false)
        } catch {
            logger.error("\(error)")
        }
        RejectedFiles(directory: state.rejected).prune()
    }

    /// Removes everything: another identity cannot deliver it.
    func clear() {
        for entry in index.entries { remove(entry) }
        droppedTotal += index.entries.count
        index = SpoolIndex(limits: index.limits)
    }

    func countDropped() { droppedTotal += 1 }

    private func perform(_ removals: [SpoolIndex.Removal]) throws(FileFailure) {
        for removal in removals {
            switch removal {
            case .bound: droppedTotal += 1
            case .thinned: thinnedTotal += 1
            }
            remove(removal.entry)
        }
    }

    private func remove(_ entry: SpoolEntry) {
        do { try Files.remove("\(state.spool)/\(entry.name)") } catch { logger.error("\(error)") }
    }
}
