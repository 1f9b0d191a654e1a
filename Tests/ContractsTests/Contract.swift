import Contracts
import TestSupport
import Testing

/// One directory of `contracts/` at the version that this source tree writes.
struct Contract: CustomTestStringConvertible, Sendable {
    var name: String
    var version: Int
    /// Nil for the envelope.
    var kind: Kind?

    static let envelope = Contract(name: "envelope", version: 1, kind: nil)
    static let all = [envelope] + Kind.allCases.map { Contract($0) }

    init(name: String, version: Int, kind: Kind?) {
        self.name = name
        self.version = version
        self.kind = kind
    }

    init(_ kind: Kind) { self.init(name: kind.rawValue, version: kind.payloadType.schemaVersion, kind: kind) }

    var testDescription: String { "\(name) v\(version)" }
    var schemaPath: String { "contracts/\(name)/v\(version).schema.json" }
    var directory: String { "contracts/\(name)/v\(version)" }

    /// The examples of one sort, as paths from the root.
    func examples(_ sort: String) throws -> [String] {
        try Repository.names(in: "\(directory)/\(sort)").filter { $0.hasSuffix(".json") && $0 != "expected.json" }
            .map { "\(directory)/\(sort)/\($0)" }
    }

    /// What a document violates, found by the collecting pass alone; for the envelope with its rules.
    func violations(in root: JSONValue, payloadIsLast: Bool = true) -> [Violation] {
        guard let kind else {
            let found = JSONTreeDecoder.violations(of: EnvelopeHead.self, in: root)
            guard found.isEmpty, let head = try? JSONTreeDecoder.decode(EnvelopeHead.self, from: root) else {
                return found
            }
            return head.ruleViolations(hasPayload: root["payload"] != nil, payloadIsLast: payloadIsLast)
        }
        func open<T: SnapshotPayload>(_ type: T.Type) -> [Violation] { JSONTreeDecoder.violations(of: type, in: root) }
        return open(kind.payloadType)
    }

    /// What the fast pass makes of the document, written again; nil where it refuses.
    func rewritten(_ root: JSONValue) throws -> [UInt8]? {
        func open<T: Codable>(_ type: T.Type) throws -> [UInt8]? {
            guard let value = try? JSONTreeDecoder.decode(type, from: root) else { return nil }
            return try CanonicalJSON.encode(value)
        }
        guard let kind else { return try open(EnvelopeHead.self) }
        return try open(kind.payloadType)
    }
}

extension JSONValue {
    /// Every place in the value as a JSON pointer, the outermost left out.
    func pointers(from place: String = "") -> [String] {
        switch self {
        case .object(let object):
            object.members.flatMap { member in
                let inner = place + "/" + Violation.step(member.name)
                return [inner] + member.value.pointers(from: inner)
            }
        case .array(let values):
            values.enumerated().flatMap { index, value in
                ["\(place)/\(index)"] + value.pointers(from: "\(place)/\(index)")
            }
        default: []
        }
    }

    /// Calls `change` with the value at a pointer; nil afterwards takes the member or element out.
    mutating func change(_ pointer: String, _ change: (inout JSONValue?) -> Void) {
        let steps = pointer.split(separator: "/").map { step in
            step.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
                .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
        }
        self.change(steps[...], change)
    }

    private mutating func change(_ steps: ArraySlice<String>, _ change: (inout JSONValue?) -> Void) {
        guard let step = steps.first else { return }
        switch self {
        case .object(var object):
            let index = object.members.firstIndex { $0.name == step }
            var value = index.map { object.members[$0].value }
            if steps.count == 1 { change(&value) } else { value?.change(steps.dropFirst(), change) }
            if let index {
                if let value { object.members[index].value = value } else { object.members.remove(at: index) }
            } else if let value {
                object.members.append(.init(step, value))
            }
            self = .object(object)
        case .array(var values):
            guard let index = Int(step), values.indices.contains(index) else { return }
            var value: JSONValue? = values[index]
            if steps.count == 1 { change(&value) } else { value?.change(steps.dropFirst(), change) }
            if let value { values[index] = value } else { values.remove(at: index) }
            self = .array(values)
        default: return
        }
    }

    mutating func remove(_ pointer: String) -> JSONValue? {
        var removed: JSONValue?
        change(pointer) {
            removed = $0
            $0 = nil
        }
        return removed
    }

    /// Members sorted, integers as doubles, times in their one written form, so that `==` asks whether two documents
    /// mean the same.
    var normalized: JSONValue {
        switch self {
        case .string(let text): .string(Timestamp(text)?.description ?? text)
        case .integer(let value): .number(Double(value))
        case .array(let values): .array(values.map(\.normalized))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { .init($0.name, $0.value.normalized) }.sorted { $0.name < $1.name }))
        default: self
        }
    }
}
