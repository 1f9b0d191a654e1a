import Contracts

/// Columns as answers want them: NULL is nil, and so absent.
extension SQLRow {
    func text(_ column: String) -> String? { self[column].text }
    func integer(_ column: String) -> Int? { self[column].integer.map { Int($0) } }
    func real(_ column: String) -> Double? { self[column].real }
    func flag(_ column: String) -> Bool? { self[column].integer.map { $0 != 0 } }
    func time(_ column: String) -> Timestamp? { self[column].integer.map { Timestamp(milliseconds: $0) } }

    /// A JSON array of strings, as columns named `…_json` hold them.
    func texts(_ column: String) -> [String]? {
        guard let text = self[column].text, let document = try? StrictJSON.read(Array(text.utf8)) else { return nil }
        return document.root.arrayValue?.compactMap(\.stringValue)
    }

    /// What a column named `…_json` holds; nil where it is null, or of a shape that this hub does not know.
    func document<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) -> Value? {
        guard let text = self[column].text, let document = try? StrictJSON.read(Array(text.utf8)) else { return nil }
        return try? JSONTreeDecoder.decode(type, from: document.root)
    }
}
