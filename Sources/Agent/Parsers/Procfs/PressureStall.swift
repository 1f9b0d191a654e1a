/// One file of `/proc/pressure` (kernel document accounting/psi).
struct PressureStall: Equatable, Sendable {
    struct Averages: Equatable, Sendable {
        var over10: Double
        var over60: Double
        var over300: Double
    }

    var some: Averages
    /// Absent for `cpu` before Linux 5.13.
    var full: Averages?

    static func parse(_ bytes: [UInt8]) -> Parsed<PressureStall?> {
        var result = Parsed<PressureStall?>(value: nil)
        var text = ByteScanner(bytes)
        var number = 0
        var full: Averages?
        while var line = text.line() {
            number += 1
            guard let kind = line.word() else { continue }
            guard kind.equals("some") || kind.equals("full") else { continue }
            guard let ten = average(&line, "avg10="), let sixty = average(&line, "avg60="),
                let threeHundred = average(&line, "avg300=")
            else {
                result.faults.append(LineFault(line: number, message: "no avg10, avg60 and avg300"))
                continue
            }
            let averages = Averages(over10: ten, over60: sixty, over300: threeHundred)
            if kind.equals("some") {
                result.value = PressureStall(some: averages)
            } else {
                full = averages
            }
        }
        result.value?.full = full
        return result
    }

    private static func average(_ line: inout ByteScanner, _ name: StaticString) -> Double? {
        guard var word = line.word(), word.starts(with: name), word.take(upTo: 0x3D) != nil else { return nil }
        return word.decimal().flatMap { $0 >= 0 ? $0 : nil }
    }
}
