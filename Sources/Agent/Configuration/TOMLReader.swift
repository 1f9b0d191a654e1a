import TOMLKit

/// A TOML document that is read strictly: every key is known, every value has its type, and a refusal names the line.
struct TOMLReader {
    struct Failure: Error, Equatable, CustomStringConvertible {
        /// From 1; nil where it could not be found.
        var line: Int?
        var reason: String

        var description: String { line.map { "line \($0): \(reason)" } ?? reason }
    }

    let root: TOMLSection

    init(_ text: String) throws(Failure) {
        // The library takes text up to the first NUL, and would pass over what comes after it.
        guard !text.utf8.contains(0) else { throw Failure(line: nil, reason: "the file holds a NUL, it is no text") }
        do {
            root = TOMLSection(table: try TOMLTable(string: text), path: "", lines: Self.lines(of: text))
        } catch let error as TOMLParseError {
            throw Failure(line: error.source.begin.line, reason: error.description)
        } catch {
            throw Failure(line: nil, reason: "\(error)")
        }
    }

    /// Where each `section.key` stands. TOMLKit keeps no positions of values, so they are found by their text.
    private static func lines(of text: String) -> [String: Int] {
        var found: [String: Int] = [:]
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.trimmed
            if content.hasPrefix("[") {
                section = String(content.drop { $0 == "[" }.prefix { $0 != "]" }).trimmed
                // The section's own name, and those above it: `[collect.x]` is where `collect.x` stands.
                found[section] = found[section] ?? index + 1
            } else if !content.hasPrefix("#"), let equals = content.firstIndex(of: "=") {
                let key = content[..<equals].trimmed
                let path = section.isEmpty ? key : "\(section).\(key)"
                found[path] = found[path] ?? index + 1
            }
        }
        return found
    }
}

/// One table of a TOML document.
struct TOMLSection {
    // Subtables point into the memory of the root, which the reader keeps alive.
    let table: TOMLTable
    /// Dotted; empty for the document itself.
    let path: String
    let lines: [String: Int]

    private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func wrong(_ key: String, _ reason: String) -> TOMLReader.Failure {
        TOMLReader.Failure(line: lines[full(key)], reason: "\(full(key)) \(reason)")
    }

    /// Refuses any key that is not in the list.
    func allow(_ known: [String]) throws(TOMLReader.Failure) {
        guard let unknown = table.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw wrong(
            unknown, "is not known; \(path.isEmpty ? "the file" : "[\(path)]") may have \(known.joined(separator: ", "))"
        )
    }

    func section(_ key: String) throws(TOMLReader.Failure) -> TOMLSection? {
        guard let value = table[key] else { return nil }
        guard let inner = value.table else { throw wrong(key, "must be a section, written as [\(full(key))]") }
        return TOMLSection(table: inner, path: full(key), lines: lines)
    }

    func string(_ key: String) throws(TOMLReader.Failure) -> String? {
        guard let value = table[key] else { return nil }
        guard let text = value.string, !text.isEmpty else { throw wrong(key, "must be a text in quotes") }
        return text
    }

    func bool(_ key: String) throws(TOMLReader.Failure) -> Bool? {
        guard let value = table[key] else { return nil }
        guard let found = value.bool else { throw wrong(key, "must be true or false") }
        return found
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(TOMLReader.Failure) -> Int? {
        guard let value = table[key] else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw wrong(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func strings(_ key: String) throws(TOMLReader.Failure) -> [String]? {
        guard let value = table[key] else { return nil }
        guard let array = value.array else { throw wrong(key, "must be a list of texts, as [\"one\", \"two\"]") }
        var texts: [String] = []
        for index in array.indices {
            guard let text = array[index].string else {
                throw wrong(key, "must be a list of texts, as [\"one\", \"two\"]")
            }
            texts.append(text)
        }
        return texts
    }
}
