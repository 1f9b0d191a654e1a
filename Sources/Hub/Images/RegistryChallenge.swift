/// What a registry wants to see before it answers: one challenge of `WWW-Authenticate` (RFC 9110, 11.6.1).
struct RegistryChallenge: Equatable, Sendable {
    /// Lower case: `bearer`, `basic`.
    var scheme: String
    /// By lower-case name.
    var parameters: [String: String]

    /// The challenges of one header, which may hold several; what cannot be read ends the list.
    static func parse(_ header: String) -> [RegistryChallenge] {
        var challenges: [RegistryChallenge] = []
        var rest = header[...]
        while true {
            rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" }
            let word = rest.prefix { isToken($0) }
            guard !word.isEmpty else { return challenges }
            rest = rest.dropFirst(word.count)
            let afterSpaces = rest.drop { $0 == " " }
            if afterSpaces.first == "=", !challenges.isEmpty {
                guard let value = value(&rest) else { return challenges }
                challenges[challenges.count - 1].parameters[word.lowercased()] = value
            } else {
                challenges.append(RegistryChallenge(scheme: word.lowercased(), parameters: [:]))
            }
        }
    }

    /// `= token` or `= "quoted \" string"`.
    private static func value(_ rest: inout Substring) -> String? {
        rest = rest.drop { $0 == " " }.dropFirst().drop { $0 == " " }
        guard rest.first == "\"" else {
            let token = rest.prefix { isToken($0) || $0 == "/" || $0 == ":" }
            rest = rest.dropFirst(token.count)
            return token.isEmpty ? nil : String(token)
        }
        rest = rest.dropFirst()
        var value = ""
        while let character = rest.first {
            rest = rest.dropFirst()
            if character == "\"" { return value }
            if character == "\\" {
                guard let escaped = rest.first else { return nil }
                value.append(escaped)
                rest = rest.dropFirst()
            } else {
                value.append(character)
            }
        }
        return nil
    }

    private static func isToken(_ character: Character) -> Bool {
        guard let byte = character.asciiValue, character != "\r\n" else { return false }
        return byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".contains(character)
    }
}
