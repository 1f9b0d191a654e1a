import Contracts

extension SnapshotAnswer {
    /// As `CanonicalJSON` writes it, without an encoder: a fleet hears it with every snapshot.
    var canonicalJSON: [UInt8] {
        var writer = JSONWriter(capacity: 256)
        let place = writer.place { writer in
            writer.begin()
            writer.member(",\"announcement\":", announcement)
            writer.member(",\"highest_sequence\":", highestSequence)
            writer.member(",\"requests\":", requests)
            writer.member(",\"result\":", result)
            writer.member(",\"snapshot_id\":", snapshotID.text)
            writer.end()
        }
        let written = writer.finish()
        return withExtendedLifetime(written) { Array(written.bytes(in: place)) }
    }
}
