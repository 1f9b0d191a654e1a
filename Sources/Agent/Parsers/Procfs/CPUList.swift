/// The kernel's lists of CPUs, as `0-3,8,10-11`.
enum CPUList {
    /// The numbers in order; nil where the text is no such list. An empty list is written as an empty line.
    static func parse(_ text: String) -> [Int]? {
        var numbers: [Int] = []
        if text.trimmed.isEmpty { return numbers }
        for part in text.trimmed.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = ends.first.flatMap({ Int($0) }), let last = ends.last.flatMap({ Int($0) }), first >= 0,
                // More than any kernel's NR_CPUS: a list that would fill the memory is none.
                first <= last, last < 65_536
            else { return nil }
            numbers += first...last
            guard numbers.count <= 65_536 else { return nil }
        }
        return numbers
    }
}
