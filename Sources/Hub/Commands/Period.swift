import ArgumentParser

/// A length of time as `90s`, `30m`, `1h`, `7d`.
struct Period: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int(argument.dropLast()),
            (1...3_650).contains(number * unit / 86_400 + 1), number > 0, number < 1_000_000_000
        else { return nil }
        seconds = number * unit
    }

    var description: String {
        for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60)] where seconds % size == 0 && seconds >= size {
            return "\(seconds / size)\(unit)"
        }
        return "\(seconds)s"
    }

    var defaultValueDescription: String { description }
}
