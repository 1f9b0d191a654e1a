import Contracts
import Transport

/// APT's repositories in both formats of sources.list(5); one entry for each type, URI and suite.
enum APTSources {
    struct Defect: Equatable {
        var line: Int
        var reason: String
    }

    /// The format of `sources.list` and `*.list`: `deb [option=value …] uri suite component…`.
    static func oneLine(_ text: String, file: String) -> (sources: [APTV1.Source], defects: [Defect]) {
        var sources: [APTV1.Source] = []
        var defects: [Defect] = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.prefix { $0 != "#" }.trimmed
            guard !line.isEmpty else { continue }
            guard var source = entry(line, file: file) else {
                if defects.count < 20 { defects.append(Defect(line: index + 1, reason: "is no source entry")) }
                continue
            }
            source.line = index + 1
            sources.append(source)
        }
        return (sources, defects)
    }

    private static func entry(_ line: String, file: String) -> APTV1.Source? {
        var rest = line[...]
        func next() -> Substring? {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            // `cdrom:[Debian 12]/` has spaces inside its brackets.
            var depth = 0
            let word = rest.prefix { character in
                if character == "[" { depth += 1 }
                if character == "]" { depth -= 1 }
                return depth > 0 || !(character == " " || character == "\t")
            }
            rest = rest[word.endIndex...]
            return word.isEmpty ? nil : word
        }
        guard let type = next(), type == "deb" || type == "deb-src", var uri = next() else { return nil }
        var options: [Substring: String] = [:]
        if uri.first == "[" {
            for word in uri.drop(while: { $0 == "[" }).dropLast().words {
                guard let equals = word.firstIndex(of: "=") else { continue }
                options[word[..<equals]] = String(word[word.index(after: equals)...])
            }
            guard let found = next() else { return nil }
            uri = found
        }
        guard uri.contains(":"), let suite = next() else { return nil }
        var source = APTV1.Source(
            file: file, format: "one-line", type: String(type), uri: withoutCredentials(String(uri)),
            suite: String(suite), enabled: true)
        let components = rest.words.map(String.init)
        source.components = components.isEmpty ? nil : components
        source.architectures = options["arch"].map { $0.split(separator: ",").map(String.init) }
        source.signedBy = options["signed-by"]
        source.trusted = options["trusted"].flatMap(flag)
        return source
    }

    /// The format of `*.sources`: stanzas of deb822(5).
    static func deb822(_ bytes: [UInt8], file: String) -> (sources: [APTV1.Source], defects: [Defect]) {
        var sources: [APTV1.Source] = []
        var defects: [Defect] = []
        let malformed = Deb822.forEach(in: bytes) { stanza in
            let (types, uris, suites) = (stanza.words("Types"), stanza.words("URIs"), stanza.words("Suites"))
            guard !types.isEmpty, !uris.isEmpty, !suites.isEmpty else {
                defects.append(Defect(line: stanza.line, reason: "has no Types, URIs or Suites"))
                return defects.count < 20
            }
            // A stanza is a product of three lists: nobody has this many sources.
            for type in types {
                for uri in uris {
                    for suite in suites where sources.count < sourceLimit {
                        sources.append(source(stanza, type, uri, suite, file: file))
                    }
                    guard sources.count < sourceLimit else { return false }
                }
            }
            return true
        }
        defects += malformed.prefix(20).map { Defect(line: $0.line, reason: "is neither field nor continuation") }
        return (sources, defects)
    }

    private static let sourceLimit = 2000

    private static func source(
        _ stanza: Deb822.Stanza, _ type: String, _ uri: String, _ suite: String, file: String
    ) -> APTV1.Source {
        var source = APTV1.Source(
            file: file, format: "deb822", type: type, uri: withoutCredentials(uri), suite: suite,
            enabled: stanza["Enabled"].flatMap(flag) ?? true)
        source.line = stanza.line
        let components = stanza.words("Components")
        source.components = components.isEmpty ? nil : components
        let architectures = stanza.words("Architectures")
        source.architectures = architectures.isEmpty ? nil : architectures
        source.trusted = stanza["Trusted"].flatMap(flag)
        if let key = stanza["Signed-By"], !key.isEmpty {
            source.signedBy =
                key.contains("-----BEGIN") ? "embedded" : key.split(separator: "\n").joined(separator: " ")
        }
        return source
    }

    /// APT's reading of booleans (StringToBool); nil for anything else.
    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "with", "on", "enable", "1": true
        case "no", "false", "without", "off", "disable", "0": false
        default: nil
        }
    }

    /// Without `user:password@`.
    static func withoutCredentials(_ uri: String) -> String {
        guard let scheme = uri.firstIndex(of: ":"), uri[scheme...].hasPrefix("://") else { return uri }
        let start = uri.index(scheme, offsetBy: 3)
        let end = uri[start...].firstIndex(of: "/") ?? uri.endIndex
        // A password may contain `@` itself; the host is what follows the last one.
        guard let at = uri[start..<end].lastIndex(of: "@") else {
            // A password with a slash would hide behind it: no host has a colon that is not followed by a port.
            return hidesPassword(uri[start...]) ? String(uri[..<start]) + afterLastAt(uri[start...]) : uri
        }
        return String(uri[..<start]) + String(uri[uri.index(after: at)...])
    }

    private static func hidesPassword(_ rest: Substring) -> Bool {
        let authority = rest.prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":"), !authority.hasPrefix("["), rest.contains("@") else {
            return false
        }
        return !authority[authority.index(after: colon)...].allSatisfy(\.isNumber)
    }

    private static func afterLastAt(_ rest: Substring) -> String {
        rest.lastIndex(of: "@").map { String(rest[rest.index(after: $0)...]) } ?? String(rest)
    }

    /// A command line or a message, with the credentials of every URI in it removed.
    static func withoutCredentials(words text: String) -> String {
        guard text.contains("://"), text.contains("@") else { return text }
        // `-o Acquire::http::Proxy=http://user:password@proxy` and the like.
        return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard let scheme = word.firstRange(of: "://"),
                let start = word[..<scheme.lowerBound].lastIndex(where: { !$0.isLetter && !$0.isNumber && $0 != "+" })
            else { return withoutCredentials(String(word)) }
            let value = word.index(after: start)
            return word[..<value] + withoutCredentials(String(word[value...]))
        }.joined(separator: " ")
    }

    /// The name under which APT keeps a source's release file in `/var/lib/apt/lists`, without its last part
    /// (`InRelease` or `Release`): `URItoFileName` and `MetaIndexURI` of libapt-pkg.
    static func listPrefix(uri: String, suite: String) -> String {
        var text = withoutCredentials(uri)
        if let scheme = text.firstIndex(of: ":"), text[scheme...].hasPrefix("://") {
            text = String(text[text.index(scheme, offsetBy: 3)...])
        } else if let scheme = text.firstIndex(of: ":") {
            text = String(text[text.index(after: scheme)...])
        }
        if text.last != "/" { text += "/" }
        if suite.last == "/" {
            text += suite == "/" ? "" : suite
        } else {
            text += "dists/\(suite)/"
        }
        let special = Set("\\|{}[]<>\"^~_=!@#$%^&*".utf8)
        var name: [UInt8] = []
        for byte in text.utf8 {
            if byte == 0x2F {
                name.append(0x5F)
            } else if special.contains(byte) || byte <= 0x20 || byte >= 0x7F {
                let digits = Array("0123456789abcdef".utf8)
                name += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                name.append(byte)
            }
        }
        return String(decoding: name, as: UTF8.self)
    }
}

/// The head of a repository's `Release` file: what a suite says of itself.
struct APTRelease: Equatable {
    var origin: String?
    var label: String?
    var suite: String?
    var codename: String?
    /// After this moment APT takes the file no more.
    var validUntil: Timestamp?
    /// Nothing is taken from it unless asked for, as from experimental and backports.
    var isNotAutomatic = false

    /// Reads the first paragraph with fields of a `Release` or `InRelease` file, past the signature's own headers.
    init(_ bytes: [UInt8]) {
        Deb822.forEach(in: bytes) { stanza in
            guard stanza.range("Suite") != nil || stanza.range("Codename") != nil || stanza.range("Date") != nil else {
                return true
            }
            origin = stanza["Origin"]
            label = stanza["Label"]
            suite = stanza["Suite"]
            codename = stanza["Codename"]
            // `Sat, 30 May 2026 10:19:24 UTC`, where HTTP says GMT.
            validUntil = stanza["Valid-Until"].flatMap { HTTPDate.parse($0.replacing("UTC", with: "GMT")) }
            isNotAutomatic = stanza["NotAutomatic"] == "yes"
            return false
        }
    }
}
