/// A line of bars, one character a value.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// Thins to `width` characters (the mean of what falls together) and draws from `floor` to `ceiling`; nil is a gap.
    static func draw(_ values: [Double?], width: Int, floor: Double? = nil, ceiling: Double? = nil) -> String {
        guard width > 0, !values.isEmpty else { return "" }
        let count = min(width, values.count)
        let thinned: [Double?] = (0..<count).map { index in
            let from = index * values.count / count
            let part = values[from..<max(from + 1, (index + 1) * values.count / count)].compactMap { $0 }
            return part.isEmpty ? nil : part.reduce(0, +) / Double(part.count)
        }
        let present = thinned.compactMap { $0 }
        guard let least = floor ?? present.min(), let most = ceiling ?? present.max() else {
            return String(repeating: " ", count: count)
        }
        let span = most - least
        return String(
            thinned.map { value in
                guard let value else { return " " }
                let share = span > 0 ? (value - least) / span : 0
                return bars[min(bars.count - 1, max(0, Int(share * Double(bars.count))))]
            })
    }
}
