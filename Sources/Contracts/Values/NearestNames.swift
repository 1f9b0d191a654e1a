/// Names that somebody may have meant.
package enum NearestNames {
    /// Up to three, the nearest first: what differs in at most a third of its letters, or begins alike.
    package static func find(_ name: String, among names: [String]) -> [String] {
        let wanted = Array(name.lowercased().utf8)
        guard !wanted.isEmpty else { return [] }
        let allowed = max(1, wanted.count / 3)
        let ranked = names.compactMap { candidate -> (distance: Int, name: String)? in
            let letters = Array(candidate.lowercased().utf8)
            if wanted.count >= 2, letters.starts(with: wanted) { return (0, candidate) }
            guard abs(letters.count - wanted.count) <= allowed else { return nil }
            let distance = edits(wanted, letters)
            return distance <= allowed ? (distance, candidate) : nil
        }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// Levenshtein's: the least number of letters to change, add or leave out.
    package static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(previous[column] + (letter == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
