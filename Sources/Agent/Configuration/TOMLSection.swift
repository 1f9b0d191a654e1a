/// One table of a TOML document, read strictly: every key is known, every value has its type, a refusal names the line.
struct TOMLSection {
    typealias Failure = TOMLDocument.Failure

    let table: TOMLDocument.Table
    /// Dotted; empty for the document itself.
    let path: String

    init(_ document: TOMLDocument) {
        table = document.root
        path = ""
    }

    private init(table: TOMLDocument.Table, path: String) {
        self.table = table
        self.path = path
    }

    private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func wrong(_ key: String, _ reason: String) -> Failure {
        Failure(line: table.entries[key]?.line, reason: "\(full(key)) \(reason)")
    }

    /// Refuses any key that is not in the list; the first in the file.
    func allow(_ known: [String]) throws(Failure) {
        let unknown = table.entries.filter { !known.contains($0.key) }.min {
            ($0.value.line, $0.key) < ($1.value.line, $1.key)
        }
        guard let unknown else { return }
        let place = path.isEmpty ? "the file" : "[\(path)]"
        throw wrong(unknown.key, "is not known; \(place) may have \(known.joined(separator: ", "))")
    }

    func section(_ key: String) throws(Failure) -> TOMLSection? {
        guard let value = table.entries[key]?.value else { return nil }
        guard case .table(let inner) = value else {
            throw wrong(key, "must be a section, written as [\(full(key))]")
        }
        return TOMLSection(table: inner, path: full(key))
    }

    func string(_ key: String) throws(Failure) -> String? {
        guard let value = table.entries[key]?.value else { return nil }
        guard case .string(let text) = value, !text.isEmpty else { throw wrong(key, "must be a text in quotes") }
        return text
    }

    func bool(_ key: String) throws(Failure) -> Bool? {
        guard let value = table.entries[key]?.value else { return nil }
        guard case .bool(let found) = value else { throw wrong(key, "must be true or false") }
        return found
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let value = table.entries[key]?.value else { return nil }
        guard case .integer(let number) = value, range.contains(number) else {
            throw wrong(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func strings(_ key: String) throws(Failure) -> [String]? {
        guard let value = table.entries[key]?.value else { return nil }
        guard case .array(let values) = value else {
            throw wrong(key, "must be a list of texts, as [\"one\", \"two\"]")
        }
        var texts: [String] = []
        for value in values {
            guard case .string(let text) = value else {
                throw wrong(key, "must be a list of texts, as [\"one\", \"two\"]")
            }
            texts.append(text)
        }
        return texts
    }
}
