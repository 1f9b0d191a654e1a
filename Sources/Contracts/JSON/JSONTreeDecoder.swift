/// Reads wire types from a `JSONValue`, by the rules of the contract: an `Int` is 0 … 2^53−1, an `Int64` is
/// ±(2^53−1), `null` is never a value, names that the type does not know are passed over.
///
/// It reads twice where it must: first fast, stopping at the first violation; then, only when there was one, once more
/// in a collecting pass that goes on after each and so finds all of them.
package struct JSONTreeDecoder: Decoder {
    let value: JSONValue
    let pointer: String
    let collector: Collector?
    package let codingPath: [any CodingKey] = []
    package let userInfo: [CodingUserInfoKey: Any] = [:]

    /// Where the collecting pass puts what it finds; a class, because decoding hands out copies of the decoder.
    final class Collector {
        var violations: [Violation] = []
        static let limit = 200

        func add(_ pointer: String, _ message: String) {
            guard violations.count < Self.limit else { return }
            violations.append(Violation(pointer: pointer, message: message))
        }
    }

    /// What stopped the reading of a document: every violation in it, up to 200.
    package struct Rejection: Error, Equatable {
        package var violations: [Violation]
    }

    /// The largest integer that a double holds exactly.
    package static let largestInteger: Int64 = 9_007_199_254_740_991

    /// Reads a value of the type; `at` is the pointer of the value in the whole document.
    package static func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue, at pointer: String = ""
    ) throws(Rejection) -> T {
        do { return try JSONTreeDecoder(value: value, pointer: pointer, collector: nil).decode(type) } catch {
            throw Rejection(violations: violations(of: type, in: value, at: pointer))
        }
    }

    /// The collecting pass alone: every violation in the value, up to 200; none where it fits the type.
    package static func violations<T: Decodable>(
        of type: T.Type, in value: JSONValue, at pointer: String = ""
    ) -> [Violation] {
        let collector = Collector()
        do {
            _ = try JSONTreeDecoder(value: value, pointer: pointer, collector: collector).decode(type)
        } catch let error as Stop {
            collector.add(error.violation.pointer, error.violation.message)
        } catch {
            collector.add(pointer, message(of: error))
        }
        return collector.violations
    }

    /// Thrown by the fast pass, and by the collecting pass where it has no value to go on with.
    struct Stop: Error {
        var violation: Violation
    }

    static func message(of error: any Error) -> String {
        if case DecodingError.dataCorrupted(let context) = error { return context.debugDescription }
        return "does not fit its type"
    }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw stop("must be an object") }
        return KeyedDecodingContainer(KeyedTree(object: object, pointer: pointer, collector: collector))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let values) = value else { throw stop("must be an array") }
        return UnkeyedTree(values: values, pointer: pointer, collector: collector)
    }

    package func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleTree(decoder: self) }

    func stop(_ message: String) -> Stop { Stop(violation: Violation(pointer: pointer, message: message)) }

    // MARK: - Leaves

    func integer() throws -> Int64 {
        let found: Int64?
        switch value {
        case .integer(let number): found = number
        case .number(let number) where number.rounded() == number: found = Int64(exactly: number) ?? .max
        default: found = nil
        }
        guard let found else { throw stop("must be an integer") }
        guard abs(found.clampedToPositive) <= Self.largestInteger else { throw stop("must be within ±(2^53−1)") }
        return found
    }

    func count() throws -> Int {
        let found = try integer()
        guard found >= 0 else { throw stop("must not be negative") }
        return Int(found)
    }

    func double() throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw stop("must be a number")
        }
    }

    func string() throws -> String {
        guard case .string(let text) = value else { throw stop("must be a string") }
        return text
    }

    func bool() throws -> Bool {
        guard case .bool(let flag) = value else { throw stop("must be true or false") }
        return flag
    }

    /// Any other type; leaves that arrive here through generic code are read by the rules above.
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if T.self == String.self { return try string() as! T }
        if T.self == Int.self { return try count() as! T }
        if T.self == Int64.self { return try integer() as! T }
        if T.self == Double.self { return try double() as! T }
        if T.self == Bool.self { return try bool() as! T }
        do { return try T(from: self) } catch let error as Stop { throw error } catch {
            throw stop(Self.message(of: error))
        }
    }
}

extension Int64 {
    /// Itself, but for the one value whose absolute value does not exist.
    fileprivate var clampedToPositive: Int64 { self == .min ? .max : self }
}
