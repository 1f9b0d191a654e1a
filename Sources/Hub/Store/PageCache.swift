import CSQLite
import GRDBSQLite

/// SQLite's own page cache, but for a walk through all of it at the end of a transaction.
///
/// At that end SQLite drops pages that lie behind the end of the database. Its cache only looks for them if it has seen a
/// number that large; but whenever a page of a table is split, the pages' numbers are put in order by way of the one page
/// number that no database uses (`PENDING_BYTE`, at 1 GiB), and the cache takes that for a page. Every commit that split
/// one then visited each of the writer's 8,000 pages: a tenth of the writer's time. Here each cache remembers the largest
/// number that stayed.
enum PageCache {
    /// Puts it in place, once. To be called before anything else of SQLite is; later SQLite refuses, and goes on with its
    /// own.
    static func install() { _ = isInstalled }

    /// Which numbers a cache has seen.
    struct Numbers {
        /// The number that pages only have while others are exchanged.
        let passing: UInt32
        private var largest: UInt32 = 0
        private var isPassing = false

        init(pageSize: Int32) { passing = 0x4000_0000 / UInt32(pageSize) + 1 }

        mutating func saw(_ number: UInt32) { if number > largest { largest = number } }

        mutating func moved(from old: UInt32, to new: UInt32) {
            if old == passing { isPassing = false }
            if new == passing { isPassing = true } else { saw(new) }
        }

        /// Whether there may be pages from this number on; after that they are gone.
        mutating func drop(from limit: UInt32) -> Bool {
            guard limit <= largest || isPassing else { return false }
            largest = limit == 0 ? 0 : limit - 1
            isPassing = false
            return true
        }
    }

    private typealias Page = UnsafeMutablePointer<sqlite3_pcache_page>

    /// One of SQLite's caches, with what is remembered of it, and its methods that are called for each page.
    private struct Cache {
        let system: OpaquePointer
        let fetch: @convention(c) (OpaquePointer?, UInt32, Int32) -> Page?
        let unpin: @convention(c) (OpaquePointer?, Page?, Int32) -> Void
        var numbers: Numbers
    }

    private static func cache(_ handle: OpaquePointer?) -> UnsafeMutablePointer<Cache> { UnsafeMutablePointer(handle!) }

    // Lives as long as the process, and is only written by SQLite, below.
    private nonisolated(unsafe) static let system = UnsafeMutablePointer<sqlite3_pcache_methods2>.allocate(capacity: 1)

    static let isInstalled: Bool = {
        guard vigie_sqlite_configure(SQLITE_CONFIG_GETPCACHE2, system) == SQLITE_OK else { return false }
        var methods = system.pointee
        methods.xCreate = { pageSize, extra, purgeable in
            guard let system = PageCache.system.pointee.xCreate(pageSize, extra, purgeable) else { return nil }
            let cache = UnsafeMutablePointer<Cache>.allocate(capacity: 1)
            cache.initialize(
                to: Cache(
                    system: system, fetch: PageCache.system.pointee.xFetch, unpin: PageCache.system.pointee.xUnpin,
                    numbers: Numbers(pageSize: pageSize)))
            return OpaquePointer(cache)
        }
        methods.xCachesize = { PageCache.system.pointee.xCachesize(PageCache.cache($0).pointee.system, $1) }
        methods.xPagecount = { PageCache.system.pointee.xPagecount(PageCache.cache($0).pointee.system) }
        methods.xFetch = { handle, number, create in
            let cache = PageCache.cache(handle)
            let page = cache.pointee.fetch(cache.pointee.system, number, create)
            if page != nil { cache.pointee.numbers.saw(number) }
            return page
        }
        methods.xUnpin = { handle, page, isDiscarded in
            let cache = PageCache.cache(handle)
            cache.pointee.unpin(cache.pointee.system, page, isDiscarded)
        }
        methods.xRekey = { handle, page, old, new in
            let cache = PageCache.cache(handle)
            PageCache.system.pointee.xRekey(cache.pointee.system, page, old, new)
            cache.pointee.numbers.moved(from: old, to: new)
        }
        methods.xTruncate = { handle, limit in
            let cache = PageCache.cache(handle)
            guard cache.pointee.numbers.drop(from: limit) else { return }
            PageCache.system.pointee.xTruncate(cache.pointee.system, limit)
        }
        methods.xDestroy = { handle in
            let cache = PageCache.cache(handle)
            PageCache.system.pointee.xDestroy(cache.pointee.system)
            cache.deallocate()
        }
        methods.xShrink = { PageCache.system.pointee.xShrink(PageCache.cache($0).pointee.system) }
        return vigie_sqlite_configure(SQLITE_CONFIG_PCACHE2, &methods) == SQLITE_OK
    }()
}
