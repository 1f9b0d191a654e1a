/// The document of one kind at one schema version, as it stands in an envelope's `payload`.
///
/// On the wire every `Int` is a count or a size: 0 … 2^53−1. What may be negative is an `Int64` (±(2^53−1)) or a
/// `Double`. Optional members are absent where the thing does not exist, never `null` and never a made-up 0.
package protocol SnapshotPayload: Codable, Equatable, Sendable {
    static var kind: Kind { get }
    static var schemaVersion: Int { get }
}
