/// The names in a compose file: its project and its services, with image, scale and profiles.
///
/// A scanner by indentation, not a YAML engine, which would grow the agent by megabytes. It reads block style as
/// compose files are written: `services:` at the left margin, service names at the next indentation. It does not follow
/// anchors, merge keys (`<<:`), `extends`, `include`, flow style (`services: {web: …}`) or variables (`${TAG}` stays as
/// it is), and of several documents it reads the first. Where it finds no service it says so by answering none.
struct ComposeFile: Equatable {
    struct Service: Equatable {
        var name: String
        var image: String?
        /// `scale`, or `deploy.replicas`; 1 where neither is written.
        var scale = 1
        /// Not started unless one of its profiles is asked for.
        var hasProfiles = false
    }

    /// The top-level `name`.
    var project: String?
    var services: [Service] = []

    /// Services above this many are no compose file of anybody.
    private static let serviceLimit = 1000

    init(_ text: String) {
        var place = Place()
        for raw in text.split(whereSeparator: \.isNewline) {
            let line = Self.withoutComment(raw)
            let indent = line.prefix { $0 == " " }.count
            let content = line.dropFirst(indent)
            guard !content.isEmpty, content.first != "\t" else { continue }
            if content == "---" || content == "..." {
                // Another document begins.
                if place.isInServices || project != nil { return }
                continue
            }
            // The lines of a block scalar (`command: |`) are text, whatever they look like.
            if let scalar = place.scalar, indent > scalar { continue }
            place.scalar = nil
            guard let (key, value) = Self.pair(content) else { continue }
            if value.first == "|" || value.first == ">" { place.scalar = indent }
            if indent == 0 {
                place.begin(services: key == "services")
                if key == "name", !value.isEmpty { project = value }
            } else if place.isInServices {
                read(key, value, at: indent, in: &place)
            }
        }
    }

    /// Where in the document a line stands: indentations of what encloses it.
    private struct Place {
        var isInServices = false
        var service: Int?
        /// Of the keys of the service; nil before its first.
        var key: Int?
        /// Of the keys of its `deploy`; nil outside of it, -1 before the first.
        var deploy: Int?
        var scalar: Int?
        /// An extension field (`x-…`) among the services is none.
        var isExtension = false

        mutating func begin(services: Bool) { self = Place(isInServices: services, scalar: scalar) }
    }

    private mutating func read(_ key: String, _ value: String, at indent: Int, in place: inout Place) {
        let service = place.service ?? indent
        place.service = service
        guard indent > service else {
            (place.key, place.deploy) = (nil, nil)
            place.isExtension = key.hasPrefix("x-") || indent < service || services.count >= Self.serviceLimit
            if !place.isExtension { services.append(Service(name: key)) }
            return
        }
        guard !place.isExtension, !services.isEmpty else { return }
        let last = services.count - 1
        let level = place.key ?? indent
        place.key = level
        if indent == level {
            place.deploy = key == "deploy" ? -1 : nil
            if key == "image", !value.isEmpty { services[last].image = value }
            if key == "profiles", value != "[]" { services[last].hasProfiles = true }
            if key == "scale", let number = Self.scale(value) { services[last].scale = number }
        } else if let deploy = place.deploy {
            if deploy < 0 { place.deploy = indent }
            if indent == place.deploy, key == "replicas", let number = Self.scale(value) {
                services[last].scale = number
            }
        }
    }

    private static func scale(_ value: String) -> Int? { Int(value).flatMap { (0...10_000).contains($0) ? $0 : nil } }

    /// A `#` begins a comment at the start of a line or after a space, outside of quotes.
    private static func withoutComment(_ line: Substring) -> Substring {
        var quote: Character?
        var previous: Character = " "
        for index in line.indices {
            let character = line[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "#", previous == " " || previous == "\t" {
                return trimmedEnd(line[..<index])
            }
            previous = character
        }
        return trimmedEnd(line)
    }

    private static func trimmedEnd(_ line: Substring) -> Substring {
        var end = line
        while let last = end.last, last == " " || last == "\t" || last == "\r" { end = end.dropLast() }
        return end
    }

    /// `key: value`, `"key": value` or `key:`; nil for list items and everything else.
    private static func pair(_ content: Substring) -> (key: String, value: String)? {
        guard content.first != "-" || content.dropFirst().first != " " else { return nil }
        let key: Substring
        var rest: Substring
        if let quote = content.first, quote == "\"" || quote == "'" {
            let inside = content.dropFirst()
            guard let end = inside.firstIndex(of: quote) else { return nil }
            key = inside[..<end]
            rest = inside[inside.index(after: end)...].drop { $0 == " " }
        } else {
            guard let colon = content.firstIndex(of: ":") else { return nil }
            key = content[..<colon]
            rest = content[colon...]
        }
        guard rest.first == ":", !key.isEmpty, !key.contains(" ") else { return nil }
        rest = rest.dropFirst()
        guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
        return (String(key), unquoted(rest.trimmed))
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let first = text.first, first == "\"" || first == "'", text.last == first else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }

    /// The name that Compose makes of a directory's: lower case, only letters, digits, `-` and `_`, no such mark in
    /// front.
    static func projectName(directory: String) -> String {
        let kept = directory.lowercased().filter { character in
            (character >= "a" && character <= "z") || (character >= "0" && character <= "9")
                || character == "-" || character == "_"
        }
        return String(kept.drop { $0 == "-" || $0 == "_" })
    }
}
