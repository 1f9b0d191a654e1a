/// What the hub changes of SQLite, for the whole process.
enum SQLiteLibrary {
    /// To be called before the first database is opened: some of it SQLite refuses later, and goes on without.
    static func configure() {
        exchangeParts()
        GatheringVFS.register()
    }

    /// What SQLite takes only before anything else is asked of it.
    static func exchangeParts() {
        SQLiteMemory.install()
        PageCache.install()
    }

    /// Whether SQLite took all of it.
    static var isConfigured: Bool { SQLiteMemory.isInstalled && PageCache.isInstalled }
}
