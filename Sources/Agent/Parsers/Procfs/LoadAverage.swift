/// `/proc/loadavg` (proc_loadavg(5)): `0.20 0.18 0.12 1/80 11206`.
struct LoadAverage: Equatable, Sendable {
    var oneMinute: Double
    var fiveMinutes: Double
    var fifteenMinutes: Double
    /// Scheduling entities that exist: processes and their threads.
    var threads: Int?

    static func parse(_ bytes: [UInt8]) -> LoadAverage? {
        var text = ByteScanner(bytes)
        guard var line = text.line(), let one = line.decimal(), let five = line.decimal(),
            let fifteen = line.decimal(), one >= 0, five >= 0, fifteen >= 0
        else { return nil }
        var average = LoadAverage(oneMinute: one, fiveMinutes: five, fifteenMinutes: fifteen)
        if var entities = line.word(), entities.take(upTo: 0x2F) != nil, let threads = entities.unsigned() {
            average.threads = WireInteger.size(threads)
        }
        return average
    }
}
