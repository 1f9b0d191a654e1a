/// What all three programs say of themselves.
package enum Vigie {
    /// Semantic version of this source tree; the packages' version comes from the same number.
    package static let version = "0.1.0"

    /// The key under which identifiers of a machine are hashed before they leave it, as machine-id(5) asks of
    /// applications: the same machine gives the same hint to every Vigie, and nothing else can compare it.
    package static let hintKey = "vigie machine hint 1"
}
