import Contracts
import TestSupport
import Testing

/// Every file below `contracts/*/v1/{valid,invalid}`, read as the hub reads what comes over the wire.
@Suite("examples")
struct ExampleTests {
    @Test("a valid example is read, and written again with nothing lost", arguments: Contract.all)
    func valid(_ contract: Contract) throws {
        let paths = try contract.examples("valid")
        #expect(paths.count >= 3)
        for path in paths {
            var root = try StrictJSON.read(Repository.bytes(path)).root
            #expect(contract.violations(in: root) == [], "\(path)")
            let bytes = try #require(try contract.rewritten(root), "\(path)")
            // A head is written without the payload, which is joined to it as bytes.
            if contract.kind == nil { _ = root.remove("/payload") }
            let written = try StrictJSON.read(bytes).root
            #expect(written.normalized == root.normalized, "\(path)")
        }
    }

    @Test("the valid examples together show every property of the schema", arguments: Contract.all)
    func coverage(_ contract: Contract) throws {
        let shape = try SchemaFile(contract.schemaPath, without: "payload").shape()
        var unseen = Set(shape.places())
        for path in try contract.examples("valid") {
            let root = try StrictJSON.read(Repository.bytes(path)).root
            root.seen(by: shape) { unseen.remove($0) }
        }
        #expect(unseen.isEmpty, "in no valid example: \(unseen.sorted())")
    }

    @Test("an invalid example is refused for what its name says, at every place expected", arguments: Contract.all)
    func invalid(_ contract: Contract) throws {
        let paths = try contract.examples("invalid")
        #expect(paths.count >= 6)
        let expected = try StrictJSON.read(Repository.bytes("\(contract.directory)/invalid/expected.json")).root
        guard case .object(let entries) = expected else { return #expect(Bool(false), "expected.json is no object") }
        #expect(Set(entries.members.map(\.name)) == Set(paths.map { String($0.split(separator: "/").last ?? "") }))
        for path in paths {
            let name = String(path.split(separator: "/").last ?? "")
            let code = name.split(separator: "-").first.map(String.init) ?? ""
            let pointers = (expected[name]?.arrayValue ?? []).compactMap(\.stringValue)
            let bytes = try Repository.bytes(path)
            switch ProblemCode(rawValue: code) {
            case .notStrictJSON:
                #expect(throws: StrictJSON.Failure.self, "\(path)") { try StrictJSON.read(bytes) }
            case .schemaViolation:
                let document = try StrictJSON.read(bytes, watching: "payload")
                let violations = contract.violations(in: document.root)
                #expect(violations.map(\.pointer).sorted() == pointers.sorted(), "\(path)")
                #expect(!pointers.isEmpty, "\(path)")
            default: Issue.record("\(path) is named for \(code), which is no code of an example's")
            }
        }
    }

    @Test("what a reader does not know it passes over", arguments: Contract.all)
    func unknownMembers(_ contract: Contract) throws {
        for path in try contract.examples("valid") {
            let root = try StrictJSON.read(Repository.bytes(path)).root
            let known = try #require(try contract.rewritten(root))
            // Into objects that a type describes: in a map or in `volatile` another name would be another value.
            let shape = try SchemaFile(contract.schemaPath, without: "payload").shape()
            let extended = root.addingMembers(by: shape)
            #expect(extended != root, "\(path)")
            #expect(try contract.rewritten(extended) == known, "\(path)")
        }
    }

    @Test("payload must be the last member of an envelope")
    func payloadLast() throws {
        let bytes = try Repository.bytes("contracts/envelope/v1/valid/inventory.json")
        var document = try StrictJSON.read(bytes, watching: "payload")
        #expect(document.watched?.isLast == true)
        let removed = document.root.remove("/payload")
        let payload = try #require(removed)
        guard case .object(let object) = document.root else { return #expect(Bool(false)) }
        let moved = JSONValue.object(JSONObject([.init("payload", payload)] + object.members))
        let again = try StrictJSON.read(CanonicalJSON.encodeInOrder(moved), watching: "payload")
        #expect(again.watched?.isLast == false)
        let violations = Contract.envelope.violations(in: again.root, payloadIsLast: again.watched?.isLast ?? true)
        #expect(violations == [Violation(pointer: "/payload", message: "must be the last member")])
    }
}

extension Shape {
    /// Every member of every object in the shape, by place.
    func places(at place: String = "") -> [String] {
        switch self {
        case .array(let element), .map(let element): element.places(at: place + "/*")
        case .object(let object):
            object.members.flatMap { name, member in
                ["\(place)/\(name)"] + member.shape.places(at: "\(place)/\(name)")
            }
        default: []
        }
    }
}

extension JSONValue {
    /// Calls `note` with the shape's place of every member that this value has.
    func seen(by shape: Shape, at place: String = "", _ note: (String) -> Void) {
        switch (self, shape) {
        case (.array(let values), .array(let element)):
            for value in values { value.seen(by: element, at: place + "/*", note) }
        case (.object(let object), .object(let described)):
            for member in object.members {
                guard let known = described.members[member.name] else { continue }
                note("\(place)/\(member.name)")
                member.value.seen(by: known.shape, at: "\(place)/\(member.name)", note)
            }
        default: break
        }
    }

    /// The value with a member more in each object that the shape describes.
    func addingMembers(by shape: Shape) -> JSONValue {
        switch (self, shape) {
        case (.array(let values), .array(let element)): return .array(values.map { $0.addingMembers(by: element) })
        case (.object(var object), .object(let described)):
            for index in object.members.indices {
                guard let known = described.members[object.members[index].name] else { continue }
                object.members[index].value = object.members[index].value.addingMembers(by: known.shape)
            }
            object.members.append(.init("of_a_later_version", .array([.integer(1), .string("two")])))
            return .object(object)
        default: return self
        }
    }
}

extension CanonicalJSON {
    /// The value's bytes with its members in their own order; for tests of order.
    static func encodeInOrder(_ value: JSONValue) throws -> [UInt8] {
        switch value {
        case .object(let object):
            var bytes: [UInt8] = [0x7B]
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                bytes += try encode(member.name) + [0x3A] + encodeInOrder(member.value)
            }
            return bytes + [0x7D]
        default: return try encode(value)
        }
    }
}
