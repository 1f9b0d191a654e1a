import Contracts

/// The place of a snapshot among those of its machine and kind.
///
/// The id decides where a rolled-back machine has two with equal time and number, so that any order of arrival ends in
/// the same tables.
struct SnapshotOrder: Comparable, Hashable, Sendable {
    var effectiveAt: Int64
    var sequence: Int64
    var uuid: String

    init(effectiveAt: Int64, sequence: Int64, uuid: String) {
        self.effectiveAt = effectiveAt
        self.sequence = sequence
        self.uuid = uuid
    }

    init(_ snapshot: ArchivedSnapshot) {
        self.init(
            effectiveAt: snapshot.effectiveAt.milliseconds, sequence: Int64(snapshot.head.sequence),
            uuid: snapshot.head.snapshotID.text)
    }

    static func < (left: SnapshotOrder, right: SnapshotOrder) -> Bool {
        (left.effectiveAt, left.sequence, left.uuid) < (right.effectiveAt, right.sequence, right.uuid)
    }
}
