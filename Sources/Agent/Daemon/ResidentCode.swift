import Glibc

/// The program's and its libraries' code, as far as the kernel counts it as memory of this process.
enum ResidentCode {
    /// Lets it go. What is needed again comes back from the page cache, a fault for each sixteen pages; what only a start
    /// or an inventory needs stays away until then, which is most of the code for most of the time.
    ///
    /// Only mappings of files that are run and not written to: no relocation has changed them (the linker refuses those in
    /// code), so that the file says what they say.
    static func letGo() {
        guard let maps = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), maps) != nil {
            guard let range = range(ofCodeIn: line) else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// The addresses of a line of proc_pid_maps(5) that maps a file's code; nil for any other.
    static func range(ofCodeIn line: [CChar]) -> Range<UInt>? {
        let fields = line.prefix { $0 != 0 && $0 != 10 }.split(separator: 32, omittingEmptySubsequences: true)
        guard fields.count >= 6, fields[1].elementsEqual("r-xp".utf8.map(CChar.init)), fields[5].first == 47 else {
            return nil
        }
        let ends = fields[0].split(separator: 45).map { digits in
            UInt(String(decoding: digits.map(UInt8.init(bitPattern:)), as: UTF8.self), radix: 16)
        }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start > 0, start < end else { return nil }
        return start..<end
    }
}
