extension Migrations {
    /// What derivers make of payloads; every table here can be rebuilt from the archive.
    static let derived = Migration(version: 2, name: "derived", sql: "")
}
