/// What a wire type or a JSON Schema says of a value's form; both are turned into this, to be compared.
package indirect enum Shape: Equatable, Sendable {
    /// 0 … 2^53−1.
    case count
    /// ±(2^53−1).
    case integer
    case number, percent, string, boolean, timestamp, identifier, digest
    /// An object of anything but `null`.
    case free
    /// Anything, `null` too.
    case any
    case array(Shape)
    /// An object with free names and one form of value.
    case map(Shape)
    case object(Object)

    package struct Object: Equatable, Sendable {
        /// The Swift type's own name, or the name in `$defs`; the outermost has none.
        package var name: String?
        package var members: [String: Member]

        package init(name: String?, members: [String: Member]) {
            self.name = name
            self.members = members
        }
    }

    package struct Member: Equatable, Sendable {
        package var shape: Shape
        package var required: Bool

        package init(shape: Shape, required: Bool) {
            self.shape = shape
            self.required = required
        }
    }

    package var word: String {
        switch self {
        case .array: "an array"
        case .map: "a map"
        case .object(let object): "an object \(object.name ?? "")"
        default: "\(self)"
        }
    }

    /// Every difference in words that name the place, `type` being this shape and `schema` the other.
    package func differences(from schema: Shape, at place: String = "") -> [String] {
        switch (self, schema) {
        case (.array(let left), .array(let right)): return left.differences(from: right, at: place + "/*")
        case (.map(let left), .map(let right)): return left.differences(from: right, at: place + "/*")
        case (.object(let type), .object(let other)):
            var found: [String] = []
            if let name = type.name, let wanted = other.name, name != wanted {
                found.append("\(place): the type is \(name), its $defs entry \(wanted)")
            }
            for name in Set(type.members.keys).union(other.members.keys).sorted() {
                let inner = "\(place)/\(name)"
                switch (type.members[name], other.members[name]) {
                case (let left?, let right?):
                    if left.required != right.required {
                        found.append(
                            "\(inner): \(left.required ? "required" : "optional") in the type, "
                                + "\(right.required ? "required" : "optional") in the schema")
                    }
                    found += left.shape.differences(from: right.shape, at: inner)
                case (nil, _): found.append("\(inner): only in the schema")
                case (_, nil): found.append("\(inner): only in the type")
                }
            }
            return found
        default: return self == schema ? [] : ["\(place): \(word) in the type, \(schema.word) in the schema"]
        }
    }
}
