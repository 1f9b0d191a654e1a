import Contracts
import TestSupport
import Testing

/// Each place of each valid example, spoiled in each way: the readers must say exactly where.
@Suite("spoiled examples")
struct MutationTests {
    private static func documents(_ contract: Contract) throws -> [(path: String, root: JSONValue)] {
        try contract.examples("valid").map { path in
            var root = try StrictJSON.read(Repository.bytes(path)).root
            // The payload's inside is another contract's affair.
            if contract.kind == nil, root["payload"] != nil { root.change("/payload") { $0 = .object(JSONObject()) } }
            return (path, root)
        }
    }

    @Test("null in the place of any value is one violation, there", arguments: Contract.all)
    func null(_ contract: Contract) throws {
        for (path, root) in try Self.documents(contract) {
            for pointer in root.pointers() where pointer != "/payload" {
                var spoiled = root
                spoiled.change(pointer) { $0 = .null }
                let found = contract.violations(in: spoiled).map(\.pointer)
                #expect(found == [pointer], "\(path) \(pointer)")
                #expect(try contract.rewritten(spoiled) == nil, "\(path) \(pointer)")
            }
        }
    }

    @Test("a value of another type is one violation, there", arguments: Contract.all)
    func otherType(_ contract: Contract) throws {
        let shape = try SchemaFile(contract.schemaPath, without: "payload").shape()
        var count = 0
        for (path, root) in try Self.documents(contract) {
            for pointer in root.pointers() {
                guard let wrong = shape.wrong(for: pointer, in: root) else { continue }
                for value in wrong {
                    var spoiled = root
                    spoiled.change(pointer) { $0 = value }
                    let found = contract.violations(in: spoiled).map(\.pointer)
                    #expect(found == [pointer], "\(path) \(pointer) \(value)")
                    #expect(try contract.rewritten(spoiled) == nil, "\(path) \(pointer) \(value)")
                    count += 1
                }
            }
        }
        #expect(count > 30)
    }

    @Test("a member left out is a violation where it is required, and else none", arguments: Contract.all)
    func leftOut(_ contract: Contract) throws {
        let shape = try SchemaFile(contract.schemaPath, without: "payload").shape()
        for (path, root) in try Self.documents(contract) {
            for pointer in root.pointers() {
                guard let required = shape.isRequired(pointer) else { continue }
                var spoiled = root
                _ = spoiled.remove(pointer)
                let accepted = try contract.rewritten(spoiled) != nil
                #expect(accepted == !required, "\(path) \(pointer)")
                // The rules between an envelope's members have a say of their own about these three.
                if ["/payload_digest", "/same_as"].contains(pointer) { continue }
                let found = contract.violations(in: spoiled).map(\.pointer)
                #expect(found == (required ? [pointer] : []), "\(path) \(pointer)")
            }
        }
    }

    @Test(
        "of many violations none is lost, and the fast pass refuses what the collecting one does",
        arguments: Contract.all)
    func many(_ contract: Contract) throws {
        let shape = try SchemaFile(contract.schemaPath, without: "payload").shape()
        var random = Xorshift(seed: 0x5eed_0001)
        for (path, root) in try Self.documents(contract) {
            let places = root.pointers().filter { shape.wrong(for: $0, in: root)?.isEmpty == false }
            guard !places.isEmpty else { continue }
            for _ in 0..<50 {
                var spoiled = root
                var chosen: Set<String> = []
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    guard let pointer = places.randomElement(using: &random) else { continue }
                    // Two places of which one lies in the other would be one violation.
                    guard !chosen.contains(where: { pointer.lies(in: $0) || $0.lies(in: pointer) }) else { continue }
                    chosen.insert(pointer)
                    spoiled.change(pointer) { value in
                        value = value.flatMap { shape.wrong(for: pointer, in: root, value: $0)?.first } ?? .null
                    }
                }
                let found = contract.violations(in: spoiled).map(\.pointer)
                #expect(found.count == chosen.count && Set(found) == chosen, "\(path)")
                #expect(try contract.rewritten(spoiled) == nil, "\(path)")
            }
        }
    }
}

/// A small generator with a seed, so that a failure comes again.
struct Xorshift: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

extension String {
    fileprivate func lies(in other: String) -> Bool { self == other || hasPrefix(other + "/") }
}

extension Shape {
    /// The shape at a pointer, and whether what is there is required; nil in maps and free values.
    private func member(_ steps: ArraySlice<String>) -> Member? {
        guard let step = steps.first else { return nil }
        switch self {
        case .array(let element):
            let inner = Member(shape: element, required: false)
            return steps.count == 1 ? inner : element.member(steps.dropFirst())
        case .map(let value):
            return steps.count == 1 ? Member(shape: value, required: false) : nil
        case .object(let object):
            guard let member = object.members[step] else { return nil }
            return steps.count == 1 ? member : member.shape.member(steps.dropFirst())
        default: return nil
        }
    }

    private func member(at pointer: String) -> Member? {
        member(pointer.split(separator: "/").map(String.init)[...])
    }

    func isRequired(_ pointer: String) -> Bool? { member(at: pointer)?.required }

    /// Values that do not fit the place that a pointer names; nil where the shape does not reach.
    func wrong(for pointer: String, in root: JSONValue, value: JSONValue? = nil) -> [JSONValue]? {
        guard let member = member(at: pointer) else { return nil }
        let tooLarge = JSONValue.integer(JSONTreeDecoder.largestInteger + 1)
        switch member.shape {
        case .count: return [.number(0.5), .integer(-1), tooLarge, .string("1"), .bool(true), .number(1e300)]
        case .integer: return [.number(-0.5), tooLarge, .integer(.min), .string("1"), .object(JSONObject())]
        case .number: return [.string("1.5"), .bool(false), .array([])]
        case .percent: return [.number(100.01), .integer(-1), .string("50")]
        case .string: return [.integer(7), .bool(true), .array([.string("a")]), .object(JSONObject())]
        case .boolean: return [.integer(0), .string("true"), .object(JSONObject())]
        case .timestamp: return [.string("yesterday"), .string("2026-11-21T07:42:36"), .integer(1_795_246_956)]
        case .identifier: return [.string(""), .string("0194E7C2-7B7B-7000-8000-000000000000"), .integer(1)]
        case .digest: return [.string("sha256:"), .string(String(repeating: "0", count: 71)), .bool(true)]
        case .any: return []
        case .free: return [.string("free"), .array([]), .integer(1)]
        case .array: return [.object(JSONObject()), .string("a"), .bool(false)]
        case .map, .object: return [.array([]), .string("a"), .integer(3)]
        }
    }
}
