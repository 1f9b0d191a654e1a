import Contracts

extension SnapshotAnswer {
    /// As `CanonicalJSON` writes it, without an encoder: a fleet hears it with every snapshot.
    var canonicalJSON: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160)
        func put(_ name: StaticString) {
            bytes += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        }
        put("{")
        if let announcement {
            put("\"announcement\":")
            CanonicalJSON.append(quoted: announcement, to: &bytes)
            put(",")
        }
        put("\"highest_sequence\":")
        bytes += highestSequence.description.utf8
        put(",\"requests\":[")
        for (index, request) in requests.enumerated() {
            if index > 0 { put(",") }
            CanonicalJSON.append(quoted: request, to: &bytes)
        }
        put("],\"result\":")
        CanonicalJSON.append(quoted: result, to: &bytes)
        put(",\"snapshot_id\":\"")
        bytes += snapshotID.text.utf8
        put("\"}")
        return bytes
    }
}
