package import Contracts

/// A JSON Schema file of `contracts/`, read as far as this project's schemas go: `type`, `properties`, `required`,
/// `items`, `additionalProperties`, `$ref` into `$defs`, and the leaves that the wire has.
package struct SchemaFile {
    package let path: String
    package let root: JSONValue

    /// Reads the file; `without` names a property of the outermost object that is left out.
    package init(_ path: String, without property: String? = nil) throws {
        self.path = path
        var root = try StrictJSON.read(Repository.bytes(path)).root
        if let property, case .object(var schema) = root, case .object(var properties)? = schema["properties"] {
            properties.members.removeAll { $0.name == property }
            for index in schema.members.indices where schema.members[index].name == "properties" {
                schema.members[index].value = .object(properties)
            }
            root = .object(schema)
        }
        self.root = root
    }

    package struct Unfit: Error, CustomStringConvertible {
        package var description: String
    }

    package func shape() throws -> Shape { try shape(of: root, at: "", name: nil) }

    /// The form of one entry of `$defs`.
    package func shape(ofDefinition name: String) throws -> Shape {
        guard let schema = root["$defs"]?[name] else {
            throw Unfit(description: "\(path): there is no \(name) in $defs")
        }
        return try shape(of: schema, at: name, name: nil)
    }

    /// `$defs` entries that nothing refers to.
    package func unusedDefinitions() -> [String] {
        guard case .object(let definitions)? = root["$defs"] else { return [] }
        var used: Set<String> = []
        walk(root) { if let target = $0["$ref"]?.stringValue { used.insert(target) } }
        return definitions.members.map(\.name).filter { !used.contains("#/$defs/\($0)") }
    }

    /// Every object of the file that is a property, with its place.
    package func properties() -> [(place: String, schema: JSONValue)] {
        var found: [(String, JSONValue)] = []
        func collect(_ schema: JSONValue, _ place: String) {
            if case .object(let properties)? = schema["properties"] {
                for member in properties.members { found.append((place + "/" + member.name, member.value)) }
            }
        }
        collect(root, "")
        if case .object(let definitions)? = root["$defs"] {
            for member in definitions.members { collect(member.value, member.name) }
        }
        return found
    }

    package func walk(_ value: JSONValue, _ visit: (JSONValue) -> Void) {
        visit(value)
        switch value {
        case .object(let object): for member in object.members { walk(member.value, visit) }
        case .array(let values): for value in values { walk(value, visit) }
        default: break
        }
    }

    private func shape(of schema: JSONValue, at place: String, name: String?) throws -> Shape {
        if let target = schema["$ref"]?.stringValue {
            let prefix = "#/$defs/"
            guard target.hasPrefix(prefix), let resolved = root["$defs"]?[String(target.dropFirst(prefix.count))] else {
                throw Unfit(description: "\(path): \(place) refers to \(target), which is not there")
            }
            return try shape(of: resolved, at: place, name: String(target.dropFirst(prefix.count)))
        }
        if schema["type"]?.arrayValue?.contains(.string("null")) == true { return .any }
        switch schema["type"]?.stringValue {
        case "boolean": return .boolean
        case "string": return try string(schema, at: place)
        case "integer" where schema["maximum"]?.integerValue == JSONTreeDecoder.largestInteger:
            switch schema["minimum"]?.integerValue {
            case 0: return .count
            case -JSONTreeDecoder.largestInteger: return .integer
            default: break
            }
        case "number":
            switch (schema["minimum"]?.integerValue, schema["maximum"]?.integerValue) {
            case (nil, nil): return .number
            case (0, 100): return .percent
            default: break
            }
        case "array":
            if let items = schema["items"] { return .array(try shape(of: items, at: place + "/*", name: nil)) }
        case "object": return try object(schema, at: place, name: name)
        default: break
        }
        throw Unfit(description: "\(path): \(place) is of no form that the wire has")
    }

    private func string(_ schema: JSONValue, at place: String) throws -> Shape {
        guard let pattern = schema["pattern"]?.stringValue else { return .string }
        if schema["format"]?.stringValue == "date-time", pattern == Self.timestampPattern { return .timestamp }
        if pattern == Self.identifierPattern { return .identifier }
        if pattern == Self.digestPattern { return .digest }
        throw Unfit(description: "\(path): \(place) has a pattern that no type has")
    }

    private func object(_ schema: JSONValue, at place: String, name: String?) throws -> Shape {
        if let values = schema["additionalProperties"] {
            if values["$ref"]?.stringValue == "#/$defs/FreeValue" { return .free }
            return .map(try shape(of: values, at: place + "/*", name: nil))
        }
        guard case .object(let properties)? = schema["properties"] else {
            throw Unfit(description: "\(path): \(place) is an object without properties")
        }
        let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        var members: [String: Shape.Member] = [:]
        for member in properties.members {
            members[member.name] = Shape.Member(
                shape: try shape(of: member.value, at: place + "/" + member.name, name: nil),
                required: required.contains(member.name))
        }
        if let lost = required.subtracting(members.keys).min() {
            throw Unfit(description: "\(path): \(place) requires \(lost), which it does not describe")
        }
        return .object(Shape.Object(name: name, members: members))
    }

    private static let timestampPattern =
        #"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?Z$"#
    private static let identifierPattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
    private static let digestPattern = "^sha256:[0-9a-f]{64}$"
}
