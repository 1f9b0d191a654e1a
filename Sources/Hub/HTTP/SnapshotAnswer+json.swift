import Contracts

extension SnapshotAnswer {
    /// As `CanonicalJSON` writes it, without an encoder: a fleet hears it with every snapshot.
    var canonicalJSON: [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.begin()
        writer.member(",\"announcement\":", announcement)
        writer.member(",\"highest_sequence\":", highestSequence)
        writer.member(",\"requests\":", requests)
        writer.member(",\"result\":", result)
        writer.member(",\"snapshot_id\":", snapshotID.text)
        writer.end()
        return writer.finish().bytes
    }
}
