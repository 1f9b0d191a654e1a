import Contracts

/// The schema versions of each kind that this hub reads, and how a payload of an older one becomes a newer one.
///
/// **Where the next version of a kind goes.** Say `apt` gets version 2: `APTV2` becomes the kind's `payloadType` and its
/// deriver's `Payload`, and the line of `current` becomes
///
///     .apt: VersionChain(APTV2.self).preceded(by: APTV1.self) { APTV2($0) }.versions
///
/// where `APTV2.init(_: APTV1)` is the pure function from the one to the other. A third version puts itself before the
/// chain, and every older one goes through all of them. A version stays here for as long as an archive may hold it:
/// ingest takes the newest and the one before it, `rederive` whatever the chain has.
struct SchemaVersions: Sendable {
    /// One version of a kind: reads its payload strictly, and answers it as the newest.
    struct Version: Sendable {
        let number: Int
        let read: @Sendable (JSONValue) throws(JSONTreeDecoder.Rejection) -> any SnapshotPayload
        /// The same by the short way, of the payload's bytes; nil where they do not take it.
        var readCanonical: (@Sendable (UnsafeRawBufferPointer) -> (any SnapshotPayload)?)?
    }

    /// The newest first.
    private let versions: [Kind: [Version]]

    init(_ versions: [Kind: [Version]]) { self.versions = versions }

    static let current = SchemaVersions([
        .hardware: VersionChain(HardwareV1.self).versions,
        .metrics: VersionChain(MetricsV1.self).versions,
        .apt: VersionChain(APTV1.self).versions,
        .docker: VersionChain(DockerV1.self).versions,
    ])

    /// What a hub does with a version of a kind.
    enum Reading {
        case read(Version)
        /// Newer than this hub.
        case newer
        /// No longer taken.
        case older
    }

    /// - Parameter isArchived: of a snapshot that stands in the archive, every version that is known is read; of one that
    ///   comes in, the newest and the one before it.
    func reading(_ kind: Kind, _ number: Int, isArchived: Bool) -> Reading {
        guard let known = versions[kind], let newest = known.first else { return .newer }
        guard number <= newest.number else { return .newer }
        guard isArchived || number >= newest.number - 1, let version = known.first(where: { $0.number == number })
        else { return .older }
        return .read(version)
    }
}

/// A kind's versions, put together from the newest to the oldest, each read as the newest.
struct VersionChain<Oldest: SnapshotPayload>: Sendable {
    let versions: [SchemaVersions.Version]
    private let toNewest: @Sendable (Oldest) -> any SnapshotPayload

    /// Begins with the version that the kind's deriver takes.
    init(_ newest: Oldest.Type, number: Int = Oldest.schemaVersion) {
        self.init(number: number, newer: []) { $0 }
    }

    private init(
        number: Int, newer: [SchemaVersions.Version], toNewest: @escaping @Sendable (Oldest) -> any SnapshotPayload
    ) {
        self.toNewest = toNewest
        var version = SchemaVersions.Version(number: number) { (payload) throws(JSONTreeDecoder.Rejection) in
            toNewest(try JSONTreeDecoder.decode(Oldest.self, from: payload, at: "/payload"))
        }
        if let readable = Oldest.self as? any (SnapshotPayload & CanonicalReadable).Type {
            version.readCanonical = { bytes in
                guard let payload = Self.readCanonical(readable, bytes) as? Oldest else { return nil }
                return toNewest(payload)
            }
        }
        versions = newer + [version]
    }

    private static func readCanonical<Payload: SnapshotPayload & CanonicalReadable>(
        _ type: Payload.Type, _ bytes: UnsafeRawBufferPointer
    ) -> Payload? {
        var reader = CanonicalReader(bytes)
        guard let payload = try? Payload(from: &reader), reader.isAtEnd else { return nil }
        return payload
    }

    /// Adds the version before the oldest so far.
    ///
    /// - Parameter upcast: makes the one of the other: a pure function, since `rederive` must give what ingest gave.
    func preceded<Older: SnapshotPayload>(
        by older: Older.Type, number: Int = Older.schemaVersion, upcast: @escaping @Sendable (Older) -> Oldest
    ) -> VersionChain<Older> {
        VersionChain<Older>(number: number, newer: versions) { [toNewest] in toNewest(upcast($0)) }
    }
}
