import Contracts

/// One snapshot in the disk queue; all that is known of it stands in its file's name.
struct SpoolEntry: Equatable, Sendable {
    /// Order of delivery.
    let sequence: Int
    /// A `Kind`, or one that an older or newer version wrote.
    let kind: String
    let id: Identifier
    let bytes: Int
    /// The moment in the snapshot's UUIDv7.
    let collectedAt: Timestamp
    let isMetrics: Bool

    static let suffix = ".json.gz"

    /// `0000000000004711-apt-0194e7c2-….json.gz`: sorted by name is sorted by age.
    var name: String {
        let digits = String(sequence)
        let padding = String(repeating: "0", count: max(0, 16 - digits.count))
        return "\(padding)\(digits)-\(kind)-\(id.text)\(Self.suffix)"
    }

    init(sequence: Int, kind: String, id: Identifier, bytes: Int) {
        self.sequence = sequence
        self.kind = kind
        self.id = id
        self.bytes = bytes
        collectedAt = id.timestamp ?? Timestamp(milliseconds: 0)
        isMetrics = kind == Kind.metrics.rawValue
    }

    /// Reads a name back; nil for anything that this queue did not write.
    init?(name: String, bytes: Int) {
        guard name.hasSuffix(Self.suffix) else { return nil }
        let parts = name.dropLast(Self.suffix.count).split(separator: "-", maxSplits: 2)
        guard parts.count == 3, parts[0].count >= 16, let sequence = Int(parts[0]), sequence >= 0,
            let id = Identifier(String(parts[2])), id.timestamp != nil
        else { return nil }
        self.init(sequence: sequence, kind: String(parts[1]), id: id, bytes: bytes)
        guard self.name == name else { return nil }
    }
}
