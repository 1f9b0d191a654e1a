import Contracts

/// What stands in a cell: people read it with units, programs as the hub said it.
enum Value: Equatable {
    case absent
    case text(String)
    case integer(Int64)
    case number(Double, decimals: Int = 2)
    case percent(Double)
    case bytes(Int)
    case time(Timestamp)
    case duration(seconds: Double)
    case flag(Bool)
    case list([String])
    /// It exists and could not be read.
    case unknown(since: Timestamp)

    /// For a table.
    func human(now: Timestamp) -> String {
        switch self {
        case .absent: "-"
        case .text(let text): text.isEmpty ? "-" : text.printable
        case .integer(let number): "\(number)"
        case .number(let number, let decimals): Units.decimal(number, decimals)
        case .percent(let value): Units.percent(value)
        case .bytes(let count): Units.bytes(count)
        case .time(let moment): Units.ago(moment, now: now)
        case .duration(let seconds): Units.duration(seconds: seconds)
        case .flag(let value): value ? "yes" : "no"
        case .list(let values): values.isEmpty ? "-" : values.joined(separator: ", ").printable
        case .unknown(let since): "unknown since \(Units.ago(since, now: now))"
        }
    }

    /// For CSV: the same units as in JSON, nothing where JSON has no member.
    var raw: String {
        switch self {
        case .absent, .unknown: ""
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .number(let number, _): Self.number(number)
        case .percent(let value): Self.number(value)
        case .bytes(let count): "\(count)"
        case .time(let moment): moment.description
        case .duration(let seconds): Self.number(seconds)
        case .flag(let value): value ? "true" : "false"
        case .list(let values): values.joined(separator: ";")
        }
    }

    var isNumeric: Bool {
        switch self {
        case .integer, .number, .percent, .bytes, .duration: true
        default: false
        }
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}

extension Value {
    static func text(_ value: String?) -> Value { value.map(Value.text) ?? .absent }
    static func integer(_ value: Int?) -> Value { value.map { .integer(Int64($0)) } ?? .absent }
    static func integer(_ value: Int64?) -> Value { value.map { .integer($0) } ?? .absent }
    static func percent(_ value: Double?) -> Value { value.map { .percent($0) } ?? .absent }
    static func bytes(_ value: Int?) -> Value { value.map { .bytes($0) } ?? .absent }
    static func time(_ value: Timestamp?) -> Value { value.map { .time($0) } ?? .absent }
    static func duration(_ seconds: Double?) -> Value { seconds.map { .duration(seconds: $0) } ?? .absent }
    static func list(_ values: [String]?) -> Value { values.map(Value.list) ?? .absent }
    static func flag(_ value: Bool?) -> Value { value.map { .flag($0) } ?? .absent }
    static func number(_ value: Double?, decimals: Int = 2) -> Value {
        value.map { .number($0, decimals: decimals) } ?? .absent
    }

    /// The value, or since when it is not known.
    func unless(unknownSince: Timestamp?) -> Value { unknownSince.map { .unknown(since: $0) } ?? self }
}
