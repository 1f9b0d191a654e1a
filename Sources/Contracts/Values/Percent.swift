/// A share of a whole, 0 to 100. Percentages that may exceed 100 (a container on several cores) are plain doubles.
///
/// Written with at most two decimals, so that equal state gives equal bytes and a snapshot stays small.
package struct Percent: Hashable, Comparable, Sendable {
    package let value: Double

    /// Takes the nearest value in 0…100; NaN becomes 0.
    package init(clamping value: Double) {
        let bounded = value.isNaN ? 0 : min(100, max(0, value))
        self.value = (bounded * 100).rounded() / 100
    }

    /// Takes a number of the wire as it is; nil outside of 0…100.
    package init?(exactly number: Double) {
        guard (0...100).contains(number) else { return nil }
        value = number
    }

    /// The share of `part` in `whole`, or nil where the whole is nothing.
    package init?(_ part: Int, of whole: Int) {
        guard whole > 0 else { return nil }
        self.init(clamping: Double(part) * 100 / Double(whole))
    }

    package static func < (left: Percent, right: Percent) -> Bool { left.value < right.value }
}

extension Percent: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let percent = Percent(exactly: try container.decode(Double.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be between 0 and 100")
        }
        self = percent
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
