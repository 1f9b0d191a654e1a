import Contracts

extension Derivation {
    /// Opens and ends messages as this snapshot says, and as those after it say where it is late.
    ///
    /// Most snapshots show nothing of a machine of which nothing was shown: they cost nothing here.
    ///
    /// - Parameter hasMessages: false where no message of the kind is open and this snapshot is the newest.
    func enterMessages(_ payload: any SnapshotPayload, hasMessages: Bool) throws {
        let deriver = Derivers.deriver(of: kind)
        let observation = try deriver.observeAny(payload, unknown: snapshot.head.collection.unknown ?? [])
        if let replay { return replay.take(observation, at: order) }
        guard hasMessages || !observation.isQuiet else { return }
        let store = MessageStore(machine: snapshot.machineID, kind: kind, connection: connection)
        let stored = try store.read(from: order.effectiveAt)
        var timeline = stored
        try timeline.take(
            observation, at: order, previous: { try neighbors.orderBefore(order)?.effectiveAt },
            following: { place in
                guard let next = try neighbors.orderAfter(place) else { return nil }
                let observed = try neighbors.observed(next)
                return MessageTimeline.Following(
                    order: next,
                    observation: try observed.map {
                        try deriver.observeAny($0.payload, unknown: $0.head.collection.unknown ?? [])
                    })
            })
        try store.replace(stored, with: timeline, identity: snapshot.head.machineID)
    }
}

/// The messages of a kind while its archive is derived again.
final class MessageRebuild {
    private let store: MessageStore
    private let stored: MessageTimeline
    private var replay: MessageReplay

    init(machine: Int64, kind: Kind, connection: any SQLConnection) throws {
        store = MessageStore(machine: machine, kind: kind, connection: connection)
        stored = try store.read()
        replay = MessageReplay(stored: stored)
    }

    func take(_ observation: MessageObservation, at order: SnapshotOrder) { replay.take(observation, at: order) }

    func finish(identity: Identifier) throws {
        try store.replace(stored, with: replay.finished(), identity: identity)
    }
}
