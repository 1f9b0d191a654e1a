import Contracts

/// What a snapshot's head must say for its sender to be believed.
enum SenderRules {
    /// `snapshot_id` carries its moment: a partition of the archive is found by it.
    private static let maximumAge: Int64 = 30 * 86_400_000

    static func check(
        _ head: EnvelopeHead, of machine: String, receivedAt: Timestamp
    ) throws(IngestRejection) {
        guard head.machineID.text == machine else {
            throw IngestRejection(.machineMismatch, "machine_id is not the one that this token belongs to")
        }
        guard let made = head.snapshotID.timestamp,
            abs(made.milliseconds - receivedAt.milliseconds) <= maximumAge
        else {
            throw .violations([
                Violation(
                    pointer: "/snapshot_id",
                    message: "must be a UUIDv7 made within 30 days of \(receivedAt); is the machine's clock right?")
            ])
        }
    }
}
