/// The marks that ingest looks at: read once a transaction, in which nobody else sets them.
struct HistoryBounds: Sendable {
    /// `HistoryMark.closed` of five minutes: what comes for a bucket before it has its rollup made again. Nil where none is
    /// rolled up yet.
    let rolledUpUntil: Int64?
    /// `HistoryMark.cut`: nothing is entered before it, so that an old snapshot leaves no trace there.
    let cut: Int64

    init(_ connection: any SQLConnection) throws {
        rolledUpUntil = try HistoryMark.closed(.fiveMinutes).read(connection)
        cut = try HistoryMark.cut.read(connection) ?? 0
    }
}
