import Contracts

/// The disk: how much is used, what goes when that is too much, and how free pages are given back.
extension Retention {
    /// What the hub keeps at least, however short the space: the last hour's metrics snapshots, a day of raw metrics, a
    /// week of 5 minutes.
    private static let leastSnapshots: Int64 = 3_600_000
    private static let leastRaw: Int64 = 86_400_000
    private static let leastRollup: Int64 = 7 * 86_400_000
    /// Free pages that are left in the database, for what comes next: a part of a hundred, and a number.
    private static let slackPart: Int64 = 50
    private static let slackPages: Int64 = 512
    /// Pages that are given back in one transaction.
    private static let vacuumStep = 256

    /// Whether the database has outgrown its budget, or the disk has too little left.
    func isShort() throws -> Bool { try isShort(try store.pages(), needsRoom: false) }

    private func isShort(_ pages: DatabasePages, needsRoom: Bool) throws -> Bool {
        if pages.usedBytes > Int64(policy.databaseBytes) { return true }
        if needsRoom, pages.free < max(2 * Self.slackPages, pages.count / 10) { return true }
        // Free pages of the database are taken before the disk is.
        guard let space = disk() else { return false }
        return space.available + pages.freeBytes < policy.minimumFree(ofTotal: space.total)
    }

    /// Deletes what costs most and matters least, the oldest first, until there is space enough: metrics snapshots,
    /// whose tables stay; raw metrics, whose rollups stay; 5-minute rollups, whose hours stay; refused bodies.
    func relieve(_ sweep: inout RetentionSweep, needsRoom: Bool) throws {
        func isShort() throws -> Bool { try self.isShort(try store.pages(), needsRoom: needsRoom) }
        // Where that has room, the log begins anew, and what is deleted is written over it.
        if needsRoom { _ = try? store.checkpoint() }
        var from = Int64.min
        while try isShort(),
            let last = try sweep.deleteSomeSnapshots(
                .metrics, from: from, before: now.milliseconds - Self.leastSnapshots, .metricsSnapshots)
        { from = last }
        let hour = RollupSpan.hour.length
        while try isShort(),
            let first = try store.read({ try $0.row(BucketTable.raw[0].first, Int64.max) })?["bucket"].integer
        {
            let end = first - first % hour + hour
            guard end <= now.milliseconds - Self.leastRaw else { break }
            let before = sweep.report.rows[.rawMetrics]
            try deleteRaw(before: end, &sweep)
            if sweep.report.rows[.rawMetrics] == before { break }
        }
        let fiveMinutes = BucketTable.fiveMinutes
        while try isShort(),
            let first = try store.read({ try $0.row(fiveMinutes.first, Int64.max) })?["bucket"].integer,
            first + fiveMinutes.length <= now.milliseconds - Self.leastRollup
        { try sweep.deleteBuckets(fiveMinutes, before: first + 1, .rollup5m) }
        if try isShort() { try sweep.deleteRows(.quarantine, before: .max, .quarantine) }
        sweep.report.isEnough = try !isShort()
    }

    /// Gives free pages back to the file system, a few at a time; some stay for what comes next, unless space is short.
    func giveBack(_ sweep: inout RetentionSweep) throws {
        let before = try store.pages()
        guard before.canShrink else { return }
        let clock = ContinuousClock()
        let space = disk()
        let isTight = space.map { $0.available < policy.minimumFree(ofTotal: $0.total) } ?? false
        while true {
            let pages = try store.pages()
            let slack = isTight ? Self.slackPages : Self.slackPages + pages.count / Self.slackPart
            guard pages.free > slack else { break }
            let time = try clock.measure { try store.vacuum(pages: min(Self.vacuumStep, Int(pages.free - slack))) }
            try between(time)
            if try store.pages().count >= pages.count { break }
        }
        try store.checkpoint()
        sweep.report.bytesReturned = max(0, before.bytes - (try store.pages().bytes))
    }
}
