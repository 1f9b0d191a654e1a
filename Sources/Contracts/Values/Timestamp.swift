/// A moment as the wire writes it: RFC 3339, UTC, milliseconds (`2026-11-21T07:42:36.123Z`).
///
/// Inside it is a count of milliseconds since 1970-01-01T00:00:00Z, the unit of every `…_at` column of the hub.
/// Years 0001 to 9999 can be written. Reading accepts one to nine digits of fraction (more than three are cut) and
/// no other offset than `Z`, so that equal moments have equal text.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch, UTC.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Takes Unix seconds; what no 64 bits of milliseconds can hold becomes the nearest that they can.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    package func adding(milliseconds delta: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds + delta) }
}

extension Timestamp: CustomStringConvertible {
    /// The first and the last moment that four digits of year can write.
    package static let earliest = Timestamp(milliseconds: -62_135_596_800_000)
    package static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    /// The wire's text; a moment outside of `earliest`…`latest` is written as the nearer of them.
    package var description: String {
        let milliseconds = min(max(self, Self.earliest), Self.latest).milliseconds
        let days = milliseconds.flooredQuotient(86_400_000)
        let inDay = milliseconds - days * 86_400_000
        let (year, month, day) = CivilDate.fromDays(days)
        return String(unsafeUninitializedCapacity: 24) { text in
            var end = 0
            func write(_ value: Int, _ width: Int, _ after: Unicode.Scalar) {
                var rest = value
                for place in stride(from: end + width - 1, through: end, by: -1) {
                    text[place] = 0x30 + UInt8(rest % 10)
                    rest /= 10
                }
                text[end + width] = UInt8(ascii: after)
                end += width + 1
            }
            write(year, 4, "-")
            write(month, 2, "-")
            write(day, 2, "T")
            write(Int(inDay / 3_600_000), 2, ":")
            write(Int(inDay / 60_000 % 60), 2, ":")
            write(Int(inDay / 1000 % 60), 2, ".")
            write(Int(inDay % 1000), 3, "Z")
            return end
        }
    }
}

extension Timestamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, or answers nil. A leap second (`:60`) counts as the second after it.
    package init?(_ text: String) {
        var copy = text
        let parsed = copy.withUTF8 { Timestamp(text: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The same of the text's bytes.
    init?(text bytes: UnsafeBufferPointer<UInt8>) {
        func number(_ from: Int, _ count: Int) -> Int? {
            var value = 0
            for index in from..<(from + count) {
                guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
                value = value * 10 + Int(bytes[index] - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54, bytes[13] == 0x3A,
            bytes[16] == 0x3A, bytes[bytes.count - 1] == 0x5A,
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            year >= 1, (1...12).contains(month), day >= 1, day <= CivilDate.daysIn(month: month, year: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction = 0
        if bytes.count > 20 {
            let digits = bytes.count - 21
            guard bytes[19] == 0x2E, (1...9).contains(digits) else { return nil }
            for index in 0..<max(3, digits) {
                let digit = index < digits ? bytes[20 + index] : 0x30
                guard digit >= 0x30, digit <= 0x39 else { return nil }
                if index < 3 { fraction = fraction * 10 + Int(digit - 0x30) }
            }
        }
        let days = CivilDate.toDays(year: year, month: month, day: day)
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(milliseconds: seconds * 1000 + Int64(fraction))
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be an RFC 3339 time in UTC, as 2026-11-21T07:42:36.123Z")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
