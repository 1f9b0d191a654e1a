package import Contracts

/// The date of HTTP headers (RFC 9110, 5.6.7) in its one form that is still written: `Sat, 21 Nov 2026 07:42:36 GMT`.
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    package static func format(_ moment: Timestamp) -> String {
        let seconds = moment.milliseconds / 1000
        let day = seconds / 86_400
        let inDay = seconds % 86_400
        let date = CivilDate.fromDays(day)
        let clock = [inDay / 3600, inDay / 60 % 60, inDay % 60].map { padded(Int($0)) }.joined(separator: ":")
        return "\(days[Int(day % 7)]), \(padded(date.day)) \(months[date.month - 1]) \(date.year) \(clock) GMT"
    }

    package static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = months.firstIndex(of: String(parts[2])), (1970...9999).contains(year),
            (1...CivilDate.daysIn(month: month + 1, year: year)).contains(day)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        let days = CivilDate.toDays(year: year, month: month + 1, day: day)
        return Timestamp(seconds: days * 86_400 + Int64(clock[0] * 3600 + clock[1] * 60 + clock[2]))
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
