/// One place where a document does not say what its schema asks.
package struct Violation: Codable, Equatable, Hashable, Sendable {
    /// JSON pointer (RFC 6901) to the value, or to where it should be.
    package var pointer: String
    package var message: String

    package init(pointer: String, message: String) {
        self.pointer = pointer
        self.message = message
    }

    /// One step of a pointer, with `~` and `/` escaped.
    package static func step(_ name: String) -> String {
        guard name.utf8.contains(0x7E) || name.utf8.contains(0x2F) else { return name }
        return name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}
