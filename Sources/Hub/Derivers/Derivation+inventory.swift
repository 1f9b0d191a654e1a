import Contracts

extension Derivation {
    /// - Parameter carried: nil for a `same_as`, whose payload is in the archive.
    func applyInventory(_ carried: (any SnapshotPayload)?) throws -> DerivationResult {
        let deriver = Derivers.deriver(of: kind)
        let record = try KindRecord.read(snapshot.machineID, kind, in: connection)
        let carrier: Identifier = if case .sameAs(let id) = snapshot.content { id } else { snapshot.head.snapshotID }
        func payload() throws -> any SnapshotPayload {
            if let carried { return carried }
            guard let payload = try neighbors.payload(of: carrier.text) else {
                throw StoreFailure(code: .other, message: "snapshot \(carrier) with this payload is not in the archive")
            }
            return payload
        }

        if let record, let shown = record.order, order < shown {
            if let carried { try deriver.enterAny(carried, of: snapshot, into: connection) }
            try fillUnknown(try payload(), record)
            try enterMessages(try payload(), hasMessages: true)
            try correctUnchangedSince(record)
            try enterEvents(ObservedSnapshot(order: order, head: snapshot.head, payload: try payload()), isLate: true)
            return .stale
        }

        let digest = snapshot.head.payloadDigest?.text
        let isSamePayload = record?.order != nil && digest != nil && record?.payloadDigest == digest
        let unknown = try JSONText.encode(snapshot.head.collection.unknown)
        let isUnchanged =
            isSamePayload && record?.unknown == unknown && record?.schemaVersion == Int64(snapshot.head.schemaVersion)
        let since = isSamePayload ? record?.unchangedSince : order.effectiveAt
        guard
            let advanced = try KindRecord.advance(
                to: snapshot, kind, payload: carrier, unchangedSince: since ?? order.effectiveAt, in: connection)
        else { return .stale }

        if isUnchanged {
            try connection.run(deriver.state.touch, snapshot.machineID, order.effectiveAt, advanced.nextDueAt)
            try connection.run(KindRecord.showError, snapshot.machineID)
            // What it says is what the last one said; only a replay has to hear it again.
            if replay != nil { try enterMessages(try payload(), hasMessages: true) }
            if kind == .hardware {
                // The envelope's head says more than the payload: host name, boot, the agent's version.
                try connection.run(HardwareDeriver.hostname, snapshot.machineID, snapshot.head.host.hostname)
            } else {
                let earlier = record?.order?.effectiveAt ?? order.effectiveAt
                guard
                    try deriver.changesByAge(
                        snapshot.machineID, from: earlier, to: order.effectiveAt, in: connection)
                else { return .unchanged }
            }
        } else {
            try put(try deriver.deriveAny(payload(), of: snapshot), at: order, due: advanced.nextDueAt)
            if let carried { try deriver.enterAny(carried, of: snapshot, into: connection) }
            try enterMessages(try payload(), hasMessages: advanced.hasMessages)
        }
        try enterEvents(ObservedSnapshot(order: order, head: snapshot.head, payload: try payload()), isLate: false)
        neighbors.remember(
            ObservedSnapshot(order: order, head: snapshot.head, payload: try payload()), carriedBy: carrier)
        return isUnchanged ? .unchanged : .derived
    }

    /// Adds this snapshot's events; of a late one, the next one's are made again from here.
    private func enterEvents(_ current: ObservedSnapshot, isLate: Bool) throws {
        let deriver = Derivers.deriver(of: kind)
        let baseline = try neighbors.baseline()
        let previous = try neighbors.previous(order)
        if let previous, order.effectiveAt > baseline {
            try EventStore.replace(
                try deriver.eventsAny(from: previous, to: current), of: current, machine: snapshot.machineID,
                kind: kind, in: connection)
        }
        guard isLate, let next = try neighbors.next(order), next.order.effectiveAt > baseline else { return }
        // The oldest one's events are of a snapshot that retention has taken: they stay.
        if previous == nil,
            try EventStore.hasEvents(snapshot.machineID, snapshot: next.order.uuid, in: connection)
        {
            return
        }
        try EventStore.replace(
            try deriver.eventsAny(from: current, to: next), of: next, machine: snapshot.machineID, kind: kind,
            in: connection)
    }

    /// A late snapshot may break the run of equal ones, or lengthen it.
    private func correctUnchangedSince(_ record: KindRecord) throws {
        guard let since = record.unchangedSince, let shown = record.payloadDigest,
            let digest = snapshot.head.payloadDigest?.text
        else { return }
        if digest == shown {
            guard order.effectiveAt < since,
                try !neighbors.differs(from: shown, after: order.effectiveAt, before: since)
            else { return }
            try connection.run(KindRecord.unchanged, snapshot.machineID, kind, order.effectiveAt)
        } else if order.effectiveAt >= since, let next = try neighbors.orderAfter(order) {
            try connection.run(KindRecord.unchanged, snapshot.machineID, kind, next.effectiveAt)
        }
    }
}
