import Contracts

/// A moment as people write it.
enum Moment {
    /// What `parse` takes, for an error's text.
    static let forms = "a time as 2026-11-01T12:00Z, a date as 2026-11-01, or a time before now as 30m, 12h or 7d"

    /// RFC 3339 with any offset, seconds and their fraction as one likes; a date, which is its midnight in UTC; `now`; or a
    /// number with `s`, `m`, `h`, `d`, `w`: so long before now.
    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if text == "now" { return now }
        if let ago = ago(text) { return now.adding(milliseconds: -ago) }
        if text.utf8.count == 10 { return Timestamp(text + "T00:00:00Z") }
        guard text.utf8.count > 16, let (local, offset) = splitOffset(text) else { return nil }
        let time = local.utf8.count == 16 ? local + ":00" : local
        return Timestamp(time + "Z")?.adding(milliseconds: -offset)
    }

    private static func ago(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count > 0,
            count <= 100_000
        else { return nil }
        return count * unit * 1000
    }

    /// The local time, and the offset from UTC in milliseconds.
    private static func splitOffset(_ text: String) -> (local: String, offset: Int64)? {
        if text.hasSuffix("Z") { return (String(text.dropLast()), 0) }
        let tail = Array(text.utf8.suffix(6))
        guard tail.count == 6, tail[0] == 0x2B || tail[0] == 0x2D, tail[3] == 0x3A,
            [1, 2, 4, 5].allSatisfy({ (0x30...0x39).contains(tail[$0]) })
        else { return nil }
        let hours = Int64(tail[1] - 0x30) * 10 + Int64(tail[2] - 0x30)
        let minutes = Int64(tail[4] - 0x30) * 10 + Int64(tail[5] - 0x30)
        guard hours < 24, minutes < 60 else { return nil }
        return (String(text.dropLast(6)), (tail[0] == 0x2B ? 1 : -1) * (hours * 60 + minutes) * 60_000)
    }
}
