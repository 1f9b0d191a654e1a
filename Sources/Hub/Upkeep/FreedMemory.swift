import CLinux

/// Memory that was freed and that the C library keeps for later.
enum FreedMemory {
    /// What a hub of a few thousand machines needs is less: below it, there is nothing worth the look.
    private static let worthwhile: Int64 = 128 << 20

    /// Gives it back to the kernel. Thousands of machines that come back at once cost hundreds of megabytes; glibc keeps
    /// those for as long as anything lies above them in its arenas.
    ///
    /// - Parameter resident: the memory of this process, in bytes.
    static func giveBack(resident: Int64?) {
        if let resident, resident > worthwhile { malloc_trim(0) }
    }
}
