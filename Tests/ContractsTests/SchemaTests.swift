import Contracts
import TestSupport
import Testing

/// The JSON Schemas of `contracts/` and the Swift types of `Sources/Contracts` say the same.
@Suite("schemas and types")
struct SchemaTests {
    @Test("each kind has a directory, and each directory a kind")
    func kindsAndDirectories() throws {
        let directories = try Repository.names(in: "contracts").filter { !$0.contains(".") && $0 != "sql" }
        #expect(Set(directories) == Set(Kind.allCases.map(\.rawValue) + ["envelope"]))
    }

    @Test("a kind's type names that kind, and its newest version is the newest schema file", arguments: Kind.allCases)
    func versions(_ kind: Kind) throws {
        #expect(kind.payloadType.kind == kind)
        let files = try Repository.names(in: "contracts/\(kind.rawValue)").filter { $0.hasSuffix(".schema.json") }
        let newest = files.compactMap { Int($0.dropFirst(1).prefix { $0 != "." }) }.max()
        #expect(newest == kind.payloadType.schemaVersion)
    }

    @Test("a payload type and its schema have the same shape", arguments: Kind.allCases)
    func payloadShape(_ kind: Kind) throws {
        let schema = try SchemaFile(Contract(kind).schemaPath)
        let type = try shape(of: kind.payloadType)
        let differences = type.differences(from: try schema.shape())
        #expect(differences.isEmpty, "\(differences)")
    }

    private func shape(of type: any SnapshotPayload.Type) throws -> Shape {
        func open<T: SnapshotPayload>(_ type: T.Type) throws -> Shape { try ShapeDecoder.shape(of: type) }
        return try open(type)
    }

    @Test("the envelope's head and its schema have the same shape; payload stands in the schema only")
    func envelopeShape() throws {
        // `payload` is taken from its bytes, not decoded with the head: any object here.
        let path = Contract.envelope.schemaPath
        #expect(try SchemaFile(path).root["properties"]?["payload"]?["type"] == .string("object"))
        let type = try ShapeDecoder.shape(of: EnvelopeHead.self)
        let differences = type.differences(from: try SchemaFile(path, without: "payload").shape())
        #expect(differences.isEmpty, "\(differences)")
    }

    @Test("a property in one of them only, or of another type or need, is named")
    func differencesAreNamed() throws {
        struct Widget: Decodable {
            struct Part: Decodable { var size: Int }
            var name: String
            var parts: [Part]?
        }
        let shape = try ShapeDecoder.shape(of: Widget.self)
        let schema = Shape.object(
            .init(
                name: nil,
                members: [
                    "name": .init(shape: .string, required: false),
                    "parts": .init(
                        shape: .array(
                            .object(
                                .init(
                                    name: "Piece",
                                    members: [
                                        "size": .init(shape: .integer, required: true),
                                        "colour": .init(shape: .string, required: false),
                                    ]))), required: false),
                    "weight": .init(shape: .number, required: true),
                ]))
        #expect(
            shape.differences(from: schema) == [
                "/name: required in the type, optional in the schema",
                "/parts/*: the type is Part, its $defs entry Piece",
                "/parts/*/colour: only in the schema",
                "/parts/*/size: count in the type, integer in the schema",
                "/weight: only in the schema",
            ])
    }

    @Test("a schema has its own id, describes every property, and defines nothing in vain", arguments: Contract.all)
    func files(_ contract: Contract) throws {
        let schema = try SchemaFile(contract.schemaPath)
        #expect(schema.root["$schema"] == .string("https://json-schema.org/draft/2020-12/schema"))
        #expect(schema.root["$id"] == .string("urn:vigie:schema:\(contract.name):\(contract.version)"))
        let silent = schema.properties().filter { ($0.schema["description"]?.stringValue ?? "").isEmpty }.map(\.place)
        #expect(silent.isEmpty, "without description: \(silent)")
        #expect(schema.unusedDefinitions() == [])
    }

    @Test("schemas are open: no closed object, no closed enumeration, no null", arguments: Contract.all)
    func open(_ contract: Contract) throws {
        let schema = try SchemaFile(contract.schemaPath)
        var closed: [String] = []
        schema.walk(schema.root) { value in
            if value["additionalProperties"] == .bool(false) || value["unevaluatedProperties"] != nil {
                closed.append("additionalProperties")
            }
            if value["enum"]?.arrayValue != nil { closed.append("enum") }
            let types = value["type"]?.arrayValue ?? [value["type"]].compactMap { $0 }
            if types.contains(.string("null")) { closed.append("null") }
        }
        #expect(closed.isEmpty, "\(closed)")
    }

    @Test("the schema names the closed set of APT statuses")
    func statuses() throws {
        let schema = try SchemaFile(Contract(.apt).schemaPath)
        let examples = schema.root["$defs"]?["Change"]?["properties"]?["status"]?["examples"]?.arrayValue
        #expect(examples?.compactMap(\.stringValue) == APTStatus.allCases.map(\.rawValue))
    }
}
