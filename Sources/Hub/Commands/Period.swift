import ArgumentParser

/// A length of time as `90s`, `30m`, `1h`, `7d`.
struct Period: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let seconds: Int

    /// The largest first, and in memory: unrolled, the compiler put these constants in another order in another build.
    private static let units: [(name: Character, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        guard let name = argument.last, let unit = Self.units.first(where: { $0.name == name })?.seconds,
            let number = Int(argument.dropLast()), number > 0, number < 1_000_000_000,
            (1...3_650).contains(number * unit / 86_400 + 1)
        else { return nil }
        seconds = number * unit
    }

    var description: String {
        let unit = Self.units.first { seconds % $0.seconds == 0 && seconds >= $0.seconds }
        return unit.map { "\(seconds / $0.seconds)\($0.name)" } ?? "\(seconds)s"
    }

    var defaultValueDescription: String { description }
}
