/// What the hub changes of SQLite, for the whole process.
enum SQLiteLibrary {
    /// To be called before the first database is opened: some of it SQLite refuses later, and goes on without.
    static func configure() {
        SQLiteMemory.install()
        PageCache.install()
        GatheringVFS.register()
    }

    /// Whether SQLite took all of it.
    static var isConfigured: Bool { SQLiteMemory.isInstalled && PageCache.isInstalled }
}
