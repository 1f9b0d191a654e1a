/// A name, or a pattern with `*` and `?` as a shell has it, in the words of both engines' `LIKE`.
///
/// The range is what lets an index find `openssl*` without reading every name.
struct NamePattern: Equatable {
    /// For `LIKE … ESCAPE '!'`.
    var like: String
    /// Every match is at least this …
    var from: String
    /// … and below this, byte by byte.
    var below: String

    static let everything = NamePattern("*")

    init(_ pattern: String) {
        like = ""
        var literal = ""
        var isLiteral = true
        for character in pattern {
            switch character {
            case "*": like += "%"
            case "?": like += "_"
            case "%", "_", "!": like += "!\(character)"
            default: like.append(character)
            }
            if character == "*" || character == "?" { isLiteral = false }
            if isLiteral { literal.append(character) }
        }
        from = literal
        below = literal + "\u{10FFFF}"
    }
}
